"""A store over memory, for tests: its ground, a run in one call, everything it holds as dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.objects.port import Objects
from listbackup.backends.table.memory import MemoryTables
from listbackup.store import ROOTS, Key, SnapshotInfo, Store, StoreGround, StreamSpec, Writing
from listbackup.store.sizes import USUAL, Sizes
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Faults, FaultyObjects, faulty
from listbackup.testing.keys import memory_scope

LEASE = timedelta(minutes=5)
T = TypeVar("T")


@dataclass(slots=True)
class Rig:
    """One source's store over memory, and ways to reach it through faults."""

    clock: ManualClock = field(default_factory=ManualClock)
    account: str = "acc_test"
    source: str = "src_test"
    cache: Path | None = None
    sizes: Sizes = USUAL
    objects: MemoryObjects = field(init=False)
    tables: MemoryTables = field(init=False)

    def __post_init__(self) -> None:
        self.objects = MemoryObjects(self.clock)
        self.tables = MemoryTables(self.clock)
        Store.create(self.ground(), self.source)

    def ground(self, faults: Faults | None = None, *, objects: Objects | None = None) -> StoreGround:
        """The ground, every call to objects and table through these faults."""
        faults = faults or Faults.none()
        below = FaultyObjects(objects or self.objects, faults)
        return StoreGround(below, faulty(self.tables.open(ROOTS), faults), memory_scope(self.account), self.clock, self.cache, self.sizes)

    def store(self, faults: Faults | None = None) -> Store:
        """The store, opened afresh."""
        return Store.open(self.ground(faults), self.source)

    def open_run(self, run: str, *, owner: str = "worker", take_over: bool = False, faults: Faults | None = None) -> Writing:
        """A run, opened or resumed."""
        return self.store(faults).open_run(run, owner=owner, lease=LEASE, take_over=take_over)

    def backup(
        self,
        run: str,
        streams: Mapping[str, Mapping[Key, bytes]],
        *,
        listing: bool = True,
        specs: Mapping[str, StreamSpec] | None = None,
        page: int = 100,
    ) -> SnapshotInfo:
        """One run that delivers these records, in the order of the mapping."""
        writing = self.open_run(run)
        for name, content in streams.items():
            writer = writing.stream(name, (specs or {}).get(name, StreamSpec()))
            items = list(content.items())
            for part in batches(items, page):
                writer.write([key for key, _ in part], [raw for _, raw in part])
            writer.finish(listing=listing, complete=True)
        self.clock.advance(timedelta(hours=1))
        return writing.commit(self.clock.now(), b"cursor of " + run.encode())


def batches(items: Sequence[T], size: int) -> Sequence[Sequence[T]]:
    """The items in pieces."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def content_of(store: Store, seq: int) -> dict[str, dict[Key, bytes]]:
    """Every record of a snapshot."""
    view = store.at(seq)
    return {name: {record.key: record.raw for record in view.scan(name)} for name in view.streams()}
