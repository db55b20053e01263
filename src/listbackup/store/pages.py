"""What whole pages held: a page whose list of records comes again byte for byte need not be cut, named and hashed record by record.

A page is known by its mark, a keyed digest (``keyring/mark.py``). What is kept of it: the ids of its records, the sum of their vhashes, and what the reader of pages wants to be told when it comes again (which the
store does not look into). It is believed only while the prior holds every one of these ids and their vhashes still have that sum: so nothing has to be told to it about
changes, deletions, erasures, merges or a head that was put back; a page of which a record is not what it was is simply not known any more.

The file lies beside the prior's, and like it is derived and local: whatever is wrong with it, it is as if nothing were known. It is a sealed field (msgpack), bound to its source
and stream.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np

from listbackup.backends.keyring.mark import MARK_BYTES, Marker
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.base.decode import from_msgpack
from listbackup.base.errors import DamagedError, KeyUnavailable, NewerFormat
from listbackup.store.columns import U64
from listbackup.store.detect import Ids, Positions, Prior
from listbackup.store.keycode import encode_keys
from listbackup.store.model import Key

VERSION = 1
MAX_TIMES = 3  # as often as this each record may be in a known page, on average


@dataclass(frozen=True, slots=True)
class Lesson:
    """A page that came: how many records, the mark it is known by when it comes again, and what is to be told then. Without a mark it is not learnt."""

    count: int
    mark: bytes = b""
    told: bytes = b""


@dataclass(slots=True)
class Leaves:
    """Pages, by column; those of their records lie page after page."""

    marks: list[bytes] = field(default_factory=list)
    told: list[bytes] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)  # of the vhashes, modulo 2**64
    ids: list[U64] = field(default_factory=list)  # first words


class Pages:
    """The pages of one stream in one run: those that were known when it began, and those that it learns.

    ``mark``, ``find``, ``count`` and ``told`` may be called from any thread, everything else from one. Known pages go by their number.
    """

    def __init__(self, fingerprint: str, marker: Marker, ids: Ids, prior: Prior, before: Leaves) -> None:
        self.fingerprint = fingerprint
        self.mark = marker.mark
        self._ids, self._prior, self._before = ids, prior, before
        self._ends = np.cumsum([0, *map(len, before.ids)]).tolist()
        self._places, believed = _found(prior, before)
        self._numbers = {mark: number for number, mark in enumerate(before.marks) if believed[number]}
        self._came: set[int] = set()
        self._learnt: dict[bytes, tuple[bytes, int, U64]] = {}
        self._room = prior.sizes.large_rows  # for records of new pages: a stream of more will not be asked for its pages again

    @property
    def is_empty(self) -> bool:
        """Whether none is known: they are only learnt."""
        return not self._numbers

    def find(self, mark: bytes) -> int | None:
        """The number of the page with this mark, if it is known."""
        return self._numbers.get(mark)

    def told(self, number: int) -> bytes:
        """What was told of a page."""
        return self._before.told[number]

    def count(self, number: int) -> int:
        """How many records a page holds."""
        return len(self._before.ids[number])

    def is_same(self, one: int, other: int) -> bool:
        """Whether two pages hold the same records in the same order."""
        ids = self._before.ids
        return bool(ids[one][0] == ids[other][0]) and np.array_equal(ids[one], ids[other])

    def hashes(self, keys: Sequence[Key]) -> bytes:
        """Eight bytes of each key's id, which tell keys apart."""
        return self._ids.of(encode_keys(keys))[0].tobytes()

    def hashes_of(self, number: int) -> bytes:
        """The same for the keys of a page."""
        return self._before.ids[number].tobytes()

    def places(self, numbers: Sequence[int]) -> Positions:
        """Where the records of these pages are in the prior."""
        first, last = numbers[0], numbers[-1]
        if last - first + 1 == len(numbers) and all(after - before == 1 for before, after in pairwise(numbers)):
            return self._places[self._ends[first] : self._ends[last + 1]]
        return np.concatenate([self._places[self._ends[number] : self._ends[number + 1]] for number in numbers])

    def came(self, numbers: Sequence[int]) -> None:
        """These pages came, and are what they were."""
        self._came.update(numbers)

    def learn(self, lessons: Sequence[Lesson], first: U64, vhash: U64) -> None:
        """These pages came, one after the other, with records of these ids (their first words), which from now on have these vhashes.

        What changes again in this run makes its page one that is not believed in the next.
        """
        start = 0
        for lesson in lessons:
            stop = start + lesson.count
            if lesson.mark:
                self._learn(lesson, first[start:stop], int(vhash[start:stop].sum(dtype=np.uint64)))
            start = stop

    def _learn(self, lesson: Lesson, first: U64, total: int) -> None:
        number = self._numbers.get(lesson.mark)
        if number is not None and total == self._before.sums[number]:
            self._came.add(number)
        elif self._room >= 0:
            self._room -= len(first) if lesson.mark not in self._learnt else 0
            self._learnt[lesson.mark] = lesson.told, total, first
            if self._room < 0:
                self._learnt.clear()

    def kept(self, *, whole: bool) -> Leaves | None:
        """The pages to know in the next run: those that came, of a run that met them all (``whole``), else also the others while they are few. None: the same as before."""
        before = self._before
        records = self._ends[-1] + sum(len(first) for _, _, first in self._learnt.values())
        numbers = sorted(self._came) if whole or records > MAX_TIMES * len(self._prior) else sorted(self._numbers.values())
        if len(numbers) == len(before.marks) and not self._learnt:
            return None
        kept = Leaves()
        for number in numbers:
            _add(kept, before.marks[number], before.told[number], before.sums[number], before.ids[number])
        for mark, (told, total, first) in self._learnt.items():
            _add(kept, mark, told, total, first)
        return kept


