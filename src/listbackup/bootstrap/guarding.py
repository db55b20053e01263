"""How well an account is protected, read from its sources, jobs, runs and connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from listbackup.base.clock import Clock
from listbackup.base.paging import iter_pages
from listbackup.processor.progress import RunState
from listbackup.services.accounts import Protection
from listbackup.services.connections import Connections, ConnectionState
from listbackup.services.jobs import Job, Jobs
from listbackup.services.runs import Run, Runs
from listbackup.services.scope import Scope
from listbackup.services.sources import Sources

WITHOUT_TIMETABLE = timedelta(days=1)  # the target of a source that no job runs by itself
_LONGEST_GRACE = timedelta(hours=6)  # how much later than its timetable says a backup may come
_RUNS_LOOKED_AT = 500
_BROKEN = (ConnectionState.NEEDS_REAUTH, ConnectionState.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class _Stand:
    """How one source stands."""

    good_at: datetime | None
    is_incomplete: bool
    is_unscheduled: bool
    due_at: datetime | None  # until when the next good snapshot is to be there


def guarding(sources: Sources, jobs: Jobs, runs: Runs, connections: Connections, clock: Clock) -> Callable[[Scope], Protection]:
    """Looks at one account: some row reads for each source, and no store is opened."""

    def stand(scope: Scope, source: str, job: Job | None, since: datetime) -> _Stand:
        found = islice(iter_pages(lambda cursor: runs.list(scope, source=source, limit=20, cursor=cursor)), _RUNS_LOOKED_AT)
        last = next((run for run in found if run.snapshot_id is not None and run.state in (RunState.SUCCEEDED, RunState.PARTIAL)), None)
        good_at = _read_at(last) if last is not None else None
        is_unscheduled = job is None or job.timetable is None or job.paused
        return _Stand(good_at, last is not None and last.state is RunState.PARTIAL, is_unscheduled, _due_at(job, good_at or since))

    def guard(scope: Scope) -> Protection:
        now = clock.now()
        ordered: dict[str, Job] = {}
        for job in iter_pages(lambda cursor: jobs.list(scope, cursor=cursor)):
            ordered.setdefault(job.source, job)
        kept = list(iter_pages(lambda cursor: sources.list(scope, cursor=cursor)))
        stands = [stand(scope, one.id, ordered.get(one.id), one.created_at) for one in kept]
        held = list(iter_pages(lambda cursor: connections.list(scope, cursor=cursor)))
        past = [one.due_at for one in stands if one.due_at is not None and one.due_at < now]
        return Protection(
            sources=len(stands),
            late=sum(1 for one in stands if one.good_at is not None and one.due_at is not None and one.due_at < now),
            never=sum(1 for one in stands if one.good_at is None),
            incomplete=sum(1 for one in stands if one.is_incomplete),
            unscheduled=sum(1 for one in stands if one.is_unscheduled),
            oldest_at=min((one.good_at for one in stands if one.good_at is not None), default=None),
            late_since=min(past, default=None),
            connections=len(held),
            attention=sum(1 for one in held if one.state in _BROKEN),
        )

    return guard


def _read_at(run: Run) -> datetime:
    """From when the copy is: what changed while it was being read may be in it or not."""
    return run.started_at or run.queued_at


def _due_at(job: Job | None, since: datetime) -> datetime:
    if job is None or job.timetable is None or job.paused:
        return since + WITHOUT_TIMETABLE
    due = job.timetable.next_after(since)
    return due + min(job.timetable.interval_after(since) / 2, _LONGEST_GRACE)
