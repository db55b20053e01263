"""Objects in memory: the fake that keeps the whole contract, for tests and for nothing that must last."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from listbackup.backends.objects.names import check_name, check_prefix, check_range
from listbackup.backends.objects.port import ObjectExists, ObjectInfo, ObjectMissing
from listbackup.base.clock import Clock, SystemClock


class MemoryObjects:
    """A dictionary with the port's manners; safe to share between threads."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._kept: dict[str, tuple[bytes, ObjectInfo]] = {}
        self._lock = threading.Lock()

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """See the port."""
        check_name(name)
        whole = data if isinstance(data, bytes) else b"".join(data)
        with self._lock:
            if name in self._kept:
                raise ObjectExists(f"the object {name} exists already")
            self._keep(name, whole)

    def replace(self, name: str, data: bytes) -> None:
        """See the port."""
        check_name(name)
        with self._lock:
            self._keep(name, data)

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See the port."""
        check_range(start, length)
        whole = self._whole(name)
        return whole[start:] if length is None else whole[start : start + length]

    def get_tail(self, name: str, length: int) -> tuple[bytes, int]:
        """See the port."""
        check_range(0, length)
        whole = self._whole(name)
        return whole[max(0, len(whole) - length) :], len(whole)

    def find(self, name: str) -> ObjectInfo | None:
        """See the port."""
        check_name(name)
        with self._lock:
            kept = self._kept.get(name)
        return kept[1] if kept else None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See the port."""
        check_prefix(prefix)
        with self._lock:
            infos = [info for name, (_, info) in self._kept.items() if name.startswith(prefix)]
        return iter(sorted(infos, key=lambda info: info.name))

    def delete(self, name: str) -> None:
        """See the port."""
        check_name(name)
        with self._lock:
            self._kept.pop(name, None)

    def _keep(self, name: str, whole: bytes) -> None:
        self._kept[name] = (whole, ObjectInfo(name=name, size_bytes=len(whole), modified_at=self._clock.now()))

    def _whole(self, name: str) -> bytes:
        check_name(name)
        with self._lock:
            kept = self._kept.get(name)
        if kept is None:
            raise ObjectMissing(f"there is no object {name}")
        return kept[0]
