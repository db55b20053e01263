"""The thinning rule: which versions of a key some retained snapshot still sees, and how their story reads once the others are gone.

Per key, versions are grouped by the first retained snapshot at or after them. Of each group only the newest can be seen. Whether the key existed
before the group is told by the group's oldest op, whether it exists after it by the newest; a group that begins and ends in absence leaves nothing,
and a group that no retained snapshot sees leaves nothing. The rule composes: thinning what was thinned, or neighbours merged in any order, gives
the same views, and ``diff(a, b)`` needs only rows with ``a < seq <= b``. Proven over random histories in ``tests/fuzz/test_thinning.py``.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from listbackup.store.model import Op

V = TypeVar("V")

INSERT, UPDATE, DELETE = int(Op.INSERT), int(Op.UPDATE), int(Op.DELETE)


def thin(rows: Iterable[tuple[bytes, int, int, V]], retained: Sequence[int]) -> Iterator[tuple[bytes, int, int, V]]:
    """The rows that remain of ``(key, seq, op, value)`` rows ordered by (key ascending, seq descending), in the same order.

    ``retained`` is ascending. This is the rule as it is read; ``thin_columns`` is the same rule for whole blocks.
    """
    for (_, interval), group in groupby(rows, key=lambda row: (row[0], bisect.bisect_left(retained, row[1]))):
        versions = list(group)
        key, seq, newest_op, value = versions[0]
        before, after = versions[-1][2] != INSERT, newest_op != DELETE
        if interval < len(retained) and (before or after):
            yield key, seq, _composed(before, after), value


def _composed(before: bool, after: bool) -> int:
    if not after:
        return DELETE
    return UPDATE if before else INSERT


def thin_columns(
    starts_key: npt.NDArray[np.bool_], seq: npt.NDArray[np.uint32], op: npt.NDArray[np.uint8], retained: npt.NDArray[np.uint32]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint8]]:
    """Which rows of a block remain (their indices, ascending) and the op each then carries.

    Rows are ordered as for ``thin``; ``starts_key`` is true where a key's first row stands. A block holds all versions of each key in it.
    """
    if not len(seq):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.uint8)
    interval = np.searchsorted(retained, seq, side="left")
    starts_group = starts_key.copy()
    starts_group[0] = True
    starts_group[1:] |= interval[1:] != interval[:-1]
    newest = np.flatnonzero(starts_group)
    oldest = np.append(newest[1:], len(seq)) - 1
    before, after = op[oldest] != INSERT, op[newest] != DELETE
    keep = (interval[newest] < len(retained)) & (before | after)
    composed = np.where(after, np.where(before, UPDATE, INSERT), DELETE).astype(np.uint8)
    return newest[keep], composed[keep]
