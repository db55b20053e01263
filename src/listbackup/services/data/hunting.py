"""A word looked for in one snapshot, or in all sources as they stood at an instant. Who asks is told what was not looked at yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from listbackup.base.clock import Clock
from listbackup.services.data.budget import Budget
from listbackup.services.data.cursors import read_cursor, write_cursor
from listbackup.services.data.service import Data
from listbackup.services.scope import Scope
from listbackup.services.sources import Source
from listbackup.store import Key, Record, SnapshotInfo
from listbackup.store.keycode import decode_key, encode_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for, and where: in one snapshot (of ``source``), in one source, or in all, as they stood at ``as_of`` (None: now)."""

    text: str
    source: str | None = None
    seq: int | None = None
    stream: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record that holds the text."""

    source: Source
    snapshot: SnapshotInfo
    stream: str
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class HitsFound:
    """A page of hits. ``next`` goes on behind it; ``incomplete``: the time for one page ended first, and what ``next`` leads to was not looked at."""

    items: Sequence[Hit]
    next: str | None
    incomplete: bool = False


def search(data: Data, scope: Scope, sought: Sought, *, clock: Clock, limit: int, cursor: str | None) -> HitsFound:
    """A page of what is found, by source, stream and key. Raises NotFound for the source, InputError for a cursor of another search."""
    listing = f"search/{sought}"
    from_source, from_stream, after = "", "", None
    if cursor is not None:
        first, stream, code = read_cursor(listing, cursor, tuple[str, str, bytes | None])
        assert isinstance(first, str)
        assert isinstance(stream, str)
        from_source, from_stream = first, stream
        after = decode_key(code) if isinstance(code, bytes) else None
    budget, found = Budget(clock), list[Hit]()
    for source, snapshot, stream, key in _places(data, scope, sought, from_source, from_stream, after):
        view = data.store(scope, source.id).at(snapshot.seq)
        data.looks.note(scope, "search", source.id, snapshot=snapshot.id, stream=stream)
        last = key
        for end, records in view.look_through(stream, sought.text, after=key):
            for record in records:
                if len(found) == limit:
                    return HitsFound(items=found, next=_cursor(listing, source, stream, last))
                found.append(Hit(source=source, snapshot=snapshot, stream=stream, record=record))
                last = record.key
            last = end
            budget.spend(1000)
            if budget.is_over:
                return HitsFound(items=found, next=_cursor(listing, source, stream, end), incomplete=True)
    return HitsFound(items=found, next=None)


def _cursor(listing: str, source: Source, stream: str, behind: Key | None) -> str:
    return write_cursor(listing, [source.id, stream, encode_key(behind) if behind is not None else None])


def _places(
    data: Data, scope: Scope, sought: Sought, from_source: str, from_stream: str, after: Key | None
) -> Iterator[tuple[Source, SnapshotInfo, str, Key | None]]:
    """Where to look, in order: (source, snapshot, stream, the key behind which to begin)."""
    for source in data.sources_of(scope, sought.source):
        if source.id < from_source:
            continue
        snapshot = data.as_of(scope, source.id, sought.as_of, seq=sought.seq)
        if snapshot is None:
            continue
        for stream in sorted(snapshot.streams):
            goes_on = source.id == from_source and stream == from_stream
            skipped = source.id == from_source and stream < from_stream
            if not skipped and (sought.stream is None or stream == sought.stream):
                yield source, snapshot, stream, after if goes_on else None
