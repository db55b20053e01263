"""What differs between two snapshots, read from the rows that the snapshots in between brought.

Of every key only rows with ``older < seq <= newer`` are looked at: the oldest of them tells whether the key existed before (its op is not insert), the newest
whether it exists after. So the work grows with the changes, not with the data. Values are read for the keys that are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from listbackup.store.cursor import KEY_FRAMES_AT_ONCE, Chosen, SegmentCursor, chunks, newest, oldest
from listbackup.store.head import Head
from listbackup.store.keycode import decode_keys
from listbackup.store.model import HIDDEN, Change, ChangeCounts, ChangeKind, Op
from listbackup.store.packs import MISSING, PackGone

if TYPE_CHECKING:
    from listbackup.store.store import Store


PAGE_ROWS = 256


def iter_changes(
    store: Store, older: int, newer: int, stream: str | None, *, values: bool, after_code: bytes | None = None, small: bool = False
) -> Iterator[Change]:
    """Every change from the older to the newer snapshot, by stream and in key order. Without ``values`` both sides stay None.

    ``after_code`` begins behind this key's code (of a named stream); ``small`` reads little at a time, for who wants a page.
    """
    for name in _streams(store.head(), stream):
        before = store.at(older) if values else None
        for after, existed in _pieces(_chunks(store, name, older, newer, after_code, small=small), small=small):
            lives = after.rows.kind != Op.DELETE
            differs = lives | existed
            after, kinds = after.where(differs), _kinds(existed[differs], lives[differs])
            codes = after.rows.codes
            new_values = _values(store, name, newer, after) if values else []
            old_codes = [code for code, kind in zip(codes, kinds, strict=True) if kind is not ChangeKind.ADDED]
            old_values = before.get_many(name, old_codes) if before is not None and old_codes else {}
            for index, (code, key, kind) in enumerate(zip(codes, decode_keys(codes), kinds, strict=True)):
                old = old_values.get(code)
                new = new_values[index] if values and kind is not ChangeKind.REMOVED else None
                if values and kind is ChangeKind.CHANGED and old == new:
                    continue  # changed, and changed back
                yield Change(stream=name, key=key, kind=kind, before=old, after=new)


def count_changes(store: Store, older: int, newer: int, stream: str | None = None) -> dict[str, ChangeCounts]:
    """How many keys of each stream differ; a record that was changed and changed back counts as changed."""
    counts = {}
    for name in _streams(store.head(), stream):
        added = changed = removed = 0
        for after, existed in _chunks(store, name, older, newer):
            lives = after.rows.kind != Op.DELETE
            added += int((lives & ~existed).sum())
            changed += int((lives & existed).sum())
            removed += int((~lives & existed).sum())
        counts[name] = ChangeCounts(added=added, changed=changed, removed=removed)
    return counts


def _values(store: Store, stream: str, newer: int, after: Chosen) -> list[bytes]:
    """The rows' values; by way of the newer snapshot where their packs have moved since the keys were read."""
    try:
        return after.values()
    except PackGone:
        lives = store.at(newer).get_many(stream, after.rows.codes)
        return [lives.get(code, b"") for code in after.rows.codes]


def _streams(head: Head, stream: str | None) -> list[str]:
    if stream is not None:
        return [stream] if stream in head.streams else []
    return [name for name in head.streams if not name.startswith(HIDDEN)]


def _pieces(found: Iterator[tuple[Chosen, npt.NDArray[np.bool_]]], *, small: bool) -> Iterator[tuple[Chosen, npt.NDArray[np.bool_]]]:
    """The same in pieces of a page's size, so that values are read for what is shown and not for what merely lies beside it."""
    for after, existed in found:
        rows = len(after)
        if not small or rows <= PAGE_ROWS:
            yield after, existed
            continue
        for start in range(0, rows, PAGE_ROWS):
            mine = np.zeros(rows, np.bool_)
            mine[start : start + PAGE_ROWS] = True
            yield after.where(mine), existed[mine]


def _chunks(
    store: Store, stream: str, older: int, newer: int, last: bytes | None = None, *, small: bool = False
) -> Iterator[tuple[Chosen, npt.NDArray[np.bool_]]]:
    """Of every key (behind ``last``) that was touched in between: its newest row, and whether it existed at the older snapshot."""
    generation = -1
    while True:
        head = store.head()
        if head.gen == generation:
            raise PackGone(f"a pack of stream {stream} is missing", where=store.place.prefix, hint=MISSING)
        generation = head.gen
        erased = {erasure.key for erasure in head.erasures if erasure.stream == stream}
        segments = [segment for segment in head.streams[stream].segments if segment.lo < newer and segment.hi > older]
        at_once = 1 if small else KEY_FRAMES_AT_ONCE
        cursors = [
            SegmentCursor(store.packs, head.packs, segment, after=last, at_once=at_once, side_by_side=not small) for segment in segments
        ]
        try:
            for slices in chunks(cursors):
                after, before = newest(slices, newer, older), oldest(slices, newer, older)
                existed = before.rows.kind != Op.INSERT
                if erased and len(after):
                    spared = np.array([code not in erased for code in after.rows.codes], np.bool_)
                    after, existed = after.where(spared), existed[spared]
                if len(after):
                    yield after, existed
                    last = after.rows.codes[-1]
            return
        except PackGone:
            continue


def _kinds(existed: npt.NDArray[np.bool_], lives: npt.NDArray[np.bool_]) -> list[ChangeKind]:
    return [
        (ChangeKind.CHANGED if was else ChangeKind.ADDED) if now else ChangeKind.REMOVED
        for was, now in zip(existed.tolist(), lives.tolist(), strict=True)
    ]
