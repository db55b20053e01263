"""What is asked of the trail and of the feed over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec
from pydantic import Field

from listbackup.base.clock import iso
from listbackup.http.instant import Instant
from listbackup.http.paging import PageParameters, Parameters
from listbackup.services.activity.model import Activity, ChainBreak, Origin, Wanted

_Text = Annotated[str, Field(min_length=1, max_length=200)]
_COLUMNS = ("seq", "at", "actor", "action", "subject", "address", "agent", "about", "hash")


class _Conditions(Parameters):
    subject: Annotated[_Text | None, Field(description="The thing's id.")] = None
    action: Annotated[_Text | None, Field(description="This action and those below it: `source`, `run.failed`.")] = None
    actor: Annotated[_Text | None, Field(description="Who: `usr_…`, `key_…`, `cli`, `scheduler`, `worker`.")] = None
    since: Annotated[Instant | None, Field(description="From this instant on.")] = None
    until: Annotated[Instant | None, Field(description="Before this instant.")] = None
    q: Annotated[_Text | None, Field(description="A text anywhere in the line, in upper or lower case.")] = None

    def wanted(self) -> Wanted:
        """As the service takes it."""
        action = self.action.replace(".", ":") if self.action is not None else None
        return Wanted(subject=self.subject, action=action, actor=self.actor, since=self.since, until=self.until, text=self.q)


class ActivityParameters(_Conditions, PageParameters):
    """Which lines; a page may hold fewer than asked for and still have a next."""


class ExportFormat(StrEnum):
    """How lines are written down."""

    JSONL = "jsonl"  # one line of JSON each, hashes included: what ``verify`` recomputes
    CSV = "csv"  # for spreadsheets


class ExportParameters(_Conditions):
    """Which lines, and how."""

    format: Annotated[ExportFormat, Field(description="JSON lines, or CSV.")] = ExportFormat.JSONL


class EventParameters(Parameters):
    """For how long [s]; who wants more comes back with the last id, and is asked anew who they are."""

    seconds: Annotated[int, Field(ge=1, le=300, description="For how long to listen [s].")] = 300
    last_event_id: Annotated[str | None, Field(max_length=12, description="Where to go on; the header `Last-Event-ID` says the same.")] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Whether the trail is what was written, how long it is, and the first place where it is not."""

    intact: bool
    lines: int
    broken: ChainBreak | None


def as_jsonl(lines: Iterable[Activity]) -> Iterator[bytes]:
    """One JSON object a line."""
    for line in lines:
        yield msgspec.json.encode(line) + b"\n"


def as_csv(lines: Iterable[Activity]) -> Iterator[bytes]:
    """RFC 4180 with a header; a cell that a spreadsheet would compute is made text."""
    yield _row(_COLUMNS)
    for line in lines:
        origin = line.origin or Origin()
        about = msgspec.json.encode(line.about).decode()
        cells = (str(line.seq), iso(line.at), line.actor, line.action, line.subject, origin.address, origin.agent, about, line.hash)
        yield _row([_harmless(cell or "") for cell in cells])


def _row(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
