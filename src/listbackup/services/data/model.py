"""What a restore is, as people see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listbackup.base.ids import RestoreId, SourceId
from listbackup.processor.restore_model import RestoreResult, Selection


class RestoreState(StrEnum):
    """Where a restore stands."""

    RUNNING = "running"  # or interrupted: carrying it out again goes on without writing anything twice
    DONE = "done"
    PARTIAL = "partial"  # some records could not be written
    CANCELLED = "cancelled"  # stopped by a person; what was written until then can be undone
    UNDOING = "undoing"
    UNDONE = "undone"


def lease_of(account: str, restore: str) -> str:
    """What whoever writes for a restore, or takes it back, holds."""
    return f"restore/{account}/{restore}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """Records of a snapshot written back to the platform, as one thing that can be undone."""

    id: RestoreId
    source: SourceId
    snapshot_seq: int
    selection: Selection
    overwrite: bool
    state: RestoreState
    created_at: datetime
    ended_at: datetime | None = None
    result: RestoreResult | None = None
    undo_result: RestoreResult | None = None
    message: str | None = None  # why nobody goes on with it by itself
    version: int = 1
