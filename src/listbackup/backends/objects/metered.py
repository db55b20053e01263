"""A decorator that counts requests and bytes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from listbackup.backends.objects.port import ObjectInfo, Objects


class Request(StrEnum):
    """What was asked of the objects."""

    PUT = "put"
    REPLACE = "replace"
    GET = "get"
    GET_TAIL = "get_tail"
    FIND = "find"
    LIST = "list"
    DELETE = "delete"


_READS = (Request.GET, Request.GET_TAIL, Request.FIND, Request.LIST)
_WRITES = (Request.PUT, Request.REPLACE, Request.DELETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What was asked since the meter was reset; a request that failed counts too.

    ``round_trips`` counts the requests that began while no other was under way: with requests side by side it is the length of the chain that a reader waits
    for, provided that the ground below takes some time to answer (``testing.faults`` gives it a latency).
    """

    requests: Counter[Request]
    bytes_by: Counter[Request]
    round_trips: int

    @property
    def reads(self) -> int:
        """How many requests read."""
        return sum(self.requests[kind] for kind in _READS)

    @property
    def writes(self) -> int:
        """How many requests wrote or deleted."""
        return sum(self.requests[kind] for kind in _WRITES)

    @property
    def read_bytes(self) -> int:
        """How much was read [bytes]."""
        return self.bytes_by[Request.GET] + self.bytes_by[Request.GET_TAIL]

    @property
    def written_bytes(self) -> int:
        """How much was written [bytes]."""
        return self.bytes_by[Request.PUT] + self.bytes_by[Request.REPLACE]


@dataclass(slots=True)
class _Counts:
    requests: Counter[Request] = field(default_factory=Counter)
    bytes_by: Counter[Request] = field(default_factory=Counter)
    round_trips: int = 0

    def traffic(self) -> Traffic:
        return Traffic(requests=self.requests.copy(), bytes_by=self.bytes_by.copy(), round_trips=self.round_trips)


class MeteredObjects:
    """The objects below, counted; safe to share between threads."""

    def __init__(self, inner: Objects) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._under_way = 0
        self._counts = _Counts()

    def traffic(self) -> Traffic:
        """What was asked since the last ``reset``."""
        with self._lock:
            return self._counts.traffic()

    def reset(self) -> Traffic:
        """Count from zero; what was counted until now."""
        with self._lock:
            before, self._counts = self._counts, _Counts()
        return before.traffic()

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """See the port."""
        with self._asking(Request.PUT):
            if isinstance(data, bytes):
                self._inner.put(name, data)
                self._add(Request.PUT, len(data))
            else:
                self._inner.put(name, self._counted(data))

    def replace(self, name: str, data: bytes) -> None:
        """See the port."""
        with self._asking(Request.REPLACE):
            self._inner.replace(name, data)
            self._add(Request.REPLACE, len(data))

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See the port."""
        with self._asking(Request.GET):
            data = self._inner.get(name, start, length)
            self._add(Request.GET, len(data))
            return data

    def get_tail(self, name: str, length: int) -> tuple[bytes, int]:
        """See the port."""
        with self._asking(Request.GET_TAIL):
            data, size = self._inner.get_tail(name, length)
            self._add(Request.GET_TAIL, len(data))
            return data, size

    def find(self, name: str) -> ObjectInfo | None:
        """See the port."""
        with self._asking(Request.FIND):
            return self._inner.find(name)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See the port."""
        with self._asking(Request.LIST):
            return self._inner.list(prefix)

    def delete(self, name: str) -> None:
        """See the port."""
        with self._asking(Request.DELETE):
            self._inner.delete(name)

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._add(Request.PUT, len(chunk))
            yield chunk

    def _add(self, kind: Request, size_bytes: int) -> None:
        with self._lock:
            self._counts.bytes_by[kind] += size_bytes

    @contextmanager
    def _asking(self, kind: Request) -> Iterator[None]:
        with self._lock:
            self._counts.requests[kind] += 1
            self._counts.round_trips += self._under_way == 0
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
