"""Requests over HTTP/1.1 with the standard library: TLS that is verified, connections that are kept, and nothing that is tried twice."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.client.problems import Unreachable

FRESH_SECONDS = (
    2.0  # a connection that lay idle for longer may just be closed by the server: a request that must not be sent twice takes a new one
)
MAX_IDLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it goes out. ``fresh``: over a connection that the server cannot be about to close."""

    method: str
    target: str
    headers: Mapping[str, str]
    content: bytes | None = None
    fresh: bool = False


class Answered(Protocol):
    """An answer whose body is read as it is wanted."""

    status: int

    def header(self, name: str) -> str | None:
        """A header by its name in lower case."""
        ...

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the body, at most so many (-1: all); empty at its end. Raises Unreachable for a body that breaks off."""
        ...

    def line(self) -> bytes:
        """The next line of the body with its end; empty at the end of the body. Raises Unreachable."""
        ...

    def close(self) -> None:
        """Done with it; idempotent."""
        ...


class Transport(Protocol):
    """Carries requests to one server."""

    def send(self, asked: Asked) -> Answered:
        """The answer to it, sent once. Raises Unreachable when none came."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


@dataclass(slots=True)
class _Line:
    connection: http.client.HTTPConnection
    idle_since: float = field(default=0.0)


class HttpTransport:
    """Carries requests to the server at ``address``; may be used by several threads.

    Raises InputError for an address that is not one, and for plain http to another machine: the credential would be read on the way.
    """

    def __init__(self, address: str, clock: Clock, *, timeout_seconds: float = 60.0, trust: ssl.SSLContext | None = None) -> None:
        self._host, self._port, self.prefix, secure = _parts(address)
        self._trust = (trust or ssl.create_default_context()) if secure else None
        self._clock, self._timeout = clock, timeout_seconds
        self._idle: list[_Line] = []
        self._lock = threading.Lock()

    def send(self, asked: Asked) -> Answered:
        """The answer to it, sent once. Raises Unreachable when none came."""
        line = self._take(asked.fresh)
        try:
            line.connection.request(asked.method, self.prefix + asked.target, body=asked.content, headers=dict(asked.headers))
            response = line.connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            line.connection.close()
            raise Unreachable(f"{self._host}:{self._port} {_why(error)}", hint=_hint(error)) from error
        if response.length is None and not response.chunked and not _ends_by_itself(response):
            line.connection.close()
            raise Unreachable(f"{self._host}:{self._port} sends an answer without an end", hint="try again")
        return _Answer(self, line, response)

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.connection.close()

    def give_back(self, line: _Line) -> None:
        """A connection whose answer was read to its end."""
        line.idle_since = self._clock.monotonic()
        with self._lock:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(line)
                return
        line.connection.close()

    def _take(self, fresh: bool) -> _Line:
        with self._lock:
            line = self._idle.pop() if self._idle else None
        if line is not None and (not fresh or self._clock.monotonic() - line.idle_since < FRESH_SECONDS):
            return line
        if line is not None:
            line.connection.close()
        if self._trust is not None:
            return _Line(http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._trust))
        return _Line(http.client.HTTPConnection(self._host, self._port, timeout=self._timeout))


class _Answer:
    def __init__(self, transport: HttpTransport, line: _Line, response: http.client.HTTPResponse) -> None:
        self._transport, self._line, self._response = transport, line, response
        self.status = response.status
        self._keeps = not response.will_close
        self._left = response.length  # None: until the end of the chunks, or of the connection
        self._over = False

    def header(self, name: str) -> str | None:
        """A header by its name in lower case."""
        return self._response.getheader(name)

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the body."""
        if self._over:
            return b""
        try:
            piece = self._response.read() if size < 0 else self._response.read(size)
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from error
        self._count(len(piece))
        if size < 0 or not piece:
            self._end()
        return piece

    def line(self) -> bytes:
        """The next line of the body."""
        if self._over:
            return b""
        try:
            piece = self._response.readline(1 << 20)
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from error
        self._count(len(piece))
        if not piece:
            self._end()
        return piece

    def close(self) -> None:
        """Done with it; what was not read is not waited for."""
        if not self._over:
            self._over = True
            self._line.connection.close()

    def _count(self, size: int) -> None:
        if self._left is not None:
            self._left -= size

    def _end(self) -> None:
        if self._left:
            raise self._broken(None)
        self._over = True
        if self._keeps:
            self._transport.give_back(self._line)
        else:
            self._line.connection.close()

    def _broken(self, error: Exception | None) -> Unreachable:
        self.close()
        return Unreachable("the answer broke off" + (f": {_why(error)}" if error is not None else ""), hint="try again")


def _ends_by_itself(response: http.client.HTTPResponse) -> bool:
    """Whether the end of the connection may end the answer. Anywhere else it is how an answer that broke off in its head looks."""
    return (response.getheader("content-type") or "").startswith("text/event-stream")


def _parts(address: str) -> tuple[str, int, str, bool]:
    """Host, port, prefix of every path, and whether it is TLS."""
    text = address if "//" in address else f"https://{address}"
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        host, port, url = None, None, urlsplit("")
    if host is None or url.scheme not in ("http", "https") or url.username is not None or url.query or url.fragment:
        raise InputError(f"{address!r} is no address of a server", hint="write it as https://backup.example.org", field="server")
    if url.scheme == "http" and not is_loopback(host):
        raise InputError(
            f"{host} would be spoken to without TLS, and whoever stands on the way could read the key",
            hint="write https://",
            field="server",
        )
    return host, port or (443 if url.scheme == "https" else 80), url.path.rstrip("/").removesuffix("/v2"), url.scheme == "https"


def is_loopback(host: str) -> bool:
    """Whether this is the machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that is not believed: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "does not speak TLS as it must"
    if isinstance(error, TimeoutError):
        return "does not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "refuses the connection"
    if isinstance(error, OSError) and type(error).__name__ == "gaierror":
        return "has no address"
    return "breaks the connection off"


def _hint(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "a certificate of your own authority is believed when SSL_CERT_FILE names it"
    return "is the server running, and is this its address?"
