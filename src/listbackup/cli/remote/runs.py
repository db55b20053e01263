"""Runs of a server: started there, watched from here."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from listbackup.base.clock import Clock
from listbackup.base.errors import ListBackupError
from listbackup.base.ids import JobId, RunId, SourceId
from listbackup.base.paging import Page
from listbackup.cli.remote.here import absent, here, page_here, page_size
from listbackup.cli.remote.line import Line
from listbackup.cli.remote.sources import RemoteSources
from listbackup.client.api.models import RunShown
from listbackup.services.runs import LogLine, Progress, Run, RunState, StreamProgress, Trigger, Work
from listbackup.services.scope import Scope

LOOK_EVERY_SECONDS = 1.0
FIRST_LOOKS = (0.05, 0.1, 0.2, 0.4)  # seconds [s]: a short run is over before the first heartbeat


class RemoteRuns:
    """Executions on the server."""

    def __init__(self, line: Line, sources: RemoteSources, clock: Clock) -> None:
        self._line, self._sources, self._clock = line, sources, clock

    def start(self, scope: Scope, source: str, *, full: bool = False) -> Run:
        """A run, put on the server's queue; the one that is not over, if there is one."""
        return run_here(self._line.runs.sync(self._sources.names.get(source).id, full=full))

    def backup(self, scope: Scope, source: str, work: Work, *, full: bool = False) -> Run:
        """The run at its end, or as it is when told to stop: stopping here is looking away, the server goes on."""
        run = self._line.runs.sync(self._sources.names.get(source).id, full=full)
        beats = self._beats()
        while True:
            work.listen(Progress(run=run.id, streams=tuple(here(StreamProgress, one) for one in run.streams), calls=run.calls))
            found = run_here(run)
            if found.state.is_final or found.not_before is not None or work.should_stop():
                beats.close()
                return found
            next(beats)
            run = self._line.runs.get(run.id)

    def get(self, scope: Scope, run: str) -> Run:
        """The run of this id."""
        with absent("run", run):
            return run_here(self._line.runs.get(run))

    def list(
        self, scope: Scope, *, source: str | None = None, active: bool = False, limit: int = 100, cursor: str | None = None
    ) -> Page[Run]:
        """Runs, newest first."""
        of = self._sources.names.get(source).id if source is not None else None
        page = self._line.runs.list(source=of, active=active, limit=page_size(limit), cursor=cursor)
        return Page(items=[run_here(one) for one in page.items], next_cursor=page.next)

    def find_active(self, scope: Scope, source: str) -> Run | None:
        """The run of this source that is not over, or None."""
        return next(iter(self.list(scope, source=source, active=True, limit=1).items), None)

    def let_go(self, scope: Scope, run: str, *, owner: str) -> Run:
        """The server itself finds out which of its workers are dead."""
        return self.get(scope, run)

    def logs(self, scope: Scope, run: str, *, limit: int = 100, cursor: str | None = None) -> Page[LogLine]:
        """The run's log in the order it was written."""
        with absent("run", run):
            return page_here(LogLine, self._line.runs.logs(run, limit=page_size(limit), cursor=cursor))

    def cancel(self, scope: Scope, run: str) -> Run:
        """The run, cancelled or asked to stop."""
        with absent("run", run):
            return run_here(self._line.runs.cancel(run))

    def retry(self, scope: Scope, run: str) -> Run:
        """A new run of the same source."""
        with absent("run", run):
            return run_here(self._line.runs.retry(run))

    def _beats(self) -> Generator[None, None, None]:
        """Whenever it is worth looking: soon at first, then when the server tells that something happened, or that it is there."""
        for seconds in FIRST_LOOKS:
            self._clock.sleep(seconds)
            yield None
        events = self._line.activity.events(heartbeats=True)
        try:
            for _ in events:
                yield None
        except ListBackupError:  # no events to be had (a proxy that holds them back, a key that may not listen): look by the clock
            pass
        finally:
            events.close()
        while True:
            self._clock.sleep(LOOK_EVERY_SECONDS)
            yield None


def run_here(said: RunShown) -> Run:
    """The run as the service says it. Who holds it stays the server's secret."""
    known: dict[str, Any] = {name: getattr(said, name) for name in ("full", "attempt", "queued_at", "started_at", "ended_at")}
    return Run(
        id=RunId(said.id),
        source=SourceId(said.source),
        job=JobId(said.job) if said.job is not None else None,
        trigger=here(Trigger, said.trigger),
        state=here(RunState, said.state),
        cancel_requested=said.cancel_requested,
        reason=said.reason,
        message=said.message,
        hint=said.hint,
        snapshot_id=said.snapshot,
        snapshot_seq=said.snapshot_number,
        not_before=said.not_before,
        streams=tuple(here(StreamProgress, one) for one in said.streams),
        written_bytes=said.written_bytes,
        calls=said.calls,
        on_queue=True,
        **known,
    )
