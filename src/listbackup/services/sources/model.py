"""What a source is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listbackup.base.ids import ConnectionId, SourceId
from listbackup.processor.filters import Filter, FilterOp
from listbackup.store.policy import Policy

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
    tags: tuple[str, ...] = ()  # sorted; people's own words
    retention: Policy | None = None  # what is kept of it; None: what its jobs say between them


@dataclass(frozen=True, slots=True, kw_only=True)
class Trashed:
    """A source that was deleted: it and its snapshots can be taken back until ``purge_at``, and are gone for good some time after it."""

    source: Source
    deleted_at: datetime
    purge_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGroup:
    """Sources that people look at together. One in the trash is left out until it is taken back."""

    id: str
    name: str
    created_at: datetime
    sources: tuple[SourceId, ...] = ()
    version: int = 1


__all__ = ["FULL_EVERY", "Filter", "FilterOp", "Source", "SourceGroup", "Trashed"]
