"""A small API that lies to the engine in every way of paging: what it said, what is true, and the facts to read it by.

Unlike the simulated CRM it has no world of its own: one listing, one lie, everything from a seed, so that thousands of them are told in seconds.
"""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from listbackup.connectors.engine.facts import Api, StreamFacts
from listbackup.connectors.engine.facts_paging import Cursor, Keyset, LinkHeader, NextUrl, NoPaging, Offset, PageNumber, Paging
from listbackup.testing.saas.lies import Lie
from listbackup.testing.saas.wire import Request, Response

OTHER_HOST = "http://collector.invalid"
_DATE = "Sat, 21 Nov 2026 09:00:00 GMT"
_BEFORE, _AFTER = "2026-11-20T00:00:00Z", "2026-11-21T09:00:07Z"

KINDS: Mapping[str, Paging] = {
    "none": NoPaging(),
    "page": PageNumber(size=7, pages="pages"),
    "page_by_total": PageNumber(size=7),
    "offset": Offset(size=7),
    "cursor": Cursor(token="next", param="cursor"),  # noqa: S106  a place
    "next_url": NextUrl(url="next"),
    "link": LinkHeader(),
    "keyset": Keyset(field="id", param="after", size=7),
}
NUMBERED = ("page", "page_by_total", "offset")
NAMED = ("cursor", "next_url")
CHAINED = (*NAMED, "link", "keyset")
PAGED = (*NUMBERED, *CHAINED)
_ROUTES: Mapping[Lie, Sequence[str]] = {  # the ways of paging that can tell a lie
    Lie.EMPTY_PAGE: PAGED,
    Lie.REPEATED_CURSOR: ("cursor", "next_url", "link"),
    Lie.CURSOR_CYCLE: ("cursor", "next_url", "link"),
    Lie.FOREIGN_NEXT: ("next_url", "link"),
    Lie.NO_TERMINATOR: (*NAMED, *NUMBERED),
    Lie.ITEM_TWICE: PAGED,
    Lie.ITEM_SKIPPED: PAGED,
    Lie.CHANGED_MEANWHILE: NUMBERED,
    Lie.PAGE_SHRUNK: PAGED,
}


def kinds_for(lie: Lie) -> Sequence[str]:
    """The ways of paging in which this lie can be told."""
    return _ROUTES.get(lie, tuple(KINDS))


@dataclass(slots=True, kw_only=True)
class Told:
    """A page before it is written down."""

    rows: list[bytes]
    total: int
    following: str | None  # the next position, None at the end
    closed: bool = True  # whether it says if there is more
    headers: dict[str, str] = field(default_factory=dict)


