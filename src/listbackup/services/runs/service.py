"""Runs: started, carried out, cancelled, listed; and the queue between whoever starts one and the worker that carries it out."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from listbackup.backends.queue.port import Queue
from listbackup.base.errors import Conflict, ListBackupError, NotFound, PlatformFault
from listbackup.base.ids import RunId
from listbackup.base.paging import Page
from listbackup.connectors.engine.quota import QuotaLeft
from listbackup.processor.messages import RunMessage, encode
from listbackup.processor.progress import Listen, Progress, RunState, silent
from listbackup.services.connections import Connections
from listbackup.services.desk import Desk
from listbackup.services.jobs import Job, Jobs
from listbackup.services.runs.dead_letters import DeadLetters
from listbackup.services.runs.ledger import ACTIVE, Ledger
from listbackup.services.runs.logbook import WantedLines, encode_progress, read_log, read_progress
from listbackup.services.runs.model import LogLevel, LogLine, Run, Trigger
from listbackup.services.runs.slots import Limits, NoRoom
from listbackup.services.scope import Scope
from listbackup.services.sources import Sources
from listbackup.services.stores import Stores

if TYPE_CHECKING:  # what reads and keeps is loaded when a run is carried out: most processes only ask how one goes
    from listbackup.services.runs.aging import Aging, RunMonth
    from listbackup.services.runs.execution import Execution, Means

PASSING = frozenset(
    {"unreachable", "bad_answer", "rate_limited", "backend", "out_of_space", "internal", "crashes"}
)  # reasons that may pass


def may_pass(reason: str | None) -> bool:
    """Whether what failed for this reason may go well later: the platform was away, or what it answered could not be used."""
    from listbackup.connectors.engine.faults import LAPSES  # here: most processes never see a run fail

    return reason in PASSING or reason in LAPSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How a run is to be carried out here: who does it, who listens, when to stop, and how to keep the message that brought it.

    ``is_dutiful``: it keeps the quiet hours of the source's jobs and waits for a slot. A person at the machine who asks for a backup gets one.
    """

    owner: str
    listen: Listen = silent
    should_stop: Callable[[], bool] = lambda: False
    extend: Callable[[timedelta], None] | None = None
    is_dutiful: bool = False


