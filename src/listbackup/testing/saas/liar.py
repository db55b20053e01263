"""Tells the lies that a simulated platform was asked to tell, and remembers having told them."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace

from listbackup.testing.saas.lies import WIRE, Lie
from listbackup.testing.saas.listing import Asked, Listed, to_cursor
from listbackup.testing.saas.options import Options
from listbackup.testing.saas.wire import Response
from listbackup.testing.saas.world import World

STALE_SECONDS = 2 * 86_400
OTHER_HOST = "http://collector.invalid"


class Liar:
    """Decides for each listing answer whether it lies, and how."""

    def __init__(self, options: Options, world: World, page: Callable[[Asked], Listed], old: dict[Asked, Listed]) -> None:
        self._options, self._world, self._page = options, world, page
        self._old = old  # pages as they were first sent since stale answers were asked for
        self._lock = threading.Lock()
        self._answers = 0
        self._meddled = False
        self.told: list[Lie] = []  # in the order in which they were told
        self.sent: dict[tuple[str, str | int], bytes] = {}  # records sent otherwise than they are, by stream and id

    def page(self, asked: Asked) -> tuple[Listed, Lie | None]:
        """The page to answer with, and the lie told about it, if any."""
        with self._lock:
            number, self._answers = self._answers, self._answers + 1
        options = self._options
        active = options.lie_on <= number < options.lie_on + options.lie_times
        lie = options.lies[number % len(options.lies)] if options.lies and active else None
        if lie is Lie.CHANGED_MEANWHILE:
            self._meddle(asked)
        listed = self._page(asked)
        if Lie.STALE_CACHE in options.lies:
            self._old.setdefault(asked, listed)
        if lie is None:
            return listed, None
        twisted = self._twist(lie, listed)
        if twisted is not None or lie in WIRE or lie in _LATER:
            self.told.append(lie)
            return twisted or listed, lie
        return listed, None

    def _twist(self, lie: Lie, listed: Listed) -> Listed | None:
        asked = listed.asked
        match lie:
            case Lie.EMPTY_PAGE if listed.next_start is not None:
                return replace(listed, items=[], next_start=asked.start + asked.size)
            case Lie.REPEATED_CURSOR if asked.start or listed.next_start is not None:
                return replace(listed, next_start=asked.start)
            case Lie.CURSOR_CYCLE if asked.start >= 2 * asked.size:
                return replace(listed, next_start=0)
            case Lie.FOREIGN_NEXT if listed.next_start is not None:
                return replace(listed, host=OTHER_HOST)
            case Lie.TOTAL_ABOVE:
                return replace(listed, total=listed.total + 1 + self._options.seed % (2 * asked.size))
            case Lie.TOTAL_BELOW if listed.total > 1:
                return replace(listed, total=max(1, listed.total - 1 - self._options.seed % (2 * asked.size)))
            case Lie.ITEM_TWICE if asked.start and listed.items:
                before = self._page(replace(asked, start=asked.start - 1, size=1, after=None))
                return replace(listed, items=[*before.items, *listed.items[1:]])
            case Lie.ITEM_SKIPPED if listed.items:
                later = self._page(replace(asked, start=asked.start + 1, after=None))
                return replace(later, asked=asked, next_start=listed.next_start)
            case Lie.PAGE_SHRUNK if len(listed.items) > 1:
                return replace(listed, items=listed.items[: len(listed.items) // 2])
            case Lie.STALE_CACHE if self._old.get(asked, listed) is not listed:
                return self._old[asked]
            case Lie.EMPTY_INSTEAD_OF_FORBIDDEN if asked.contact is not None:
                return replace(listed, items=[], total=0, next_start=None)
            case Lie.DUPLICATE_JSON_KEYS if listed.items:
                return self._resend(listed, b',"score":1,"score":2,"big":18446744073709551617,"odd":"\\ud800"}', keep=True)
            case Lie.SCHEMA_DRIFT if listed.items:
                return self._resend(listed, b"}", keep=False)
            case _:
                return None

    def _resend(self, listed: Listed, tail: bytes, *, keep: bool) -> Listed:
        """The first item with another ending; without its id unless ``keep``."""
        first = listed.items[0]
        id_, comma, rest = first.partition(b",")
        changed = (id_ + comma + rest if keep else b"{" + rest)[:-1] + tail
        if keep:
            text = id_.split(b":", 1)[1].decode()
            key = text.strip('"') if text.startswith('"') else int(text)
            self.sent[listed.asked.stream, key] = changed
        return replace(listed, items=[changed, *listed.items[1:]])

    def _meddle(self, asked: Asked) -> None:
        """Delete something that was read already, and add something at the end."""
        with self._lock, self._world.lock:
            if self._meddled or not asked.start or asked.contact is not None:
                return
            self._meddled = True
            world, rows = self._world, self._world.rows[asked.stream]
            victim = int(rows.visible()[self._options.seed % asked.start])
            world.tick()
            world.remove(asked.stream, victim)
            if self._options.seed % 3:
                rows.add(world.tick())
            self.told.append(Lie.CHANGED_MEANWHILE)

    def body(self, listed: Listed, lie: Lie | None) -> bytes:
        """The JSON of the page, or what stands in its place."""
        if lie is Lie.ERROR_OBJECT:
            return b'{"error":{"code":"internal","message":"something went wrong"}}'
        if lie is Lie.NO_TERMINATOR:
            half = listed.items[: max(1, len(listed.items) // 2)]
            return b'{"data":[' + b",".join(half) + b"]}"
        if lie is Lie.CURSOR_CYCLE and listed.paging == "cursor" and listed.next_start == 0:
            return listed.body().replace(b'"next_cursor":null', f'"next_cursor":"{to_cursor((0, -1))}"'.encode())
        return listed.body()

    def response(self, response: Response, lie: Lie | None) -> Response:
        """The answer as it goes out."""
        if lie is Lie.STALE_CACHE:
            response.headers["Age"] = str(STALE_SECONDS)
            if self._options.seed % 2:
                return Response(status=304, headers=response.headers)
        return Response(wire=_WIRE[lie](response.body)) if lie in _WIRE else response


_LATER = (Lie.ERROR_OBJECT, Lie.NO_TERMINATOR)


def _head(*lines: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", *lines, "", ""]).encode()


def _length(body: bytes) -> str:
    return f"Content-Length: {len(body)}"


def _chunks(body: bytes, *, end: bool = True) -> bytes:
    return b"%x\r\n" % len(body) + body + b"\r\n" + (b"0\r\n\r\n" if end else b"")


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _coded(body: bytes, coding: str = "gzip") -> bytes:
    return _head(f"Content-Encoding: {coding}", _length(body)) + body


def _bad_crc(body: bytes) -> bytes:
    packed = gzip.compress(body, 1)
    return packed[:-8] + bytes(b ^ 0x55 for b in packed[-8:-4]) + packed[-4:]


def _two_members(body: bytes) -> bytes:
    middle = len(body) // 2
    return gzip.compress(body[:middle], 1) + gzip.compress(body[middle:], 1)


_LOGIN = b"<!doctype html><html><title>Sign in</title><form><input name=user></form></html>"
_WIRE: dict[Lie | None, Callable[[bytes], bytes]] = {
    Lie.LONG_CONTENT_LENGTH: lambda body: _head(_length(body)) + _half(body),
    Lie.NO_LAST_CHUNK: lambda body: _head("Transfer-Encoding: chunked") + _chunks(body, end=False),
    Lie.CLOSE_DELIMITED_CUT: lambda body: _head("Connection: close") + _half(body),
    Lie.GZIP_CUT: lambda body: _coded(_half(gzip.compress(body, 1))),
    Lie.GZIP_CUT_CHUNKED: lambda body: (
        _head("Content-Encoding: gzip", "Transfer-Encoding: chunked") + _chunks(_half(gzip.compress(body, 1)))
    ),
    Lie.GZIP_BAD_CRC: lambda body: _coded(_bad_crc(body)),
    Lie.GZIP_MULTI_MEMBER: lambda body: _coded(_two_members(body)),
    Lie.DEFLATE_CUT: lambda body: _coded(_half(zlib.compress(body, 1)), "deflate"),
    Lie.TRAILING_JUNK: lambda body: _coded(gzip.compress(body, 1) + b"XXXXX"),
    Lie.UNASKED_206: lambda body: (
        _head(_length(_half(body)), f"Content-Range: bytes 0-{len(body) // 2 - 1}/{len(body)}", status="206 Partial Content") + _half(body)
    ),
    Lie.LOGIN_PAGE: lambda _: _head(_length(_LOGIN), kind="text/html") + _LOGIN,
    Lie.EMPTY_BODY: lambda _: _head("Content-Length: 0"),
}
