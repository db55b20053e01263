"""What every table adapter keeps. An adapter's test is a class with ``make``."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from listbackup.backends.table.port import (
    MAX_ITEM_BYTES,
    Absent,
    Check,
    ConditionFailed,
    Delete,
    Equals,
    Exists,
    IndexSpec,
    Item,
    Put,
    Table,
    Tables,
    TableSpec,
    Update,
    Write,
)
from listbackup.base.errors import InputError
from listbackup.testing.clock import ManualClock
from listbackup.testing.suites.table_queries import JOBS, TableQueries
from listbackup.testing.together import in_threads, in_threads_each

RUNS = TableSpec(name="runs")


class TableSuite(TableQueries):
    """The contract of ``table/port.py``, sentence by sentence."""

    def make(self, folder: Path, clock: ManualClock) -> Tables:
        """Fresh tables, or those kept in ``folder`` before."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> ManualClock:
        """A clock that stands still."""
        return ManualClock()

    @pytest.fixture
    def tables(self, tmp_path: Path, clock: ManualClock) -> Tables:
        """The ground under test."""
        return self.make(tmp_path, clock)

    @pytest.fixture
    def jobs(self, tables: Tables) -> Table:
        """A table with two indexes and an expiry."""
        return tables.open(JOBS)

    # Items.

    def test_an_item_comes_back_as_it_was_put(self, jobs: Table) -> None:
        item: Item = {
            "pk": "a",
            "sk": "1",
            "t": "ünï\x00",
            "n": -(2**63),
            "m": 2**63 - 1,
            "yes": True,
            "no": False,
            "raw": b"\x00\xff",
            "none": None,
            "": "",
        }
        jobs.put(item)
        found = jobs.find("a", "1")
        assert found == item
        assert found is not None
        assert {name: type(value) for name, value in found.items()} == {name: type(value) for name, value in item.items()}

    def test_an_absent_item_is_none(self, jobs: Table) -> None:
        jobs.put({"pk": "a", "sk": "1"})
        assert (jobs.find("a", "2"), jobs.find("b", "1")) == (None, None)

    def test_a_put_replaces_the_whole_item(self, jobs: Table) -> None:
        jobs.put({"pk": "a", "sk": "1", "x": 1, "y": 1})
        jobs.put({"pk": "a", "sk": "1", "x": 2})
        assert jobs.find("a", "1") == {"pk": "a", "sk": "1", "x": 2}

    def test_what_was_given_out_can_be_changed_without_changing_what_is_kept(self, jobs: Table) -> None:
        mine: dict[str, str] = {"pk": "a", "sk": "1", "x": "kept"}
        jobs.put(mine)
        mine["x"] = "changed"
        found = jobs.find("a", "1")
        assert isinstance(found, dict)
        found["x"] = "changed"
        assert jobs.find("a", "1") == {"pk": "a", "sk": "1", "x": "kept"}

    @pytest.mark.parametrize(
        ("item", "field"),
        [
            ({"sk": "1"}, "pk"),
            ({"pk": "a"}, "sk"),
            ({"pk": "", "sk": "1"}, "pk"),
            ({"pk": "a", "sk": 1}, "sk"),
            ({"pk": "p" * 2049, "sk": "1"}, "pk"),
            ({"pk": "a", "sk": "ä" * 513}, "sk"),
            ({"pk": "a\ud800", "sk": "1"}, "pk"),
            ({"pk": "a", "sk": "1", "x": "\udfff"}, "x"),
            ({"pk": "a", "sk": "1", "x": 2**63}, "x"),
            ({"pk": "a", "sk": "1", "x": 1.5}, "x"),
            ({"pk": "a", "sk": "1", "x": ["list"]}, "x"),
            ({"pk": "a", "sk": "1", "x": b"b" * MAX_ITEM_BYTES}, "item"),
            ({"pk": "a", "sk": "1", "state": 7, "at": "1"}, "state"),
            ({"pk": "a", "sk": "1", "expires_at": "soon"}, "expires_at"),
            ({"pk": "a", "sk": "1", "expires_at": True}, "expires_at"),
        ],
    )
    def test_what_no_table_can_hold_is_refused_by_name(self, jobs: Table, item: dict[str, object], field: str) -> None:
        with pytest.raises(InputError) as refused:
            jobs.put(item)  # type: ignore[arg-type]
        assert refused.value.field == field
        assert list(jobs.query("a").items) == []

    # Conditions.

    @pytest.mark.parametrize(
        ("condition", "there", "not_there"),
        [
            (Absent(), False, True),
            (Exists(), True, False),
            (Equals({"n": 1}), True, False),
            (Equals({"n": True}), False, False),
            (Equals({"n": "1"}), False, False),
            (Equals({"n": 1, "s": "x"}), True, False),
            (Equals({"n": 1, "s": "y"}), False, False),
            (Equals({"nothing": None}), True, False),
            (Equals({"none": None}), True, False),
            (Equals({"n": None}), False, False),
            (Equals({}), True, False),
        ],
    )
    def test_a_condition_is_judged_with_the_write(
        self, tables: Tables, jobs: Table, condition: Absent | Exists | Equals, there: bool, not_there: bool
    ) -> None:
        for sk, holds in (("there", there), ("not there", not_there)):
            writes: Sequence[Write] = (
                Put(item={"pk": "a", "sk": sk, "put": 1}, if_=condition),
                Delete(pk="a", sk=sk, if_=condition),
                Check(pk="a", sk=sk, if_=condition),
            )
            for write in writes:
                jobs.delete("a", "not there")
                jobs.put({"pk": "a", "sk": "there", "n": 1, "s": "x", "none": None})
                before = list(jobs.query("a").items)
                if holds:
                    tables.transact([(jobs, write)])
                else:
                    with pytest.raises(ConditionFailed) as failed:
                        tables.transact([(jobs, write)])
                    assert failed.value.position == 0
                    assert list(jobs.query("a").items) == before

    def test_the_short_forms_take_conditions_too(self, jobs: Table) -> None:
        jobs.put({"pk": "a", "sk": "1"}, if_=Absent())
        with pytest.raises(ConditionFailed):
            jobs.put({"pk": "a", "sk": "1"}, if_=Absent())
        with pytest.raises(ConditionFailed):
            jobs.delete("a", "1", if_=Equals({"x": 1}))
        jobs.delete("a", "1", if_=Exists())
        assert jobs.find("a", "1") is None

    def test_deleting_what_is_not_there_is_no_error(self, jobs: Table) -> None:
        jobs.delete("a", "1")
        jobs.put({"pk": "a", "sk": "1"})
        jobs.delete("a", "1")
        jobs.delete("a", "1")
        assert jobs.find("a", "1") is None

    # Updates.

    def test_an_update_sets_removes_and_adds_and_gives_the_item_back(self, jobs: Table) -> None:
        jobs.put({"pk": "a", "sk": "1", "n": 1, "old": "x", "stays": b"y"})
        after = jobs.update(Update(pk="a", sk="1", set={"new": "z", "old": None, "never": None}, add={"n": 41, "m": -2}))
        assert after == {"pk": "a", "sk": "1", "n": 42, "m": -2, "new": "z", "stays": b"y"}
        assert jobs.find("a", "1") == after

    def test_an_update_creates_nothing(self, jobs: Table) -> None:
        with pytest.raises(ConditionFailed):
            jobs.update(Update(pk="a", sk="1", set={"x": 1}))
        assert jobs.find("a", "1") is None

    @pytest.mark.parametrize(
        "write",
        [
            Update(pk="a", sk="1", set={"sk": "2"}),
            Update(pk="a", sk="1", add={"pk": 1}),
            Update(pk="a", sk="1", set={"n": 1}, add={"n": 1}),
            Update(pk="a", sk="1", add={"s": 1}),
            Update(pk="a", sk="1", add={"yes": 1}),
            Update(pk="a", sk="1", add={"most": 1}),
        ],
    )
    def test_an_update_that_makes_no_sense_is_refused(self, jobs: Table, write: Update) -> None:
        item: Item = {"pk": "a", "sk": "1", "n": 1, "s": "text", "yes": True, "most": 2**63 - 1}
        jobs.put(item)
        with pytest.raises(InputError) as refused:
            jobs.update(write)
        assert not isinstance(refused.value, ConditionFailed)
        assert jobs.find("a", "1") == item

    def test_every_add_counts_however_many_threads_add(self, jobs: Table) -> None:
        jobs.put({"pk": "a", "sk": "1", "n": 0})

        def add() -> None:
            for _ in range(25):
                jobs.update(Update(pk="a", sk="1", add={"n": 1}))

        in_threads(add, 4)
        assert jobs.find("a", "1") == {"pk": "a", "sk": "1", "n": 100}

    def test_of_many_conditional_puts_at_once_one_wins(self, jobs: Table) -> None:
        won: list[int] = []

        def put() -> None:
            for round_ in range(20):
                try:
                    jobs.put({"pk": "a", "sk": f"{round_}"}, if_=Absent())
                except ConditionFailed:
                    continue
                won.append(round_)

        in_threads(put, 4)
        assert sorted(won) == list(range(20))

    # Transactions.

    def test_a_transaction_spans_tables_and_happens_whole(self, tables: Tables, jobs: Table) -> None:
        runs = tables.open(RUNS)
        jobs.put({"pk": "a", "sk": "1", "n": 1})
        tables.transact(
            [
                (jobs, Update(pk="a", sk="1", add={"n": 1}, if_=Equals({"n": 1}))),
                (jobs, Put(item={"pk": "a", "sk": "2"}, if_=Absent())),
                (runs, Put(item={"pk": "a", "sk": "1"})),
                (runs, Delete(pk="a", sk="0")),
            ]
        )
        assert list(jobs.query("a").items) == [{"pk": "a", "sk": "1", "n": 2}, {"pk": "a", "sk": "2"}]
        assert list(runs.query("a").items) == [{"pk": "a", "sk": "1"}]

    def test_a_failed_condition_undoes_the_whole_transaction_and_says_which(self, tables: Tables, jobs: Table) -> None:
        runs = tables.open(RUNS)
        with pytest.raises(ConditionFailed) as failed:
            tables.transact(
                [
                    (jobs, Put(item={"pk": "a", "sk": "1"})),
                    (runs, Put(item={"pk": "a", "sk": "1"})),
                    (runs, Check(pk="a", sk="2", if_=Exists())),
                    (jobs, Put(item={"pk": "a", "sk": "2"})),
                ]
            )
        assert failed.value.position == 2
        assert (list(jobs.query("a").items), list(runs.query("a").items)) == ([], [])

    def test_a_refused_item_undoes_the_whole_transaction(self, tables: Tables, jobs: Table) -> None:
        with pytest.raises(InputError):
            tables.transact([(jobs, Put(item={"pk": "a", "sk": "1"})), (jobs, Put(item={"pk": "a", "sk": "2", "n": 2**70}))])
        assert list(jobs.query("a").items) == []

    def test_a_transaction_holds_a_hundred_writes_and_no_more(self, tables: Tables, jobs: Table) -> None:
        def writes(count: int) -> list[tuple[Table, Write]]:
            return [(jobs, Put(item={"pk": "a", "sk": f"{n:03}"})) for n in range(count)]

        with pytest.raises(InputError, match="at most 100"):
            tables.transact(writes(101))
        assert list(jobs.query("a").items) == []
        tables.transact(writes(100))
        tables.transact([])
        assert len(jobs.query("a", limit=200).items) == 100

    def test_a_transaction_writes_an_item_once(self, tables: Tables, jobs: Table) -> None:
        runs = tables.open(RUNS)
        with pytest.raises(InputError, match="only once"):
            tables.transact([(jobs, Put(item={"pk": "a", "sk": "1"})), (jobs, Delete(pk="a", sk="1"))])
        tables.transact([(jobs, Put(item={"pk": "a", "sk": "1"})), (runs, Put(item={"pk": "a", "sk": "1"}))])

    def test_a_reader_never_sees_half_a_transaction(self, tables: Tables, jobs: Table) -> None:
        tables.transact([(jobs, Put(item={"pk": "a", "sk": str(n), "n": 0})) for n in range(10)])
        torn: list[set[object]] = []
        over = threading.Event()

        def write() -> None:
            for turn in range(1, 40):
                tables.transact([(jobs, Update(pk="a", sk=str(n), set={"n": turn})) for n in range(10)])
            over.set()

        def read() -> None:
            while not over.is_set():
                seen = {item["n"] for item in jobs.query("a").items}
                if len(seen) != 1:
                    torn.append(set(seen))

        in_threads_each(write, read)
        assert torn == []

    def test_a_transaction_stays_on_its_ground(self, tables: Tables, jobs: Table, tmp_path: Path, clock: ManualClock) -> None:
        elsewhere = self.make(tmp_path / "elsewhere", clock).open(JOBS)
        with pytest.raises(InputError):
            tables.transact([(jobs, Put(item={"pk": "a", "sk": "1"})), (elsewhere, Put(item={"pk": "a", "sk": "1"}))])
        assert jobs.find("a", "1") is None

    # Opening.

    def test_opening_twice_gives_the_same_table(self, tables: Tables, jobs: Table) -> None:
        again = tables.open(JOBS)
        jobs.put({"pk": "a", "sk": "1"})
        assert again.find("a", "1") == {"pk": "a", "sk": "1"}
        assert again.spec == JOBS
        with pytest.raises(InputError):
            tables.open(TableSpec(name="jobs"))

    @pytest.mark.parametrize(
        "spec", [TableSpec(name=""), TableSpec(name='a"b'), TableSpec(name="a", indexes=(IndexSpec(name="x", pk="p", sk="s"),) * 2)]
    )
    def test_a_declaration_that_cannot_be_kept_is_refused(self, tables: Tables, spec: TableSpec) -> None:
        with pytest.raises(InputError):
            tables.open(spec)