class LyingApi:
    """One listing of ``records`` records, paged as ``kind`` says, that tells one lie from its ``on``-th answer on."""

    def __init__(self, kind: str, lie: Lie | None, *, seed: int, records: int, on: int = 0, times: int = 1_000_000) -> None:
        self._dice = random.Random(f"{kind}/{lie}/{seed}")
        self.kind, self._lie, self._on, self._times = kind, lie, on, times
        self._size = 7
        self._ids = list(range(100, 100 + records))
        self._rows = {number: self._row(number, _BEFORE) for number in self._ids}
        self.truth = dict(self._rows)  # what was there from beginning to end
        self.sent: dict[int, bytes] = {}  # records sent otherwise than they are, but legally
        self._answers = 0
        self.told = 0

    def facts(self) -> StreamFacts:
        """How to read it."""
        return StreamFacts(name="rows", path="/rows", records="data", paging=KINDS[self.kind], total="total", created="made")

    def api(self, url: str) -> Api:
        """The platform with this one stream."""
        return Api(platform="liar", base_url=url, streams=(self.facts(),), error="error")

    def answer(self, request: Request) -> Response:
        """The answer to a listing request."""
        number, self._answers = self._answers, self._answers + 1
        lying = self._lie if self._on <= number < self._on + self._times else None
        start = self._start(request.query)
        if lying is Lie.CHANGED_MEANWHILE:
            self._change(start)
        told = self._page(start)
        response = self._written(self._twisted(told, start, lying), lying)
        return self._on_the_wire(response, lying)

    # honest -------------------------------------------------------------------------------------------------------------

    def _row(self, number: int, made: str) -> bytes:
        return b'{"id":%d, "made":"%s", "text":"%s"}' % (number, made.encode(), bytes(self._dice.choices(b"abc \xc3\xa9"[:4], k=9)))

    def _start(self, query: Mapping[str, str]) -> int:
        match self.kind:
            case "page" | "page_by_total":
                return (int(query.get("page", "1")) - 1) * self._size
            case "offset":
                return int(query.get("offset", "0"))
            case "keyset":
                after = int(query.get("after", "0"))
                return sum(1 for number in self._ids if number <= after)
            case _:
                return int(query.get("cursor", "0"))

    def _page(self, start: int) -> Told:
        size = len(self._ids) if self.kind == "none" else self._size
        rows = [self._rows[number] for number in self._ids[start : start + size]]
        end = start + len(rows)
        return Told(rows=rows, total=len(self._ids), following=str(end) if end < len(self._ids) else None)

    def _written(self, told: Told, lie: Lie | None) -> Response:
        headers = {"Content-Type": "application/json", "Date": _DATE, **told.headers}
        if lie is Lie.ERROR_OBJECT:
            self.told += 1
            rows = b",".join(told.rows) if self._dice.random() < 0.3 else b""
            kept = b', "data":[%s], "total":%d, "pages":1, "next":null' % (rows, told.total)
            return Response(body=b'{"error":{"code":500}' + (kept if rows else b"") + b"}", headers=headers)
        tail = b', "total":%d' % told.total if told.closed else b""
        if told.closed and self.kind == "page":
            tail += b', "pages":%d' % -(-told.total // self._size)
        if told.closed and self.kind in NAMED:
            tail += b', "next":' + self._next(told)
        if self.kind == "link" and told.following is not None:
            headers["Link"] = f'<{self._link(told)}>; rel="next"'
        return Response(body=b'{"data":[' + b",".join(told.rows) + b"]" + tail + b"}", headers=headers)

    def _next(self, told: Told) -> bytes:
        if told.following is None:
            return b"null"
        return f'"{told.following if self.kind == "cursor" else self._link(told)}"'.encode()

    def _link(self, told: Told) -> str:
        return told.following if told.following and "://" in told.following else f"/rows?cursor={told.following}"

    # lying --------------------------------------------------------------------------------------------------------------

    def _twisted(self, told: Told, start: int, lie: Lie | None) -> Told:
        before = (list(told.rows), told.total, told.following, told.closed)
        if lie is not None:
            self._twist(told, start, lie)
        self.told += before != (told.rows, told.total, told.following, told.closed)
        return told

    def _twist(self, told: Told, start: int, lie: Lie) -> None:
        dice, rows = self._dice, told.rows
        match lie:
            case Lie.EMPTY_PAGE if told.following is not None:
                told.rows = []
            case Lie.REPEATED_CURSOR if told.following is not None:
                told.following = str(start)
            case Lie.CURSOR_CYCLE if start >= 2 * self._size:
                told.following = str(dice.randrange(0, start, self._size))
            case Lie.FOREIGN_NEXT if told.following is not None:
                told.following = f"{OTHER_HOST}/rows?cursor={told.following}"
            case Lie.NO_TERMINATOR:
                told.rows, told.closed = rows[: max(1, len(rows) // 2)], False
            case Lie.TOTAL_ABOVE:
                told.total += 1 + dice.randrange(20)
            case Lie.TOTAL_BELOW if told.total > 1:
                told.total -= min(told.total - 1, 1 + dice.randrange(20))
            case Lie.ITEM_TWICE if start and rows:
                told.rows = [self._rows[self._ids[start - 1]], *rows[1:]]
            case Lie.ITEM_SKIPPED if rows:
                told.rows = rows[:-1] if told.following is None else [*rows[1:], self._rows[self._ids[start + len(rows)]]]
            case Lie.PAGE_SHRUNK if len(rows) > 1 and told.following is not None:
                told.rows = rows[: len(rows) // 2]
            case Lie.SCHEMA_DRIFT if rows:
                told.rows = [self._drifted(rows[0]), *rows[1:]]
            case Lie.DUPLICATE_JSON_KEYS if rows:
                odd = rows[0][:-1] + b', "n":1, "n":18446744073709551617, "s":"\\ud800", "deep":[{"id":"\\udfff\\\\ud800"}]}'
                self.sent[self._ids[start]] = odd
                told.rows = [odd, *rows[1:]]
            case _:
                pass

    def _drifted(self, row: bytes) -> bytes:
        key, _, rest = row.partition(b",")
        other = self._dice.choice(
            [b'{"other":1', b'{"id":null', b'{"id":1.5', b'{"id":[1]', b'{"id":true', key.replace(b":", b':"') + b'"']
        )
        return other + b"," + rest

    def _change(self, start: int) -> None:
        """Once something was read: take a record away, and mostly add one at the end."""
        if not start or self.told:
            return
        self.told += 1
        victim = self._ids.pop(self._dice.randrange(min(start, len(self._ids))))
        self.truth.pop(victim, None)
        if self._dice.random() < 0.7:
            number = self._ids[-1] + 1 if self._ids else 1
            self._ids.append(number)
            self._rows[number] = self._row(number, _AFTER)

    def _on_the_wire(self, response: Response, lie: Lie | None) -> Response:
        if lie is Lie.STALE_CACHE:
            self.told += 1
            if self._dice.random() < 0.5:
                return Response(status=304, headers=response.headers)
            response.headers["Age"] = str(86_400 + self._dice.randrange(86_400))
        if lie is not None and lie in _WIRE:
            self.told += 1
            wire = on_the_wire(lie, response.body, self._dice)
            if "Link" in response.headers:
                wire = wire.replace(b"\r\n", f"\r\nLink: {response.headers['Link']}\r\n".encode(), 1)
            return Response(wire=wire)
        return response


def on_the_wire(lie: Lie, body: bytes, dice: random.Random) -> bytes:
    """An answer whose framing or coding lies, cut wherever the dice say."""
    cut = dice.randrange(len(body)) if body else 0
    return _WIRE[lie](body, cut)


def _head(*lines: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", *lines, "", ""]).encode()


def _sized(body: bytes, *lines: str, size: int | None = None) -> bytes:
    return _head(f"Content-Length: {len(body) if size is None else size}", *lines) + body


def _chunks(body: bytes, at: int, *, end: bool = True) -> bytes:
    parts = [part for part in (body[:at], body[at:]) if part]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + (b"0\r\n\r\n" if end else b"")


def _part(packed: bytes, cut: int) -> bytes:
    return packed[: cut % len(packed)]


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 1, mtime=0)


def _bad_crc(body: bytes) -> bytes:
    packed = _gzip(body)
    return packed[:-8] + bytes(byte ^ 0x5A for byte in packed[-8:-4]) + packed[-4:]


_LOGIN = b"<!doctype html><html><title>Sign in</title></html>"
_CODED, _SHRUNK, _IN_CHUNKS = "Content-Encoding: gzip", "Content-Encoding: deflate", "Transfer-Encoding: chunked"
_WIRE: Mapping[Lie | None, Callable[[bytes, int], bytes]] = {
    Lie.LONG_CONTENT_LENGTH: lambda body, cut: _sized(body[:cut], size=len(body)),
    Lie.NO_LAST_CHUNK: lambda body, cut: _head(_IN_CHUNKS) + _chunks(body[: cut + 1], cut, end=False),
    Lie.CLOSE_DELIMITED_CUT: lambda body, cut: _head("Connection: close") + body[:cut],
    Lie.GZIP_CUT: lambda body, cut: _sized(_part(_gzip(body), cut), _CODED),
    Lie.GZIP_CUT_CHUNKED: lambda body, cut: _head(_CODED, _IN_CHUNKS) + _chunks(_part(_gzip(body), cut), 3),
    Lie.GZIP_BAD_CRC: lambda body, _: _sized(_bad_crc(body), _CODED),
    Lie.GZIP_MULTI_MEMBER: lambda body, cut: _sized(_gzip(body[:cut]) + _gzip(body[cut:]), _CODED),
    Lie.DEFLATE_CUT: lambda body, cut: _sized(_part(zlib.compress(body, 1), cut), _SHRUNK),
    Lie.TRAILING_JUNK: lambda body, cut: _sized(_gzip(body) + bytes([cut % 256]) * (1 + cut % 9), _CODED),
    Lie.UNASKED_206: lambda body, cut: (
        _head(f"Content-Length: {cut}", f"Content-Range: bytes 0-{cut}/{len(body)}", status="206 Partial Content") + body[:cut]
    ),
    Lie.LOGIN_PAGE: lambda _, __: _head(f"Content-Length: {len(_LOGIN)}", kind="text/html") + _LOGIN,
    Lie.EMPTY_BODY: lambda _, __: _head("Content-Length: 0"),
}
