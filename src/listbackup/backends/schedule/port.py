"""The schedule port: what is due, found in one look among many.

Contract
- An entry has a key, a due instant and a payload. Setting a key again replaces its entry.
- ``claim`` hands out each due entry to one caller at a time: a claimed entry stays claimed for ``lease``; ``settle`` moves it to its next
  instant or removes it, in the same step that checks that the claim still holds. A claim that was not settled comes up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An entry that is due and now claimed by the caller."""

    key: str
    due_at: datetime
    payload: bytes
    claim: str


class Schedule(Protocol):
    """Entries that come due."""

    def set(self, key: str, due_at: datetime, payload: bytes) -> None:
        """Create or replace the entry of this key."""
        ...

    def remove(self, key: str) -> None:
        """Forget the entry; no error when there is none."""
        ...

    def find(self, key: str) -> datetime | None:
        """When this key is due next, or None."""
        ...

    def claim(self, now: datetime, *, limit: int = 100, lease: timedelta = timedelta(minutes=1)) -> Sequence[Due]:
        """Entries due at or before ``now``, earliest first, claimed by this caller."""
        ...

    def settle(self, due: Due, next_at: datetime | None) -> bool:
        """Move the entry to ``next_at`` (None removes it); False when the claim was lost or the entry was replaced meanwhile."""
        ...
