"""What a stream holds at its newest snapshot, as a run must know it to tell new, changed, unchanged and vanished records apart.

A derived, local thing: sorted 16-byte ids with their vhash (and canon), as arrays, over a mapped file where there is a cache (``priorfile.py``). It is made from the key frames when the file is missing, damaged or
of another snapshot. The id of a key is AES-256-ECB under a key of the account (a permutation of 16-byte blocks) of its code padded with zeros, or, where the
code is longer than 16 bytes, of 0xFF and 15 bytes of its SHA-256 under that key: nothing in it can be read once the account is shredded.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from listbackup.base.errors import DamagedError
from listbackup.store.columns import U64, Rows
from listbackup.store.keycode import decode_key
from listbackup.store.model import Key
from listbackup.store.sizes import USUAL, Sizes

_SHORT = 16
Positions: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


class Ids:
    """Turns codes into ids. One thread at a time."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 -- a permutation of single blocks, no message
        self._encryptor = cipher.encryptor()
        self._decryptor = cipher.decryptor()

    def of(self, codes: Sequence[bytes]) -> tuple[U64, U64]:
        """First and second words of the ids."""
        if not codes:
            return np.empty(0, np.uint64), np.empty(0, np.uint64)
        widths = set(map(len, codes))
        width = max(widths)
        if len(widths) == 1 and width <= _SHORT:
            table = np.zeros((len(codes), _SHORT), np.uint8)
            table[:, :width] = np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), width)
            blocks = table.tobytes()
        elif width <= _SHORT:
            blocks = np.array(codes, "S16").tobytes()
        else:
            blocks = b"".join([code.ljust(_SHORT, b"\x00") if len(code) <= _SHORT else self._long(code) for code in codes])
        words = np.frombuffer(self._encryptor.update(blocks), ">u8").reshape(-1, 2)
        return words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64)

    def code(self, first: int, second: int) -> bytes | None:
        """The code of an id, or None where the code is too long to be in it."""
        block = self._decryptor.update(first.to_bytes(8, "big") + second.to_bytes(8, "big"))
        if block[0] == 0xFF:
            return None
        return _unpadded(block)

    def _long(self, code: bytes) -> bytes:
        return b"\xff" + hashlib.sha256(self._key + code).digest()[:15]


def _unpadded(block: bytes) -> bytes:
    """The code without its padding: parts end by themselves, so read parts until only zeros are left."""
    for end in range(len(block.rstrip(b"\x00")), _SHORT + 1):
        code = block[:end]
        key = _decoded(code)
        if key is not None:
            return code
    return block


def _decoded(code: bytes) -> Key | None:
    try:
        return decode_key(code)
    except DamagedError:
        return None


@dataclass(slots=True)
class Prior:
    """The live records of a stream at one snapshot: ids ascending, and what was known of each in this run (``seen``, ``staged``).

    A large mapped file is walked piece by piece, and each piece let go of: it stays in the system's cache, but not in this process. Ask for many ids at once.
    """

    first: U64
    second: U64
    vhash: U64
    canon: U64 | None
    seen: Flags
    staged: Flags
    mapped: mmap.mmap | None = None
    offset: int = 0  # of the first column in the file
    sizes: Sizes = USUAL

    def __len__(self) -> int:
        return len(self.first)

    @property
    def large(self) -> bool:
        """Whether it is to be asked in large batches."""
        return self.mapped is not None and len(self.first) > self.sizes.large_rows

    def find(self, first: U64, second: U64) -> tuple[Positions, Flags, U64]:
        """Where each id is, whether it is there at all (the position means nothing otherwise), and its vhash (0 when it is not there)."""
        if not len(self.first):
            return np.zeros(len(first), np.int64), np.zeros(len(first), np.bool_), np.zeros(len(first), np.uint64)
        if not self.large:
            return self._find(first, second, 0, len(self.first))
        positions, found, old = np.zeros(len(first), np.int64), np.zeros(len(first), np.bool_), np.zeros(len(first), np.uint64)
        order = np.argsort(first)
        ascending = first[order]
        start = 0
        for low in range(0, len(self.first), self.sizes.piece_rows):
            high = min(low + self.sizes.piece_rows, len(self.first))
            stop = len(first) if high == len(self.first) else int(np.searchsorted(ascending, self.first[high], side="right"))
            places = order[start:stop]
            if len(places):
                positions[places], found[places], old[places] = self._find(first[places], second[places], low, high)
                self.let_go(low, high)
            start = stop
        return positions, found, old

    def let_go(self, low: int, high: int) -> None:
        """Drop the mapped pages of these rows from this process."""
        if self.mapped is None:
            return
        for column in range(3 if self.canon is None else 4):
            start = self.offset + 8 * (column * len(self.first) + low)
            page = start - start % mmap.PAGESIZE
            self.mapped.madvise(mmap.MADV_DONTNEED, page, start + 8 * (high - low) - page)

    def _find(self, first: U64, second: U64, low: int, high: int) -> tuple[Positions, Flags, U64]:
        positions = np.searchsorted(self.first[low:high], first) + low
        positions[positions == len(self.first)] = low
        same_first = self.first[positions] == first
        found = same_first & (self.second[positions] == second)
        for index in np.flatnonzero(same_first & ~found).tolist():  # two ids with one first word: 2**-64 a pair
            place = self._along(int(positions[index]), int(first[index]), int(second[index]))
            if place is not None:
                positions[index], found[index] = place, True
        return positions, found, np.where(found, self.vhash[positions], np.uint64(0))

    def _along(self, place: int, first: int, second: int) -> int | None:
        while place < len(self.first) and self.first[place] == first:
            if self.second[place] == second:
                return place
            place += 1
        return None


def make_prior(first: U64, second: U64, vhash: U64, canon: U64 | None) -> Prior:
    """A prior from sorted columns, nothing seen yet."""
    return Prior(first, second, vhash, canon, np.zeros(len(first), np.bool_), np.zeros(len(first), np.bool_))


def id_order(first: U64, second: U64) -> Positions:
    """Where ids lie in ascending order. Two ids share their first word once in 2**64 pairs: the second is looked at only then."""
    order = np.argsort(first)
    ascending = first[order]
    return np.lexsort((second, first)) if (ascending[1:] == ascending[:-1]).any() else order


def sorted_prior(ids: Ids, live: Iterable[Rows], *, with_canon: bool) -> Prior:
    """A prior from the live rows of a stream, in any order."""
    columns: list[tuple[U64, U64, U64, U64]] = []
    for rows in live:
        first, second = ids.of(rows.codes)
        canon = rows.canon if rows.canon is not None else np.zeros(len(rows), np.uint64)
        columns.append((first, second, rows.vhash, canon))
    if not columns:
        empty = np.empty(0, np.uint64)
        return make_prior(empty, empty, empty, empty if with_canon else None)
    first, second, vhash, canon = (np.concatenate([column[i] for column in columns]) for i in range(4))
    order = id_order(first, second)
    return make_prior(first[order], second[order], vhash[order], canon[order] if with_canon else None)
