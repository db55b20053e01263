"""What whole pages held: a page that comes again byte for byte need not be cut, named and hashed record by record.

A page is learnt when every record in it was found unchanged: then it is its mark, the places of its records in the prior, and what the reader of pages wants to be
told when it comes again (which the store does not look into). It says so for as long as each of these records is what it was. So pages are carried from
snapshot to snapshot with the prior, and one that holds a record which changed or went is left behind.

The mark is a keyed digest of the body: its GMAC under a fixed nonce, then one AES block over that, under two keys of the account. GMAC with a secret key is a polynomial over
GF(2**128): two bodies of n blocks, whoever chose them, agree with a chance of n / 2**128. The block over it hides the polynomial from who sees marks. It takes a
tenth of the time of any hash function.

The file lies beside the prior's, and like it is derived and local: whatever is wrong with it, it is as if nothing were known. It is a sealed field (msgpack), bound to source,
stream and the digest of what the stream holds.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.base.errors import DamagedError, KeyUnavailable, NewerFormat
from listbackup.store.detect import Ids, Positions, Prior
from listbackup.store.keycode import encode_keys
from listbackup.store.model import Key

VERSION = 1
MARK_BYTES = 16
MAX_TIMES = 3  # as often as this each record may be in a known page, on average
_NONCE = bytes(12)
Places = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A page that came: how many records, the mark it is known by when it comes again, and what is to be told then. Without a mark it is not learnt."""

    count: int
    mark: bytes = b""
    told: bytes = b""


@dataclass(frozen=True, slots=True)
class Moved:
    """How places in one prior became places in the next: what was at ``gone`` went or changed, and something was put before ``put``. Both ascending."""

    gone: Positions
    put: Positions

    def of(self, places: Places) -> Places | None:
        """Where these are now; None if one of them went."""
        before = np.searchsorted(self.gone, places)
        if len(self.gone) and (self.gone[np.minimum(before, len(self.gone) - 1)] == places).any():
            return None
        return (places - before + np.searchsorted(self.put, places, side="right")).astype(np.uint32)


@dataclass(slots=True)
class Leaves:
    """Pages, by column."""

    marks: list[bytes] = field(default_factory=list)
    places: list[Places] = field(default_factory=list)
    told: list[bytes] = field(default_factory=list)

    def add(self, mark: bytes, places: Places, told: bytes) -> None:
        """One more."""
        self.marks.append(mark)
        self.places.append(places)
        self.told.append(told)


class Marker:
    """Makes the marks of pages; from any thread."""

    def __init__(self, secret: bytes) -> None:
        self._polynomial = AESGCM(secret[:32])
        cipher = Cipher(algorithms.AES(secret[32:]), modes.ECB())  # noqa: S305 -- a permutation of single blocks, no message
        self._permutation = cipher.encryptor()
        self._lock = threading.Lock()

    def mark(self, body: bytes) -> bytes:
        """The mark of the page with this body."""
        tag = self._polynomial.encrypt(_NONCE, b"", body)
        with self._lock:
            return self._permutation.update(tag)


