"""A schedule in memory: the fake that passes the same suite as the real ones."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from listbackup.backends.schedule.port import Due
from listbackup.backends.schedule.rules import check_claim, check_key
from listbackup.base.clock import from_unix_ms, unix_ms
from listbackup.base.ids import new_id


@dataclass(slots=True, kw_only=True)
class _Entry:
    due_at: int  # [ms]
    payload: bytes
    ready_at: int  # [ms]: when it is due or, claimed, when the claim runs out
    claim: str | None = None


class MemorySchedule:
    """A schedule of one process, gone with it; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def set(self, key: str, due_at: datetime, payload: bytes) -> None:
        """See the port."""
        check_key(key)
        with self._lock:
            self._entries[key] = _Entry(due_at=unix_ms(due_at), payload=payload, ready_at=unix_ms(due_at))

    def remove(self, key: str) -> None:
        """See the port."""
        with self._lock:
            self._entries.pop(key, None)

    def find(self, key: str) -> datetime | None:
        """See the port."""
        with self._lock:
            entry = self._entries.get(key)
        return from_unix_ms(entry.due_at) if entry is not None else None

    def claim(self, now: datetime, *, limit: int = 100, lease: timedelta = timedelta(minutes=1)) -> Sequence[Due]:
        """See the port."""
        check_claim(limit, lease)
        instant = unix_ms(now)
        with self._lock:
            ready = [(entry.due_at, key, entry) for key, entry in self._entries.items() if entry.ready_at <= instant]
            ready.sort(key=lambda one: one[:2])
            return [self._claimed(key, entry, instant, unix_ms(now + lease)) for _, key, entry in ready[:limit]]

    def settle(self, due: Due, next_at: datetime | None) -> bool:
        """See the port."""
        with self._lock:
            entry = self._entries.get(due.key)
            if entry is None or entry.claim != due.claim:
                return False
            if next_at is None:
                del self._entries[due.key]
            else:
                entry.due_at = entry.ready_at = unix_ms(next_at)
                entry.claim = None
            return True

    def _claimed(self, key: str, entry: _Entry, now: int, until: int) -> Due:
        entry.claim, entry.ready_at = new_id("clm", now), until
        return Due(key=key, due_at=from_unix_ms(entry.due_at), payload=entry.payload, claim=entry.claim)
