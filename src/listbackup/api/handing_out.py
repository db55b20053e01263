"""Answers that are larger than a function may give: handed out piece by piece as they are made, and answered with where they lie (docs/decisions/0361).

ASGI between the application and whoever carries its answer. What is small goes through whole. From the piece on that makes an answer too large, every piece goes to a
``Handout``, and in the end the caller is sent there. What cannot be handed out, breaks off, or takes longer than a caller is waited for becomes a problem.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Protocol, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from listbackup.base.clock import Clock
from listbackup.base.errors import ListBackupError, StoreError
from listbackup.http.problem import MEDIA_TYPE, TOO_LARGE, Refused, encode_problem, problem_of

PATIENCE_SECONDS = 25.0  # of a request that is handed out: the gateway answers for us after 30

_ABOUT_THE_BYTES = (b"content-length", b"content-type", b"content-disposition", b"content-encoding", b"etag")
_FILENAME = re.compile(rb'filename="([^"]+)"')


class Handout(Protocol):
    """Bytes that are put where others can fetch them."""

    def write(self, piece: bytes) -> None:
        """The next bytes. Raises BackendError."""
        ...

    def finish(self) -> str:
        """The address that gives all of them, for some minutes. Raises BackendError."""
        ...

    def abandon(self) -> None:
        """Leave nothing of it."""
        ...


HandOut: TypeAlias = Callable[[str], Handout]  # by the name of the file that a browser makes of it


class HandingOut:
    """ASGI middleware; answers of at most ``most_bytes`` go through. Without ``hand_out`` larger ones are refused."""

    def __init__(self, app: ASGIApp, clock: Clock, *, most_bytes: int, hand_out: HandOut | None, seconds: float = PATIENCE_SECONDS) -> None:
        self._app, self._clock, self._most_bytes, self._hand_out, self._seconds = app, clock, most_bytes, hand_out, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer, or where it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = _Passage(self._clock.monotonic, self._most_bytes, self._hand_out, self._clock.monotonic() + self._seconds)
        try:
            await self._app(scope, receive, passage.take)
        finally:
            await passage.give(send)


class _Passage:
    """One answer on its way."""

    def __init__(self, now: Callable[[], float], most_bytes: int, hand_out: HandOut | None, until: float) -> None:
        self._now, self._most_bytes, self._hand_out, self._until = now, most_bytes, hand_out, until
        self._start: Message = {"type": "http.response.start", "status": 500, "headers": []}
        self._held: list[bytes] = []
        self._size = 0
        self._out: Handout | None = None
        self._address: str | None = None
        self._is_whole = False
        self._problem: ListBackupError | None = None

    async def take(self, message: Message) -> None:
        """The application's next word. Raises what makes it stop."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        try:
            await self._add(message.get("body", b""), is_last=not message.get("more_body", False))
        except ListBackupError as error:
            self._problem = error
            raise

    async def give(self, send: Send) -> None:
        """The answer as it goes out."""
        if not self._is_whole and self._problem is None:
            self._problem = StoreError("the answer broke off")
        if self._out is not None and self._address is None:
            await run_in_threadpool(self._out.abandon)
        kept = [(name, value) for name, value in self._start.get("headers", ()) if name.lower() not in _ABOUT_THE_BYTES]
        if self._problem is not None:
            said = problem_of(self._problem, dict(kept).get(b"x-request-id", b"").decode())
            headers = [*kept, (b"content-type", MEDIA_TYPE.encode())]
            await _say(send, said.status, headers, encode_problem(said))
        elif self._address is not None:
            await _say(send, 303, [*kept, (b"location", self._address.encode())], b"")
        else:
            await _say(send, self._start["status"], self._start.get("headers", []), b"".join(self._held))

    async def _add(self, piece: bytes, *, is_last: bool) -> None:
        self._size += len(piece)
        if self._out is None:
            self._held.append(piece)
            if self._size > self._most_bytes:
                await self._begin()
        else:
            await self._write(piece)
        self._is_whole = is_last
        if is_last and self._out is not None:
            self._address = await run_in_threadpool(self._out.finish)

    async def _begin(self) -> None:
        if self._hand_out is None or self._start["status"] != 200:
            raise Refused(TOO_LARGE, "the answer is larger than a function may give", hint="ask for less at once, or for an export")
        said = dict(self._start["headers"])
        name = _FILENAME.search(said.get(b"content-disposition", b""))
        self._out = self._hand_out(name[1].decode() if name else "answer")
        held, self._held = self._held, []
        if (
            said.get(b"content-encoding") == b"gzip"
        ):  # squeezed, and so in one piece (``api/squeezing.py``): where it is put nobody says that it is
            held = [gzip.decompress(b"".join(held))]
        for piece in held:
            await self._write(piece)

    async def _write(self, piece: bytes) -> None:
        assert self._out is not None
        if self._now() >= self._until:
            raise Refused(TOO_LARGE, "it takes longer than an answer may to hand this out", hint="fetch an export file by file")
        await run_in_threadpool(self._out.write, piece)


async def _say(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
