"""Just enough of an HTTP/1.1 server to be fast and to send exactly the bytes it is told to, honest or not."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

REASONS = {200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content", 304: "Not Modified", 400: "Bad Request"}
HEAD_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asked for; header names are lower case."""

    method: str
    path: str
    target: str  # as sent: path and query
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Response:
    """What to answer. ``wire`` replaces the whole answer by these bytes, after which the connection is closed."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wire: bytes | None = None

    def encode(self) -> bytes:
        """The bytes on the wire."""
        if self.wire is not None:
            return self.wire
        head = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status not in (204, 304):
            head.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(head).encode() + b"\r\n\r\n" + self.body


Answer = Callable[[Request], Response]


class _Connection(socketserver.BaseRequestHandler):
    """One keep-alive connection."""

    server: WireServer
    request: socket.socket

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.opened(self.request)
        buffer = b""
        try:
            while True:
                got = self._read(buffer)
                if got is None:
                    return
                request, buffer = got
                response = self.server.answer(request)
                self.request.sendall(response.encode())
                if response.wire is not None or request.headers.get("connection", "").lower() == "close":
                    return
        except OSError:
            return  # the client went away
        finally:
            self.server.closed(self.request)

    def _read(self, buffer: bytes) -> tuple[Request, bytes] | None:
        while b"\r\n\r\n" not in buffer:
            more = self.request.recv(65536)
            if not more or len(buffer) > HEAD_LIMIT:
                return None
            buffer += more
        head, _, rest = buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _version = lines[0].split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body, rest = self._body(headers, rest)
        path, _, query = target.partition("?")
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        return Request(method=method, path=unquote(path), target=target, query=pairs, headers=headers, body=body), rest

    def _body(self, headers: Mapping[str, str], rest: bytes) -> tuple[bytes, bytes]:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked(rest)
        length = int(headers.get("content-length", "0"))
        rest = self._at_least(rest, length)
        return rest[:length], rest[length:]

    def _chunked(self, rest: bytes) -> tuple[bytes, bytes]:
        body = b""
        while True:
            while b"\r\n" not in rest:
                rest = self._at_least(rest, len(rest) + 1)
            size, _, rest = rest.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            rest = self._at_least(rest, length + 2)
            body, rest = body + rest[:length], rest[length + 2 :]
            if length == 0:
                return body, rest

    def _at_least(self, rest: bytes, length: int) -> bytes:
        parts, have = [rest], len(rest)
        while have < length:
            more = self.request.recv(min(1 << 20, max(65536, length - have)))
            if not more:
                raise ConnectionResetError
            parts.append(more)
            have += len(more)
        return b"".join(parts)


class WireServer(socketserver.ThreadingTCPServer):
    """Listens on loopback, a thread for each connection; ``answer`` is called from many threads."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self.answer = answer
        self._sockets: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        super().__init__(("127.0.0.1", port), _Connection)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def opened(self, connection: socket.socket) -> None:
        """Remembers a connection so that ``stop`` can end it."""
        with self._guard:
            self._sockets.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forgets a connection."""
        with self._guard:
            self._sockets.discard(connection)

    def start(self) -> None:
        """Serve from a background thread."""
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True, name="saas")
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        self.shutdown()
        self.server_close()
        with self._guard:
            for connection in self._sockets:
                connection.close()
        if self._thread is not None:
            self._thread.join()
