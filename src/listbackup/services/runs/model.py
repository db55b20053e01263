"""What a run is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from listbackup.base.ids import JobId, RunId, SourceId
from listbackup.processor.progress import LogLevel, RunState, StreamProgress


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
    not_before: datetime | None = None  # the platform asked us to stay away until then, or it is told to be left alone
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
