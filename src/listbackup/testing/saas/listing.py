"""Pages of a stream as the simulated CRM lists them: by page number, by cursor, by offset, or all at once."""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from listbackup.base.clock import parse_iso, unix_ms
from listbackup.testing.saas.invent import stamp
from listbackup.testing.saas.world import World

PAGING = {"contacts": "page", "companies": "cursor", "deals": "offset", "tags": "none", "notes": "link", "documents": "page"}
CACHE_BYTES = 96 * 1024 * 1024


class BadQuery(ValueError):
    """The query cannot be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A listing request, understood."""

    stream: str
    size: int
    start: int  # offset of the first item
    after: tuple[int, int] | None = None  # what a cursor names: time of change [ms] and row of the last item that was seen
    since_ms: int | None
    trashed: bool
    contact: int | None  # only this contact's notes


@dataclass(slots=True, kw_only=True)
class Listed:
    """A page before it is written down, so that lies can be told about it."""

    asked: Asked
    items: list[bytes]
    total: int
    next_start: int | None
    host: str = ""  # what a next link begins with
    marks: Callable[[int], tuple[int, int]] = lambda start: (0, start - 1)  # what a cursor to this position names

    @property
    def paging(self) -> str:
        """How this stream pages."""
        return PAGING[self.asked.stream]

    def tail(self) -> str:
        """What stands behind the items, without the closing brace."""
        total, size = self.total, self.asked.size
        match self.paging:
            case "page":
                return f',"page":{self.asked.start // size + 1},"per_page":{size},"total":{total},"pages":{-(-total // size)}'
            case "offset":
                return f',"offset":{self.asked.start},"limit":{size},"total":{total}'
            case "cursor":
                upcoming = "null" if self.next_start is None else f'"{to_cursor(self.marks(self.next_start))}"'
                return f',"next_cursor":{upcoming},"total":{total}'
            case "link":
                return f',"links":{{"next":{self._next_link()}}},"total":{total}'
            case _:
                return f',"total":{total}'

    def _next_link(self) -> str:
        if self.next_start is None:
            return "null"
        asked = self.asked
        base = "/v1/notes?" if asked.contact is None else f"/v1/contacts/{100_001 + asked.contact}/notes?"
        since = "" if asked.since_ms is None else f"&updated_since={stamp(asked.since_ms)}"
        return f'"{self.host}{base}limit={asked.size}&cursor={to_cursor(self.marks(self.next_start))}{since}"'

    def body(self) -> bytes:
        """The JSON of the page."""
        return b'{"data":[' + b",".join(self.items) + b"]" + self.tail().encode() + b"}"


class Listings:
    """Cuts pages out of the world; whole unchanged pages are kept for the next who asks."""

    def __init__(self, world: World, max_page_size: int) -> None:
        self._world = world
        self._max = max_page_size
        self._rows: OrderedDict[tuple[object, ...], npt.NDArray[np.int64]] = OrderedDict()
        self._pages: OrderedDict[tuple[object, ...], list[bytes]] = OrderedDict()
        self._bytes = 0

    def ask(self, stream: str, query: dict[str, str], contact: int | None = None) -> Asked:
        """Understand a query. Raises BadQuery."""
        try:
            size = int(query.get("per_page") or query.get("limit") or 50)
            since = unix_ms(parse_iso(query["updated_since"])) if query.get("updated_since") else None
            start, after = 0, None
            match PAGING[stream]:
                case "page":
                    start = (int(query.get("page") or 1) - 1) * min(size, self._max)
                case "offset":
                    start = int(query.get("offset") or 0)
                case "cursor" | "link":
                    after = from_cursor(query["cursor"]) if query.get("cursor") else None
                case _:
                    start, size = 0, 1_000_000
        except ValueError as error:
            raise BadQuery(str(error)) from error
        if size < 1 or start < 0:
            raise BadQuery("page, offset and limit count from 1, 0 and 1")
        if PAGING[stream] != "none":
            size = min(size, self._max)
        trashed = query.get("include_deleted") == "true"
        asked = Asked(stream=stream, size=size, start=start, since_ms=since, trashed=trashed, contact=contact, after=after)
        if after is None:
            return asked
        with self._world.lock:
            return replace(asked, start=self._position(asked, self._visible(asked)))

    def page(self, asked: Asked) -> Listed:
        """The items from ``asked.start`` on."""
        world = self._world
        with world.lock:
            rows = self._visible(asked)
            if asked.after is not None:
                asked = replace(asked, start=self._position(asked, rows))
            items = self._items(asked, rows)
            end = asked.start + len(items)
            marks = lambda start: self._mark(asked, rows, start)  # noqa: E731
            return Listed(asked=asked, items=list(items), total=len(rows), next_start=end if end < len(rows) else None, marks=marks)

    def _mark(self, asked: Asked, rows: npt.NDArray[np.int64], start: int) -> tuple[int, int]:
        if not 0 < start <= len(rows):
            return 0, -1 if start <= 0 else int(rows[-1]) if len(rows) else -1
        row = int(rows[start - 1])
        return (self._world.rows[asked.stream].updated_ms(row) if asked.since_ms is not None else 0), row

    def _position(self, asked: Asked, rows: npt.NDArray[np.int64]) -> int:
        """How many rows stand before what a cursor names: rows that come and go do not move it."""
        assert asked.after is not None
        ms, last = asked.after
        if asked.since_ms is None:
            return int(np.searchsorted(rows, last, "right"))
        times = [self._world.rows[asked.stream].updated_ms(int(row)) for row in rows]
        return sum((when, int(row)) <= (ms, last) for when, row in zip(times, rows, strict=True))

    def _visible(self, asked: Asked) -> npt.NDArray[np.int64]:
        world, stream = self._world, asked.stream
        if asked.contact is not None:
            return np.asarray(world.notes_of(asked.contact), np.int64)
        key = (stream, world.rows[stream].generation, asked.since_ms, asked.trashed)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = world.rows[stream].visible(trashed=asked.trashed, since_ms=asked.since_ms)
            if len(self._rows) > 32:
                self._rows.popitem(last=False)
        return found

    def _items(self, asked: Asked, rows: npt.NDArray[np.int64]) -> list[bytes]:
        world = self._world
        key = (asked, tuple(world.rows[name].generation for name in _DEPENDS.get(asked.stream, (asked.stream,))))
        kept = self._pages.get(key)
        if kept is None:
            table = world.rows[asked.stream]
            kept = self._pages[key] = [table.raw(int(row)) for row in rows[asked.start : asked.start + asked.size]]
            self._bytes += sum(map(len, kept))
            while self._bytes > CACHE_BYTES:
                _, old = self._pages.popitem(last=False)
                self._bytes -= sum(map(len, old))
        return kept


_DEPENDS = {"contacts": ("contacts", "notes")}  # a contact says how many notes it has


def to_cursor(mark: tuple[int, int]) -> str:
    """An opaque text for what a page ended with."""
    return base64.urlsafe_b64encode(f"after:{mark[0]}:{mark[1]}".encode()).decode().rstrip("=")


def from_cursor(text: str) -> tuple[int, int]:
    """What ``to_cursor`` was given. Raises ValueError."""
    word, ms, row = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(":")
    if word != "after":
        raise ValueError("not a cursor of ours")
    return int(ms), int(row)
