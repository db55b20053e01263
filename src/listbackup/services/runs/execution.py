"""One run from the moment a worker takes it to its last state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from listbackup.backends.table.lease import LeaseGone
from listbackup.base.clock import iso
from listbackup.base.errors import BackendError, Interrupted, ListBackupError, NotFound, PlatformError, PlatformFault
from listbackup.connectors.engine.record import Key
from listbackup.processor.backup import BackupOrder, Cadence, StreamOrder, run_backup
from listbackup.processor.maintain import after_run
from listbackup.processor.progress import BackupResult, Listen, LogLevel, Note, Progress, RunState, Stop
from listbackup.processor.verdict import verdict
from listbackup.services.connections import Connections
from listbackup.services.desk import Desk
from listbackup.services.jobs import Jobs
from listbackup.services.runs.ledger import Ledger
from listbackup.services.runs.logbook import Logbook, trimmed
from listbackup.services.runs.model import Run
from listbackup.services.runs.quiet import QuietHours
from listbackup.services.runs.slots import Limits
from listbackup.services.runs.watch import Watch
from listbackup.services.scope import Scope
from listbackup.services.sources import Source, Sources, bar_digest, barred_of
from listbackup.services.stores import Stores
from listbackup.store import AlreadyCommitted, RunLost, SnapshotInfo, Store

_WAITS = (PlatformFault.RATE_LIMITED, PlatformFault.QUOTA_REACHED)
PATIENCE = timedelta(minutes=30)  # a platform that asks for more is come back to later
MOST_STUMBLES = 5  # of one run, under a ground that gives way for a while
_BREATHER = timedelta(minutes=1)  # after the first, then twice as long each time: half an hour in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How runs are carried out on this installation."""

    lease: timedelta = timedelta(seconds=60)
    cadence: Cadence = field(default_factory=Cadence)
    maintain: bool = True
    limits: Limits = field(default_factory=Limits)


