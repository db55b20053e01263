"""Backs up one source: its streams one after the other into one snapshot, which becomes visible in one step at the end.

What is promised
- A stream counts as complete only when its reading came to a positive end and nothing contradicted it; records are taken as deleted only then.
- A stream that fails does not stop the others; the snapshot is ``partial`` and says what is missing. Credentials that are refused stop the run.
- A run that was killed goes on at its last checkpoint, whoever carries it on, and ends in the same snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from listbackup.base.clock import Clock, iso
from listbackup.base.errors import Conflict, InputError, Interrupted, PlatformError, PlatformFault
from listbackup.connectors.engine.connector import Mode, Session, StreamInfo
from listbackup.connectors.engine.quota import KnowsQuota
from listbackup.connectors.engine.record import Key, Problem
from listbackup.processor.attachments import Attachments
from listbackup.processor.checkpoint import Cadence, Mark, Marks, Pending, Reading, read_marks, read_readings, write
from listbackup.processor.filters import Filter
from listbackup.processor.progress import (
    BackupResult,
    Listen,
    LogLevel,
    MustStop,
    Note,
    Progress,
    RunState,
    Stop,
    StreamProgress,
    StreamState,
    TakeNote,
)
from listbackup.processor.stream_backup import StreamBackup, filters_print, spec_of
from listbackup.processor.verdict import verdict
from listbackup.store import SnapshotInfo, Store, Writing
from listbackup.store.carrying import carry_on

LINGER = timedelta(seconds=0.1)  # how long batches may wait for others; what is shown and obeyed lags so much behind
_STATES = {StreamState.COMPLETE: "complete", StreamState.PARTIAL: "incomplete", StreamState.FAILED: "unreadable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOrder:
    """A stream that is to be read, and which of its records are kept."""

    info: StreamInfo
    filters: tuple[Filter, ...] = ()
    is_barred: Callable[[Key], bool] | None = None  # erased, and not to be kept again


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupOrder:
    """What one run is to do. ``missing`` are streams that were chosen and that the platform does not show."""

    run: str
    owner: str
    streams: Sequence[StreamOrder]
    missing: Sequence[str] = ()
    full_every: timedelta = timedelta(days=7)
    cadence: Cadence = field(default_factory=Cadence)
    lease: timedelta = timedelta(minutes=15)
    take_over: bool = False
    patience: timedelta = timedelta(minutes=30)  # a platform that asks for a longer wait is come back to in another attempt
    facts: Mapping[str, str] = field(default_factory=dict)


def run_backup(
    order: BackupOrder, *, store: Store, session: Session, clock: Clock, must_stop: MustStop, listen: Listen, note: TakeNote
) -> BackupResult:
    """How the run ended: a snapshot, complete or partial, or none when nothing could be read.

    Raises Interrupted when it was told to stop (the checkpoint stands unless the run was cancelled), PlatformError ``rate_limited`` when the platform asks
    for more patience than the order has, ``quota_reached`` when our share of its calls is used before anything came (the checkpoint stands), and BackendError or StoreError when the ground gives way.
    """
    latest = store.latest()
    writing = store.open_run(order.run, owner=order.owner, lease=order.lease, take_over=order.take_over)
    backup = _Backup(order, writing, session, clock, must_stop, listen, note, latest)
    try:
        return backup.carry_out()
    except Interrupted:
        if must_stop() is Stop.CANCEL:
            writing.abandon()
        raise
    finally:
        writing.close()


class _Backup:
    def __init__(
        self,
        order: BackupOrder,
        writing: Writing,
        session: Session,
        clock: Clock,
        must_stop: MustStop,
        listen: Listen,
        note: TakeNote,
        latest: SnapshotInfo | None,
    ) -> None:
        self._order, self._writing, self._session, self._clock = order, writing, session, clock
        self._must_stop, self._listen, self._note = must_stop, listen, note
        self._marks = read_marks(latest.cursor if latest is not None else None)
        resumed = writing.resumed
        self._readings = read_readings(resumed.cursor if resumed is not None else None)
        self._calls_before = self._readings.calls
        self._at = self._held_at = clock.monotonic()
        self._staged_bytes = 0
        self._refused: PlatformError | None = (
            None  # credentials that are refused, or our share of the calls is used: no stream is begun any more
        )
        self._goes_on_with: str | None = None
        self._waiting = [StreamProgress(stream=one.info.name) for one in order.streams]

    def carry_out(self) -> BackupResult:
        attachments = Attachments(self._session.fetch_attachment, self._writing, should_stop=lambda: self._must_stop() is not None)
        try:
            self._wait_for_calls()
            for one in self._rotated():
                if self._refused is None:
                    self._stream(one, attachments)
                elif self._goes_on_with is not None:
                    self._not_reached(one)
        finally:
            attachments.close()
        self._missing()
        return self._end()

    def _wait_for_calls(self) -> None:
        """Where the run before ended because our share of the calls was used, nothing is begun before some of it is free. Raises PlatformError."""
        if self._marks.next is None or self._readings.streams or not isinstance(self._session, KnowsQuota):
            return
        left = self._session.quota_left()
        now = self._clock.now()
        if left is not None and left.enough_at > now:
            message = f"only {left.calls:,} calls are left of our share of the platform's {left.of:,} a {left.per}"
            hint = f"it goes on after {iso(left.enough_at)}"
            raise PlatformError(message, fault=PlatformFault.QUOTA_REACHED, hint=hint, retry_after=left.enough_at - now)

    def _rotated(self) -> Sequence[StreamOrder]:
        """The streams, first the one at which the run before ended its calls: so each has its turn, however few calls there are."""
        orders = list(self._order.streams)
        start = next((at for at, one in enumerate(orders) if one.info.name == self._marks.next), 0)
        return orders[start:] + orders[:start]

    def _not_reached(self, one: StreamOrder) -> None:
        name = one.info.name
        reading = self._readings.streams.get(name)
        if reading is None:
            text = "Its turn comes in the next run: our share of the platform's calls is used."
            problem = Problem(reason=PlatformFault.QUOTA_REACHED.value, message=text, stream=name)
            place = next(at for at, waiting in enumerate(self._waiting) if waiting.stream == name)
            self._waiting[place] = StreamProgress(stream=name, state=StreamState.FAILED, problem_count=1, problems=(problem,))

    # one stream ---------------------------------------------------------------------------------------------------------

    def _stream(self, one: StreamOrder, attachments: Attachments) -> None:
        reading = self._readings.streams.get(one.info.name)
        if reading is not None and reading.finished:
            return
        if reading is None:
            reading = self._begin(one)
            self._readings.streams[one.info.name] = reading
        name = one.info.name
        self._note(Note(message=f"Reading {name}: {reading.mode.value}{', resumed' if reading.resume is not None else ''}.", stream=name))
        linger = min(LINGER, self._order.cadence.every).total_seconds()
        backup = StreamBackup(
            one.info,
            one.filters,
            reading,
            self._writing,
            self._session,
            attachments,
            self._turn,
            clock=self._clock,
            linger_seconds=linger,
            is_barred=one.is_barred,
        )
        try:
            backup.read()
        except PlatformError as error:
            problem = Problem(reason=error.fault.value, message=error.message, stream=name)
            if error.fault is PlatformFault.QUOTA_REACHED:
                self._put_off(reading, backup, error, problem)
            else:
                self._failed(reading, error)
                backup.give_up(problem)
        except Conflict:
            raise  # the credentials or the run were changed by another: nothing of this attempt can go on
        except InputError as error:
            backup.give_up(Problem(reason="input", message=error.message, stream=name))
        self._settled(reading)
        self._finished(reading)

    def _put_off(self, reading: Reading, backup: StreamBackup, error: PlatformError, problem: Problem) -> None:
        name = problem.stream
        pending = backup.put_off(problem)
        mark = self._marks.streams.get(name, Mark())
        reading.mark = msgspec.structs.replace(mark, pending=pending)
        self._refused, self._goes_on_with = error, name

    def _settled(self, reading: Reading) -> None:
        """A reading that went on with an earlier one and did not come to its end does not go on with that a third time."""
        mark = self._marks.streams.get(reading.progress.stream)
        if reading.mark is None and mark is not None and mark.pending is not None:
            reading.mark = msgspec.structs.replace(mark, pending=None)

    def _begin(self, one: StreamOrder) -> Reading:
        mark = self._marks.streams.get(one.info.name, Mark())
        if mark.pending is not None and self._order.full_every and mark.pending.filters == filters_print(one.filters):
            return self._carried(one, mark, mark.pending)
        mode = choose_mode(one.info, one.filters, mark, now=self._clock.now(), full_every=self._order.full_every)
        cursor = mark.cursor if mode is Mode.INCREMENTAL else None
        progress = StreamProgress(stream=one.info.name, mode=mode, state=StreamState.READING)
        return Reading(mode=mode, cursor=cursor, started_at=self._clock.now(), full_at=mark.full_at, progress=progress)

    def _carried(self, one: StreamOrder, mark: Mark, pending: Pending) -> Reading:
        """The reading of an earlier run, gone on with."""
        seen = pending.seen
        blind = pending.mode is Mode.FULL
        if blind and seen is not None:
            blind = not carry_on(self._writing, self._writing.stream(one.info.name, spec_of(one.info)), seen, pending.seq)
        progress = StreamProgress(stream=one.info.name, mode=pending.mode, state=StreamState.READING)
        return Reading(
            mode=pending.mode,
            cursor=pending.cursor,
            started_at=pending.started_at,
            full_at=mark.full_at,
            resume=pending.resume,
            blind=blind,
            progress=progress,
        )

    def _failed(self, reading: Reading, error: PlatformError) -> None:
        if error.fault is PlatformFault.RATE_LIMITED and error.retry_after is not None and error.retry_after > self._order.patience:
            self._checkpoint()
            raise error
        if error.fault is PlatformFault.NEEDS_REAUTH:
            self._refused = error

    def _finished(self, reading: Reading) -> None:
        progress = reading.progress
        for problem in progress.problems:
            self._note(Note(message=problem.message, level=LogLevel.WARNING, stream=problem.stream, reason=problem.reason, key=problem.key))
        text = f"{progress.stream} is {_STATES[progress.state]}: {progress.records} records, {progress.added} new, {progress.changed} changed, {progress.gone} gone."
        self._note(
            Note(message=text, level=LogLevel.INFO if progress.state is StreamState.COMPLETE else LogLevel.WARNING, stream=progress.stream)
        )
        self._tell()

    # between two batches ------------------------------------------------------------------------------------------------

    def _turn(self, staged_bytes: int, settle: Callable[[], None]) -> None:
        """After each batch: obey, tell, and make a checkpoint when one is due. ``settle`` brings the reading to where a checkpoint may stand."""
        stop = self._must_stop()
        if stop is not None:
            if stop is Stop.PAUSE:
                settle()
                self._checkpoint()
            raise Interrupted("stopped as asked", hint="run the same again to resume" if stop is Stop.PAUSE else None)
        self._staged_bytes += staged_bytes
        now, cadence = self._clock.monotonic(), self._order.cadence
        if self._staged_bytes >= cadence.staged_bytes or now - self._at >= cadence.every.total_seconds():
            settle()
            self._checkpoint()
        if now - self._held_at >= self._order.lease.total_seconds() / 3:
            self._writing.heartbeat(self._order.lease)
            self._held_at = now
        self._tell()

    def _checkpoint(self) -> None:
        self._readings.calls = self._calls_before + self._session.calls
        self._readings.checkpoints += 1
        self._writing.checkpoint(write(self._readings))
        self._at, self._staged_bytes = self._clock.monotonic(), 0

    def _tell(self) -> None:
        streams = tuple(
            self._readings.streams[one.stream].progress if one.stream in self._readings.streams else one for one in self._waiting
        )
        calls = self._calls_before + self._session.calls
        self._listen(Progress(run=self._order.run, streams=streams, checkpoints=self._readings.checkpoints, calls=calls))

    # the end ------------------------------------------------------------------------------------------------------------

    def _missing(self) -> None:
        for name in self._order.missing:
            problem = Problem(reason="stream_missing", message=f"The platform does not show the stream {name}.", stream=name)
            progress = StreamProgress(stream=name, state=StreamState.FAILED, problem_count=1, problems=(problem,))
            self._waiting.append(progress)
            self._note(Note(message=problem.message, level=LogLevel.WARNING, stream=name, reason=problem.reason))

    def _end(self) -> BackupResult:
        streams = self._streams()
        calls = self._calls_before + self._session.calls
        ended = BackupResult(state=RunState.SUCCEEDED, snapshot_id=None, snapshot_seq=None, streams=streams, written_bytes=0, calls=calls)
        if all(one.state is StreamState.COMPLETE for one in streams) and self._refused is None:
            return self._commit(ended)
        reason, message, hint = self._shortcomings(streams)
        ended = replace(ended, reason=reason, message=message, hint=hint)
        if self._goes_on_with is not None:
            ended = self._until_later(ended)
        if not any(one.state in (StreamState.COMPLETE, StreamState.PARTIAL) for one in streams):
            self._writing.abandon()
            return replace(ended, state=RunState.FAILED)
        return self._commit(replace(ended, state=RunState.PARTIAL))

    def _until_later(self, ended: BackupResult) -> BackupResult:
        assert self._refused is not None
        if not any(one.records or one.gone or one.state is StreamState.COMPLETE for one in ended.streams):
            raise self._refused  # nothing came: this run waits, and there is no snapshot to be made
        at = self._clock.now() + (self._refused.retry_after or timedelta(0))
        return replace(ended, goes_on_at=at, message=f"{ended.message}. It goes on after {iso(at)}.", hint=_HINT_QUOTA)

    def _commit(self, ended: BackupResult) -> BackupResult:
        stop = self._must_stop()
        if stop in (Stop.CANCEL, Stop.LOST):
            raise Interrupted("stopped before the snapshot was made")
        kept = {**self._marks.streams, **{name: one.mark for name, one in self._readings.streams.items() if one.mark}}
        marks = Marks(streams=kept, next=self._goes_on_with)
        facts = {**self._order.facts, **({"reason": ended.reason} if ended.reason else {})}
        info = self._writing.commit(self._clock.now(), write(marks), facts)
        return replace(ended, snapshot_id=info.id, snapshot_seq=info.seq, written_bytes=info.written_bytes)

    def _streams(self) -> tuple[StreamProgress, ...]:
        streams = []
        for one in self._waiting:
            progress = self._readings.streams[one.stream].progress if one.stream in self._readings.streams else one
            if progress.state is StreamState.WAITING:  # credentials were refused before its turn came
                progress = replace(progress, state=StreamState.FAILED)
            streams.append(progress)
        return tuple(streams)

    def _shortcomings(self, streams: Sequence[StreamProgress]) -> tuple[str, str, str | None]:
        if self._refused is not None:
            said = verdict(self._refused)
            return said.reason, said.message, said.hint
        short = [one for one in streams if one.state is not StreamState.COMPLETE]
        first = next((problem for one in short for problem in one.problems), None)
        reason = first.reason if first is not None else "incomplete"
        names = ", ".join(one.stream for one in short)
        text = f"{len(short)} of {len(streams)} streams {'is' if len(short) == 1 else 'are'} not complete ({names})"
        hint = _HINT if any(one.state in (StreamState.COMPLETE, StreamState.PARTIAL) for one in streams) else _HINT_NOTHING
        return reason, f"{text}: {first.message}" if first is not None else f"{text}.", hint


_HINT_QUOTA = "the next run goes on where this one stopped; LISTBACKUP_QUOTA_SHARE says how much of the platform's calls may be taken"
_HINT = "nothing was taken as deleted in what is incomplete; the next run reads it anew"
_HINT_NOTHING = "nothing was lost: see whether the platform answers at its address and lets these credentials read, then back up again"


def choose_mode(info: StreamInfo, filters: tuple[Filter, ...], mark: Mark, *, now: datetime, full_every: timedelta) -> Mode:
    """FULL at the first time, where the platform knows no "changed since", after the filters changed, and when everything was last listed
    ``full_every`` ago or longer (append-only streams are listed again only where it is zero)."""
    if (info.cursor is None and not info.syncs) or mark.cursor is None or mark.full_at is None or mark.filters != filters_print(filters):
        return Mode.FULL
    if now - mark.full_at >= full_every and (not info.append_only or not full_every):
        return Mode.FULL
    return Mode.INCREMENTAL


__all__ = ["BackupOrder", "Cadence", "StreamOrder", "choose_mode", "run_backup"]
