"""HTTP/1.1 as it goes over one connection: requests written, heads of answers read strictly, bodies by the length or the chunks that the head announces.

The standard library gives every answer's headers to the e-mail parser, which forgives almost anything and takes a third of the time that fetching a page takes,
and reads bodies through three layers of buffers. Here a head that is not exactly lines of ``name: value`` is refused, and so are chunks that are none.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from listbackup.connectors.engine.egress import Origin

if TYPE_CHECKING:
    import ssl

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
MAX_LINE = 64 * 1024
MAX_HEAD = 256 * 1024
MAX_FIELDS = 200
_CONTINUE = 100
_MAX_CONTINUES = 20
_PIECE = 120 * 1024  # below what the C library asks the system for each time
_BEGINNING = b"HTTP/1."
_STATUS = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: [^\r\n\x00]*)?\r?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*\r?")
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n\x00]*)?\r?\n")
_FIRST_LINE = re.compile(r"[A-Z]+ /[!-~]* HTTP/1\.1\r\n")
_SENDABLE = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\x00]*\r\n)*")
_SHORT_LINE = 128


class NotHttp(Exception):
    """What came is no HTTP/1.x."""


class BrokenOff(NotHttp):
    """A body ended inside a chunk, or where a chunk should be."""


class HungUp(ConnectionResetError):
    """The connection was closed before an answer came."""


class Untrusted(OSError):
    """The certificate does not prove that this is the host; the text says why not."""


class Response:
    """An answer. ``fields`` are its headers, names in lower case, repeated ones joined by commas; ``length`` is the announced one, None where there is none."""

    def __init__(self, sock: socket.socket, *, method: str) -> None:
        self._sock, self._method = sock, method
        self._waiting, self._at = b"", 0  # what was received, and from where on it is not used yet
        self._left = 0  # of the body, or of the chunk that is being read
        self._ended = False
        self.status = 0
        self.fields: Mapping[str, str] = {}
        self.chunked = self.will_close = False
        self.length: int | None = None

    def begin(self) -> None:
        """Read the head. Raises HungUp when nothing comes, NotHttp for what is no head of HTTP/1.x."""
        for _ in range(_MAX_CONTINUES):
            minor, self.status, self.fields = _head(self._take_head())
            if self.status != _CONTINUE:
                break
        fields = self.fields
        bodiless = self.status in (204, 304) or self._method == "HEAD"
        self.chunked = not bodiless and fields.get("transfer-encoding", "").lower() == "chunked"
        self.length = 0 if bodiless else None if self.chunked else _length(fields)
        self._left = self.length or 0
        connection = fields.get("connection", "").lower()
        stays = "keep-alive" in connection if minor == b"0" else "close" not in connection
        self.will_close = not stays or not (self.chunked or self.length is not None)

    def read_some(self) -> bytes:
        """The next bytes of the body, as many as are there; nothing at its end, and where it breaks off before an announced length. Raises BrokenOff, OSError."""
        if self._ended:
            return b""
        if self.chunked:
            return self._some_of_chunk() if self._left or self._next_chunk() else b""
        part = self._received(_PIECE if self.length is None else self._left)
        if self.length is not None:
            self._left -= len(part)
        self._ended = not part or (self.length is not None and not self._left)
        return part

    @property
    def is_used_up(self) -> bool:
        """Whether nothing came behind the body: else the next answer of this connection would begin with it."""
        return self._at >= len(self._waiting)

    def _some_of_chunk(self) -> bytes:
        if self.is_used_up:
            self._more()
        part = self._received(self._left)
        if not part:
            raise BrokenOff("the connection was closed inside a chunk")
        self._left -= len(part)
        if not self._left and self._line() not in (b"\r\n", b"\n"):
            raise BrokenOff("a chunk is longer than it said")
        return part

    def _received(self, size: int) -> bytes:
        """At most so many of the bytes that have come, or of those that come next."""
        at = self._at
        if at >= len(self._waiting):
            return self._sock.recv(min(size, _PIECE)) if size else b""
        part = self._waiting[at : at + size]
        self._at = at + len(part)
        return part

    def _more(self) -> bool:
        """Whether more has come, for what is looked at as a whole."""
        part = self._sock.recv(_PIECE)
        self._waiting, self._at = self._waiting[self._at :] + part, 0
        return bool(part)

    def _take_head(self) -> bytes:
        known = 0
        while (found := _END_OF_HEAD.search(self._waiting, max(self._at, known))) is None:
            came = len(self._waiting) - self._at
            if came > MAX_HEAD or (came >= len(_BEGINNING) and not self._waiting.startswith(_BEGINNING, self._at)):
                raise NotHttp("the answer does not begin like one")
            known = max(0, came - 2)
            if not self._more():
                raise NotHttp("the head broke off") if came else HungUp("the connection was closed before an answer came")
        head, self._at = self._waiting[self._at : found.end()], found.end()
        return head

    def _line(self) -> bytes:
        """The next line with its end; what is left where the connection ends before it."""
        while (end := self._waiting.find(b"\n", self._at) + 1) == 0:
            if len(self._waiting) - self._at > MAX_LINE:
                raise NotHttp(f"a line of more than {MAX_LINE} bytes")
            if not self._more():
                end = len(self._waiting)
                break
        line, self._at = self._waiting[self._at : end], end
        return line

    def _next_chunk(self) -> bool:
        found = _CHUNK.fullmatch(self._line())
        if found is None:
            raise BrokenOff("there is no chunk where one should be")
        self._left = int(found[1], 16)
        if not self._left:
            self._skip_trailers()
            self._ended = True
        return bool(self._left)

    def _skip_trailers(self) -> None:
        for _ in range(MAX_FIELDS):
            line = self._line()
            if not line:  # the last chunk has come: the body is whole, and the connection at its end
                self.will_close = True
            if line in (b"\r\n", b"\n", b""):
                return
        raise NotHttp(f"more than {MAX_FIELDS} trailers")


class Connection:
    """A connection to one of the checked addresses of an origin; TLS speaks to and verifies the host by its name."""

    def __init__(self, origin: Origin, addresses: Sequence[str], tls: ssl.SSLContext | None, *, read_seconds: float = READ_SECONDS) -> None:
        self.origin, self._addresses, self._context, self._read_seconds = origin, addresses, tls, read_seconds
        self.sock: socket.socket | None = None
        self.idle_since = 0.0
        self._latest: tuple[Mapping[str, str], bytes] = ({}, b"")  # the headers that were sent last, and as they go over the wire

    def connect(self) -> None:
        """Connect to the first address that answers. Raises Untrusted, OSError."""
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
        """Send a request; the answer with its head read. Raises ValueError for what cannot be sent, OSError, NotHttp."""
        if headers != self._latest[0]:
            self._latest = dict(headers), _fields(headers)
        first, fields = f"{method} {target} HTTP/1.1\r\n", self._latest[1]
        if _FIRST_LINE.fullmatch(first) is None:
            raise ValueError(_UNSENDABLE)
        if body is not None or method in ("POST", "PUT", "PATCH"):
            fields = b"%sContent-Length: %d\r\n" % (fields, len(body or b""))
        if self.sock is None:
            raise ConnectionError("the connection is closed")
        self.sock.sendall(b"%s%s\r\n%s" % (first.encode("ascii"), fields, body or b""))
        response = Response(self.sock, method=method)
        response.begin()
        return response

    def close(self) -> None:
        """Close the connection; idempotent."""
        found, self.sock = self.sock, None
        if found is not None:
            found.close()

    def _secure(self, found: socket.socket) -> socket.socket:
        if self._context is None:
            return found
        import ssl  # takes 6 ms; whoever gave us a context has it

        try:
            return self._context.wrap_socket(found, server_hostname=self.origin.host)
        except ssl.SSLCertVerificationError as error:
            found.close()
            raise Untrusted(error.verify_message) from None
        except OSError:
            found.close()
            raise


_UNSENDABLE = "a header or path has characters that cannot be sent"


def _fields(headers: Mapping[str, str]) -> bytes:
    """The lines of these headers. Raises ValueError."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if _SENDABLE.fullmatch(lines) is None or lines.count("\n") != len(headers):  # a value with a line break in it would be two headers
        raise ValueError(_UNSENDABLE)
    return lines.encode("latin-1")


