"""The snapshots whose details were spilled, by column: small in every head that is written, and taken apart only where somebody asks.

Snapshots come at regular times and expire by the day, so the differences from one to the next say little: each number column is the differences (mod 2^64) as eight planes of
bytes, all lowest bytes first, which zstd folds to almost nothing. A head of 2,000 snapshots costs a reader of one record no more than one of ten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from listbackup.base.errors import DamagedError
from listbackup.store.head import Older, SnapshotEntry
from listbackup.store.model import SnapshotKind

KINDS = (SnapshotKind.FULL, SnapshotKind.INCREMENTAL, SnapshotKind.PARTIAL)
SUSPECT = 4  # beside the kind
_KIND = {kind: code for code, kind in enumerate(KINDS)}

Column = npt.NDArray[np.uint64]


def older_of(entries: Sequence[SnapshotEntry]) -> Older | None:
    """These snapshots, ascending, all without their details, by column; None for none."""
    if not entries:
        return None
    return Older(
        count=len(entries),
        seq=_packed([entry.seq for entry in entries]),
        at=_packed([entry.at for entry in entries]),
        kind=bytes(_KIND[entry.kind] | (SUSPECT if entry.suspect else 0) for entry in entries),
        verified_at=_packed([0 if entry.verified_at is None else entry.verified_at + 1 for entry in entries]),
        expired_at=_packed([0 if entry.expired_at is None else entry.expired_at + 1 for entry in entries]),
        spill=_packed([0 if entry.spill is None else entry.spill + 1 for entry in entries]),
        held={entry.seq: entry.held for entry in entries if entry.held is not None},
    )


class SnapshotList(Sequence[SnapshotEntry]):
    """Snapshots, ascending: old ones as columns, then the others as they are. Raises DamagedError."""

    def __init__(self, older: Older, recent: Sequence[SnapshotEntry]) -> None:
        packed = (older.seq, older.at, older.verified_at, older.expired_at, older.spill)
        if (
            len(older.kind) != older.count
            or any(len(column) != 8 * older.count for column in packed)
            or 3 in {kind & 3 for kind in older.kind}
        ):
            raise DamagedError("the head's list of older snapshots does not hold what it says", hint="rebuild the head from the bucket")
        self._older = older
        self._packed = packed
        self._recent = tuple(recent)
        self._columns: tuple[Column, ...] | None = None
        self._all: tuple[SnapshotEntry, ...] | None = None

    def __len__(self) -> int:
        return self._older.count + len(self._recent)

    @overload
    def __getitem__(self, index: int) -> SnapshotEntry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SnapshotEntry]: ...
    def __getitem__(self, index: int | slice) -> SnapshotEntry | Sequence[SnapshotEntry]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1 and start >= self._older.count:
                return self._recent[start - self._older.count : max(0, stop - self._older.count)]
            return self._whole()[index]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        return self._recent[at - self._older.count] if at >= self._older.count else self._entry(at)

    def __iter__(self) -> Iterator[SnapshotEntry]:
        return iter(self._whole())

    def __reversed__(self) -> Iterator[SnapshotEntry]:
        yield from reversed(self._recent)
        yield from reversed(self._whole()[: self._older.count])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Sequence) and len(self) == len(other) and self._whole() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._whole())

    def _whole(self) -> tuple[SnapshotEntry, ...]:
        if self._all is None:
            older, columns = self._older, self._unpacked()
            held = older.held.get
            made = [
                SnapshotEntry(
                    seq, at, KINDS[kind & 3], held(seq), kind >= SUSPECT, verified - 1 if verified else None, gone - 1 if gone else None, None,
                    spill - 1 if spill else None,
                )
                for seq, at, kind, verified, gone, spill in zip(
                    columns[0].tolist(), columns[1].tolist(), older.kind, *(column.tolist() for column in columns[2:]), strict=True
                )
            ]  # fmt: skip
            self._all = (*made, *self._recent)
        return self._all

    def _entry(self, index: int) -> SnapshotEntry:
        seq, at, verified, gone, spill = (int(column[index]) for column in self._unpacked())
        kind = self._older.kind[index]
        return SnapshotEntry(
            seq=seq,
            at=at,
            kind=KINDS[kind & 3],
            held=self._older.held.get(seq),
            suspect=kind >= SUSPECT,
            verified_at=verified - 1 if verified else None,
            expired_at=gone - 1 if gone else None,
            spill=spill - 1 if spill else None,
        )

    def _unpacked(self) -> tuple[Column, ...]:
        if self._columns is None:
            self._columns = tuple(_unpack(column, self._older.count) for column in self._packed)
        return self._columns


def joined(older: Older | None, recent: Sequence[SnapshotEntry]) -> Sequence[SnapshotEntry]:
    """All snapshots of a head as it was written, ascending."""
    if older is None or not older.count:
        return tuple(recent)
    listed = SnapshotList(older, recent)
    if not recent or listed[older.count - 1].seq < recent[0].seq:
        return listed
    return tuple(sorted(listed, key=lambda entry: entry.seq))  # an erasure gave old ones their details back


def _packed(numbers: Sequence[int]) -> bytes:
    column = np.array(numbers, np.uint64)
    column[1:] -= column[:-1].copy()
    return column.astype("<u8").view(np.uint8).reshape(-1, 8).T.tobytes()


def _unpack(planes: bytes, count: int) -> Column:
    differences = np.frombuffer(planes, np.uint8).reshape(8, count).T.copy().view("<u8").ravel()
    return np.cumsum(differences, dtype=np.uint64)
