"""Hours in which a platform is left alone: a run that goes on when they begin comes to its next checkpoint and waits for their end."""

from __future__ import annotations

from datetime import datetime, timedelta

from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, NotFound
from listbackup.services.jobs import Jobs
from listbackup.services.scope import Scope

_LOOK_EVERY = timedelta(seconds=5)  # a timetable may be changed while the run goes on


class QuietHours:
    """The quiet hours of one source, asked after each batch and by the run's watch; looked up every five seconds."""

    def __init__(self, jobs: Jobs, scope: Scope, source: str, clock: Clock) -> None:
        self._jobs, self._scope, self._source, self._clock = jobs, scope, source, clock
        self._looked_at: datetime | None = None
        self.until: datetime | None = None

    def have_begun(self) -> bool:
        """Whether the platform is to be left alone now; ``until`` says how long."""
        now = self._clock.now()
        if self.until is None and (self._looked_at is None or not timedelta() <= now - self._looked_at < _LOOK_EVERY):
            self._looked_at = now
            try:
                self.until = self._jobs.quiet_until(self._scope, self._source)
            except (NotFound, BackendError):  # the source was deleted, or the ground does not answer now: the run will meet that itself
                return False
        return self.until is not None