def _head(head: bytes) -> tuple[bytes, int, Mapping[str, str]]:
    """The minor version, the status and the headers."""
    lines = head.split(b"\n")[:-2]
    first = _STATUS.fullmatch(lines[0])
    if first is None:
        raise NotHttp("the answer does not begin like one")
    if len(lines) > MAX_FIELDS:  # with the first
        raise NotHttp(f"more than {MAX_FIELDS} headers")
    fields: dict[str, str] = {}
    name = ""
    for line in lines[1:]:
        found = _known_field(line) if len(line) < _SHORT_LINE else _field(line)
        if found is not None:
            name, value = found
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
        elif line[:1] in (b" ", b"\t") and name and (more := _FIELD.fullmatch(b"folded:" + line)):
            fields[name] = f"{fields[name]} {more[2].decode('latin-1')}"
        else:
            raise NotHttp("a header is not a name and a value on a line")
    return first[1], int(first[2]), fields


def _field(line: bytes) -> tuple[str, str] | None:
    found = _FIELD.fullmatch(line) if len(line) <= MAX_LINE else None
    return (found[1].decode("ascii").lower(), found[2].decode("latin-1")) if found is not None else None


_known_field = lru_cache(maxsize=64)(_field)  # from page to page most lines are the same


def _length(fields: Mapping[str, str]) -> int | None:
    """The announced length; None where none is announced, or not as a number. Two that differ are refused by whoever checks the headers."""
    text = fields.get("content-length", "")
    if "," in text:
        told = {part.strip() for part in text.split(",")}
        text = told.pop() if len(told) == 1 else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
