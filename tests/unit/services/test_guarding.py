"""How well an account is protected: the age of its last good snapshots against their targets, and what endangers the next ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from listbackup.base.secret import Secret
from listbackup.bootstrap.guarding import guarding
from listbackup.services.accounts import Protection, Verdict
from listbackup.services.jobs import Timetable
from listbackup.services.runs import Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

DAILY = Timetable(every=timedelta(days=1))


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    made.put("contacts", 1, name="Ada")
    return made


@pytest.fixture
def house(world: FakePlatform) -> Rooms:
    made = rooms([FakeConnector(world)])
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    return made


def guard(house: Rooms) -> Protection:
    return guarding(house.sources, house.jobs, house.runs, house.connections, house.clock)(house.scope)


def wait(house: Rooms, time: timedelta) -> None:
    assert isinstance(house.clock, ManualClock)
    house.clock.advance(time)


def test_an_account_without_sources_is_empty(house: Rooms) -> None:
    assert guard(house) == Protection(connections=1)
    assert guard(house).verdict is Verdict.EMPTY


def test_a_source_is_unprotected_until_its_first_good_snapshot(house: Rooms) -> None:
    house.sources.create(house.scope, connection="shop", name="crm")
    house.jobs.create(house.scope, source="crm", timetable=DAILY)
    assert guard(house) == Protection(sources=1, never=1, connections=1)
    assert guard(house).verdict is Verdict.UNPROTECTED
    run = house.runs.backup(house.scope, "crm", Work(owner="w1"))
    assert guard(house) == Protection(sources=1, oldest_at=run.started_at, connections=1)
    assert guard(house).verdict is Verdict.PROTECTED


def test_a_snapshot_is_late_half_an_interval_and_at_most_six_hours_after_the_next_was_due(house: Rooms) -> None:
    house.sources.create(house.scope, connection="shop", name="crm")
    house.jobs.create(house.scope, source="crm", timetable=DAILY)
    run = house.runs.backup(house.scope, "crm", Work(owner="w1"))
    assert run.started_at is not None
    target = DAILY.next_after(run.started_at) + timedelta(hours=6)
    wait(house, target - house.clock.now())
    assert guard(house).verdict is Verdict.PROTECTED
    wait(house, timedelta(seconds=1))
    assert guard(house) == Protection(sources=1, late=1, late_since=target, oldest_at=run.started_at, connections=1)
    assert guard(house).verdict is Verdict.UNPROTECTED


def test_what_no_job_runs_by_itself_needs_attention_and_is_late_after_a_day(house: Rooms) -> None:
    house.sources.create(house.scope, connection="shop", name="crm")
    house.runs.backup(house.scope, "crm", Work(owner="w1"))
    assert (guard(house).unscheduled, guard(house).late, guard(house).verdict) == (1, 0, Verdict.ATTENTION)
    wait(house, timedelta(days=1, seconds=1))
    assert (guard(house).late, guard(house).verdict) == (1, Verdict.UNPROTECTED)


def test_a_connection_that_was_refused_needs_attention_before_anything_is_late(house: Rooms) -> None:
    house.sources.create(house.scope, connection="shop", name="crm")
    house.jobs.create(house.scope, source="crm", timetable=DAILY)
    house.runs.backup(house.scope, "crm", Work(owner="w1"))
    house.connections.mark_needs_reauth(house.scope, "shop", "the key was refused")
    assert (guard(house).attention, guard(house).late, guard(house).verdict) == (1, 0, Verdict.ATTENTION)


def test_the_sources_of_one_account_are_not_counted_in_another(house: Rooms) -> None:
    house.sources.create(house.scope, connection="shop", name="crm")
    other = house.accounts.create("other", actor="test")
    elsewhere = replace(house.scope, account=other.id)
    assert guarding(house.sources, house.jobs, house.runs, house.connections, house.clock)(elsewhere) == Protection()
