"""What a run is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from listbackup.base.ids import JobId, RunId, SourceId
from listbackup.processor.progress import LogLevel, RunState, StreamProgress

_LONGEST_LEASE = timedelta(hours=1)


class Trigger(StrEnum):
    """Why a run was started."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    RETRY = "retry"
    HOOK = "hook"  # the platform said that something changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution. ``reason`` is a stable code and ``message`` one sentence for anything but plain success.

    ``epoch`` grows with every worker that takes the run on; a worker whose epoch is old can change nothing any more. A run that is ``running`` after
    ``lease_until`` has lost its worker and may be taken on by another, which continues at the last checkpoint.
    """

    id: RunId
    source: SourceId
    trigger: Trigger
    queued_at: datetime
    state: RunState = RunState.QUEUED
    job: JobId | None = None
    full: bool = False  # list every stream whole, whatever the cursors would allow
    attempt: int = 0  # how many workers have taken it on
    crashes: int = 0  # how many of them were lost without a word
    epoch: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    not_before: datetime | None = (
        None  # the platform asked us to stay away until then, or it is told to be left alone, or the ground gave way
    )
    stumbles: int = 0  # how often the ground gave way under it and it was put off
    tries: int = 0  # how many failed runs before this one it makes up for
    cancel_requested: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    message: str | None = None
    hint: str | None = None
    snapshot_id: str | None = None
    snapshot_seq: int | None = None
    streams: tuple[StreamProgress, ...] = field(default_factory=tuple)
    written_bytes: int = 0
    calls: int = 0
    on_queue: bool = False  # whether a worker is to fetch it; a run of the command line is carried out where it was started
    version: int = 1

    @property
    def is_active(self) -> bool:
        """Whether it is not over yet."""
        return not self.state.is_final

    def is_held_at(self, now: datetime) -> bool:
        """Whether a worker's lease holds. One that ends in more than an hour was given by a clock that was ahead; being wrong about that is harmless: the epoch
        fences who loses the run."""
        return self.state is RunState.RUNNING and self.lease_until is not None and now < self.lease_until <= now + _LONGEST_LEASE

    def makes_up_for(self, failed: Run) -> bool:
        """Whether this run of the same source came after that one, so that nothing is left to make up for."""
        if failed.ended_at is None or self.id == failed.id:
            return False
        is_next_try = self.trigger is Trigger.RETRY and self.tries == failed.tries + 1
        return self.queued_at > failed.ended_at or (is_next_try and self.queued_at >= failed.ended_at)

    @property
    def records(self) -> int:
        """Records delivered by the platform."""
        return sum(stream.records for stream in self.streams)

    @property
    def received_bytes(self) -> int:
        """Bytes of records and attachments received [bytes]."""
        return sum(stream.received_bytes + stream.attachment_bytes for stream in self.streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line of a run's log."""

    seq: int
    at: datetime
    level: LogLevel
    message: str
    stream: str | None = None
    reason: str | None = None
    key: str | None = None


__all__ = ["LogLevel", "LogLine", "Run", "RunState", "Trigger"]
