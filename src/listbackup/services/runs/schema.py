"""Runs as they go over the wire: without who holds them and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from listbackup.connectors.engine.quota import QuotaLeft
from listbackup.http.paging import Body, JobRef, PageParameters, SourceRef
from listbackup.processor.progress import LogLevel, Progress, RunState, StreamProgress
from listbackup.services.connections import QuotaShown, show_quota
from listbackup.services.runs.logbook import WantedLines
from listbackup.services.runs.model import Run, Trigger


class Sync(Body):
    """How to back up now; ``full`` lists everything, so that every deletion is found."""

    full: bool = False


class RunParameters(PageParameters):
    """Which runs: of one source, of one job, or those that are not over."""

    source: SourceRef | None = None
    job: JobRef | None = None
    active: Annotated[bool, Field(description="Only those that are not over.")] = False


class MonthParameters(PageParameters):
    """Of which source."""

    source: SourceRef


class LogParameters(PageParameters):
    """Which lines of a log; a page may hold fewer than asked for and still have a next."""

    q: Annotated[str | None, Field(min_length=1, max_length=200, description="A text in the line, in upper or lower case.")] = None
    level: Annotated[LogLevel | None, Field(description="This level and what matters more.")] = None
    stream: Annotated[str | None, Field(min_length=1, max_length=200)] = None

    def wanted(self) -> WantedLines:
        """As the service takes it."""
        return WantedLines(text=self.q, level=self.level, stream=self.stream)


class DeadParameters(PageParameters):
    """Whose dead letters; ``everybody`` is for the operator of the installation."""

    everybody: Annotated[bool, Field(description="Of all accounts; for the operator.")] = False


class Redrive(Body):
    """Which dead letters; all where none is named."""

    ids: Annotated[tuple[Annotated[str, Field(max_length=64)], ...] | None, Field(max_length=500)] = None
    everybody: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunShown:
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
    not_before: datetime | None  # the platform asked to be left alone until then
    streams: Sequence[StreamProgress]
    records: int
    received_bytes: int
    written_bytes: int
    calls: int
    tries: int
    crashes: int
    quota: QuotaShown | None


def show_run(run: Run, progress: Progress | None = None, quota: QuotaLeft | None = None) -> RunShown:
    """The run as it goes out; ``progress`` where more is known than its row says."""
    known = run.streams or (progress.streams if progress is not None else ())
    return RunShown(
        id=run.id,
        source=run.source,
        job=run.job,
        trigger=run.trigger,
        state=run.state,
        full=run.full,
        attempt=run.attempt,
        queued_at=run.queued_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        cancel_requested=run.cancel_requested,
        reason=run.reason,
        message=run.message,
        hint=run.hint,
        snapshot=run.snapshot_id,
        snapshot_number=run.snapshot_seq,
        not_before=run.not_before,
        streams=known,
        records=sum(stream.records for stream in known),
        received_bytes=sum(stream.received_bytes + stream.attachment_bytes for stream in known),
        written_bytes=run.written_bytes,
        calls=run.calls or (progress.calls if progress is not None else 0),
        tries=run.tries,
        crashes=run.crashes,
        quota=show_quota(quota) if quota is not None else None,
    )
