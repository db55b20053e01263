"""Not more at once than can be answered: who comes on top is sent away at once and told when to come back, so that those inside are served as fast as ever.

The places are threads that answer; four times as many may wait a moment for one. Being sent away costs no thread, no credential's look-up and no log
line: that is what keeps a crowd from becoming a standstill. What tells of the system's health is always answered.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from listbackup.api.door import SECURITY, Tally
from listbackup.base.clock import Clock
from listbackup.http.problem import MEDIA_TYPE, OVERLOADED, Refused, encode_problem, problem_of

if TYPE_CHECKING:
    from uvicorn._types import HTTPScope

_log = logging.getLogger(__name__)
_ALWAYS = ("/v2/system/health/", "/v2/system/metrics", "/v2/system/status")
_ALWAYS_BYTES = tuple(path.encode() for path in _ALWAYS)
WAITING = 4
_SAID_EVERY_SECONDS = 5.0
_COUNTED = "listbackup.counted"


class Crowd:
    """ASGI middleware with ``places`` for threads, and ``WAITING`` times as many for who waits."""

    def __init__(self, app: ASGIApp, *, places: int, clock: Clock, tally: Tally) -> None:
        self._app, self._places, self._clock, self._tally = app, places, clock, tally
        self._said_at, self._unsaid = -_SAID_EVERY_SECONDS, 0
        self._entering = 0  # were read and not yet looked at: a crowd is read all at once, and must be counted while it is
        refused = Refused(OVERLOADED, OVERLOADED.title)
        self._body = encode_problem(problem_of(refused, ""))
        named = {
            **SECURITY,
            "content-type": MEDIA_TYPE,
            "retry-after": "1",
            "cache-control": "no-store",
            "content-length": str(len(self._body)),
        }
        self._headers = [(name.encode(), value.encode()) for name, value in named.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it in, or send it away."""
        self._entering -= bool(scope.pop(_COUNTED, False)) if scope["type"] == "http" else 0
        if scope["type"] != "http" or scope["path"].startswith(_ALWAYS):
            await self._app(scope, receive, send)
            return
        if self.is_full():
            await self._send_away(send)
            return
        await self._admit(scope, receive, send)

    def is_full(self) -> bool:
        """Whether the next one is sent away."""
        return self._tally.busy + self._entering >= (1 + WAITING) * self._places

    def enter(self, scope: HTTPScope) -> None:
        """A request was read and will be looked at when the loop comes to it; until then it has its place."""
        if not scope["path"].startswith(_ALWAYS):
            cast(Scope, scope)[_COUNTED] = True
            self._entering += 1

    def sends_away(self, target: bytes) -> bool:
        """Whether a request for this target is."""
        return self.is_full() and not target.startswith(_ALWAYS_BYTES)

    def refusal(self) -> bytes:
        """The whole answer to one who is sent away, as it goes over the wire (HTTP/1.1, the connection stays)."""
        head = b"".join(name + b": " + value + b"\r\n" for name, value in self._headers)
        return b"HTTP/1.1 503 Service Unavailable\r\n" + head + b"\r\n" + self._body

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        inside = False

        async def hear() -> Message:
            nonlocal inside
            message = await receive()
            if not inside and message["type"] == "http.request" and not message.get("more_body", False):
                inside = True  # from here on: who takes minutes to send a body takes nobody's place
                self._tally.busy += 1
            return message

        async def answer(message: Message) -> None:
            nonlocal inside
            if inside and message["type"] == "http.response.start":  # nor does who listens for minutes
                inside = False
                self._tally.busy -= 1
            await send(message)

        try:
            await self._app(scope, hear, answer)
        finally:
            if inside:
                self._tally.busy -= 1

    async def _send_away(self, send: Send) -> None:
        self.note()
        await send({"type": "http.response.start", "status": 503, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})

    def note(self) -> None:
        """One more was sent away; the log is told every few seconds how many."""
        self._tally.shed()
        self._unsaid += 1
        now = self._clock.monotonic()
        if now - self._said_at >= _SAID_EVERY_SECONDS:
            _log.warning("%d requests were sent away: more at once than there are places", self._unsaid)
            self._said_at, self._unsaid = now, 0
