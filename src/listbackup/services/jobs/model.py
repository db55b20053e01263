"""What a job is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listbackup.base.errors import InputError
from listbackup.base.ids import JobId, SourceId
from listbackup.services.jobs.timetable import Timetable
from listbackup.store.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """What becomes of a run that failed for a reason that may pass: so many more, the first after ``wait``, each next after twice as long."""

    attempts: int = 2
    wait: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        if not 0 <= self.attempts <= 10:
            raise InputError("a failed run is tried again at most 10 times", field="retry/attempts")
        if not timedelta(seconds=10) <= self.wait <= timedelta(days=1):
            raise InputError("between two tries lie from 10 seconds to a day", field="retry/wait")

    def wait_before(self, tried: int) -> timedelta | None:
        """How long to wait after so many tries in vain; None: no more."""
        return self.wait * 2**tried if tried < self.attempts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A standing order for one source. Without a timetable it only holds the retention; ``due_at`` is when it runs next."""

    id: JobId
    name: str
    source: SourceId
    created_at: datetime
    timetable: Timetable | None = None
    retention: Policy = field(default_factory=Policy)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    paused: bool = False
    due_at: datetime | None = None
    version: int = 1
