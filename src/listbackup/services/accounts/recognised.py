"""Whom an API key belongs to and what it may do, remembered for as long as nothing at all is written.

Every request asks this first, and the answer hangs on six rows or more: the key, its account and all above it, policies, a membership, a role. One question to
the database tells that none of them can have changed: whether anything was committed since, by whichever process. So a revoked key, a suspended
account or a stricter policy counts at the very next request, as if nothing were remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from listbackup.backends.table.port import Stamped
from listbackup.http.caller import Caller

Stamp: TypeAlias = tuple[int, int]
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Known:
    stamp: Stamp
    callers: dict[bytes, tuple[Caller, datetime, datetime]] = field(default_factory=dict)  # by digest: who, since when, until when


class Recognised:
    """Callers by the digest of their key. Safe to share between threads."""

    def __init__(self, tables: Stamped) -> None:
        self._tables = tables
        self._known = _Known((0, 0))

    def stamp(self) -> Stamp:
        """To be taken before what is remembered is read."""
        return self._tables.stamp()

    def find(self, stamp: Stamp, digest: bytes, now: datetime) -> Caller | None:
        """The caller, if nothing was written since it was kept and its time is not over."""
        known = self._known
        found = known.callers.get(digest) if known.stamp == stamp else None
        return found[0] if found is not None and found[1] <= now < found[2] else None

    def keep(self, stamp: Stamp, digest: bytes, caller: Caller, since: datetime, until: datetime) -> None:
        """Remember a caller that was read after this stamp was taken."""
        known = self._known
        if known.stamp != stamp or len(known.callers) >= _MOST:
            known = self._known = _Known(stamp)
        known.callers[digest] = (caller, since, until)
