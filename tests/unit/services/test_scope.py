"""An account's tables show nothing of another account, whatever is asked."""

from __future__ import annotations

from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import IndexSpec, TableSpec
from listbackup.base.ids import AccountId
from listbackup.services.scope import AccountTable, Scope

THINGS = TableSpec(name="things", indexes=(IndexSpec(name="by_colour", pk="colour", sk="sk"),))


def table_of(tables: MemoryTables, account: str) -> AccountTable:
    return AccountTable(tables.open(THINGS), Scope(account=AccountId(account), actor="test"))


def test_equal_keys_of_two_accounts_are_two_items() -> None:
    tables = MemoryTables()
    mine, theirs = table_of(tables, "acc_a"), table_of(tables, "acc_b")
    tables.transact([mine.put("x", {"value": 1}), theirs.put("x", {"value": 2})])
    assert (mine.find("x") or {})["value"] == 1
    assert (theirs.find("x") or {})["value"] == 2
    assert [item["value"] for item in mine.query().items] == [1]


def test_an_index_is_divided_by_account_too() -> None:
    tables = MemoryTables()
    mine, theirs = table_of(tables, "acc_a"), table_of(tables, "acc_b")
    tables.transact([mine.put("x", {"colour": "red"}), theirs.put("y", {"colour": "red"}), mine.put("z", {"colour": None})])
    assert [item["sk"] for item in mine.query(part="red", index="by_colour").items] == ["x"]
    assert [item["sk"] for item in theirs.query(part="red", index="by_colour").items] == ["y"]


def test_updates_and_deletes_stay_inside() -> None:
    tables = MemoryTables()
    mine, theirs = table_of(tables, "acc_a"), table_of(tables, "acc_b")
    tables.transact([mine.put("x", {"n": 1}), theirs.put("x", {"n": 1})])
    tables.transact([mine.update("x", set={"n": 2}), theirs.delete("x")])
    assert (mine.find("x") or {})["n"] == 2
    assert theirs.find("x") is None
