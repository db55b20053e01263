"""A change set taken back as one: "the same edit on 1,204 records" becomes one restore of those records as they were before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from listbackup.base.errors import Conflict, InputError
from listbackup.connectors.engine.connector import StreamInfo
from listbackup.connectors.engine.record import Key
from listbackup.processor.restore_model import Selection
from listbackup.services.data.change_sets import ChangeSet, changed_at, names_of
from listbackup.services.data.keys import platform_key
from listbackup.store import Change, ChangeKind, SnapshotInfo

if TYPE_CHECKING:
    from listbackup.store import Store

MOST = 10_000  # records of one change set: what a restore may be asked for by key
_LOOK_AGAIN = "list the change sets again"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSet:
    """Which change set of a snapshot: what ``ChangeSet`` says of it."""

    stream: str
    kind: ChangeKind
    fields: tuple[str, ...]
    began_at: datetime
    ended_at: datetime


def wanted_of(change_set: ChangeSet) -> WantedSet:
    """What names this change set."""
    fields = tuple(change_set.fields)
    return WantedSet(
        stream=change_set.stream, kind=change_set.kind, fields=fields, began_at=change_set.began_at, ended_at=change_set.ended_at
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What takes it back: the snapshot before, and the records that are still as the change left them; ``changed_later`` others are not."""

    before: SnapshotInfo
    selection: Selection
    changed_later: int


def undoing_of(store: Store, infos: Mapping[str, StreamInfo], snapshot: SnapshotInfo, wanted: WantedSet) -> Undoing:
    """What takes this change set of the snapshot back. Raises InputError for records that came (a restore deletes nothing), Conflict when it is not there any more."""
    if wanted.kind is ChangeKind.ADDED:
        raise InputError("records that came are not taken back: a restore deletes nothing", field="change_set/kind")
    before = next((older for older, newer in pairwise(store.snapshots()) if newer.seq == snapshot.seq), None)
    if before is None:
        raise Conflict("the snapshot before is gone, so nothing says how it was", hint=_LOOK_AGAIN, field="change_set")
    keys, later, newest = list[Key](), 0, store.at(store.snapshots()[-1].seq)
    for change in _of_set(store, infos.get(wanted.stream), before, snapshot, wanted):
        now, key = newest.get(wanted.stream, change.key), platform_key(change.key)
        if (now.raw if now is not None else None) != change.after or key is None:
            later += 1
        else:
            keys.append(key)
        if len(keys) > MOST:
            raise InputError(
                f"the change set holds more than {MOST:,} records", hint="restore the stream as it was before", field="change_set"
            )
    if not keys:
        raise Conflict("no record of this change set is as the change left it", hint=_LOOK_AGAIN, field="change_set")
    return Undoing(before=before, selection=Selection(streams=None, keys={wanted.stream: tuple(keys)}), changed_later=later)


def _of_set(store: Store, info: StreamInfo | None, older: SnapshotInfo, newer: SnapshotInfo, wanted: WantedSet) -> Iterator[Change]:
    """The changes that were told as this set: of its kind and fields, and of its time; those of which the platform tells no time are one set."""
    cursor = info.cursor if info is not None else None
    untimed = (wanted.began_at, wanted.ended_at) == (older.at, newer.at)
    for change in store.diff(older.seq, newer.seq, wanted.stream):
        if change.kind is not wanted.kind or set(names_of(change, info)) != set(wanted.fields):
            continue
        at = changed_at(change, cursor, older, newer)
        if untimed if at is None else wanted.began_at <= at < wanted.ended_at:
            yield change
