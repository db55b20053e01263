"""``client.runs``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType, field

from listbackup.client.api.shared import QuotaShown
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header
from listbackup.client.words import Word


class DeadRun(Struct, frozen=True, kw_only=True):
    """A message that was given up, and the run it was sent for; both None when it cannot be read."""

    id: str
    died_at: datetime
    receives: int
    account: str | None
    run: str | None
    job: str | None


class LogLevel(Word):
    """How much a log line matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogLine(Struct, frozen=True, kw_only=True):
    """A line of a run's log."""

    seq: int
    at: datetime
    level: LogLevel
    message: str
    stream: str | None = None
    reason: str | None = None
    key: str | None = None


class Mode(Word):
    """How a stream is read in this run."""

    FULL = "full"
    INCREMENTAL = "incremental"


class Problem(Struct, frozen=True, kw_only=True):
    """Something that makes a run ``partial``: machine-readable reason, one sentence, where."""

    reason: str
    message: str
    stream: str
    key: str | None = None


class RunMonth(Struct, frozen=True, kw_only=True):
    """What the runs of a source came to in one month (``2026-11``, UTC) that were left behind since: how many by how they ended, and their
    sums.
    """

    source: str
    month: str
    succeeded: int = 0
    partial: int = 0
    failed: int = 0
    cancelled: int = 0
    records: int = 0
    received_bytes: int = 0
    written_bytes: int = 0
    calls: int = 0
    busy_seconds: int = 0
    version: int = 0


class RunShown(Struct, frozen=True, kw_only=True):
    """One execution. ``reason`` is a stable code and ``message`` one sentence for anything but plain success; streams as far as they are."""

    id: str
    source: str
    job: str | None
    trigger: Trigger
    state: RunState
    full: bool
    attempt: int
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancel_requested: bool
    reason: str | None
    message: str | None
    hint: str | None
    snapshot: str | None
    snapshot_number: int | None
    not_before: datetime | None
    streams: Sequence[StreamProgress]
    records: int
    received_bytes: int
    written_bytes: int
    calls: int
    tries: int
    crashes: int
    quota: QuotaShown | None


class RunState(Word):
    """Where a run stands. The last four are final."""

    CANCELLED = "cancelled"
    FAILED = "failed"
    PARTIAL = "partial"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"


class StreamProgress(Struct, frozen=True, kw_only=True):
    """One stream of a run: what was delivered and what of it was new."""

    stream: str
    mode: Mode | None = None
    state: StreamState = field(default_factory=lambda: StreamState("waiting"))
    total: int | None = None
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
    problems: Sequence[Problem] = ()


class StreamState(Word):
    """Where one stream of a run stands."""

    COMPLETE = "complete"
    FAILED = "failed"
    PARTIAL = "partial"
    READING = "reading"
    WAITING = "waiting"


class Trigger(Word):
    """Why a run was started."""

    HOOK = "hook"
    MANUAL = "manual"
    RETRY = "retry"
    SCHEDULE = "schedule"


