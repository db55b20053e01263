"""Jobs as they come over the wire. They go out as they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body, Name, PageParameters, SourceRef
from listbackup.services.jobs.model import RetryPolicy
from listbackup.services.jobs.timetable import QuietWindow, Timetable
from listbackup.services.retention import PolicyIn


class QuietIn(Body):
    """Hours in which the platform is left alone, ``HH:MM``; days from 0 (Monday) to 6."""

    start: Annotated[str, Field(max_length=5, examples=["08:00"])]
    end: Annotated[str, Field(max_length=5, examples=["18:00"])]
    days: Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(min_length=1, max_length=7)] = (0, 1, 2, 3, 4, 5, 6)


class TimetableIn(Body):
    """Either ``cron`` (five fields) or ``every`` (an ISO 8601 duration of whole minutes)."""

    cron: Annotated[str, Field(max_length=200, examples=["0 3 * * *"])] | None = None
    every: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366), examples=["PT15M"])] | None = None
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] = "UTC"
    quiet: Annotated[tuple[QuietIn, ...], Field(max_length=20)] = ()

    def timetable(self) -> Timetable:
        """As the service takes it. Raises InputError."""
        quiet = tuple(QuietWindow(start=one.start, end=one.end, days=one.days) for one in self.quiet)
        return Timetable(cron=self.cron, every=self.every, time_zone=self.time_zone, quiet=quiet)


class RetryIn(Body):
    """What becomes of a run that failed for a reason that may pass: so many more, after this time and then each after twice as long."""

    attempts: Annotated[int, Field(ge=0, le=10)] = 2
    wait: Annotated[timedelta, Field(ge=timedelta(seconds=10), le=timedelta(days=1), examples=["PT5M"])] = timedelta(minutes=5)

    def policy(self) -> RetryPolicy:
        """As the service takes it."""
        return RetryPolicy(attempts=self.attempts, wait=self.wait)


class NewJob(Body):
    """A standing order for a source; its name is the source's unless given."""

    source: SourceRef
    name: Name | None = None
    timetable: TimetableIn | None = None
    retention: PolicyIn | None = None
    retry: RetryIn | None = None


class ChangedJob(Body):
    """What is to change; what is not given stays."""

    name: Name | None = None
    timetable: TimetableIn | None = None
    no_timetable: bool = False
    retention: PolicyIn | None = None
    retry: RetryIn | None = None


class JobParameters(PageParameters):
    """Which jobs."""

    source: SourceRef | None = None