class Runs:
    """The executions of an account's sources."""

    def __init__(
        self,
        desk: Desk,
        queue: Queue,
        *,
        connections: Connections,
        sources: Sources,
        jobs: Jobs,
        stores: Stores,
        means: Means | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._desk, self._queue, self._sources, self._jobs, self._connections = desk, queue, sources, jobs, connections
        self._limits = limits or (means.limits if means is not None else Limits())
        self.letters = DeadLetters(desk, queue)
        self._stores, self._means = stores, means

    @cached_property
    def aging(self) -> Aging:
        """What becomes of runs and of what they said, with time."""
        from listbackup.services.runs.aging import Aging

        return Aging(self._desk)

    @cached_property
    def _execution(self) -> Execution:
        from listbackup.services.runs.execution import Execution, Means

        means = self._means or Means(limits=self._limits)
        return Execution(
            self._desk, connections=self._connections, sources=self._sources, jobs=self._jobs, stores=self._stores, means=means
        )

    def start(
        self,
        scope: Scope,
        source: str,
        *,
        job: str | None = None,
        trigger: Trigger = Trigger.MANUAL,
        full: bool = False,
        enqueue: bool = True,
    ) -> Run:
        """A run of this source, put on the queue unless told otherwise. A source has one run at a time: the one that is not over is returned instead of a second;
        one that waits to make up for a failed one is brought forward.

        Raises NotFound for the source or the job.
        """
        of = self._sources.get(scope, source)
        run = Run(
            id=RunId(self._desk.new_id("run")),
            source=of.id,
            trigger=trigger,
            queued_at=self._desk.clock.now(),
            job=self._jobs.get(scope, job).id if job is not None else None,
            full=full,
            on_queue=enqueue,
        )
        opened = self._ledger(scope).open(run)
        if opened.tries and not opened.attempt and opened.not_before is not None:
            opened = self._ledger(scope).change(opened.id, lambda old: old if old.attempt else replace(old, not_before=None))
        return self._enqueue(scope, opened) if enqueue else opened

    def backup(self, scope: Scope, source: str, work: Work, *, full: bool = False) -> Run:
        """The run of this source, carried out here and now to its end; one that was interrupted is resumed. Raises BusyError while another worker has it.

        ``full`` lists everything, so that every deletion is found, also on platforms that announce none.
        """
        return self.carry_out(scope, self.start(scope, source, full=full, enqueue=False).id, work)

    def carry_out(self, scope: Scope, run: str, work: Work) -> Run:
        """The run after this worker has done with it: over, or ``queued`` again when it was interrupted. A run that is over is returned as it is.

        What goes wrong with the platform or the ground becomes the run's state, reason and message. Raises BusyError while another worker has it, NoRoom when a
        dutiful worker finds no slot: ``park`` it then.
        """
        try:
            ended = self._execution.carry_out(
                scope, run, work.owner, work.listen, work.should_stop, work.extend, is_dutiful=work.is_dutiful
            )
        except NoRoom:
            raise
        except ListBackupError:
            self.call_parked(scope)
            raise
        self.call_parked(scope)
        self._make_up(scope, ended)
        return ended

    def put_off(self, scope: Scope, run: str, until: datetime) -> None:
        """Have the run on the queue again at this instant; its message may be acknowledged."""
        self._jobs.wake_at(scope, run, until)

    def wake(self, scope: Scope, run: str) -> None:
        """Put a run that waited on the queue; one that is over is left alone."""
        found = self._ledger(scope).rows.find(run)
        if found is not None and found.is_active:
            self._send(scope, found, anew=True)

    def park(self, scope: Scope, run: str) -> None:
        """Let the run wait for a slot; its message may be acknowledged. Whoever leaves a slot calls it."""
        ledger = self._ledger(scope)
        found = ledger.rows.get(run)
        ledger.park(run, self._sources.get(scope, found.source).connection)
        self.call_parked(scope)  # somebody may have left before it was parked

    def call_parked(self, scope: Scope) -> None:
        """Put a run that waited for a slot on the queue when there is room."""
        called = self._ledger(scope).call_parked()
        if called is not None:
            self._send(scope, called, anew=True)

    def _make_up(self, scope: Scope, ended: Run) -> None:
        """Another run for one that failed for a reason that may pass, as its job says; and for one that used up our share of the platform's calls."""
        to_go_on = ended.state is RunState.PARTIAL and ended.reason == PlatformFault.QUOTA_REACHED.value
        failed = ended.state is RunState.FAILED and may_pass(ended.reason)
        if ended.job is None or not (to_go_on or failed):
            return
        job = next((one for one in self._jobs.list(scope, source=ended.source).items if one.id == ended.job), None)
        wait = self._wait_after(job, ended, to_go_on) if job is not None and not job.paused else None
        if wait is None:
            return
        newest = self._ledger(scope).rows.page(part=str(ended.source), index="by_source", reverse=True, limit=10).items
        if any(one.makes_up_for(ended) for one in newest):  # already: its message came again
            return
        now = self._desk.clock.now()
        run = Run(
            id=RunId(self._desk.new_id("run")),
            source=ended.source,
            trigger=Trigger.RETRY,
            queued_at=now,
            job=ended.job,
            full=ended.full and not to_go_on,
            on_queue=True,
            not_before=now + wait,
            tries=ended.tries + 1,
        )
        opened = self._ledger(scope).open(run)
        if opened.id == run.id:
            self.put_off(scope, run.id, now + wait)

    def _wait_after(self, job: Job, ended: Run, to_go_on: bool) -> timedelta | None:
        if not to_go_on:
            return job.retry.wait_before(ended.tries)
        return max(timedelta(0), ended.not_before - self._desk.clock.now()) if ended.not_before is not None else None

    def get(self, scope: Scope, run: str) -> Run:
        """The run of this id. Raises NotFound."""
        return self._ledger(scope).rows.get(run)

    def list(
        self,
        scope: Scope,
        *,
        source: str | None = None,
        job: str | None = None,
        active: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Run]:
        """Runs, newest first: all, or those of one source, of one job, or those that are not over."""
        rows = self._ledger(scope).rows
        part, index = "", None
        if source is not None:
            part, index = str(self._sources.get(scope, source).id), "by_source"
        elif job is not None:
            part, index = str(self._jobs.get(scope, job).id), "by_job"
        elif active:
            part, index = ACTIVE, "active"
        return rows.page(part=part, index=index, reverse=True, limit=limit, cursor=cursor)

    def months(self, scope: Scope, source: str, *, limit: int = 100, cursor: str | None = None) -> Page[RunMonth]:
        """What the runs of a source came to that are too old to be kept one by one, newest month first. Raises NotFound."""
        return self.aging.months(scope, self._sources.get(scope, source).id, limit=limit, cursor=cursor)

    def find_active(self, scope: Scope, source: str) -> Run | None:
        """The run of this source that is not over, or None."""
        return self._ledger(scope).active_of(self._sources.get(scope, source).id)

    def quota_left(self, scope: Scope, run: Run) -> QuotaLeft | None:
        """What is left of our share of the platform's calls while a run is not over, or when it ended for want of them; None where no quota is known."""
        if not run.is_active and run.reason != PlatformFault.QUOTA_REACHED.value:
            return None
        try:
            return self._connections.quota_left(scope, self._sources.get(scope, run.source).connection)
        except NotFound:
            return None

    def progress(self, scope: Scope, run: str) -> Progress | None:
        """How far the run is, a second old at most; None before it begins."""
        return read_progress(self._desk, scope, self.get(scope, run).id)

    def underway(self, scope: Scope) -> Iterator[tuple[str, bytes]]:
        """The runs that go on now, fifty at most: id, and how far each is as JSON (``RunProgress``)."""
        for run in self._ledger(scope).rows.page(part=ACTIVE, index="active", limit=50).items:
            progress = read_progress(self._desk, scope, run.id) if run.state is RunState.RUNNING else None
            if progress is not None:
                yield run.id, encode_progress(run, progress)

    def logs(
        self, scope: Scope, run: str, wanted: WantedLines = WantedLines(), *, limit: int = 100, cursor: str | None = None
    ) -> Page[LogLine]:
        """The run's log in the order it was written. A page may hold fewer lines than asked for and still have a next: it looks at some thousands."""
        return read_log(self._desk, scope, self.get(scope, run).id, wanted, limit=limit, cursor=cursor)

    def failures(self, scope: Scope, run: str, *, limit: int = 100, cursor: str | None = None) -> Page[LogLine]:
        """What went wrong in the run: the lines of its log that have a reason, from warnings up."""
        wanted = WantedLines(level=LogLevel.WARNING, with_reason=True)
        return read_log(self._desk, scope, self.get(scope, run).id, wanted, limit=limit, cursor=cursor)

    def cancel(self, scope: Scope, run: str) -> Run:
        """The run, cancelled at once when no worker has it, or asked to stop. Raises Conflict when it is over."""
        now = self._desk.clock.now()

        def cancelled(old: Run) -> Run:
            if old.state.is_final:
                raise Conflict(f"run {old.id} is over: {old.state.value}")
            if old.is_held_at(now):
                return replace(old, cancel_requested=True)
            return replace(
                old,
                cancel_requested=True,
                state=RunState.CANCELLED,
                ended_at=now,
                reason="cancelled",
                message="Cancelled before it went on.",
            )

        return self._ledger(scope).change(run, cancelled, "cancel_requested")

    def retry(self, scope: Scope, run: str) -> Run:
        """A new run of the same source. Raises Conflict while this one is not over."""
        old = self.get(scope, run)
        if old.is_active:
            raise Conflict(f"run {old.id} is not over", hint="cancel it first, or wait")
        return self.start(scope, old.source, job=old.job, trigger=Trigger.RETRY)

    def let_go(self, scope: Scope, run: str, *, owner: str) -> Run:
        """The run, free to be taken on at once when this owner has it: for somebody who knows that the owner's process is dead.

        Should it live after all, it is fenced like one whose lease ran out.
        """
        now = self._desk.clock.now()

        def freed(old: Run) -> Run:
            return replace(old, lease_until=now) if old.owner == owner and old.state is RunState.RUNNING else old

        return self._ledger(scope).change(run, freed)

    def give_up(self, scope: Scope, run: str, *, owner: str, reason: str, message: str) -> Run:
        """The run, failed because this worker could not carry it out; one that is over or held by another live worker is left as it is."""
        now = self._desk.clock.now()

        def failed(old: Run) -> Run:
            others = old.owner != owner and old.is_held_at(now)
            if old.state.is_final or others:
                return old
            return replace(old, state=RunState.FAILED, ended_at=now, reason=reason, message=message, owner=None, lease_until=None)

        ended = self._ledger(scope).change(run, failed, "failed")
        self.call_parked(scope)
        if ended.reason == reason:
            self._make_up(scope, ended)
        return ended

    def reconcile(self, scope: Scope, *, older_than: timedelta = timedelta(minutes=5)) -> int:
        """Put runs back on the queue that a crash left without a message, or whose worker died; how many. A second message does no harm."""
        now, sent = self._desk.clock.now(), 0
        for run in self._ledger(scope).rows.iter(part=ACTIVE, index="active"):
            waiting = (
                run.state is RunState.QUEUED and run.on_queue and max(run.queued_at, run.not_before or run.queued_at) + older_than <= now
            )
            orphaned = run.state is RunState.RUNNING and not run.is_held_at(now - older_than) and not run.is_held_at(now)
            if waiting or orphaned:
                self._send(scope, run)
                sent += 1
        return sent

    def _enqueue(self, scope: Scope, run: Run) -> Run:
        if run.is_held_at(self._desk.clock.now()):
            return run
        marked = self._ledger(scope).change(run.id, lambda old: replace(old, on_queue=True))
        self._send(scope, marked)
        return marked

    def _send(self, scope: Scope, run: Run, *, anew: bool = False) -> None:
        """``anew``: also when a message of this attempt was sent just now, because that one was acknowledged."""
        message = RunMessage(account=scope.account, run=run.id, job=run.job, attempt=run.attempt + 1)
        try:
            connection = str(self._sources.get(scope, run.source).connection)
        except NotFound:  # deleted meanwhile: whoever receives the message ends the run
            connection = run.source
        dedup = None if anew else f"{run.id}/{run.attempt}"
        self._queue.send(self._group(connection, run), encode(message), dedup_id=dedup)

    def _group(self, connection: str, run: Run) -> str:
        """Messages of a group come one after the other: with one run at a time through a connection nobody is received only to be parked."""
        most = self._limits.per_connection
        return connection if most == 1 else f"{connection}/{zlib.crc32(run.source.encode()) % most}"

    def _ledger(self, scope: Scope) -> Ledger:
        return Ledger(self._desk, scope, self._limits)
