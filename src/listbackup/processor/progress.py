"""What a run tells while it goes on and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from listbackup.connectors.engine.connector import Mode
from listbackup.connectors.engine.record import Problem


class RunState(StrEnum):
    """Where a run stands. The last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to the run."""
        return self not in (RunState.QUEUED, RunState.RUNNING)


class StreamState(StrEnum):
    """Where one stream of a run stands."""

    WAITING = "waiting"
    READING = "reading"
    COMPLETE = "complete"
    PARTIAL = "partial"  # something is missing; ``problems`` says what
    FAILED = "failed"  # nothing could be read


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamProgress:
    """One stream of a run: what was delivered and what of it was new."""

    stream: str
    mode: Mode | None = None
    state: StreamState = StreamState.WAITING
    total: int | None = None  # what the platform says the whole listing holds
    records: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    attachments: int = 0
    received_bytes: int = 0
    attachment_bytes: int = 0
    calls: int = 0
    problem_count: int = 0
    problems: tuple[Problem, ...] = ()  # the first ``MAX_PROBLEMS`` of them


MAX_PROBLEMS = 100


class LogLevel(StrEnum):
    """How much a log line matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that happened in a run and belongs into its log."""

    message: str
    level: LogLevel = LogLevel.INFO
    stream: str | None = None
    reason: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A run as it stands now."""

    run: str
    streams: Sequence[StreamProgress] = field(default_factory=tuple)
    checkpoints: int = 0
    calls: int = 0

    @property
    def records(self) -> int:
        """Records delivered so far."""
        return sum(stream.records for stream in self.streams)

    @property
    def received_bytes(self) -> int:
        """Bytes of records and attachments received so far [bytes]."""
        return sum(stream.received_bytes + stream.attachment_bytes for stream in self.streams)


Listen: TypeAlias = Callable[[Progress], None]


class Stop(StrEnum):
    """Why a run must stop."""

    PAUSE = "pause"  # the process was told to end: checkpoint, and go on later
    CANCEL = "cancel"  # somebody cancelled the run: nothing of it is kept
    LOST = "lost"  # another worker has it: touch nothing any more


MustStop: TypeAlias = Callable[[], Stop | None]
TakeNote: TypeAlias = Callable[[Note], None]


def silent(_: Progress) -> None:
    """Listens to nothing."""


def unnoted(_: Note) -> None:
    """Keeps no log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupResult:
    """How a backup ended. ``reason`` is a stable code, ``message`` one sentence; both None when everything is complete."""

    state: RunState
    snapshot_id: str | None
    snapshot_seq: int | None
    streams: Sequence[StreamProgress]
    written_bytes: int
    calls: int
    reason: str | None = None
    message: str | None = None
    hint: str | None = None
    goes_on_at: datetime | None = None  # our share of the platform's calls is used: then there is room again
