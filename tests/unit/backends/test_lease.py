"""The fenced lease: one holder at a time, and harmless when two think they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.table.lease import LeaseGone, Leases
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import ConditionFailed, Put, Tables, TableSpec
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import BusyError
from listbackup.testing.clock import ManualClock

RUNS = TableSpec(name="runs")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(
    params=[lambda path, clock: MemoryTables(clock), lambda path, clock: SqliteTables(path / "control.db", clock=clock)],
    ids=["memory", "sqlite"],
)
def tables(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Tables:
    """Tables and leases go by one clock, as on every ground: what has ended is forgotten by it."""
    make: Callable[[Path, ManualClock], Tables] = request.param
    return make(tmp_path, clock)


@pytest.fixture
def leases(tables: Tables, clock: ManualClock) -> Leases:
    return Leases(tables, clock)


def test_a_lease_has_one_holder_until_it_runs_out(leases: Leases, clock: ManualClock) -> None:
    mine = leases.acquire("run_1", "a", MINUTE)
    assert (mine.epoch, mine.until, leases.find("run_1")) == (1, clock.now() + MINUTE, mine)
    with pytest.raises(BusyError, match="run_1 is being worked on by a until"):
        leases.acquire("run_1", "b", MINUTE)
    assert leases.acquire("run_2", "b", MINUTE).epoch == 1
    clock.advance(MINUTE)
    assert leases.find("run_1") is None
    assert leases.acquire("run_1", "b", MINUTE).epoch == 2


def test_a_lease_can_be_renewed_also_late_but_not_after_another_took_it(leases: Leases, clock: ManualClock) -> None:
    mine = leases.acquire("run_1", "a", MINUTE)
    clock.advance(3 * MINUTE)
    mine = leases.renew(mine, MINUTE)
    assert (mine.epoch, leases.find("run_1")) == (1, mine)
    with pytest.raises(BusyError):
        leases.acquire("run_1", "b", MINUTE)
    clock.advance(MINUTE)
    leases.acquire("run_1", "b", MINUTE)
    with pytest.raises(LeaseGone, match="run_1 was taken over"):
        leases.renew(mine, MINUTE)


def test_a_stale_epoch_changes_nothing(tables: Tables, leases: Leases, clock: ManualClock) -> None:
    runs = tables.open(RUNS)
    stale = leases.acquire("run_1", "a", MINUTE)
    clock.advance(MINUTE)
    current = leases.acquire("run_1", "b", MINUTE)
    with pytest.raises(ConditionFailed):
        tables.transact([leases.check(stale), (runs, Put(item={"pk": "r", "sk": "stale"}))])
    leases.release(stale)
    assert (leases.is_current(stale), leases.is_current(current), leases.find("run_1")) == (False, True, current)
    tables.transact([leases.check(current), (runs, Put(item={"pk": "r", "sk": "current"}))])
    assert [item["sk"] for item in runs.query("r").items] == ["current"]


def test_the_last_effect_and_the_release_are_one(tables: Tables, leases: Leases) -> None:
    runs = tables.open(RUNS)
    mine = leases.acquire("run_1", "a", MINUTE)
    tables.transact([leases.release_write(mine), (runs, Put(item={"pk": "r", "sk": "1"}))])
    assert (leases.find("run_1"), leases.is_current(mine)) == (None, False)
    with pytest.raises(ConditionFailed):
        tables.transact([leases.check(mine), (runs, Put(item={"pk": "r", "sk": "2"}))])
    assert leases.acquire("run_1", "b", MINUTE).epoch == 2


def test_the_same_holder_and_who_takes_over_get_a_new_epoch(leases: Leases) -> None:
    first = leases.acquire("run_1", "a", MINUTE)
    again = leases.acquire("run_1", "a", MINUTE)
    taken = leases.acquire("run_1", "b", MINUTE, take_over=True)
    assert [one.epoch for one in (first, again, taken)] == [1, 2, 3]
    assert [leases.is_current(one) for one in (first, again, taken)] == [False, False, True]


def test_releasing_lets_the_next_in_at_once(leases: Leases) -> None:
    mine = leases.acquire("run_1", "a", MINUTE)
    leases.release(mine)
    leases.release(mine)
    assert leases.acquire("run_1", "b", MINUTE).epoch == 2
