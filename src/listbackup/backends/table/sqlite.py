"""Tables in a SQLite file: one SQL table per declared table, the item as bytes beside its keys, a column pair and an index per declared index."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from listbackup.backends.sqlite_file import Connection, SqliteFile
from listbackup.backends.table.cursor import QueryShape
from listbackup.backends.table.port import Check, Condition, Delete, Item, Put, Scalar, Table, TableSpec, Update, Write
from listbackup.backends.table.rules import check_key, check_spec, check_transaction, find_index, key_of, outcome, text_behind
from listbackup.backends.table.sqlite_item import damaged_item, unpack_item
from listbackup.backends.table.sqlite_schema import Schema, check_tables, ensure_schema, forgetting, row_of, sweeping
from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.base.paging import Page

_FORGOTTEN_AT_ONCE = 2000
_SWEPT_PER_WRITE = 20  # expired items removed along with each write: more than are added, so that they do not pile up


class SqliteTables:
    """All tables of one file; safe to share between threads and between processes."""

    def __init__(self, file: SqliteFile | Path | str, *, clock: Clock | None = None) -> None:
        self.file = file if isinstance(file, SqliteFile) else SqliteFile(file, clock=clock)
        self._clock = clock or self.file.clock
        self._tables: dict[str, SqliteTable] = {}
        self._lock = threading.Lock()

    def open(self, spec: TableSpec) -> Table:
        """See the port."""
        with self._lock:
            table = self._tables.get(spec.name)
            if table is None:
                table = self._tables[spec.name] = SqliteTable(self, ensure_schema(self.file, check_spec(spec)))
            elif table.spec != spec:
                raise InputError(f"the table {spec.name} is open with another declaration", field="spec")
            return table

    def transact(self, writes: Sequence[tuple[Table, Write]]) -> None:
        """See the port."""
        self.apply([(self._own(table), write) for table, write in writes])

    def apply(self, writes: Sequence[tuple[SqliteTable, Write]]) -> list[Item | None]:
        """The items as they are after these writes; all or none."""
        keys = [key_of(write) for _, write in writes]
        check_transaction([(table.spec.name, *key) for (table, _), key in zip(writes, keys, strict=True)])
        if not writes:
            return []
        with self.file.write() as connection:
            now = self.now()
            after = [
                table.write(connection, key, write, position, now)
                for position, ((table, write), key) in enumerate(zip(writes, keys, strict=True))
            ]
            for table in {id(table): table for table, _ in writes}.values():
                table.sweep(connection, now)
        return after

    def forget(self, owner: str, *, spare: str = "") -> int:
        """Removes items whose partition is the owner's, or begins with it and a slash, of whatever table was ever declared in the file, but for one.

        At most ``_FORGOTTEN_AT_ONCE`` of each table, so that other writers get their turn; how many, 0 when none is left.
        """
        with self.file.read() as connection:
            names = [str(name) for (name,) in connection.execute("SELECT name FROM declared").fetchall()]
        return sum(self._forget(forgetting(name), owner) for name in names if name != spare)

    def _forget(self, sql: str, owner: str) -> int:
        with self.file.write() as connection:
            return int(connection.execute(sql, (owner, f"{owner}/", f"{owner}0", _FORGOTTEN_AT_ONCE)).rowcount)

    def sweep(self, *, limit: int) -> int:
        """See ``Swept``."""
        with self.file.read() as connection:
            statements = sweeping(connection)
        return sum(self._sweep(sql, limit) for sql in statements)

    def _sweep(self, sql: str, limit: int) -> int:
        with self.file.write() as connection:
            return int(connection.execute(sql, (self.now(), limit)).rowcount)

    def scrub(self) -> None:
        """Rewrite the file so that nothing of deleted items is left in it."""
        self.file.scrub()

    def digest(self, spec: TableSpec) -> str:
        """Another text whenever another item stands in the table [hexadecimal]; reads all of it."""
        schema, sha = ensure_schema(self.file, check_spec(spec)), hashlib.sha256()
        with self.file.read() as connection:
            for item in connection.execute(f"SELECT item FROM {schema.table} ORDER BY pk, sk").fetchall():
                sha.update(hashlib.sha256(item[0]).digest())
        return sha.hexdigest()

    def check(self) -> Sequence[str]:
        """What is wrong with the file, in sentences; empty when everything in it is as it was written. Raises DamagedError where it cannot be read."""
        return check_tables(self.file)

    def stamp(self) -> tuple[int, int]:
        """See ``Stamped``."""
        return self.file.stamp()

    def close(self) -> None:
        """Give the file back."""
        self.file.close()

    def now(self) -> float:
        """Seconds [s since 1970 UTC] by the clock."""
        return self._clock.now().timestamp()

    def _own(self, table: Table) -> SqliteTable:
        if self._tables.get(table.spec.name) is not table or not isinstance(table, SqliteTable):
            raise InputError("a transaction stays within the tables of one ground", field="writes")
        return table


class SqliteTable:
    """One table of ``SqliteTables``."""

    def __init__(self, tables: SqliteTables, schema: Schema) -> None:
        self._tables = tables
        self._schema = schema
        self._spec = schema.spec

    @property
    def spec(self) -> TableSpec:
        """See the port."""
        return self._spec

    def find(self, pk: str, sk: str) -> Item | None:
        """See the port."""
        key = check_key(pk, sk)
        with self._tables.file.read() as connection:
            return self._read(connection, key, self._tables.now())

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
        declared = find_index(self._spec, index)
        order = self._schema.order(declared)
        names = ("pk", "sk") if declared is None else (declared.pk, declared.sk, "pk", "sk")
        last = shape.position(cursor, len(order) - 1) if cursor is not None else None
        sql, values = _select(self._schema, order, shape, last, self._tables.now())
        with self._tables.file.read() as connection:
            rows = connection.execute(sql, (*values, limit + 1)).fetchall()
        items = [self._found(row[0], names, (pk, *row[1:])) for row in rows[:limit]]
        return Page(items=items, next_cursor=shape.cursor(list(rows[limit - 1][1:])) if len(rows) > limit else None)

    def write(self, connection: Connection, key: tuple[str, str], write: Write, position: int, now: float) -> Item | None:
        """Do one write inside the caller's transaction; the item afterwards."""
        blind = isinstance(write, Put | Delete) and write.if_ is None
        before = None if blind else self._read(connection, key, now)
        after = outcome(self._spec, before, write, position)
        if isinstance(write, Check):
            return after
        if after is None:
            connection.execute(self._schema.delete, key)
        else:
            connection.execute(self._schema.upsert, row_of(self._spec, after))
        return after

    def sweep(self, connection: Connection, now: float) -> None:
        """Remove a few items that have expired."""
        if self._spec.ttl is not None:
            connection.execute(self._schema.sweep, (now, _SWEPT_PER_WRITE))

    def _read(self, connection: Connection, key: tuple[str, str], now: float) -> dict[str, Scalar] | None:
        row = connection.execute(self._schema.find, (*key, now)).fetchone()
        return self._found(row[0], ("pk", "sk"), key) if row is not None else None

    def _found(self, packed: bytes, names: Sequence[str], values: Sequence[object]) -> dict[str, Scalar]:
        """The item, which stands where its own attributes say. Raises DamagedError."""
        item = unpack_item(self._spec.name, packed)
        if [item.get(name) for name in names] != list(values):
            raise damaged_item(self._spec.name)
        return item


