"""Exports as they go over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body, PageParameters, SnapshotRef, SourceRef
from listbackup.processor.export import ExportedFile, ExportFormat
from listbackup.processor.fields import MOST_FIELDS
from listbackup.services.exports.model import KEPT_FOR, Export, ExportState

StreamName = Annotated[str, Field(min_length=1, max_length=200)]


class NewExport(Body):
    """A snapshot as files: these streams (null: all). ``raw_cells`` leaves what a spreadsheet would run as it is.

    ``attachments`` adds a ZIP for each stream whose records have files.
    """

    snapshot: SnapshotRef
    format: ExportFormat
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1, max_length=500)] | None = None
    fields: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=500)], ...],
        Field(max_length=MOST_FIELDS, description="Only these fields of each record, their parts joined by dots; none: all."),
    ] = ()
    filter: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            description="Only records for which this holds, as a listing of records takes it; null: all of them.",
        ),
    ] = None
    attachments: Annotated[bool, Field(description="Whether the files of the records are part of it.")] = False
    raw_cells: bool = False
    keep_for: Annotated[timedelta, Field(ge=timedelta(hours=1), le=timedelta(days=30), examples=["P7D"])] = KEPT_FOR


class ExportListParameters(PageParameters):
    """Which exports."""

    source: SourceRef | None = None


class ExportPart(Body):
    """One file of an export by its name; null: all of them as a ZIP."""

    file: Annotated[str, Field(min_length=1, max_length=200)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportShown:
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


def show_export(export: Export, *, working: bool) -> ExportShown:
    """The export as it goes out."""
    return ExportShown(
        id=export.id,
        source=export.source,
        snapshot=export.snapshot,
        format=export.format,
        streams=export.streams,
        fields=export.fields,
        filter=export.condition,
        attachments=export.attachments,
        raw_cells=export.raw_cells,
        state=export.state,
        working=working,
        records=export.records,
        records_total=export.records_total,
        size_bytes=export.size_bytes,
        files=export.files,
        message=export.message,
        created_at=export.created_at,
        ended_at=export.ended_at,
        expires_at=export.expires_at,
    )