class RunsApi:
    """The operations of ``runs``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def cancel(self, run: str) -> RunShown:
        """Stop a run."""
        request = Request(method="POST", path=f"/v2/runs/{part(run)}/cancel")
        return self._session.ask(RunShown, request)

    def failures(self, run: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[LogLine]:
        """What went wrong in a run."""
        request = Request(method="GET", path=f"/v2/runs/{part(run)}/failures", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[LogLine], request)

    def iter_failures(self, run: str, *, limit: int | UnsetType = UNSET) -> Iterator[LogLine]:
        """Every item of ``failures``, page after page."""
        return every(lambda cursor: self.failures(run, limit=limit, cursor=cursor))

    def get(self, run: str) -> RunShown:
        """A run and how far it is."""
        request = Request(method="GET", path=f"/v2/runs/{part(run)}")
        return self._session.ask(RunShown, request)

    def list(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        source: str | None | UnsetType = UNSET,
        job: str | None | UnsetType = UNSET,
        active: bool | UnsetType = UNSET,
    ) -> Page[RunShown]:
        """Runs, newest first."""
        request = Request(
            method="GET", path="/v2/runs", query={"cursor": cursor, "limit": limit, "source": source, "job": job, "active": active}
        )
        return self._session.ask(Page[RunShown], request)

    def iter(
        self,
        *,
        limit: int | UnsetType = UNSET,
        source: str | None | UnsetType = UNSET,
        job: str | None | UnsetType = UNSET,
        active: bool | UnsetType = UNSET,
    ) -> Iterator[RunShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, source=source, job=job, active=active, cursor=cursor))

    def logs(
        self,
        run: str,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
        level: LogLevel | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
    ) -> Page[LogLine]:
        """What happened in a run, searched by text, level and stream."""
        request = Request(
            method="GET",
            path=f"/v2/runs/{part(run)}/logs",
            query={"cursor": cursor, "limit": limit, "q": q, "level": level, "stream": stream},
        )
        return self._session.ask(Page[LogLine], request)

    def iter_logs(
        self,
        run: str,
        *,
        limit: int | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
        level: LogLevel | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
    ) -> Iterator[LogLine]:
        """Every item of ``logs``, page after page."""
        return every(lambda cursor: self.logs(run, limit=limit, q=q, level=level, stream=stream, cursor=cursor))

    def months(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, source: str) -> Page[RunMonth]:
        """What the runs came to that are too old to be kept one by one, newest month first."""
        request = Request(method="GET", path="/v2/runs/months", query={"cursor": cursor, "limit": limit, "source": source})
        return self._session.ask(Page[RunMonth], request)

    def iter_months(self, *, limit: int | UnsetType = UNSET, source: str) -> Iterator[RunMonth]:
        """Every item of ``months``, page after page."""
        return every(lambda cursor: self.months(limit=limit, source=source, cursor=cursor))

    def of_job(self, job: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[RunShown]:
        """A job's runs, newest first."""
        request = Request(method="GET", path=f"/v2/jobs/{part(job)}/runs", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[RunShown], request)

    def iter_of_job(self, job: str, *, limit: int | UnsetType = UNSET) -> Iterator[RunShown]:
        """Every item of ``of_job``, page after page."""
        return every(lambda cursor: self.of_job(job, limit=limit, cursor=cursor))

    def queues_dead_letters(
        self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, everybody: bool | UnsetType = UNSET
    ) -> Page[DeadRun]:
        """Runs that were given up because they took their workers down."""
        request = Request(method="GET", path="/v2/queues/dead-letters", query={"cursor": cursor, "limit": limit, "everybody": everybody})
        return self._session.ask(Page[DeadRun], request)

    def iter_queues_dead_letters(self, *, limit: int | UnsetType = UNSET, everybody: bool | UnsetType = UNSET) -> Iterator[DeadRun]:
        """Every item of ``queues_dead_letters``, page after page."""
        return every(lambda cursor: self.queues_dead_letters(limit=limit, everybody=everybody, cursor=cursor))

    def queues_dead_letters_redrive(
        self, *, ids: Sequence[str] | None | UnsetType = UNSET, everybody: bool | UnsetType = UNSET
    ) -> Page[DeadRun]:
        """Send dead letters anew: these, or all."""
        request = Request(method="POST", path="/v2/queues/dead-letters/redrive", body=given({"ids": ids, "everybody": everybody}))
        return self._session.ask(Page[DeadRun], request)

    def retry(self, run: str, *, idempotency_key: str | None = None) -> RunShown:
        """Run the same source again."""
        request = Request(method="POST", path=f"/v2/runs/{part(run)}/retry", headers={**repeat_header(idempotency_key)}, repeatable=True)
        return self._session.ask(RunShown, request)

    def run_job(self, job: str, *, idempotency_key: str | None = None) -> RunShown:
        """Run a job now, or the run of its source that is not over."""
        request = Request(method="POST", path=f"/v2/jobs/{part(job)}/run", headers={**repeat_header(idempotency_key)}, repeatable=True)
        return self._session.ask(RunShown, request)

    def sync(self, source: str, *, full: bool | UnsetType = UNSET, idempotency_key: str | None = None) -> RunShown:
        """Back up a source now, or the run of it that is not over."""
        request = Request(
            method="POST",
            path=f"/v2/sources/{part(source)}/sync",
            body=given({"full": full}),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(RunShown, request)
