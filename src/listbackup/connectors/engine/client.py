"""HTTP/1.1 for backups: keep-alive connections to checked, pinned addresses, and answers that are whole or an error.

The wire is ours (``wire.py``, decisions 0050, 0130). Nothing is taken from the environment, no proxy is used, redirects stay on their host.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin

from listbackup.base.clock import Clock
from listbackup.base.errors import PlatformError
from listbackup.connectors.engine.body import BodyLimits, decode, read_raw
from listbackup.connectors.engine.egress import Origin, Resolver, Url, checked_addresses, parse_url, system_resolver
from listbackup.connectors.engine.faults import BadAnswer, Reason, Unsent, denied, unreachable
from listbackup.connectors.engine.wire import READ_SECONDS, BrokenOff, Connection, NotHttp, Response, Untrusted

if TYPE_CHECKING:
    import ssl

AGENT = "ListBackup/0.1"
MAX_REDIRECTS = 3
BRIEF = BodyLimits(body_bytes=1024 * 1024, seconds=10.0)
BRIEF_READ_SECONDS = 20.0  # with connecting and the body less than a lease of a refresh
_REDIRECTS = (301, 302, 303, 307, 308)
_FRESH_SECONDS = 2.0  # servers keep idle connections for five seconds and more


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent. Headers may hold secrets: a request has no readable repr."""

    url: Url
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url.origin})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whole. Header names are lower case; ``received_bytes`` counts the body as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_bytes: int = 0
    framed: bool = True  # its end was announced; otherwise the connection's end was the body's end


