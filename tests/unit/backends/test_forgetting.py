"""Tables that forget all of one owner, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from listbackup.backends.table import sqlite
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import IndexSpec, TableSpec
from listbackup.backends.table.sqlite import SqliteTables

ONE = TableSpec(name="one", indexes=(IndexSpec(name="by_x", pk="x", sk="pk"),))
TWO = TableSpec(name="two")

GROUNDS: dict[str, Callable[[Path], MemoryTables | SqliteTables]] = {
    "memory": lambda _: MemoryTables(),
    "sqlite": lambda path: SqliteTables(path / "t.db"),
}


@pytest.mark.parametrize("ground", GROUNDS)
def test_everything_below_an_owner_goes_and_nothing_beside_it(ground: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_FORGOTTEN_AT_ONCE", 2)
    tables = GROUNDS[ground](tmp_path)
    one, two = tables.open(ONE), tables.open(TWO)
    for table in (one, two):
        for pk in ("acc_a", "acc_a/run", "acc_a/run/b", "acc_a0", "acc_aa", "acc_b"):
            for sk in "xyz":
                table.put({"pk": pk, "sk": sk, "x": "i"})
    while tables.forget("acc_a", spare="two"):
        pass
    assert [row["pk"] for row in one.query("i", index="by_x", limit=100).items] == sorted(["acc_a0", "acc_aa", "acc_b"] * 3)
    assert [len(two.query(pk).items) for pk in ("acc_a", "acc_a/run", "acc_b")] == [3, 3, 3]
    while tables.forget("acc_a"):
        pass
    assert [len(two.query(pk).items) for pk in ("acc_a", "acc_a/run", "acc_b")] == [0, 0, 3]