class Execution:
    """Carries out runs."""

    def __init__(self, desk: Desk, *, connections: Connections, sources: Sources, jobs: Jobs, stores: Stores, means: Means) -> None:
        self._desk, self._connections, self._sources, self._jobs, self._stores = desk, connections, sources, jobs, stores
        self._means = means

    def carry_out(
        self,
        scope: Scope,
        run: str,
        owner: str,
        listen: Listen,
        should_stop: Callable[[], bool],
        extend: Callable[[timedelta], None] | None,
        *,
        is_dutiful: bool,
    ) -> Run:
        """See ``Runs.carry_out``."""
        ledger = Ledger(self._desk, scope, self._means.limits)
        found = ledger.rows.get(run)
        quiet = QuietHours(self._jobs, scope, found.source, self._desk.clock) if is_dutiful and found.is_active else None
        if quiet is not None and quiet.have_begun() and found.state is RunState.QUEUED:
            return ledger.change(run, lambda old: _in_quiet(old, quiet.until) if old.state is RunState.QUEUED else old, "waiting")
        held = ledger.take(run, owner, self._means.lease, connection=self._connection(scope, found), must_fit=is_dutiful)
        if held.state.is_final:
            return held
        logbook = Logbook(self._desk, scope, held.id, held.attempt)
        last: list[Progress] = []

        def tell(progress: Progress) -> None:
            last[:] = [progress]
            logbook.listen(progress)
            listen(progress)

        def must_pause() -> bool:
            return should_stop() or (quiet is not None and quiet.have_begun())

        with Watch(ledger, held, self._means.lease, should_stop=must_pause, extend=extend) as watch:
            try:
                result = self._back_up(scope, held, watch, tell, logbook)
                edit, happened = self._finished(held, result), result.state.value
            except LeaseGone:
                raise
            except ListBackupError as error:
                edit, happened = self._stopped(held, error, watch.must_stop(), last)
                if happened == "interrupted" and quiet is not None and quiet.until is not None and watch.must_stop() is Stop.PAUSE:
                    edit = _quietly(edit, quiet.until)
                self._tell_connection(scope, held, error)
            logbook.note(_last_line(happened, edit(held)))
            logbook.flush()
        return ledger.settle(held, edit, happened)

    def _connection(self, scope: Scope, run: Run) -> str:
        try:
            return self._sources.get(scope, run.source).connection
        except NotFound:  # the source was deleted meanwhile: the run will fail and say so
            return ""

    def _back_up(self, scope: Scope, held: Run, watch: Watch, tell: Listen, logbook: Logbook) -> BackupResult:
        source = self._sources.get(scope, held.source)
        store = self._stores.open(scope, source.id)
        done = store.find_run(held.id)
        if done is not None:  # a crash came between the snapshot and this row
            return _from_snapshot(held, done)
        logbook.note(Note(message=f"Attempt {held.attempt} by {held.owner}."))
        session = self._connections.open(scope, source.connection, should_stop=lambda: watch.must_stop() is not None)
        try:
            barred = barred_of(self._desk, scope, source.id)
            orders = [
                StreamOrder(
                    info=info,
                    filters=tuple(source.filters.get(info.name, ())),
                    is_barred=self._barring(scope, info.name, barred[info.name]) if info.name in barred else None,
                )
                for info in session.discover()
            ]
            order = self._order(source, held, orders)
            result = run_backup(
                order, store=store, session=session, clock=self._desk.clock, must_stop=watch.must_stop, listen=tell, note=logbook.note
            )
        except AlreadyCommitted as committed:  # by a worker that was thought dead
            return _from_snapshot(held, committed.snapshot)
        finally:
            session.close()
        if result.reason == PlatformFault.NEEDS_REAUTH.value:
            self._connections.mark_needs_reauth(scope, source.connection, result.message or "The platform refuses the credentials.")
        elif result.state is RunState.SUCCEEDED:
            self._connections.mark_working(scope, source.connection)
        if self._means.maintain and result.snapshot_id is not None:
            self._maintain(scope, store, source, logbook)
        return result

    def _barring(self, scope: Scope, stream: str, digests: frozenset[str]) -> Callable[[Key], bool]:
        secret = self._stores.ground(scope).keys.id_key
        return lambda key: bar_digest(secret, stream, key) in digests

    def _order(self, source: Source, held: Run, seen: list[StreamOrder]) -> BackupOrder:
        chosen = [one for one in seen if source.streams is None or one.info.name in source.streams]
        missing = sorted(set(source.streams or ()) - {one.info.name for one in seen})
        return BackupOrder(
            run=held.id,
            owner=f"{held.owner}/{held.epoch}",
            streams=chosen,
            missing=missing,
            full_every=timedelta(0) if held.full else source.full_every,
            cadence=self._means.cadence,
            take_over=True,  # the row's lease was won, so whoever had the run is gone or fenced
            patience=PATIENCE,
        )

    def _maintain(self, scope: Scope, store: Store, source: Source, logbook: Logbook) -> None:
        try:
            for line in after_run(store, self._jobs.retention_of(scope, source.id), now=self._desk.clock.now()):
                logbook.note(line)
        except (
            ListBackupError
        ) as error:  # the snapshot stands; what is wrong with keeping it tidy is said, and tried again after the next run
            logbook.note(Note(message=f"Maintenance stopped: {error.message}", level=LogLevel.ERROR, reason=verdict(error).reason))

    def _finished(self, held: Run, result: BackupResult) -> Callable[[Run], Run]:
        now = self._desk.clock.now()
        return lambda old: replace(
            old,
            state=result.state,
            ended_at=now,
            reason=result.reason,
            message=result.message,
            hint=result.hint,
            snapshot_id=result.snapshot_id,
            snapshot_seq=result.snapshot_seq,
            streams=trimmed(result.streams),
            written_bytes=result.written_bytes,
            calls=held.calls + result.calls,
            not_before=result.goes_on_at or old.not_before,
        )

    def _stopped(self, held: Run, error: ListBackupError, reason: Stop | None, last: list[Progress]) -> tuple[Callable[[Run], Run], str]:
        if reason is Stop.LOST or isinstance(error, RunLost):
            raise LeaseGone(f"run {held.id} was taken on by another worker", hint="nothing is lost; the other one goes on") from error
        now, said = self._desk.clock.now(), verdict(error)
        streams = trimmed(last[0].streams) if last else held.streams
        ended = replace(held, streams=streams, reason=said.reason, message=said.message, hint=said.hint)
        if reason is Stop.CANCEL:
            final = replace(
                ended, state=RunState.CANCELLED, ended_at=now, reason="cancelled", message="Cancelled; nothing of it was kept.", hint=None
            )
            return _onto(final), "cancelled"
        if isinstance(error, Interrupted):
            waiting = replace(
                ended, state=RunState.QUEUED, reason="interrupted", message="Stopped at a checkpoint.", hint="run the same again to resume"
            )
            return _onto(waiting), "interrupted"
        if isinstance(error, PlatformError) and error.fault in _WAITS and error.retry_after is not None:
            return _onto(replace(ended, state=RunState.QUEUED, not_before=now + error.retry_after)), "interrupted"
        if isinstance(error, BackendError) and error.retryable and held.on_queue and held.stumbles < MOST_STUMBLES:
            return _onto(_put_off(ended, now)), "interrupted"
        return _onto(replace(ended, state=RunState.FAILED, ended_at=now)), "failed"

    def _tell_connection(self, scope: Scope, held: Run, error: ListBackupError) -> None:
        if isinstance(error, PlatformError) and error.fault is PlatformFault.NEEDS_REAUTH:
            source = self._sources.get(scope, held.source)
            self._connections.mark_needs_reauth(scope, source.connection, error.message)


