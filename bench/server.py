"""A fast page server on loopback: the platform that every candidate reads in the same run.

``python -m bench.server --records 100000`` prints one JSON line with its address and serves until its input closes.

GET /contacts?page=N&per_page=100      {"data": […], "page": N, "total": …, "total_pages": …}
GET /cursor?cursor=X                   {"data": […], "next": "…" or null}: strictly serial
GET /stats                             requests, answers 429, largest number in flight, seconds from the first to the last page

``--latency`` holds every page back [s]; ``--rate`` allows so many pages a second (a bucket of one second's worth at the start) and answers 429 with
``Retry-After`` above it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from urllib.parse import parse_qs, urlsplit

from bench.contacts import contact_bytes

_POOL = 100_000


class Site:
    """What is served, and what was counted."""

    def __init__(self, records: int, per_page: int, latency: float, rate: float) -> None:
        self.records, self.per_page, self.latency, self.rate = records, per_page, latency, rate
        self.tokens, self.filled_at = rate, time.perf_counter()
        self.requests = self.refused = self.flying = self.most = 0
        self.first = self.last = 0.0
        pool = min(records, _POOL)
        self._bodies = [contact_bytes(number) for number in range(pool)]
        self._pages: dict[int, bytes] = {}
        if records <= _POOL:
            self._pages = {number: self._records(number) for number in range(1, self.pages + 1)}

    @property
    def pages(self) -> int:
        """How many pages the listing has."""
        return -(-self.records // self.per_page)

    def page(self, number: int) -> bytes:
        """The records of a page, without the frame."""
        return self._pages.get(number) or self._records(number)

    def admit(self) -> bool:
        """Whether the rate allows one more page now."""
        if not self.rate:
            return True
        now = time.perf_counter()
        self.tokens = min(self.rate, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def _records(self, number: int) -> bytes:
        first = (number - 1) * self.per_page
        rows = []
        for position in range(first, min(first + self.per_page, self.records)):
            body = self._bodies[position % _POOL]
            rows.append(body if position < _POOL else b'{"id":"%012d"%s' % (position + 100_000, body[20:]))
        return b",".join(rows)


class Wire(asyncio.Protocol):
    """HTTP/1.1 with keep-alive; requests have no body."""

    def __init__(self, site: Site) -> None:
        self.site, self.waiting = site, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head, self.waiting = self.waiting[:end], self.waiting[end + 4 :]
            self.answer(head.split(b" ", 2)[1].decode())

    def answer(self, target: str) -> None:
        """One request: counted, admitted, perhaps held back."""
        site = self.site
        url = urlsplit(target)
        if url.path == "/stats":
            seen = {"requests": site.requests, "refused": site.refused, "most_in_flight": site.most, "seconds": site.last - site.first}
            return self.send(200, json.dumps(seen).encode())
        site.requests += 1
        site.first = site.first or time.perf_counter()
        if not site.admit():
            site.refused += 1
            return self.send(429, b'{"error":"slow down"}', b"Retry-After: 1\r\n")
        query = parse_qs(url.query)
        body = self.numbered(int(query.get("page", ["1"])[0])) if url.path == "/contacts" else self.chained(query.get("cursor", ["1"])[0])
        site.flying += 1
        site.most = max(site.most, site.flying)
        if site.latency:
            asyncio.get_running_loop().call_later(site.latency, self.finish, body)
            return None
        return self.finish(body)

    def numbered(self, number: int) -> bytes:
        site = self.site
        frame = b'],"page":%d,"per_page":%d,"total":%d,"total_pages":%d}' % (number, site.per_page, site.records, site.pages)
        return b'{"data":[' + (site.page(number) if number <= site.pages else b"") + frame

    def chained(self, cursor: str) -> bytes:
        number = int(cursor.removeprefix("c"))
        after = b'"c%d"' % (number + 1) if number < self.site.pages else b"null"
        return b'{"data":[' + self.site.page(number) + b'],"next":' + after + b"}"

    def finish(self, body: bytes) -> None:
        self.site.flying -= 1
        self.site.last = time.perf_counter()
        self.send(200, body)

    def send(self, status: int, body: bytes, more: bytes = b"") -> None:
        head = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n" % (status, more, len(body))
        self.transport.write(head + body)  # type: ignore[attr-defined]


async def serve(site: Site) -> None:
    """Serve until standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Wire(site), "127.0.0.1", 0, backlog=256)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "pages": site.pages}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """The command line of the server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--per-page", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=0.0)
    given = parser.parse_args()
    asyncio.run(serve(Site(given.records, given.per_page, given.latency, given.rate)))


if __name__ == "__main__":
    main()
