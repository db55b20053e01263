"""What a table declaration becomes in SQLite, and how a file written under an older declaration follows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from listbackup.backends.sqlite_file import Connection, SqliteFile
from listbackup.backends.table.port import IndexSpec, Item, Scalar, TableSpec
from listbackup.backends.table.rules import expiry, index_key
from listbackup.backends.table.sqlite_item import pack_item, unpack_item
from listbackup.base.errors import DamagedError

_FORM = 1  # of the rows of a declared table


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The statements of one table."""

    spec: TableSpec
    table: str
    find: str
    upsert: str
    delete: str
    sweep: str
    columns: Sequence[str]
    alive: str = "(expires_at IS NULL OR expires_at > ?)"

    def order(self, index: IndexSpec | None) -> Sequence[str]:
        """The columns of a listing: partition, sort, and what breaks a tie."""
        if index is None:
            return ("pk", "sk")
        return (_pk(index), _sk(index), "pk", "sk")


def schema_of(spec: TableSpec) -> Schema:
    """The statements for this declaration."""
    table = _quoted(f"t_{spec.name}")
    columns = ["pk", "sk", "item", "expires_at", *(column for index in spec.indexes for column in (_pk(index), _sk(index)))]
    alive = "(expires_at IS NULL OR expires_at > ?)"
    return Schema(
        spec=spec,
        table=table,
        columns=columns,
        find=f"SELECT item FROM {table} WHERE pk = ? AND sk = ? AND {alive}",
        upsert=f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        delete=f"DELETE FROM {table} WHERE pk = ? AND sk = ?",
        sweep=f"DELETE FROM {table} WHERE (pk, sk) IN (SELECT pk, sk FROM {table} WHERE expires_at <= ? LIMIT ?)",
    )


def ensure_schema(file: SqliteFile, spec: TableSpec) -> Schema:
    """The table exists in the file as declared; its rows were moved when they were kept under another declaration."""
    schema = schema_of(spec)
    declared = _declaration(spec)
    with file.read() as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'declared'").fetchone()
        if known and connection.execute("SELECT declaration FROM declared WHERE name = ?", (spec.name,)).fetchone() == (declared,):
            return schema
    with file.write() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS declared (name TEXT PRIMARY KEY, declaration TEXT NOT NULL) WITHOUT ROWID")
        row = connection.execute("SELECT declaration FROM declared WHERE name = ?", (spec.name,)).fetchone()
        if row is None:
            _create(connection, schema)
        elif row != (declared,):
            _rebuild(connection, schema)
        connection.execute("INSERT OR REPLACE INTO declared (name, declaration) VALUES (?, ?)", (spec.name, declared))
    return schema


def row_of(spec: TableSpec, item: Item) -> list[Scalar]:
    """The row that holds the item, in the order of ``Schema.columns``."""
    places = [index_key(index, item) or (None, None) for index in spec.indexes]
    return [item["pk"], item["sk"], pack_item(spec.name, item), expiry(spec, item), *(part for place in places for part in place)]


def forgetting(name: str) -> str:
    """The statement that removes items of an owner's partitions: the owner, the owner with a slash, what comes behind all of those, how many at most."""
    table = _quoted(f"t_{name}")
    return f"DELETE FROM {table} WHERE (pk, sk) IN (SELECT pk, sk FROM {table} WHERE pk = ? OR (pk >= ? AND pk < ?) LIMIT ?)"


def check_tables(file: SqliteFile) -> list[str]:
    """What is wrong with the tables of the file, in sentences: every page, every index and every item is read and compared. Empty: nothing is."""
    with file.read() as connection:
        answers = [str(row[0]) for row in connection.execute("PRAGMA integrity_check").fetchall()]
        findings = [] if answers == ["ok"] else answers
        declared = connection.execute("SELECT name FROM sqlite_master WHERE name = 'declared'").fetchone()
        for name, declaration in connection.execute("SELECT name, declaration FROM declared").fetchall() if declared else ():
            spec = _stated(name, declaration)
            findings += (
                _check_table(connection, schema_of(spec)) if spec is not None else [f"the declaration of the table {name} is damaged"]
            )
    return findings


def _check_table(connection: Connection, schema: Schema) -> Iterator[str]:
    rows = connection.execute(f"SELECT {', '.join(schema.columns)} FROM {schema.table} ORDER BY pk, sk")
    while (row := rows.fetchone()) is not None:
        try:
            if list(row) != row_of(schema.spec, unpack_item(schema.spec.name, row[2])):
                yield f"{schema.spec.name}: the item {row[0]} {row[1]} does not stand where it belongs"
        except DamagedError:
            yield f"{schema.spec.name}: the item {row[0]} {row[1]} is damaged"


def _create(connection: Connection, schema: Schema) -> None:
    extra = "".join(f", {_pk(index)} TEXT, {_sk(index)} TEXT" for index in schema.spec.indexes)
    connection.execute(
        f"CREATE TABLE {schema.table} (pk TEXT NOT NULL, sk TEXT NOT NULL, item BLOB NOT NULL, expires_at INTEGER{extra}, "
        "PRIMARY KEY (pk, sk)) WITHOUT ROWID"
    )
    for index in schema.spec.indexes:
        connection.execute(
            f"CREATE INDEX {_quoted(f'i_{schema.spec.name}_{index.name}')} ON {schema.table} ({_pk(index)}, {_sk(index)}, pk, sk) "
            f"WHERE {_pk(index)} IS NOT NULL"
        )
    if schema.spec.ttl is not None:
        connection.execute(f"CREATE INDEX {_quoted(f'x_{schema.spec.name}')} ON {schema.table} (expires_at) WHERE expires_at IS NOT NULL")


def _rebuild(connection: Connection, schema: Schema) -> None:
    """The same items under the new declaration; in one transaction, so that a crash leaves the old or the new."""
    old = _quoted(f"old_{schema.spec.name}")
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (_plain(schema),)
    ).fetchall():
        connection.execute(f"DROP INDEX {_quoted(name)}")
    connection.execute(f"ALTER TABLE {schema.table} RENAME TO {old}")
    _create(connection, schema)
    for (packed,) in connection.execute(f"SELECT item FROM {old}").fetchall():
        connection.execute(schema.upsert, row_of(schema.spec, unpack_item(schema.spec.name, packed)))
    connection.execute(f"DROP TABLE {old}")


def sweeping(connection: Connection) -> Sequence[str]:
    """The statement for each declared table whose items expire: parameters are the time and how many."""
    rows = connection.execute("SELECT name, declaration FROM declared").fetchall()
    specs = [_stated(str(name), str(declaration)) for name, declaration in rows]
    return [schema_of(spec).sweep for spec in specs if spec is not None and spec.ttl is not None]


def _stated(name: str, declaration: str) -> TableSpec | None:
    try:
        stated = json.loads(declaration)
        indexes = tuple(IndexSpec(name=index, pk=pk, sk=sk) for index, pk, sk in stated["indexes"])
        spec = TableSpec(name=name, indexes=indexes, ttl=stated["ttl"])
    except (TypeError, ValueError, KeyError):
        return None
    return spec if _declaration(spec) == declaration else None


def _declaration(spec: TableSpec) -> str:
    return json.dumps({"form": _FORM, "indexes": sorted([i.name, i.pk, i.sk] for i in spec.indexes), "ttl": spec.ttl}, sort_keys=True)


def _plain(schema: Schema) -> str:
    return f"t_{schema.spec.name}"


def _pk(index: IndexSpec) -> str:
    return _quoted(f"{index.name}_pk")


def _sk(index: IndexSpec) -> str:
    return _quoted(f"{index.name}_sk")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
