"""What an erasure is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from listbackup.base.ids import SourceId
from listbackup.store import Key
from listbackup.store.keycode import decode_key


class ErasureState(StrEnum):
    """Where an erasure stands."""

    SEARCHING = "searching"
    PLANNED = "planned"  # what would go is known; nothing was touched
    ERASING = "erasing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_active(self) -> bool:
        """Whether there is something to do without a person's word."""
        return self in (ErasureState.SEARCHING, ErasureState.ERASING)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will happen any more."""
        return self in (ErasureState.DONE, ErasureState.FAILED, ErasureState.CANCELLED)


class Named(msgspec.Struct, frozen=True, array_like=True):
    """A record that is to go."""

    source: str
    stream: str
    code: bytes  # of its key: a key may hold texts and bytes, which nothing on the wire can tell apart

    @property
    def key(self) -> Key:
        """Its key."""
        return decode_key(self.code)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be looked for; kept sealed, and no longer than the erasure lasts."""

    text: str | None = None  # every record of which any version holds it
    records: Sequence[tuple[str, str, str]] = ()  # (source, stream, key as people write it)
    sources: Sequence[str] | None = None  # None: all


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Records taken out of every snapshot. What stays of it when it is done names nobody: counts, times, and who asked."""

    id: str
    state: ErasureState
    reason: str
    keep_out: bool  # whether the records stay out when the platform still has them
    created_at: datetime
    actor: str
    planned_at: datetime | None = None
    ended_at: datetime | None = None
    found: Mapping[SourceId, Mapping[str, int]] = field(default_factory=dict)  # records, by source and stream
    pieces: int = 0  # of the sealed list
    done: Sequence[SourceId] = ()
    message: str | None = None
    is_forgotten: bool = False  # it is over, and nothing says any more whom it was about
    version: int = 1

    @property
    def records(self) -> int:
        """How many records it is about."""
        return sum(count for streams in self.found.values() for count in streams.values())