def _add(leaves: Leaves, mark: bytes, told: bytes, total: int, first: U64) -> None:
    leaves.marks.append(mark)
    leaves.told.append(told)
    leaves.sums.append(total)
    leaves.ids.append(first)


def _found(prior: Prior, leaves: Leaves) -> tuple[Positions, list[bool]]:
    """Where the records of each page are in the prior, and whether the page can be believed: all of them are there, with that sum."""
    if not leaves.ids or not len(prior):
        return np.zeros(0, np.int64), [False] * len(leaves.ids)
    ids = np.concatenate(leaves.ids)
    places = np.searchsorted(prior.first, ids)
    places[places == len(prior)] = 0
    starts = np.cumsum([0, *map(len, leaves.ids[:-1])])
    are_there = np.logical_and.reduceat(prior.first[places] == ids, starts)
    sums = np.add.reduceat(prior.vhash[places], starts)
    return places, (are_there & (sums == np.array(leaves.sums, np.uint64))).tolist()


class _File(msgspec.Struct, array_like=True, frozen=True):
    v: int
    fingerprint: str
    marks: bytes
    counts: bytes  # u32 a page
    sums: bytes  # u64 a page
    ids: bytes  # u64 a record, page after page
    told: list[bytes]


def save_pages(path: Path, keys: KeyScope, bound: Sequence[str], fingerprint: str, leaves: Leaves) -> None:
    """Write the file, in place of what was there."""
    counts = np.array([len(first) for first in leaves.ids], "<u4").tobytes()
    sums = np.array(leaves.sums, "<u8").tobytes()
    ids = b"".join([first.astype("<u8").tobytes() for first in leaves.ids])
    body = _File(VERSION, fingerprint, b"".join(leaves.marks), counts, sums, ids, leaves.told)
    partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    partial.write_bytes(seal_field(keys, msgspec.msgpack.encode(body), context=("pages", *bound)))
    partial.replace(path)


def load_pages(path: Path, keys: KeyScope, bound: Sequence[str], fingerprint: str) -> Leaves:
    """The pages in this file that were learnt under this fingerprint; none where it cannot be used."""
    try:
        raw = open_field(keys, path.read_bytes(), context=("pages", *bound))
        body = from_msgpack(raw, _File)
    except (OSError, DamagedError, KeyUnavailable, NewerFormat, msgspec.MsgspecError):
        return Leaves()
    if body.v != VERSION or body.fingerprint != fingerprint:
        return Leaves()
    counts, ids = np.frombuffer(body.counts, "<u4"), np.frombuffer(body.ids, "<u8")
    marks = [body.marks[at : at + MARK_BYTES] for at in range(0, len(body.marks), MARK_BYTES)]
    return Leaves(marks, body.told, np.frombuffer(body.sums, "<u8").tolist(), np.split(ids, np.cumsum(counts)[:-1]) if marks else [])
