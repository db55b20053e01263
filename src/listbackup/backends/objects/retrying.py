"""A decorator that tries again, through the one retry loop."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, TypeVar

from listbackup.backends.objects.port import ObjectExists, ObjectInfo, Objects
from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError
from listbackup.base.retry import RetryPolicy, retry

T = TypeVar("T")

_CHUNK = 1 << 20
_SPOOL_IN_MEMORY = 8 << 20


class RetryingObjects:
    """The objects below, patient with errors that say ``retryable``.

    A put whose answer was lost may have happened: when a later try finds the name taken by just these bytes, that is the success. When the first try finds it
    taken, somebody else was there, whatever the bytes: ObjectExists. Chunks are kept in a temp file until they are written, so that they can be sent again.
    """

    def __init__(self, inner: Objects, clock: Clock, *, policy: RetryPolicy = RetryPolicy(), rng: random.Random | None = None) -> None:
        self._inner = inner
        self._clock = clock
        self._policy = policy
        self._rng = rng

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """See the port."""
        if isinstance(data, bytes):
            self._put(name, _Replay(data, None))
            return
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY) as spool:
            for chunk in data:
                spool.write(chunk)
            self._put(name, _Replay(None, spool))

    def replace(self, name: str, data: bytes) -> None:
        """See the port."""
        self._retry(lambda: self._inner.replace(name, data))

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See the port."""
        return self._retry(lambda: self._inner.get(name, start, length))

    def get_tail(self, name: str, length: int) -> tuple[bytes, int]:
        """See the port."""
        return self._retry(lambda: self._inner.get_tail(name, length))

    def find(self, name: str) -> ObjectInfo | None:
        """See the port."""
        return self._retry(lambda: self._inner.find(name))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See the port. A listing that breaks off is begun again and goes on behind the last name given out."""
        listing = _Listing(self._inner, prefix)
        while True:
            info = self._retry(listing.advance)
            if info is None:
                return
            yield info

    def delete(self, name: str) -> None:
        """See the port."""
        self._retry(lambda: self._inner.delete(name))

    def _retry(self, call: Callable[[], T]) -> T:
        return retry(call, clock=self._clock, policy=self._policy, rng=self._rng)

    def _put(self, name: str, replay: _Replay) -> None:
        tries = 0

        def attempt() -> ObjectExists | None:
            nonlocal tries
            tries += 1
            try:
                self._inner.put(name, replay.data())
            except ObjectExists as taken:
                return taken
            return None

        taken = self._retry(attempt)
        if taken is not None and (tries == 1 or not replay.equals(self, name)):
            raise taken


@dataclass(frozen=True, slots=True)
class _Replay:
    """The bytes of one put, as often as they are needed."""

    whole: bytes | None
    spool: IO[bytes] | None

    def data(self) -> bytes | Iterable[bytes]:
        return self.whole if self.whole is not None else self._chunks()

    def equals(self, objects: Objects, name: str) -> bool:
        """Whether the object holds just these bytes."""
        place = 0
        for chunk in self._chunks():
            if objects.get(name, place, len(chunk)) != chunk:
                return False
            place += len(chunk)
        return objects.get_tail(name, 0)[1] == place

    def _chunks(self) -> Iterator[bytes]:
        if self.whole is not None:
            for start in range(0, len(self.whole), _CHUNK):
                yield self.whole[start : start + _CHUNK]
        if self.spool is not None:
            self.spool.seek(0)
            while chunk := self.spool.read(_CHUNK):
                yield chunk


class _Listing:
    """A listing that can be begun again behind the last name it gave."""

    def __init__(self, inner: Objects, prefix: str) -> None:
        self._inner = inner
        self._prefix = prefix
        self._last = ""
        self._running: Iterator[ObjectInfo] | None = None

    def advance(self) -> ObjectInfo | None:
        """The next object, or None at the end."""
        if self._running is None:
            self._running = (info for info in self._inner.list(self._prefix) if info.name > self._last)
        try:
            info = next(self._running, None)
        except BackendError:
            self._running = None
            raise
        if info is not None:
            self._last = info.name
        return info