def _put_off(run: Run, now: datetime) -> Run:
    """The run goes on later at its last checkpoint: the retries of one call are a matter of seconds, a throttled table is one of minutes."""
    wait = _BREATHER * 2**run.stumbles
    return replace(run, state=RunState.QUEUED, stumbles=run.stumbles + 1, not_before=now + wait, hint="it goes on by itself")


def _in_quiet(run: Run, until: datetime | None) -> Run:
    text = "The platform is left alone in these hours."
    return replace(run, not_before=until, reason="quiet", message=text, hint="it goes on by itself")


def _quietly(edit: Callable[[Run], Run], until: datetime) -> Callable[[Run], Run]:
    return lambda old: _in_quiet(edit(old), until)


def _onto(edited: Run) -> Callable[[Run], Run]:
    """The edit as a change of whatever the row is now: what others may have set meanwhile stays."""
    return lambda old: replace(edited, version=old.version, cancel_requested=old.cancel_requested, on_queue=old.on_queue)


def _from_snapshot(held: Run, done: SnapshotInfo) -> BackupResult:
    whole = done.complete
    problems = [text for stream in done.streams.values() for text in stream.problems]
    return BackupResult(
        state=RunState.SUCCEEDED if whole else RunState.PARTIAL,
        snapshot_id=done.id,
        snapshot_seq=done.seq,
        streams=held.streams,
        written_bytes=done.written_bytes,
        calls=0,
        reason=None if whole else done.facts.get("reason", "partial"),
        message=None if whole else (problems[0] if problems else "Something is missing."),
    )


def _last_line(happened: str, run: Run) -> Note:
    level = LogLevel.INFO if run.state in (RunState.SUCCEEDED, RunState.QUEUED, RunState.CANCELLED) else LogLevel.ERROR
    if run.state is RunState.PARTIAL:
        level = LogLevel.WARNING
    text = f"The run {'waits' if run.state is RunState.QUEUED else 'ended'}: {happened}."
    if run.message:
        text = f"{text} {run.message}"
    if run.not_before is not None:
        text += f" It goes on at {iso(run.not_before)}."
    return Note(message=text, level=level, reason=run.reason)
