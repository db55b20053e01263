"""What a stream holds at its newest snapshot, as a run must know it to tell new, changed, unchanged and vanished records apart.

A derived, local thing: sorted 16-byte ids with their vhash (and canon), as arrays over a mapped file. It is made from the key frames when the file is missing, damaged or
of another snapshot. The id of a key is AES-256-ECB under a key of the account (a permutation of 16-byte blocks) of its code padded with zeros, or, where the
code is longer than 16 bytes, of 0xFF and 15 bytes of its SHA-256 under that key: nothing in the file can be read once the account is shredded.

File: "LBST" | u32 version 1 | u64 n | u64 flags (1: canon) | 32 bytes SHA-256 of what follows | n u64 first words | n u64 second words | n u64 vhash | [n u64 canon]
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from listbackup.base.errors import DamagedError
from listbackup.store.columns import U64, Rows
from listbackup.store.keycode import decode_key
from listbackup.store.model import Key, Op

_HEAD = struct.Struct("<4sIQQ32s")
_SHORT = 16
Positions = npt.NDArray[np.int64]


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
        if len(max(codes, key=len)) <= _SHORT:
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
    """The live records of a stream at one snapshot: ids ascending, and what was known of each in this run (``seen``, ``staged``)."""

    first: U64
    second: U64
    vhash: U64
    canon: U64 | None
    seen: npt.NDArray[np.bool_]
    staged: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.first)

    def find(self, first: U64, second: U64) -> tuple[Positions, npt.NDArray[np.bool_]]:
        """Where each id is, and whether it is there at all (the position means nothing otherwise)."""
        if not len(self.first):
            return np.zeros(len(first), np.int64), np.zeros(len(first), np.bool_)
        positions = np.searchsorted(self.first, first)
        positions[positions == len(self.first)] = 0
        same_first = self.first[positions] == first
        found = same_first & (self.second[positions] == second)
        for index in np.flatnonzero(same_first & ~found).tolist():  # two ids with one first word: 2**-64 a pair
            place = self._along(int(positions[index]), int(first[index]), int(second[index]))
            if place is not None:
                positions[index], found[index] = place, True
        return positions, found

    def _along(self, place: int, first: int, second: int) -> int | None:
        while place < len(self.first) and self.first[place] == first:
            if self.second[place] == second:
                return place
            place += 1
        return None


def make_prior(first: U64, second: U64, vhash: U64, canon: U64 | None) -> Prior:
    """A prior from sorted columns, nothing seen yet."""
    return Prior(first, second, vhash, canon, np.zeros(len(first), np.bool_), np.zeros(len(first), np.bool_))


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
    order = np.lexsort((second, first))
    return make_prior(first[order], second[order], vhash[order], canon[order] if with_canon else None)


def moved_on(prior: Prior, ids: Ids, changes: Rows) -> Prior:
    """The prior after a run's rows (one per key)."""
    first, second = ids.of(changes.codes)
    positions, found = prior.find(first, second)
    kept = np.ones(len(prior), np.bool_)
    kept[positions[found]] = False
    lives = changes.kind != Op.DELETE
    columns = [
        np.concatenate([old[kept], new[lives]]) for old, new in ((prior.first, first), (prior.second, second), (prior.vhash, changes.vhash))
    ]
    canon = None
    if prior.canon is not None:
        new_canon = changes.canon if changes.canon is not None else np.zeros(len(changes), np.uint64)
        canon = np.concatenate([prior.canon[kept], new_canon[lives]])
    order = np.lexsort((columns[1], columns[0]))
    return make_prior(columns[0][order], columns[1][order], columns[2][order], None if canon is None else canon[order])


def load_prior(path: FilePath, *, with_canon: bool) -> Prior | None:
    """The prior of this file, mapped; None where it is missing, damaged, or lacks the canon column."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
            magic, version, n, flags, digest = _HEAD.unpack(head)
            size = os.fstat(file.fileno()).st_size
            columns = 4 if flags & 1 else 3
            if magic != b"LBST" or version != 1 or size != _HEAD.size + 8 * n * columns or bool(flags & 1) != with_canon:
                return None
            if hashlib.file_digest(file, "sha256").digest() != digest:
                return None
    except (OSError, struct.error):
        return None
    if n == 0:
        empty = np.empty(0, np.uint64)
        return make_prior(empty, empty, empty, empty if with_canon else None)
    table = np.memmap(path, "<u8", mode="r", offset=_HEAD.size, shape=(columns, n))
    return make_prior(table[0], table[1], table[2], table[3] if columns == 4 else None)


def save_prior(prior: Prior, path: FilePath) -> None:
    """Write the prior's file in one step."""
    columns = [prior.first, prior.second, prior.vhash] + ([prior.canon] if prior.canon is not None else [])
    digest = hashlib.sha256()
    for column in columns:
        digest.update(_bytes(column))
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        file.write(_HEAD.pack(b"LBST", 1, len(prior), int(prior.canon is not None), digest.digest()))
        for column in columns:
            file.write(_bytes(column))
    partial.replace(path)


def _bytes(column: U64) -> memoryview:
    return np.ascontiguousarray(column, "<u8").data.cast("B")
