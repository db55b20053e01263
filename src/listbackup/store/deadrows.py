"""How much of a stream nobody sees any more: an estimate from a few ranges of its keys, read without values.

Purging snapshots frees the versions that only they saw. Rewriting a base gives those bytes back at the price of writing all others anew, so a prune asks first.
Where the runs between two kept snapshots touched different records, nothing was freed however many snapshots went.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from listbackup.store.columns import Rows, join_rows
from listbackup.store.compact import retained_of
from listbackup.store.cursor import SegmentCursor, chunks
from listbackup.store.head import Head, Segment
from listbackup.store.merge import key_starts
from listbackup.store.model import Op
from listbackup.store.thin import thin_columns

if TYPE_CHECKING:
    from listbackup.store.store import Store

SAMPLES = 4  # key frames of the largest segment

Window: TypeAlias = tuple[bytes | None, bytes | None]  # codes above the first and below the second


def superseded_share(head: Head, stream: str) -> float:
    """The share of the stream's rows that are not a living record as it is now: no more than these can be dead."""
    state = head.streams[stream]
    rows = sum(segment.rows for segment in state.segments)
    return 1 - min(state.live, rows) / rows if rows else 0.0


def dead_share(store: Store, head: Head, stream: str, *, samples: int = SAMPLES) -> float:
    """About which share of the stream's kept values no retained snapshot sees. Raises PackGone, DamagedError."""
    segments, retained = head.streams[stream].segments, retained_of(head)
    seen = valued = dead = 0
    for window in _windows(store, head, segments, samples):
        for rows in _rows(store, head, segments, window):
            kept, _ = thin_columns(key_starts(rows.codes), rows.seq, rows.kind, retained)
            has_value = rows.kind != Op.DELETE
            seen += len(rows)
            valued += int(has_value.sum())
            dead += int(has_value.sum() - has_value[kept].sum())
    return dead / valued if valued else float(seen > 0)


def _windows(store: Store, head: Head, segments: Sequence[Segment], samples: int) -> Iterator[Window]:
    """Ranges of keys, evenly spread over the largest segment; everything where that is small."""
    largest = max(segments, key=lambda segment: segment.rows)
    if largest.rows <= samples * store.ground.sizes.keys_rows:
        yield None, None
        return
    starts = list(itertools.accumulate((part.rows for part in largest.parts), initial=0))
    for number in range(samples):
        row = (2 * number + 1) * largest.rows // (2 * samples)
        index = int(np.searchsorted(starts, row, side="right")) - 1
        ref = largest.parts[index]
        tail = store.packs.reader(ref.pack, head.packs[ref.pack]).tail.parts[ref.part]
        frame = int(np.searchsorted(np.cumsum(tail.key_frame_rows()), row - starts[index], side="right"))
        yield tail.k_first[frame], tail.k_first[frame + 1] if frame + 1 < len(tail.k_first) else tail.last


def _rows(store: Store, head: Head, segments: Sequence[Segment], window: Window) -> Iterator[Rows]:
    """Every row within the window, ordered, in blocks that never part a key."""
    after, stop = window
    for slices in chunks([SegmentCursor(store.packs, head.packs, segment, after=after, stop=stop) for segment in segments]):
        rows = join_rows([part.rows for part in slices])
        order = sorted(range(len(rows)), key=list(zip(rows.codes, (-rows.seq.astype(np.int64)).tolist(), strict=True)).__getitem__)
        yield rows.take(np.array(order, np.intp))
