"""The door before every operation: request ids, allowed hosts, security headers, problems instead of exceptions, one log line a request."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from listbackup.base.clock import Clock, unix_ms
from listbackup.base.errors import ListBackupError
from listbackup.base.ids import new_id
from listbackup.base.log import log_context
from listbackup.base.metrics import Counter, Histogram, Metric, gauge
from listbackup.base.origin import coming_from
from listbackup.http.problem import MEDIA_TYPE, WRONG_HOST, Refused, encode_problem, headers_of, kind_of, problem_of

_log = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
SECURITY = {  # nothing here is a page: nothing may be run, framed, sniffed or cached
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_SECURITY = [(name.encode(), value.encode()) for name, value in SECURITY.items()]
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"})
LOCAL = ("127.0.0.1", "localhost", "::1")


class Tally:
    """What this process answered, for the metrics; the patterns of paths only, never a value."""

    def __init__(self) -> None:
        self._answered = Counter("listbackup_http_requests_total", "Requests answered, by method, path and status.")
        self._seconds = Histogram("listbackup_http_request_duration_seconds", "From a request to the end of its answer.")
        self._shed = Counter("listbackup_http_shed_total", "Requests sent away because there were too many at once.")
        self._shed.add(0)
        self.busy = 0

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One more."""
        named = method if method in _METHODS else "other"
        self._answered.add(method=named, route=route, status=str(status))
        self._seconds.observe(seconds, method=named, route=route)

    def shed(self) -> None:
        """One more that was sent away."""
        self._shed.add()

    def metrics(self) -> Sequence[Metric]:
        """What was counted so far."""
        busy = gauge("listbackup_http_requests_in_flight", "Requests that are being answered, or wait to be.", float(self.busy))
        return [self._answered.collect(), self._seconds.collect(), self._shed.collect(), busy]


class Door:
    """ASGI middleware; ``hosts`` are the names this server answers for, without ports."""

    def __init__(self, app: ASGIApp, *, hosts: tuple[str, ...], clock: Clock, tally: Tally) -> None:
        self._app, self._hosts, self._clock, self._tally = app, frozenset(host.lower() for host in hosts), clock, tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and see to its answer."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        request_id = self._request_id(request)
        state = scope.setdefault("state", {})
        state["request_id"], state["headers"] = request_id, {}
        begun, status = self._clock.monotonic(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = {name.lower() for name, _ in message["headers"]}  # an answer may be stricter with itself
                own = [one for one in _SECURITY if one[0] not in said]
                message["headers"] = [*message["headers"], *own, (b"x-request-id", request_id.encode())]
            await send(message)

        address = request.client.host if request.client is not None else None
        with log_context(request=request_id), coming_from(address, request.headers.get("user-agent")):
            try:
                if not self._is_ours(request.headers.get("host", "")):
                    raise Refused(WRONG_HOST, "this server does not answer for that host", hint="see `listbackup serve --allow-host`")
                await self._app(scope, receive, answer)
            except Exception as error:  # noqa: BLE001  the rim: whatever goes wrong becomes a problem and a log line
                await self._refuse(error, request, answer, begun=status != 0)
            finally:
                seconds = self._clock.monotonic() - begun
                self._tally.count(scope["method"], state.get("route", "-"), status, seconds)
                self._note(scope, status, seconds)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As a request, but for what an answer has and a socket has not."""
        connection = HTTPConnection(scope)
        request_id = self._request_id(connection)
        scope.setdefault("state", {})["request_id"] = request_id
        address = connection.client.host if connection.client is not None else None
        if not self._is_ours(connection.headers.get("host", "")):
            await send({"type": "websocket.close", "code": 1008, "reason": "this server does not answer for that host"})
            return
        begun = self._clock.monotonic()
        with log_context(request=request_id), coming_from(address, connection.headers.get("user-agent")):
            try:
                await self._app(scope, receive, send)
            finally:
                _log.info("WEBSOCKET %s %.1f s", scope["state"].get("route", "-"), self._clock.monotonic() - begun)

    async def _refuse(self, error: Exception, request: Request, send: Send, *, begun: bool) -> None:
        note_failure(error)
        if begun:
            return
        response = problem_response(error, request.scope["state"]["request_id"], request.scope["state"]["headers"])
        await response(request.scope, request.receive, send)

    def _request_id(self, request: HTTPConnection) -> str:
        said = request.headers.get("x-request-id", "")
        return said if _REQUEST_ID.fullmatch(said) else new_id("req", unix_ms(self._clock.now()))

    def _is_ours(self, host: str) -> bool:
        """Against DNS rebinding: a page of somebody else's that points its name here still sends its name."""
        name = host[1 : host.index("]")] if host.startswith("[") and "]" in host else host.rpartition(":")[0] or host
        return name.lower() in self._hosts

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Method, pattern of the path and status: no value that a caller sent, because it may be a secret or somebody's record."""
        state, route = scope["state"], scope["state"].get("route", "-")
        who = {name: str(state[name]) for name in ("account", "caller") if name in state}
        if not _log.isEnabledFor(logging.INFO):
            return
        said = (scope["method"], route, status, seconds * 1000)
        with log_context(**who):  # a record made by hand: who looks up the line it was called from takes as long as writing it
            _log.handle(logging.LogRecord(_log.name, logging.INFO, __file__, 0, "%s %s %d %.1f ms", said, None))


def note_failure(error: Exception) -> None:
    """A line in the log for a failure that the caller is not to blame for."""
    if not isinstance(error, ListBackupError) or kind_of(error).status >= 500:
        _log.error("a request failed: %s", type(error).__name__, exc_info=error)


def problem_response(error: Exception, request_id: str, headers: Mapping[str, str]) -> Response:
    """The answer to a request that failed."""
    problem = problem_of(error, request_id)
    return Response(encode_problem(problem), status_code=problem.status, headers={**headers, **headers_of(error)}, media_type=MEDIA_TYPE)
