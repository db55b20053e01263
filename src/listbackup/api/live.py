"""What happens, as it happens: a listener's notices as server-sent events or as messages of a WebSocket. A listener that waits holds no thread."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool

from listbackup.services.routing import Listening, Stream, Told

_GATHER_SECONDS = 0.05  # what belongs together comes in one answer
BEAT_SECONDS = 15.0  # of silence before a comment, so that a dead connection shows and proxies keep it


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """How events are told where an answer cannot go on: each waits for something new for ``hold_seconds`` at most, tells it and ends; whoever listens comes back
    ``retry_ms`` later, with the id of what was told last, and misses nothing."""

    hold_seconds: float = 3.0
    retry_ms: int = 1000


class Ear:
    """A listener as a coroutine waits for it."""

    def __init__(self, stream: Stream) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._until = self._loop.time() + stream.seconds
        self.listening: Listening = stream.listen(self._wake)

    async def hear(self) -> Sequence[Told] | None:
        """What is new; nothing after some seconds of silence; None when it is over."""
        while True:
            if self.listening.is_over:
                return None
            self._news.clear()
            found = await run_in_threadpool(self.listening.catch_up) if self.listening.is_behind() else self.listening.take()
            if found:
                return found
            left = self._until - self._loop.time()
            if left <= 0:
                return None
            try:
                await asyncio.wait_for(self._news.wait(), min(left, BEAT_SECONDS))
            except TimeoutError:
                return () if self._loop.time() < self._until else None

    def _wake(self) -> None:
        """Called from the feed's thread."""
        with suppress(RuntimeError):  # the server's loop has ended meanwhile
            self._loop.call_soon_threadsafe(self._news.set)


async def events_of(stream: Stream) -> AsyncIterator[bytes]:
    """The stream as server-sent events; a comment at once, so that the answer begins, and in silence."""
    ear = Ear(stream)
    try:
        yield b": listening\n\n"
        while (notices := await ear.hear()) is not None:
            yield b"".join(notice.as_sse() for notice in notices) or b": nothing new\n\n"
    finally:
        ear.listening.close()


async def turn_of(stream: Stream, turns: Turns) -> AsyncIterator[bytes]:
    """One turn of the stream as server-sent events: what is new, as soon as something is, and the end.

    The place comes first, as an event without data: it makes nobody hear anything, and is what a browser comes back with after a turn of silence.
    Source: HTML Living Standard, "Server-sent events", 9.2.6 (an id is kept also where the data is empty), read 2026-11-21.
    """
    ear = Ear(replace(stream, seconds=min(stream.seconds, max(1, math.ceil(turns.hold_seconds)))))
    try:
        yield f"retry: {turns.retry_ms}\nid: {ear.listening.place}\n\n".encode()
        told = await ear.hear()
        if told:
            yield b"".join(notice.as_sse() for notice in told)
            await asyncio.sleep(_GATHER_SECONDS)
            yield b"".join(notice.as_sse() for notice in ear.listening.take())
    finally:
        ear.listening.close()