class Pages:
    """The pages of one stream in one run: those that were known when it began, and those that it learns.

    ``mark``, ``find`` and ``told`` may be called from any thread, everything else from one. Known pages go by their number.
    """

    def __init__(self, fingerprint: str, marker: Marker, ids: Ids, prior: Prior, known: Leaves) -> None:
        self.fingerprint = fingerprint
        self.mark = marker.mark
        self._ids, self._prior, self._known = ids, prior, known
        self._numbers = {mark: number for number, mark in enumerate(known.marks)}
        self._came: set[int] = set()
        self._learnt: dict[bytes, tuple[Places, bytes]] = {}

    def find(self, mark: bytes) -> int | None:
        """The number of the page with this mark, if it is known."""
        return self._numbers.get(mark)

    def told(self, number: int) -> bytes:
        """What was told of a page."""
        return self._known.told[number]

    def count(self, number: int) -> int:
        """How many records a page holds."""
        return len(self._known.places[number])

    def is_same(self, one: int, other: int) -> bool:
        """Whether two pages hold the same records in the same order."""
        return np.array_equal(self._known.places[one], self._known.places[other])

    def hashes(self, keys: Sequence[Key]) -> bytes:
        """Eight bytes of each key's id, which tell keys apart."""
        return self._ids.of(encode_keys(keys))[0].tobytes()

    def hashes_of(self, number: int) -> bytes:
        """The same for the keys of a page."""
        return self._prior.first[self._known.places[number]].tobytes()

    def places(self, numbers: Sequence[int]) -> Places:
        """Where the records of these pages are in the prior."""
        return np.concatenate([self._known.places[number] for number in numbers])

    def came(self, numbers: Sequence[int]) -> None:
        """These pages came, and are what they were."""
        self._came.update(numbers)

    def learn(self, lesson: Lesson, positions: Positions) -> None:
        """A page came of which every record is what it was; it may be one that is known."""
        number = self._numbers.get(lesson.mark)
        if number is not None:
            self._came.add(number)
        else:
            self._learnt[lesson.mark] = positions.astype(np.uint32), lesson.told

    def kept(self, *, whole: bool) -> Leaves | None:
        """The pages to know in the next run: those that came, of a run that met them all (``whole``), else also the others while they are few. None: the same as before."""
        known = self._known
        records = sum(map(len, known.places)) + sum(len(places) for places, _ in self._learnt.values())
        numbers = sorted(self._came) if whole or records > MAX_TIMES * len(self._prior) else range(len(known.marks))
        if len(numbers) == len(known.marks) and not self._learnt:
            return None
        kept = Leaves()
        for number in numbers:
            kept.add(known.marks[number], known.places[number], known.told[number])
        for mark, (places, told) in self._learnt.items():
            kept.add(mark, places, told)
        return kept

    @property
    def known(self) -> Leaves:
        """The pages that were known when the run began."""
        return self._known


def carried(leaves: Leaves, moved: Moved) -> Leaves:
    """The pages that hold nothing which went or changed, at their new places."""
    kept = Leaves()
    for mark, places, told in zip(leaves.marks, leaves.places, leaves.told, strict=True):
        now = moved.of(places)
        if now is not None:
            kept.add(mark, now, told)
    return kept


class _File(msgspec.Struct, array_like=True, frozen=True):
    v: int
    fingerprint: str
    marks: bytes
    counts: bytes  # u32 a page
    places: bytes  # u32 a record, page after page
    told: list[bytes]


def save_pages(path: Path, keys: KeyScope, bound: Sequence[str], fingerprint: str, leaves: Leaves) -> None:
    """Write the file, in place of what was there."""
    counts = np.array([len(places) for places in leaves.places], "<u4").tobytes()
    places = np.concatenate([*leaves.places, np.empty(0, np.uint32)]).astype("<u4").tobytes()
    body = _File(VERSION, fingerprint, b"".join(leaves.marks), counts, places, leaves.told)
    partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    partial.write_bytes(seal_field(keys, msgspec.msgpack.encode(body), context=("pages", *bound)))
    partial.replace(path)


def load_pages(path: Path, keys: KeyScope, bound: Sequence[str], live: int) -> tuple[str, Leaves] | None:
    """The fingerprint and the pages of this file; None where there is none that can be used."""
    try:
        raw = open_field(keys, path.read_bytes(), context=("pages", *bound))
        body = msgspec.msgpack.decode(raw, type=_File)
    except (OSError, DamagedError, KeyUnavailable, NewerFormat, msgspec.MsgspecError):
        return None
    counts, places = np.frombuffer(body.counts, "<u4"), np.frombuffer(body.places, "<u4")
    n = len(counts)
    whole = len(body.marks) == MARK_BYTES * n and len(body.told) == n and int(counts.sum()) == len(places)
    if body.v != VERSION or not whole or (len(places) and int(places.max()) >= live):
        return None
    marks = [body.marks[at : at + MARK_BYTES] for at in range(0, MARK_BYTES * n, MARK_BYTES)]
    return body.fingerprint, Leaves(marks, np.split(places, np.cumsum(counts)[:-1]) if n else [], body.told)
