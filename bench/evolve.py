"""Thirty days of one CRM: 203,000 contacts of which a day changes 1 %, deletes 0.1 % and adds 0.2 %. The same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import zstandard

from bench.contacts import contact_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day's listing in order of ids, and what made it differ from the day before."""

    number: int
    records: dict[int, bytes]  # by contact number, ascending
    changed: frozenset[int]
    added: frozenset[int]
    deleted: frozenset[int]

    def key(self, number: int) -> str:
        """The id of a contact."""
        return f"{number + 100_000:012d}"

    def shuffled(self) -> list[int]:
        """The contact numbers in an order of this day's own."""
        order = list(self.records)
        random.Random(self.number).shuffle(order)
        return order


def days(count: int = 203_000, until: int = 30, seed: int = 7) -> Iterator[Day]:
    """Day 0 (everything is added) to day ``until``."""
    dice = random.Random(seed)
    versions = dict.fromkeys(range(count), 0)
    records = {number: contact_bytes(number) for number in versions}
    yield Day(number=0, records=dict(records), changed=frozenset(), added=frozenset(records), deleted=frozenset())
    following = count
    for day in range(1, until + 1):
        alive = list(records)
        changed = frozenset(dice.sample(alive, count // 100))
        deleted = frozenset(dice.sample(sorted(set(alive) - changed), count // 1000))
        added = frozenset(range(following, following + count // 500))
        following += len(added)
        for number in deleted:
            del records[number], versions[number]
        for number in sorted(added):
            versions[number], records[number] = 0, contact_bytes(number)
        for number in changed:
            versions[number] = day
            records[number] = contact_bytes(number, day)
        yield Day(number=day, records=dict(records), changed=changed, added=added, deleted=deleted)


def lower_bound(history: Iterator[Day]) -> tuple[int, int]:
    """Bytes [bytes] of the base and of all changed records after it, each day compressed solid with zstd-3: what no keeper of all days can go below without delta coding."""
    base = later = 0
    for day in history:
        fresh = sorted(day.changed | day.added)
        size = len(zstandard.ZstdCompressor(level=3).compress(b"\n".join(day.records[number] for number in fresh)))
        base, later = (base + size, later) if day.number == 0 else (base, later + size)
    return base, later
