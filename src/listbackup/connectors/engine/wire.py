"""HTTP/1.1 as it goes over one connection: the head of a request written, the head of an answer read strictly; bodies are ``http.client``'s.

``http.client`` gives every answer's headers to the e-mail parser, which forgives almost anything and takes a third of the time that fetching a page takes.
Here a head that is not exactly lines of ``name: value`` is refused.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Mapping, Sequence

from listbackup.connectors.engine.egress import Origin

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
MAX_LINE = 64 * 1024
MAX_FIELDS = 200
_STATUS = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: [^\r\n\x00]*)?\r?\n")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*\r?\n")
_SENDABLE = re.compile(r"[A-Z]+ /[!-~]* HTTP/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\x00]*\r\n)*")


class Response(http.client.HTTPResponse):
    """An answer. ``fields`` are its headers, names in lower case, repeated ones joined by commas."""

    fields: Mapping[str, str]
    chunk_left: int | None

    def begin(self) -> None:
        """Read the head. Raises RemoteDisconnected when nothing comes, HTTPException for what is no head of HTTP/1.x."""
        minor, self.status = self._first_line()
        while self.status == http.client.CONTINUE:
            self._fields()
            minor, self.status = self._first_line()
        self.version = 10 if minor == b"0" else 11
        self.fields = fields = self._fields()
        self.chunked = fields.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.length = None if self.chunked else _length(fields)
        if self.status in (204, 304) or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        connection = fields.get("connection", "").lower()
        stays = "keep-alive" in connection if self.version == 10 else "close" not in connection
        self.will_close = not stays or not (self.chunked or self.length is not None)

    def _first_line(self) -> tuple[bytes, int]:
        line = self.fp.readline(MAX_LINE)
        if not line:
            raise http.client.RemoteDisconnected("the connection was closed before an answer came")
        found = _STATUS.fullmatch(line)
        if found is None:
            raise http.client.BadStatusLine(repr(line[:80]))
        return found[1], int(found[2])

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        name = ""
        for _ in range(MAX_FIELDS):
            line = self.fp.readline(MAX_LINE)
            if line in (b"\r\n", b"\n"):
                return fields
            if line[:1] in (b" ", b"\t") and name and (more := _FIELD.fullmatch(b"folded:" + line)):
                fields[name] = f"{fields[name]} {more[2].decode('latin-1')}"
                continue
            found = _FIELD.fullmatch(line)
            if found is None:
                raise http.client.HTTPException("a header is not a name and a value on a line")
            name, value = found[1].decode("ascii").lower(), found[2].decode("latin-1")
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
        raise http.client.HTTPException(f"more than {MAX_FIELDS} headers")


class Connection:
    """A connection to one of the checked addresses of an origin; TLS speaks to and verifies the host by its name."""

    def __init__(self, origin: Origin, addresses: Sequence[str], tls: ssl.SSLContext | None, *, read_seconds: float = READ_SECONDS) -> None:
        self.origin, self._addresses, self._context, self._read_seconds = origin, addresses, tls, read_seconds
        self.sock: socket.socket | None = None
        self.idle_since = 0.0

    def connect(self) -> None:
        """Connect to the first address that answers."""
        last: OSError | None = None
        for address in self._addresses:
            try:
                found = socket.create_connection((address, self.origin.port), CONNECT_SECONDS)
            except OSError as error:
                last = error
                continue
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found.settimeout(self._read_seconds)
            self.sock = self._secure(found)
            return
        raise last or OSError("no address")

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        """Send a request; the answer with its head read. Raises ValueError for what cannot be sent, OSError, HTTPException."""
        lines = [f"{method} {target} HTTP/1.1\r\n", *[f"{name}: {value}\r\n" for name, value in headers.items()]]
        if body is not None or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body or b'')}\r\n")
        head = "".join(lines)
        if _SENDABLE.fullmatch(head) is None or head.count("\n") != len(lines):  # a value with a line break in it would be two headers
            raise ValueError("a header or path has characters that cannot be sent")
        if self.sock is None:
            raise ConnectionError("the connection is closed")
        self.sock.sendall(head.encode("latin-1") + b"\r\n" + (body or b""))
        response = Response(self.sock, method=method)
        try:
            response.begin()
        except BaseException:
            response.close()
            raise
        return response

    def close(self) -> None:
        """Close the connection; idempotent."""
        found, self.sock = self.sock, None
        if found is not None:
            found.close()

    def _secure(self, found: socket.socket) -> socket.socket:
        if self._context is None:
            return found
        try:
            return self._context.wrap_socket(found, server_hostname=self.origin.host)
        except OSError:
            found.close()
            raise


def _length(fields: Mapping[str, str]) -> int | None:
    """The announced length; None where none is announced, or not as a number. Two that differ are refused by whoever checks the headers."""
    told = {part.strip() for part in fields.get("content-length", "").split(",")}
    text = told.pop() if len(told) == 1 else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
