"""Whether what an account holds is protected: the age of each source's last good snapshot against its target, and what stands in the way of the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listbackup.services.scope import Scope


class Verdict(StrEnum):
    """How an account stands, the worst first."""

    UNPROTECTED = "unprotected"  # a source has no good snapshot within its target
    ATTENTION = "attention"  # all have one, and something endangers the next
    EMPTY = "empty"  # nothing is backed up
    PROTECTED = "protected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How well one account is protected.

    ``late``: sources whose last good snapshot is older than their target, ``never``: those that have none at all; ``incomplete``: whose last one lacks
    something; ``unscheduled``: that no job runs by itself. ``oldest_at``: the oldest of the sources' last good snapshots; ``late_since``: when the first
    target passed. ``attention``: connections that must be repaired.
    """

    sources: int = 0
    late: int = 0
    never: int = 0
    incomplete: int = 0
    unscheduled: int = 0
    oldest_at: datetime | None = None
    late_since: datetime | None = None
    connections: int = 0
    attention: int = 0

    @property
    def verdict(self) -> Verdict:
        """All of it in a word."""
        if self.late or self.never:
            return Verdict.UNPROTECTED
        if self.attention or self.incomplete or self.unscheduled:
            return Verdict.ATTENTION
        return Verdict.PROTECTED if self.sources else Verdict.EMPTY


Guard = Callable[[Scope], Protection]  # looks at one account, by rows alone: it opens no store