def _select(schema: Schema, order: Sequence[str], shape: QueryShape, last: Sequence[str] | None, now: float) -> tuple[str, list[Any]]:
    """The statement of a query (its last parameter is the limit) and the values before it. ``order``: partition column, sort column, tie breakers."""
    partition, sort, *_ = order
    terms, values = [f"{partition} = ?"], [shape.pk]
    for bound, comparison in ((shape.after, ">"), (shape.before, "<")):
        if bound is not None:
            terms.append(f"{sort} {comparison} ?")
            values.append(bound)
    if shape.prefix:
        terms.append(f"{sort} >= ?")
        values.append(shape.prefix)
        if (end := text_behind(shape.prefix)) is not None:
            terms.append(f"{sort} < ?")
            values.append(end)
    behind = "<" if shape.reverse else ">"
    if last is not None:
        terms.append(f"({', '.join(order[1:])}) {behind} ({', '.join('?' * len(last))})")
        values.extend(last)
    terms.append(schema.alive)
    way = " DESC" if shape.reverse else ""
    sql = (
        f"SELECT item, {', '.join(order[1:])} FROM {schema.table} WHERE {' AND '.join(terms)} "
        f"ORDER BY {', '.join(column + way for column in order[1:])} LIMIT ?"
    )
    return sql, [*values, now]
