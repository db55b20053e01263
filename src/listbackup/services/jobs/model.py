"""What a job is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from listbackup.base.ids import JobId, SourceId
from listbackup.services.jobs.timetable import Timetable
from listbackup.store.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A standing order for one source. Without a timetable it only holds the retention; ``due_at`` is when it runs next."""

    id: JobId
    name: str
    source: SourceId
    created_at: datetime
    timetable: Timetable | None = None
    retention: Policy = field(default_factory=Policy)
    paused: bool = False
    due_at: datetime | None = None
    version: int = 1
