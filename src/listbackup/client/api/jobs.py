"""``client.jobs``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import Policy, PolicyIn
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header, version_header


class Job(Struct, frozen=True, kw_only=True):
    """A standing order for one source. Without a timetable it only holds the retention; ``due_at`` is when it runs next."""

    id: str
    name: str
    source: str
    created_at: datetime
    timetable: Timetable | None = None
    retention: Policy | None = None
    retry: RetryPolicy | None = None
    paused: bool = False
    due_at: datetime | None = None
    version: int = 1


class QuietIn(Struct, frozen=True, kw_only=True):
    """Hours in which the platform is left alone, ``HH:MM``; days from 0 (Monday) to 6."""

    start: str
    end: str
    days: Sequence[int] | UnsetType = UNSET


class QuietWindow(Struct, frozen=True, kw_only=True):
    """Hours in which the platform is not called: from ``start`` to ``end`` (``HH:MM``, half open, over midnight when the end is not later),
    on days 0 (Monday) to 6.
    """

    start: str
    end: str
    days: Sequence[int] = ()


class RetryIn(Struct, frozen=True, kw_only=True):
    """What becomes of a run that failed for a reason that may pass: so many more, after this time and then each after twice as long."""

    attempts: int | UnsetType = UNSET
    wait: timedelta | UnsetType = UNSET


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """What becomes of a run that failed for a reason that may pass: so many more, the first after ``wait``, each next after twice as long."""

    attempts: int = 2
    wait: timedelta | None = None


class Timetable(Struct, frozen=True, kw_only=True):
    """Either ``cron`` (five fields, in ``time_zone``) or ``every`` (aligned to the clock: every 15 minutes is :00, :15, …)."""

    cron: str | None = None
    every: timedelta | None = None
    time_zone: str = "UTC"
    quiet: Sequence[QuietWindow] = ()


class TimetableIn(Struct, frozen=True, kw_only=True):
    """Either ``cron`` (five fields) or ``every`` (an ISO 8601 duration of whole minutes)."""

    cron: str | None | UnsetType = UNSET
    every: timedelta | None | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    quiet: Sequence[QuietIn] | UnsetType = UNSET


class JobsApi:
    """The operations of ``jobs``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(
        self,
        *,
        source: str,
        name: str | None | UnsetType = UNSET,
        timetable: TimetableIn | None | UnsetType = UNSET,
        retention: PolicyIn | None | UnsetType = UNSET,
        retry: RetryIn | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> Job:
        """Order when a source is backed up and what is kept."""
        request = Request(
            method="POST",
            path="/v2/jobs",
            body=given({"source": source, "name": name, "timetable": timetable, "retention": retention, "retry": retry}),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(Job, request)

    def delete(self, job: str) -> None:
        """Forget a job; source and snapshots stay."""
        request = Request(method="DELETE", path=f"/v2/jobs/{part(job)}")
        self._session.do(request)

    def get(self, job: str) -> Job:
        """A job."""
        request = Request(method="GET", path=f"/v2/jobs/{part(job)}")
        return self._session.ask(Job, request)

    def list(
        self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, source: str | None | UnsetType = UNSET
    ) -> Page[Job]:
        """The jobs."""
        request = Request(method="GET", path="/v2/jobs", query={"cursor": cursor, "limit": limit, "source": source})
        return self._session.ask(Page[Job], request)

    def iter(self, *, limit: int | UnsetType = UNSET, source: str | None | UnsetType = UNSET) -> Iterator[Job]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, source=source, cursor=cursor))

    def pause(self, job: str) -> Job:
        """No longer run by itself."""
        request = Request(method="POST", path=f"/v2/jobs/{part(job)}/pause")
        return self._session.ask(Job, request)

    def resume(self, job: str) -> Job:
        """Run by itself again."""
        request = Request(method="POST", path=f"/v2/jobs/{part(job)}/resume")
        return self._session.ask(Job, request)

    def update(
        self,
        job: str,
        *,
        name: str | None | UnsetType = UNSET,
        timetable: TimetableIn | None | UnsetType = UNSET,
        no_timetable: bool | UnsetType = UNSET,
        retention: PolicyIn | None | UnsetType = UNSET,
        retry: RetryIn | None | UnsetType = UNSET,
        version: int | None = None,
    ) -> Job:
        """Change a job."""
        request = Request(
            method="PATCH",
            path=f"/v2/jobs/{part(job)}",
            body=given({"name": name, "timetable": timetable, "no_timetable": no_timetable, "retention": retention, "retry": retry}),
            headers={**version_header(version)},
        )
        return self._session.ask(Job, request)
