"""Requests that come at their time whether or not earlier ones were answered: what a crowd does, and what a client that waits for its answers never does.

Plain sockets and epoll in a process of its own: one request costs it some tens of microseconds, so that it is not the generator that gives way.
``python -m listbackup.testing.openloop '{"port": 8400, "keys": ["lbk_…"], "rate": 5000, "seconds": 5}'`` prints what it saw as JSON. ``clients`` instead of ``rate``:
so many who each wait for their answer, which is how much a server can answer at most.
"""

from __future__ import annotations

import json
import random
import resource
import select
import socket
import sys
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from listbackup.base.clock import SystemClock

_MOST = 8000  # connections
_DRAIN_SECONDS = 3.0
_REQUEST = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n"


@dataclass
class _Line:
    """A connection: the request that is under way, and what came of its answer."""

    socket: socket.socket
    due: float = 0.0
    left: bytes = b""


@dataclass
class _Seen:
    statuses: Counter[str] = field(default_factory=Counter)
    served: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    untold: int = 0  # refusals that do not say when to come back
    unsent: int = 0  # for which there was no connection left
    broken: int = 0
    late: float = 0.0  # how far behind its own timetable the generator was at worst [s]


class Generator:
    """``rate`` requests a second at random moments, or ``clients`` that ask again at once."""

    def __init__(self, port: int, keys: list[str], path: str = "/v2/sources") -> None:
        self._port, self._clock, self._poll, self._seen = port, SystemClock(), select.epoll(), _Seen()
        self._requests = [_REQUEST.format(path=path, key=key).encode() for key in keys]
        self._lines: dict[int, _Line] = {}
        self._idle: deque[_Line] = deque()
        self._turn = 0

    def open(self, rate: float, seconds: float) -> _Seen:
        """Each request at its time."""
        now, dice = self._clock.monotonic, random.Random(1)
        begun = now()
        due, end = begun, begun + seconds
        while due < end:
            while due <= now() and due < end:
                self._seen.late = max(self._seen.late, now() - due)
                self._send_at(due)
                due += dice.expovariate(rate)
            self._hear(max(0.0, min(due - now(), 0.01)))
        self._drain()
        return self._seen

    def closed(self, clients: int, seconds: float) -> _Seen:
        """Each client waits for its answer."""
        end = self._clock.monotonic() + seconds
        for _ in range(clients):
            self._send_at(self._clock.monotonic())
        while (now := self._clock.monotonic()) < end:
            self._hear(0.01)
            while self._idle:
                self._send_at(now)
        self._drain()
        return self._seen

    def _send_at(self, due: float) -> None:
        line = self._idle.popleft() if self._idle else self._connect()
        if line is None:
            self._seen.unsent += 1
            return
        line.due = due
        self._turn += 1
        try:
            line.socket.send(self._requests[self._turn % len(self._requests)])
        except OSError:
            self._forget(line)

    def _connect(self) -> _Line | None:
        if len(self._lines) >= _MOST:
            return None
        try:
            opened = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        except OSError:
            return None
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setblocking(False)
        line = self._lines[opened.fileno()] = _Line(opened)
        self._poll.register(opened.fileno(), select.EPOLLIN)
        return line

    def _hear(self, wait: float) -> None:
        for number, _ in self._poll.poll(wait):
            line = self._lines[number]
            try:
                data = line.left + line.socket.recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data or data == line.left:
                self._forget(line)
                continue
            self._take(line, data)

    def _take(self, line: _Line, data: bytes) -> None:
        head = data.find(b"\r\n\r\n")
        at = data.find(b"content-length: ")
        if head < 0 or not 0 <= at < head or len(data) < head + 4 + int(data[at + 16 : data.find(b"\r\n", at)]):
            line.left = data
            return
        line.left = b""
        took, status = self._clock.monotonic() - line.due, data[9:12].decode()
        self._seen.statuses[status] += 1
        if status == "200":
            self._seen.served.append(took)
        else:
            self._seen.refused.append(took)
            self._seen.untold += data.find(b"\r\nretry-after: ", 0, head + 2) < 0
        self._idle.append(line)

    def _forget(self, line: _Line) -> None:
        self._seen.broken += 1
        self._poll.unregister(line.socket.fileno())
        del self._lines[line.socket.fileno()]
        line.socket.close()

    def _drain(self) -> None:
        end = self._clock.monotonic() + _DRAIN_SECONDS
        while len(self._idle) < len(self._lines) and self._clock.monotonic() < end:
            self._hear(0.05)
        for line in self._lines.values():
            line.socket.close()


def _at(times: list[float], share: float) -> float | None:
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 4) if ordered else None


def main() -> None:
    """Reads what is wanted from the command line, prints what was seen."""
    wanted: dict[str, Any] = json.loads(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    generator = Generator(wanted["port"], wanted["keys"], wanted.get("path", "/v2/sources"))
    seconds = wanted["seconds"]
    seen = generator.open(wanted["rate"], seconds) if "rate" in wanted else generator.closed(wanted["clients"], seconds)
    said = {
        "answers": dict(seen.statuses),
        "served_p50": _at(seen.served, 0.5),
        "served_p99": _at(seen.served, 0.99),
        "refused_p50": _at(seen.refused, 0.5),
        "refused_p99": _at(seen.refused, 0.99),
        "untold": seen.untold,
        "unsent": seen.unsent,
        "broken": seen.broken,
        "late": round(seen.late, 3),
    }
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
