"""Counts and digests of many snapshots at once, out of the rows alone."""

from __future__ import annotations

import numpy as np

from listbackup.store.columns import OP_MASK
from listbackup.store.merge import Block
from listbackup.store.model import Op


class Totals:
    """Count and power sums of what lives at every retained snapshot, by differences: a version adds where it begins and takes away where the next one begins."""

    def __init__(self, snapshots: int) -> None:
        self._count = np.zeros(snapshots + 1, np.int64)
        self._first = np.zeros(snapshots + 1, np.uint64)
        self._second = np.zeros(snapshots + 1, np.uint64)

    def add(self, block: Block, retained: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> None:
        """Rows of whole keys, newest first within a key."""
        rows, _ = block
        begin = np.searchsorted(retained, rows.seq, side="left")
        end = np.empty(len(rows), np.int64)
        end[1:] = begin[:-1]
        newest = np.ones(len(rows), np.bool_)
        newest[1:] = np.fromiter(map(bytes.__ne__, rows.codes[1:], rows.codes), np.bool_, len(rows) - 1)
        end[newest] = len(retained)
        lives = ((rows.op & OP_MASK) != Op.DELETE) & (begin < end)
        begin, end, vhash = begin[lives], end[lives], rows.vhash[lives]
        np.add.at(self._count, begin, 1)
        np.add.at(self._count, end, -1)
        np.add.at(self._first, begin, vhash)
        np.subtract.at(self._first, end, vhash)
        np.add.at(self._second, begin, vhash * vhash)
        np.subtract.at(self._second, end, vhash * vhash)

    def at(self, index: int) -> tuple[int, bytes]:
        """Count and digest at the snapshot of this place in the list."""
        first, second = (int(sums[: index + 1].sum(dtype=np.uint64)) for sums in (self._first, self._second))
        return int(self._count[: index + 1].sum()), first.to_bytes(8, "little") + second.to_bytes(8, "little")
