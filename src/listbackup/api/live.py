"""What happens, as it happens: a listener's notices as server-sent events or as messages of a WebSocket. A listener that waits holds no thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from starlette.concurrency import run_in_threadpool

from listbackup.services.routing import Listening, Stream, Told

BEAT_SECONDS = 15.0  # of silence before a comment, so that a dead connection shows and proxies keep it


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
