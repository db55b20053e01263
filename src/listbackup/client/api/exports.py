"""``client.exports``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import DownloadUrl, ExportFormat
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header
from listbackup.client.words import Word


class ExportShown(Struct, frozen=True, kw_only=True):
    """An export. ``working`` is whether this server is at it; ``records`` of ``records_total`` are written."""

    id: str
    source: str
    snapshot: str
    format: ExportFormat
    streams: Sequence[str] | None
    fields: Sequence[str]
    filter: str | None
    attachments: bool
    raw_cells: bool
    state: ExportState
    working: bool
    records: int
    records_total: int
    size_bytes: int
    files: Sequence[ExportedFile]
    message: str | None
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None


class ExportState(Word):
    """Where an export stands."""

    CANCELLED = "cancelled"
    DONE = "done"
    EXPIRED = "expired"
    FAILED = "failed"
    QUEUED = "queued"
    RUNNING = "running"


class ExportedFile(Struct, frozen=True, kw_only=True):
    """One file of an export; ``columns`` is 0 where there are none."""

    name: str
    stream: str
    records: int
    size_bytes: int
    sha256: str
    columns: int = 0
    neutralised_cells: int = 0
    cut_cells: int = 0


class ExportsApi:
    """The operations of ``exports``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def cancel(self, export: str) -> ExportShown:
        """Give an export up."""
        request = Request(method="POST", path=f"/v2/exports/{part(export)}/cancel")
        return self._session.ask(ExportShown, request)

    def create(
        self,
        *,
        snapshot: str,
        format: ExportFormat,
        streams: Sequence[str] | None | UnsetType = UNSET,
        fields: Sequence[str] | UnsetType = UNSET,
        filter: str | None | UnsetType = UNSET,
        attachments: bool | UnsetType = UNSET,
        raw_cells: bool | UnsetType = UNSET,
        keep_for: timedelta | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> ExportShown:
        """Make files of a snapshot, in the background."""
        request = Request(
            method="POST",
            path="/v2/exports",
            body=given(
                {
                    "snapshot": snapshot,
                    "format": format,
                    "streams": streams,
                    "fields": fields,
                    "filter": filter,
                    "attachments": attachments,
                    "raw_cells": raw_cells,
                    "keep_for": keep_for,
                }
            ),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(ExportShown, request)

    def create_download_url(self, export: str, *, file: str | None | UnsetType = UNSET) -> DownloadUrl:
        """A link to a file of an export, or to all as a ZIP, good once and for 5 minutes."""
        request = Request(method="POST", path=f"/v2/exports/{part(export)}/download-url", body=given({"file": file}))
        return self._session.ask(DownloadUrl, request)

    def delete(self, export: str) -> None:
        """Forget an export and its files."""
        request = Request(method="DELETE", path=f"/v2/exports/{part(export)}")
        self._session.do(request)

    def get(self, export: str) -> ExportShown:
        """An export and how far it is."""
        request = Request(method="GET", path=f"/v2/exports/{part(export)}")
        return self._session.ask(ExportShown, request)

    def list(
        self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, source: str | None | UnsetType = UNSET
    ) -> Page[ExportShown]:
        """Exports, newest first."""
        request = Request(method="GET", path="/v2/exports", query={"cursor": cursor, "limit": limit, "source": source})
        return self._session.ask(Page[ExportShown], request)

    def iter(self, *, limit: int | UnsetType = UNSET, source: str | None | UnsetType = UNSET) -> Iterator[ExportShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, source=source, cursor=cursor))
