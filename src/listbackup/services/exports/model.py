"""What an export is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from listbackup.base.ids import SourceId
from listbackup.processor.export import ExportedFile, ExportFormat, ExportOptions
from listbackup.processor.fields import field_paths
from listbackup.services.data import parse_filter

KEPT_FOR = timedelta(days=7)
MAX_ATTEMPTS = 10


class ExportState(StrEnum):
    """Where an export stands."""

    QUEUED = "queued"
    RUNNING = "running"  # or interrupted: it goes on with the streams that are not written yet
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # its files were kept as long as asked, and are gone

    @property
    def is_active(self) -> bool:
        """Whether there is still something to do."""
        return self in (ExportState.QUEUED, ExportState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A snapshot, or some streams, records and fields of it, as files; ``fields`` by names joined by dots, ``condition`` as a listing takes its filter."""

    id: str
    source: SourceId
    snapshot: str
    snapshot_seq: int
    format: ExportFormat
    streams: tuple[str, ...] | None
    raw_cells: bool
    keep_for: timedelta
    state: ExportState
    created_at: datetime
    actor: str
    ended_at: datetime | None = None
    expires_at: datetime | None = None  # when its files go
    files: Sequence[ExportedFile] = ()  # whole and sealed; while it runs those that are done
    records: int = 0  # written so far
    records_total: int = 0
    message: str | None = None
    attempts: int = 0
    fields: tuple[str, ...] = ()
    condition: str | None = None
    attachments: bool = False
    version: int = 1

    def options(self) -> ExportOptions:
        """As whoever writes the files takes it. Raises InputError."""
        return ExportOptions(
            streams=self.streams,
            raw_cells=self.raw_cells,
            attachments=self.attachments,
            fields=field_paths(self.fields),
            filters=parse_filter(self.condition) if self.condition is not None else (),
        )

    @property
    def size_bytes(self) -> int:
        """Of all files together, as they come out."""
        return sum(file.size_bytes for file in self.files)
