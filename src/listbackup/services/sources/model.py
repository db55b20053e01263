"""What a source is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listbackup.base.ids import ConnectionId, SourceId
from listbackup.processor.filters import Filter, FilterOp

FULL_EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Some streams of one connection, kept together: each run makes one snapshot of all of them.

    ``streams`` None means all that the connection can see, also those that appear later. A record is kept when every filter of its stream holds.
    ``full_every`` is how long reading by "changed since" may go on before everything is listed once again.
    """

    id: SourceId
    name: str
    connection: ConnectionId
    created_at: datetime
    streams: tuple[str, ...] | None = None
    filters: Mapping[str, tuple[Filter, ...]] = field(default_factory=dict)
    full_every: timedelta = FULL_EVERY
    version: int = 1


__all__ = ["FULL_EVERY", "Filter", "FilterOp", "Source"]
