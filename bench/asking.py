"""A client that costs next to nothing: whole requests made beforehand, sent over connections that stay open, answers counted."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field


@dataclass(slots=True)
class Wire:
    """One open connection."""

    port: int
    socket: socket.socket = field(init=False)
    left: bytes = b""

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """The body of the answer. Raises RuntimeError for anything but 200."""
        self.socket.sendall(request)
        answer = None
        while answer is None:
            answer = self.hear()
        return answer

    def hear(self) -> bytes | None:
        """What came; None while the answer is not whole."""
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise RuntimeError("the server hung up")
        self.left += piece
        head, found, rest = self.left.partition(b"\r\n\r\n")
        if not found:
            return None
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(self.left[:600].decode(errors="replace"))
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return None
        self.left = rest[length:]
        return rest[:length]

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def request(path: str, *, port: int, headers: Mapping[str, str], method: str = "GET", body: bytes = b"") -> bytes:
    """The bytes of a request."""
    said = {"host": f"127.0.0.1:{port}", **headers, **({"content-length": str(len(body))} if body else {})}
    return (
        f"{method} {path} HTTP/1.1\r\n{''.join(f'{name}: {value}{chr(13)}{chr(10)}' for name, value in said.items())}\r\n".encode() + body
    )


def latencies(port: int, asked: bytes, count: int) -> list[float]:
    """How long each of ``count`` requests took [s], one after the other, after a few that do not count."""
    wire, took = Wire(port), list[float]()
    for number in range(count + 20):
        begun = time.perf_counter()
        wire.ask(asked)
        if number >= 20:
            took.append(time.perf_counter() - begun)
    wire.close()
    return took


def per_second(port: int, asked: bytes, *, wires: int = 8, seconds: float = 2.0) -> float:
    """Requests answered in a second, ``wires`` at a time."""
    with ExitStack() as stack, selectors.DefaultSelector() as ready:
        for _ in range(wires):
            wire = Wire(port)
            stack.callback(wire.close)
            ready.register(wire.socket, selectors.EVENT_READ, wire)
            wire.socket.sendall(asked)
        done, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            done += sum(1 for wire in _ready(ready) if _again(wire, asked))
        return done / (time.perf_counter() - begun)


def _ready(selector: selectors.BaseSelector) -> Iterator[Wire]:
    for key, _ in selector.select(timeout=5):
        yield key.data


def _again(wire: Wire, asked: bytes) -> bool:
    if wire.hear() is None:
        return False
    wire.socket.sendall(asked)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A server of the bench."""

    port: int
    pid: int
    key: str
    paths: Mapping[str, str]

    def asking(self, path: str, *, method: str = "GET", body: bytes = b"") -> bytes:
        """A request with the key."""
        headers = {"authorization": f"Bearer {self.key}", **({"content-type": "application/json"} if body else {})}
        return request(path, port=self.port, headers=headers, method=method, body=body)