class Client:
    """Sends requests from any number of threads; idle connections are kept and reused, the latest first."""

    def __init__(
        self,
        clock: Clock,
        *,
        allow_loopback: bool = False,
        resolver: Resolver = system_resolver,
        limits: BodyLimits = BodyLimits(),
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._clock, self._allow_loopback, self._resolver, self._limits = clock, allow_loopback, resolver, limits
        self._read_seconds = read_seconds
        self._idle: dict[Origin, list[Connection]] = {}
        self._closed = False
        self._tls: ssl.SSLContext | None = None

    def send(self, request: Request) -> Answer:
        """The whole answer, whatever its status; GETs follow redirects on their host. Raises PlatformError (unreachable, egress_denied), BadAnswer."""
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._send_once(request)
            onward = self._redirect(request, answer.status, answer.headers)
            if onward is None:
                return answer
            request = onward
        raise BadAnswer(Reason.PAGE_LOOP, f"{request.url.origin.host} redirects more than {MAX_REDIRECTS} times", again=False)

    def stream(self, request: Request) -> Iterator[bytes]:
        """The body of a 200 in chunks, at its end known to be whole; other answers raise as ``status`` says. Not decompressed: none is asked for."""
        headers = {**request.headers, "Accept-Encoding": "identity"}
        request = replace(request, headers=headers)
        for _ in range(MAX_REDIRECTS + 1):
            connection, response = self._open(request)
            onward = self._redirect(request, response.status, _headers(response, self._limits))
            if onward is None:
                yield from self._chunks(connection, response)
                return
            connection.close()
            request = onward
        raise BadAnswer(Reason.PAGE_LOOP, f"{request.url.origin.host} redirects more than {MAX_REDIRECTS} times", again=False)

    def brief(self) -> Client:
        """Another client under the same rules of egress, for answers that are small and must come soon: tokens."""
        return Client(
            self._clock, allow_loopback=self._allow_loopback, resolver=self._resolver, limits=BRIEF, read_seconds=BRIEF_READ_SECONDS
        )

    def close(self) -> None:
        """Close idle connections; idempotent."""
        self._closed = True
        for origin in list(self._idle):
            for connection in self._idle.pop(origin, ()):
                connection.close()

    def _send_once(self, request: Request) -> Answer:
        connection, response = self._open(request)
        deadline = self._clock.monotonic() + self._limits.seconds
        try:
            headers = _headers(response, self._limits)
            framed = response.length is not None or bool(response.chunked)
            raw = read_raw(response, self._limits, lambda: self._clock.monotonic() > deadline)
            body = decode(raw, headers["content-encoding"], self._limits) if raw and "content-encoding" in headers else raw
        except (OSError, NotHttp) as error:
            connection.close()
            _fail(request.url.origin, error)
        except PlatformError:
            connection.close()
            raise
        self._done(connection, response)
        return Answer(status=response.status, headers=headers, body=body, received_bytes=len(raw), framed=framed)

    def _open(self, request: Request) -> tuple[Connection, Response]:
        """The answer's head. An idle connection that the platform has closed meanwhile is not its fault: a GET is sent again on a new one."""
        connection = self._idle_connection(request)
        if connection is not None:
            try:
                return connection, self._begin(connection, request)
            except ConnectionError as error:
                connection.close()
                if request.method != "GET":
                    _fail(request.url.origin, error)
        connection = self._new_connection(request.url.origin)
        try:
            return connection, self._begin(connection, request)
        except ConnectionError as error:
            connection.close()
            _fail(request.url.origin, error)

    def _begin(self, connection: Connection, request: Request) -> Response:
        """Raises ConnectionError when the connection was closed before anything came."""
        origin = request.url.origin
        headers = {"Host": origin.header, "User-Agent": AGENT, "Accept-Encoding": "gzip, deflate", **request.headers}
        try:
            return connection.ask(request.method, request.url.target, headers, request.body)
        except ConnectionError:  # HungUp is one
            raise
        except (OSError, NotHttp) as error:
            connection.close()
            _fail(origin, error)
        except ValueError:  # a header value with a line break in it
            connection.close()
            raise denied("a header or path has characters that cannot be sent", hint="look for a line break in the credentials") from None

    def _idle_connection(self, request: Request) -> Connection | None:
        """A connection that is open as far as can be told; for what must not be sent twice only one that was used a moment ago."""
        idle = self._idle.get(request.url.origin)
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was quicker
                break
            fresh = request.method == "GET" or self._clock.monotonic() - connection.idle_since < _FRESH_SECONDS
            if fresh and _is_alive(connection):
                return connection
            connection.close()
        return None

    def _new_connection(self, origin: Origin) -> Connection:
        addresses = checked_addresses(origin, self._resolver, allow_loopback=self._allow_loopback)
        connection = Connection(origin, addresses, self._trust() if origin.scheme == "https" else None, read_seconds=self._read_seconds)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            _fail(origin, error, sent=False)
        return connection

    def _trust(self) -> ssl.SSLContext:
        """Whom we believe; made when it is first needed, because reading the system's certificates takes 50 ms."""
        if self._tls is None:
            import ssl  # takes 6 ms, which a platform without TLS does not need

            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._tls = context
        return self._tls

    def _done(self, connection: Connection, response: Response) -> None:
        if response.will_close or self._closed or not response.is_used_up:
            connection.close()
        else:
            connection.idle_since = self._clock.monotonic()
            self._idle.setdefault(connection.origin, []).append(connection)

    def _chunks(self, connection: Connection, response: Response) -> Iterator[bytes]:
        if response.status != 200:
            connection.close()
            raise StatusAnswer(Answer(status=response.status, headers=_headers(response, self._limits), body=b""))
        announced, size = response.length, 0
        if announced is None and not response.chunked:
            connection.close()
            raise BadAnswer(
                Reason.NO_TERMINATOR, "the file does not say how long it is", hint="its end cannot be told from a broken connection"
            )
        try:
            while part := response.read_some():
                size += len(part)
                yield part
            if announced is not None and size != announced:
                raise BadAnswer(Reason.TRUNCATED_BODY, f"the file announced {announced} bytes and broke off after {size}")
        except BrokenOff:
            connection.close()
            raise BadAnswer(Reason.TRUNCATED_BODY, "the file broke off in a chunk") from None
        except (OSError, NotHttp) as error:
            connection.close()
            _fail(connection.origin, error)
        except BaseException:
            connection.close()
            raise
        self._done(connection, response)

    def _redirect(self, request: Request, status: int, headers: Mapping[str, str]) -> Request | None:
        if status not in _REDIRECTS or "location" not in headers or request.method != "GET":
            return None
        url = parse_url(urljoin(str(request.url), headers["location"]).partition("#")[0], allow_loopback=self._allow_loopback)
        if url.origin != request.url.origin:
            raise BadAnswer(
                Reason.FOREIGN_HOST,
                f"{request.url.origin.host} redirects to {url.origin.host}; nothing is sent there",
                hint="if the platform has moved, connect to its new address",
                again=False,
            )
        return replace(request, url=url)


class StatusAnswer(Exception):
    """A streamed answer whose status is not 200; whoever asked turns it into a PlatformError."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"status {answer.status}")
        self.answer = answer


def _is_alive(connection: Connection) -> bool:
    """Whether an idle connection is still open: nothing waits to be read on it."""
    if connection.sock is None:
        return False
    try:
        waiting = select.poll()
        waiting.register(connection.sock, select.POLLIN | select.POLLHUP)
        return not waiting.poll(0)
    except (OSError, ValueError):
        return False


def _headers(response: Response, limits: BodyLimits) -> Mapping[str, str]:
    headers = response.fields
    if sum(map(len, headers)) + sum(map(len, headers.values())) > limits.header_bytes:
        raise BadAnswer(Reason.BAD_HEADERS, f"the answer has more than {limits.header_bytes} bytes of headers")
    if "," in headers.get("content-length", "") and len(set(headers["content-length"].replace(" ", "").split(","))) > 1:
        raise BadAnswer(Reason.TRUNCATED_BODY, "the answer announces two different lengths")
    return headers


def _fail(origin: Origin, error: Exception, *, sent: bool = True) -> NoReturn:
    """Turn what the socket says into a sentence without addresses or secrets."""
    if isinstance(error, Untrusted):
        raise denied(f"the certificate of {origin.host} cannot be trusted: {error}", hint="check the address") from None
    if isinstance(error, NotHttp):
        raise BadAnswer(Reason.BAD_HEADERS, f"{origin.host} answers in something that is not HTTP/1.1") from None
    what = "took too long" if isinstance(error, TimeoutError) else (getattr(error, "strerror", None) or type(error).__name__)
    message, hint = f"{origin.host} cannot be reached: {what}", "check the address and the network, then run again"
    raise (unreachable(message, hint=hint) if sent else Unsent(message, hint=hint)) from None
