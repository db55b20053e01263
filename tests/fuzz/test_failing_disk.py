"""Every single write and fsync of the database fails once: what was confirmed is there, what was refused is there whole or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.port import Put, TableSpec
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import BackendError, OutOfSpace
from listbackup.testing.powercut import Recorder
from listbackup.testing.powercut.sqlite import RecordingSqlite
from listbackup.testing.scratch import memory_folder

PAIRS = TableSpec(name="pairs")


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as made:
        yield made


def live(folder: Path, fail_at: int, error: type[apsw.Error]) -> tuple[set[str], set[str], list[BackendError], bool]:
    """Ten pairs are written while one operation fails: what was confirmed, what was refused, how, and whether the failure happened."""
    folder.mkdir(parents=True)
    sqlite = RecordingSqlite(Recorder(folder), checkpoint_pages=4)
    tables = SqliteTables(SqliteFile(folder / "control.db", connect=sqlite.connect))
    table = tables.open(PAIRS)
    sqlite.fail_at(fail_at, error)
    confirmed, refused, errors = set[str](), set[str](), list[BackendError]()
    for n in range(10):
        try:
            tables.transact([(table, Put(item={"pk": half, "sk": f"{n}", "text": "x" * 1500})) for half in "ab"])
            confirmed.add(f"{n}")
        except BackendError as failed:
            refused.add(f"{n}")
            errors.append(failed)
    try:
        tables.close()
    except BackendError as failed:
        errors.append(failed)
    return confirmed, refused, errors, sqlite.has_failed


@pytest.mark.parametrize(("error", "ours"), [(apsw.IOError, BackendError), (apsw.FullError, OutOfSpace)])
def test_nothing_confirmed_is_lost_whichever_write_fails(folder: Path, error: type[apsw.Error], ours: type[BackendError]) -> None:
    planted = noticed = 0
    for number in itertools.count(1):
        life = folder / str(number)
        confirmed, refused, errors, happened = live(life, number, error)
        if not happened:
            break
        planted, noticed = planted + 1, noticed + bool(errors)
        assert all(isinstance(one, ours) and one.hint for one in errors)
        table = SqliteTables(life / "control.db").open(PAIRS)
        halves = [{str(item["sk"]) for item in table.query(half).items} for half in "ab"]
        assert halves[0] == halves[1]
        assert confirmed <= halves[0] <= confirmed | refused
    print(f"{error.__name__}: {planted} failures planted, {noticed} seen by the caller, 0 commits lost")
    assert planted > 100
    assert noticed > planted / 2
