"""Recorded answers of a real platform, played back by a small local server, so that a connector's tests need no network.

A recording is a JSON file with a list of exchanges; ``recorder.py`` makes one against a running platform. No request header is ever
recorded. The platform's own address stands in it as ``{site}`` and becomes the replaying server's.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import msgspec

from listbackup.base.clock import Clock, SystemClock
from listbackup.base.decode import from_json
from listbackup.testing.saas.wire import Request, Response, WireServer

SITE = "{site}"


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question and its answer. ``text`` or ``base64`` is the body."""

    method: str
    path: str
    query: dict[str, str] = {}
    status: int = 200
    headers: dict[str, str] = {}
    text: str | None = None
    base64: str | None = None

    def question(self, ignore: Iterable[str] = ()) -> str:
        """What it answers, as ``question`` writes it."""
        return question(self.method, self.path, self.query, ignore)

    def body(self, site: str) -> bytes:
        """The answer's bytes with the replaying server's ``host:port`` in place."""
        if self.base64 is not None:
            return base64.b64decode(self.base64)
        return (self.text or "").replace(SITE, site).encode()


def load(file: Path) -> list[Exchange]:
    """The exchanges of a recording. Raises msgspec.ValidationError for a file that is none."""
    return from_json(file.read_bytes(), list[Exchange])


def save(file: Path, exchanges: Sequence[Exchange]) -> None:
    """Write a recording, readable and stable under version control."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(exchanges), indent=1) + b"\n")


def question(method: str, path: str, query: Mapping[str, str], ignore: Iterable[str]) -> str:
    """What must be equal for an exchange to answer a request: method, path and query in any order, without the ignored parameters."""
    kept = sorted((name, value) for name, value in query.items() if name not in ignore)
    return f"{method} {path}?{urlencode(kept)}"


class Replay:
    """A server that knows only what was recorded; anything else is 404 and remembered in ``unknown``.

    ``ignore`` names query parameters whose value may differ (a time of the last run). With ``busy_first`` each question is answered 429
    the first time, with that many seconds to wait by ``clock``. ``busiest`` is the largest number of requests that were in flight at
    once, ``asked`` the questions in order, ``impatient`` how many came although told to wait.
    """

    def __init__(
        self, exchanges: Sequence[Exchange], *, ignore: Iterable[str] = (), busy_first: int | None = None, clock: Clock | None = None
    ) -> None:
        self._ignore = frozenset(ignore)
        self._answers = {one.question(self._ignore): one for one in exchanges}
        self._busy_first, self._clock = busy_first, clock or SystemClock()
        self._closed_until = 0.0
        self._turned_away: set[str] = set()
        self._lock = threading.Lock()
        self._http = WireServer(self._answer)
        self._flying = 0
        self.busiest = 0
        self.asked: list[str] = []
        self.impatient = 0
        self.unknown: list[str] = []

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return self._http.url

    def start(self) -> None:
        """Begin to answer."""
        self._http.start()

    def stop(self) -> None:
        """Stop answering."""
        self._http.stop()

    def _answer(self, request: Request) -> Response:
        asked = question(request.method, request.path, request.query, self._ignore)
        with self._lock:
            self.asked.append(asked)
            self._flying += 1
            self.busiest = max(self.busiest, self._flying)
        try:
            if self._busy_first is not None and self._is_busy(asked, self._busy_first):
                return Response(status=429, body=b"{}", headers={"Content-Type": "application/json", "Retry-After": str(self._busy_first)})
            known = self._answers.get(asked)
            if known is None:
                self.unknown.append(asked)
                return Response(status=404, body=b'{"error":"not recorded"}', headers={"Content-Type": "application/json"})
            site = self.base_url.removeprefix("http://")
            headers = {name: value.replace(SITE, site) for name, value in known.headers.items()}
            return Response(status=known.status, body=known.body(site), headers=headers)
        finally:
            with self._lock:
                self._flying -= 1

    def _is_busy(self, asked: str, seconds: int) -> bool:
        with self._lock:
            now = self._clock.monotonic()
            if now < self._closed_until:
                self.impatient += 1
            if asked in self._turned_away:
                return False
            self._turned_away.add(asked)
            self._closed_until = now + seconds
            return True


@contextmanager
def replay(file: Path, *, ignore: Iterable[str] = ()) -> Iterator[Replay]:
    """A recording, played back for the length of a ``with`` block."""
    server = Replay(load(file), ignore=ignore)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def parse_query(text: str) -> dict[str, str]:
    """A query string as a mapping; the last of equal names wins."""
    return dict(parse_qsl(text, keep_blank_values=True))
