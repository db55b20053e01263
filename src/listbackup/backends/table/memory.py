"""Tables in memory: the fake that passes the same suite as the real ones."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from listbackup.backends.table.cursor import QueryShape
from listbackup.backends.table.port import Condition, Delete, Item, Put, Scalar, Table, TableSpec, Update, Write
from listbackup.backends.table.rules import check_key, check_spec, check_transaction, expiry, find_index, index_key, key_of, outcome
from listbackup.base.clock import Clock, SystemClock
from listbackup.base.errors import InputError
from listbackup.base.paging import Page


class MemoryTables:
    """Tables of one process, gone with it; safe to share between threads."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._tables: dict[str, MemoryTable] = {}

    def open(self, spec: TableSpec) -> Table:
        """See the port."""
        with self._lock:
            table = self._tables.get(spec.name)
            if table is None:
                table = self._tables[spec.name] = MemoryTable(self, check_spec(spec))
            elif table.spec != spec:
                raise InputError(f"the table {spec.name} is open with another declaration", field="spec")
            return table

    def transact(self, writes: Sequence[tuple[Table, Write]]) -> None:
        """See the port."""
        self.apply([(self._own(table), write) for table, write in writes])

    def forget(self, owner: str, *, spare: str = "") -> int:
        """Removes items whose partition is the owner's, or begins with it and a slash, but for those of one table; how many, 0 when none is left."""
        with self._lock:
            return sum(table.forget(owner) for name, table in self._tables.items() if name != spare)

    def sweep(self, *, limit: int) -> int:
        """See ``Swept``."""
        with self._lock:
            return sum(table.sweep(limit) for table in self._tables.values())

    def kept_for(self, owner: str) -> dict[tuple[str, str, str], Item]:
        """Every item whose partition is the owner's, or begins with it and a slash, by table and key: for tests that look whether anything changed."""
        with self._lock:
            return {(name, *key): item for name, table in self._tables.items() for key, item in table.kept_for(owner).items()}

    def apply(self, writes: Sequence[tuple[MemoryTable, Write]]) -> list[Item | None]:
        """The items as they are after these writes; all or none."""
        keys = [key_of(write) for _, write in writes]
        check_transaction([(table.spec.name, *key) for (table, _), key in zip(writes, keys, strict=True)])
        with self._lock:
            after = [
                outcome(table.spec, table.find(*key), write, position)
                for position, ((table, write), key) in enumerate(zip(writes, keys, strict=True))
            ]
            for (table, _), key, item in zip(writes, keys, after, strict=True):
                table.keep(key, item)
        return [dict(item) if item is not None else None for item in after]

    def _own(self, table: Table) -> MemoryTable:
        if self._tables.get(table.spec.name) is not table or not isinstance(table, MemoryTable):
            raise InputError("a transaction stays within the tables of one ground", field="writes")
        return table

    def now(self) -> float:
        """Seconds [s since 1970 UTC] by the clock."""
        return self._clock.now().timestamp()

    def lock(self) -> threading.RLock:
        """What every read and write holds."""
        return self._lock


class MemoryTable:
    """One table of ``MemoryTables``."""

    def __init__(self, tables: MemoryTables, spec: TableSpec) -> None:
        self._tables = tables
        self._spec = spec
        self._items: dict[tuple[str, str], dict[str, Scalar]] = {}

    @property
    def spec(self) -> TableSpec:
        """See the port."""
        return self._spec

    def find(self, pk: str, sk: str) -> Item | None:
        """See the port."""
        key = check_key(pk, sk)
        with self._tables.lock():
            item = self._items.get(key)
            return dict(item) if item is not None and self._alive(item) else None

    def put(self, item: Item, *, if_: Condition | None = None) -> None:
        """See the port."""
        self._tables.apply([(self, Put(item=item, if_=if_))])

    def update(self, write: Update) -> Item:
        """See the port."""
        item = self._tables.apply([(self, write)])[0]
        assert item is not None
        return item

    def delete(self, pk: str, sk: str, *, if_: Condition | None = None) -> None:
        """See the port."""
        self._tables.apply([(self, Delete(pk=pk, sk=sk, if_=if_))])

    def kept_for(self, owner: str) -> dict[tuple[str, str], Item]:
        """The items of the owner's partitions."""
        return {key: dict(item) for key, item in self._items.items() if key[0] == owner or key[0].startswith(f"{owner}/")}

    def forget(self, owner: str) -> int:
        """See ``MemoryTables.forget``."""
        gone = self.kept_for(owner)
        for key in gone:
            del self._items[key]
        return len(gone)

    def sweep(self, limit: int) -> int:
        """See ``MemoryTables.sweep``."""
        gone = [key for key, item in self._items.items() if not self._alive(item)][:limit]
        for key in gone:
            del self._items[key]
        return len(gone)

    def keep(self, key: tuple[str, str], item: dict[str, Scalar] | None) -> None:
        """Set or remove the item; the caller holds the lock."""
        if item is None:
            self._items.pop(key, None)
        else:
            self._items[key] = item

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        prefix: str = "",
        after: str | None = None,
        before: str | None = None,
        reverse: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Item]:
        """See the port."""
        shape = QueryShape(table=self._spec.name, index=index, pk=pk, prefix=prefix, after=after, before=before, reverse=reverse)
        shape.check(limit)
        found = []
        for position, item in self._partition(pk, index):
            if position[0].startswith(prefix) and (after is None or position[0] > after) and (before is None or position[0] < before):
                found.append((position, item))
        found.sort(key=lambda pair: pair[0], reverse=reverse)  # code points sort as UTF-8 bytes do
        if cursor is not None:
            last = tuple(shape.position(cursor, 1 if index is None else 3))
            found = [pair for pair in found if (pair[0] < last if reverse else pair[0] > last)]
        page = [item for _, item in found[:limit]]
        return Page(items=page, next_cursor=shape.cursor(found[limit - 1][0]) if len(found) > limit else None)

    def _partition(self, pk: str, index: str | None) -> list[tuple[tuple[str, ...], Item]]:
        declared = find_index(self._spec, index)
        with self._tables.lock():
            alive = [(key, dict(item)) for key, item in self._items.items() if self._alive(item)]
        if declared is None:
            return [((key[1],), item) for key, item in alive if key[0] == pk]
        placed = ((index_key(declared, item), key, item) for key, item in alive)
        return [((place[1], *key), item) for place, key, item in placed if place is not None and place[0] == pk]

    def _alive(self, item: Item) -> bool:
        expires_at = expiry(self._spec, item)
        return expires_at is None or expires_at > self._tables.now()
