"""Merging segments: ordered rows of several, thinned to what retained snapshots see, in flat memory.

Every input gives its rows in blocks (one K frame and its values at a time), ordered by (code ascending, seq descending), with all versions that one input
has of a key in one block. The merge takes from every block what lies at or below the smallest last code in sight, so a key is complete when it is thinned.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from listbackup.store.columns import OP_MASK, Rows, decode_values, join_rows
from listbackup.store.model import Op
from listbackup.store.pack import PackReader, PartTail
from listbackup.store.thin import thin_columns

Block: TypeAlias = tuple[Rows, list[bytes]]

_KEY_FRAMES, _VALUE_FRAMES = 8, 16  # fetched in one request


def part_blocks(reader: PackReader, part: PartTail, after: bytes | None = None) -> Iterator[Block]:
    """The part's rows with their values, one K frame at a time; from the first frame that can hold a code above ``after``. Raises DamagedError."""
    key_rows, value_rows = part.key_frame_rows().tolist(), part.value_frame_rows().tolist()
    start = 0 if after is None else max(0, bisect_right(part.k_first, after) - 1)
    row = sum(key_rows[:start])
    values = _values_from(reader, part, value_rows, row)
    for first, count in _groups(start, len(key_rows), _KEY_FRAMES):
        for frame in reader.keys(part.k0 + first, count):
            rows = frame.rows()
            yield rows, list(islice(values, len(rows)))


def _values_from(reader: PackReader, part: PartTail, value_rows: Sequence[int], row: int) -> Iterator[bytes]:
    ends = list(accumulate(value_rows))
    begin = bisect_right(ends, row)
    skip = row - (ends[begin - 1] if begin else 0)
    for first, count in _groups(begin, len(value_rows), _VALUE_FRAMES):
        for index, raw in enumerate(reader.frames(part.v0 + first, count), start=first):
            values = decode_values(reader.frame_kind(part.v0 + index), raw, value_rows[index], reader.where)
            yield from values[skip:] if skip else values
            skip = 0


def _groups(start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    for first in range(start, stop, size):
        yield first, min(size, stop - first)


@dataclass(slots=True)
class _Input:
    blocks: Iterator[Block]
    rows: Rows | None = None
    values: list[bytes] | None = None
    at: int = 0

    def fill(self) -> bool:
        """Have a block with rows left; False at the end."""
        while self.rows is None or self.at >= len(self.rows):
            block = next(self.blocks, None)
            if block is None:
                self.rows = self.values = None
                return False
            (self.rows, self.values), self.at = block, 0
        return True

    @property
    def last(self) -> bytes:
        assert self.rows is not None
        return self.rows.codes[-1]

    def take(self, bound: bytes) -> Block | None:
        """What lies at or below the bound."""
        assert self.rows is not None
        assert self.values is not None
        stop = bisect_right(self.rows.codes, bound, self.at)
        if stop == self.at:
            return None
        taken = self.rows.part(self.at, stop), self.values[self.at : stop]
        self.at = stop
        return taken


def merge_blocks(inputs: Iterable[Iterator[Block]], retained: npt.NDArray[np.uint32]) -> Iterator[Block]:
    """The thinned rows of all inputs, ordered, in blocks that never part a key."""
    for rows, values in merge_inputs(inputs):
        thinned = thin_block(rows, values, retained)
        if len(thinned[0]):
            yield thinned


def merge_inputs(inputs: Iterable[Iterator[Block]]) -> Iterator[Block]:
    """The rows of all inputs, ordered, in blocks that never part a key."""
    open_inputs = [_Input(blocks) for blocks in inputs]
    while open_inputs := [each for each in open_inputs if each.fill()]:
        bound = min(each.last for each in open_inputs)
        taken = [block for each in open_inputs if (block := each.take(bound)) is not None]
        yield _ordered(taken)


def _ordered(taken: Sequence[Block]) -> Block:
    if len(taken) == 1:
        return taken[0]
    rows = join_rows([rows for rows, _ in taken])
    values = [value for _, some in taken for value in some]
    order = sorted(range(len(rows)), key=list(zip(rows.codes, (-rows.seq.astype(np.int64)).tolist(), strict=True)).__getitem__)
    return rows.take(np.array(order, np.intp)), [values[i] for i in order]


def thin_block(rows: Rows, values: list[bytes], retained: npt.NDArray[np.uint32]) -> Block:
    """The rows of a block (ordered, whole keys) that some retained snapshot sees, with the ops they then carry."""
    kept, composed = thin_columns(key_starts(rows.codes), rows.seq, rows.kind, retained)
    if len(kept) < len(rows):
        rows, values = rows.take(kept), [values[i] for i in kept.tolist()]
    op = np.where(composed == Op.DELETE, rows.op & ~np.uint8(OP_MASK), 0).astype(np.uint8) | composed  # evidence stays with deletions
    return replace(rows, op=op), values


def key_starts(codes: Sequence[bytes]) -> npt.NDArray[np.bool_]:
    """True where a row's code differs from the one before."""
    starts = np.ones(len(codes), np.bool_)
    if len(codes) > 1:
        starts[1:] = np.fromiter(map(bytes.__ne__, codes[1:], codes), np.bool_, len(codes) - 1)
    return starts
