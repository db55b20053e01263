"""Change sets: what one hand changed at one go, told as one thing: "14:02–14:09, 12,418 contacts, field owner".

Each snapshot is compared with the one before. Changes of one stream, of one kind and of the same fields belong together when they happened close to each
other, by the platform's own "changed at" where it has one, else by the span between the two runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from listbackup.base.clock import Clock
from listbackup.base.decode import from_platform
from listbackup.connectors.engine.connector import StreamInfo
from listbackup.connectors.engine.instants import read_instant
from listbackup.processor.filters import value_at
from listbackup.services.data.asking import changed_fields
from listbackup.services.data.budget import Budget
from listbackup.services.data.cursors import read_cursor, write_cursor
from listbackup.services.data.keys import show_key
from listbackup.store import Change, ChangeKind, SnapshotInfo

if TYPE_CHECKING:
    from listbackup.store import Store

GAP = timedelta(minutes=10)  # longer silence than this parts two change sets
SAMPLES = 5
MAX_SETS = 50  # of one snapshot; what is rarer is told as one more, without its fields
MAX_CHANGES = 50_000  # read for one page; beyond that only counts are told
_SNAPSHOTS = 20  # compared for one page at most


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """Records that changed together. ``fields`` are the top fields that differ (none where a record came or went), ``keys`` a few of the records.

    ``exact`` is False where there was more to read than one request may: then ``count`` is what the runs counted, and the fields are not known.
    """

    snapshot: str
    number: int
    stream: str
    kind: ChangeKind
    fields: Sequence[str]
    count: int
    began_at: datetime
    ended_at: datetime
    keys: Sequence[str]
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSetsFound:
    """A page of change sets, newest snapshot first, those of one snapshot together."""

    items: Sequence[ChangeSet]
    next: str | None


@dataclass(slots=True)
class _Group:
    minutes: Counter[int] = field(default_factory=Counter)
    keys: dict[int, list[str]] = field(default_factory=dict)
    unplaced: int = 0
    samples: list[str] = field(default_factory=list)


def page_of_change_sets(
    store: Store,
    infos: Mapping[str, StreamInfo],
    *,
    clock: Clock,
    since: datetime | None,
    until: datetime | None,
    stream: str | None,
    limit: int,
    cursor: str | None,
) -> ChangeSetsFound:
    """Change sets of the runs in ``[since, until)``; at least those of one run, until ``limit`` is reached or the time of one request is over."""
    listing = f"change-sets/{store.source}/{since}/{until}/{stream}"
    snapshots = store.snapshots()
    pairs = [
        (older, newer)
        for older, newer in pairwise(snapshots)
        if (since is None or newer.at >= since) and (until is None or newer.at < until)
    ]
    if cursor is not None:
        (last,) = read_cursor(listing, cursor, tuple[int])
        assert isinstance(last, int)
        pairs = [pair for pair in pairs if pair[1].seq < last]
    budget, found = Budget(clock, rows=MAX_CHANGES), list[ChangeSet]()
    for done, (older, newer) in enumerate(reversed(pairs), 1):
        found += _of_pair(store, infos, older, newer, stream, budget)
        if done < len(pairs) and (len(found) >= limit or budget.is_over or done >= _SNAPSHOTS):
            return ChangeSetsFound(items=found, next=write_cursor(listing, [newer.seq]))
    return ChangeSetsFound(items=found, next=None)


def sets_of(store: Store, infos: Mapping[str, StreamInfo], snapshot: SnapshotInfo, *, clock: Clock) -> Sequence[ChangeSet]:
    """The change sets of one snapshot, in the order in which every listing has them."""
    until = snapshot.at + timedelta(microseconds=1)
    found = page_of_change_sets(store, infos, clock=clock, since=snapshot.at, until=until, stream=None, limit=1, cursor=None)
    return [one for one in found.items if one.number == snapshot.seq]


def _of_pair(
    store: Store, infos: Mapping[str, StreamInfo], older: SnapshotInfo, newer: SnapshotInfo, stream: str | None, budget: Budget
) -> Iterator[ChangeSet]:
    for name, counts in sorted(store.diff_counts(older.seq, newer.seq, stream).items()):
        if name.startswith("_") or not (counts.added or counts.changed or counts.removed):
            continue
        if counts.added + counts.changed + counts.removed > MAX_CHANGES or budget.is_over:
            told = {ChangeKind.ADDED: counts.added, ChangeKind.CHANGED: counts.changed, ChangeKind.REMOVED: counts.removed}
            yield from (_counted(older, newer, name, kind, count) for kind, count in told.items() if count)
            continue
        yield from _of_stream(store, infos.get(name), older, newer, name, budget)


def _of_stream(
    store: Store, info: StreamInfo | None, older: SnapshotInfo, newer: SnapshotInfo, stream: str, budget: Budget
) -> Iterator[ChangeSet]:
    groups: dict[tuple[ChangeKind, tuple[str, ...]], _Group] = {}
    rest: Counter[ChangeKind] = Counter()
    cursor = info.cursor if info is not None else None
    for change in store.diff(older.seq, newer.seq, stream):
        budget.spend(1)
        names = names_of(change, info)
        group = groups.get((change.kind, names))
        if group is None:
            if len(groups) >= MAX_SETS:
                rest[change.kind] += 1
                continue
            group = groups[change.kind, names] = _Group()
        _add(group, change, cursor, older, newer)
    for (kind, names), group in groups.items():
        yield from _spans(group, older, newer, stream, kind, names)
    yield from (_counted(older, newer, stream, kind, count) for kind, count in rest.items())


def _add(group: _Group, change: Change, cursor: str | None, older: SnapshotInfo, newer: SnapshotInfo) -> None:
    at = changed_at(change, cursor, older, newer)
    key = show_key(change.key)
    if at is None:
        group.unplaced += 1
        if len(group.samples) < SAMPLES:
            group.samples.append(key)
        return
    minute = int(at.timestamp()) // 60
    group.minutes[minute] += 1
    some = group.keys.setdefault(minute, [])
    if len(some) < SAMPLES:
        some.append(key)


def names_of(change: Change, info: StreamInfo | None) -> tuple[str, ...]:
    """The top fields that differ, but for those that change by themselves."""
    if info is None:
        return tuple(changed_fields(change.before, change.after))
    ignored = {*(path[0] for path in info.volatile), *([info.cursor.split(".")[0]] if info.cursor else [])}
    return tuple(name for name in changed_fields(change.before, change.after) if name not in ignored)


def changed_at(change: Change, cursor: str | None, older: SnapshotInfo, newer: SnapshotInfo) -> datetime | None:
    """When the platform says it was changed, where that can be; it says nothing of what is gone."""
    at = _told_at(change, cursor)
    return at if at is not None and older.at - timedelta(days=1) <= at <= newer.at + timedelta(days=1) else None


def _told_at(change: Change, cursor: str | None) -> datetime | None:
    if cursor is None or change.after is None:
        return None
    try:
        found = value_at(from_platform(change.after), cursor.split("."))
    except (msgspec.DecodeError, RecursionError):  # nested deeper than can be followed here
        return None
    return read_instant(found)


def _spans(
    group: _Group, older: SnapshotInfo, newer: SnapshotInfo, stream: str, kind: ChangeKind, names: tuple[str, ...]
) -> Iterator[ChangeSet]:
    def told(began: datetime, ended: datetime, count: int, keys: Sequence[str]) -> ChangeSet:
        return ChangeSet(
            snapshot=newer.id,
            number=newer.seq,
            stream=stream,
            kind=kind,
            fields=names,
            count=count,
            began_at=began,
            ended_at=ended,
            keys=keys,
        )

    gap, minutes = int(GAP.total_seconds()) // 60, sorted(group.minutes)
    start = 0
    for index in range(1, len(minutes) + 1):
        if index == len(minutes) or minutes[index] - minutes[index - 1] > gap:
            mine = minutes[start:index]
            keys = [key for minute in mine for key in group.keys[minute]][:SAMPLES]
            yield told(_at(mine[0]), _at(mine[-1] + 1), sum(group.minutes[minute] for minute in mine), keys)
            start = index
    if group.unplaced:
        yield told(older.at, newer.at, group.unplaced, group.samples)


def _counted(older: SnapshotInfo, newer: SnapshotInfo, stream: str, kind: ChangeKind, count: int) -> ChangeSet:
    return ChangeSet(
        snapshot=newer.id,
        number=newer.seq,
        stream=stream,
        kind=kind,
        fields=(),
        count=count,
        began_at=older.at,
        ended_at=newer.at,
        keys=(),
        exact=False,
    )


def _at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
