"""Upkeep through the services: holds, the trash, pruning, checks, verification, a lost head and erasure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.table.port import Table
from listbackup.base.errors import NotFound
from listbackup.base.secret import Secret
from listbackup.services.activity import Wanted
from listbackup.services.runs import Means, RunState, Work
from listbackup.store import ROOTS
from listbackup.store.check import Level
from listbackup.store.policy import Policy
from listbackup.store.retention import NeedsConfirmation
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        made.put("contacts", number, name=f"contact {number}")
    return made


@pytest.fixture
def house(world: FakePlatform) -> Rooms:
    made = rooms([FakeConnector(world)], means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    return made


def days(house: Rooms, world: FakePlatform, count: int) -> None:
    assert isinstance(house.clock, ManualClock)
    for number in range(count):
        house.clock.advance(timedelta(days=1))
        world.put("contacts", 1, name=f"day {number}")
        assert house.runs.backup(house.scope, "crm", Work(owner="test")).state is RunState.SUCCEEDED


def seqs(house: Rooms, *, with_trash: bool = False) -> list[int]:
    return [one.seq for one in house.data.snapshots(house.scope, "crm", with_trash=with_trash)]


def test_a_policy_is_planned_asked_about_and_carried_out_into_the_trash(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 8)
    house.upkeep.hold(house.scope, "crm", 2, "the auditor asked")
    plan = house.upkeep.plan_expire(house.scope, "crm", Policy(last=3))
    assert plan.dropped == (1, 3, 4, 5)
    assert house.upkeep.expire(house.scope, "crm", plan) == (1, 3, 4, 5)
    assert seqs(house) == [2, 6, 7, 8]
    assert seqs(house, with_trash=True) == [1, 2, 3, 4, 5, 6, 7, 8]
    house.upkeep.undelete(house.scope, "crm", 4)
    assert seqs(house) == [2, 4, 6, 7, 8]


def test_dropping_most_of_what_there_is_needs_a_person(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 8)
    plan = house.upkeep.plan_expire(house.scope, "crm", Policy(last=1))
    with pytest.raises(NeedsConfirmation):
        house.upkeep.expire(house.scope, "crm", plan)
    assert house.upkeep.expire(house.scope, "crm", plan, confirmed=True) == (1, 2, 3, 4, 5)


def test_the_jobs_of_a_source_say_what_is_kept(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 6)
    assert house.upkeep.plan_expire(house.scope, "crm").dropped == ()
    house.jobs.create(house.scope, source="crm", retention=Policy(last=2))
    house.jobs.create(house.scope, source="crm", retention=Policy(daily=4), name="second")
    assert house.upkeep.plan_expire(house.scope, "crm").dropped == (1, 2)


def test_runs_tidy_up_after_themselves_once_a_day(house: Rooms, world: FakePlatform) -> None:
    tidy = rooms([FakeConnector(world)], clock=house.clock, tables=house.tables, objects=house.objects)
    tidy.jobs.create(tidy.scope, source="crm", retention=Policy(last=3))
    days(tidy, world, 5)
    assert seqs(tidy) == [3, 4, 5]
    newest = tidy.runs.list(tidy.scope).items[0]
    assert any("expired" in line.message for line in tidy.runs.logs(tidy.scope, newest.id).items)


def test_a_store_is_checked_and_marked_as_verified(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 2)
    report = house.upkeep.check(house.scope, "crm", level=Level.DIGESTS)
    assert report.ok
    assert all(one.verified for one in house.data.snapshots(house.scope, "crm"))


def test_a_sample_is_compared_with_the_platform(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 1)
    found = house.upkeep.verify(house.scope, "crm", sample=30, seed=1)
    assert (found.good, found.sampled, found.streams[0].same) == (True, 30, 30)
    world.put("contacts", 5, name="changed since")
    world.drop("contacts", 6)
    later = house.upkeep.verify(house.scope, "crm", sample=30, seed=1)
    assert (later.good, later.streams[0].changed_since, later.streams[0].gone_since) == (True, 1, 1)


def test_a_record_that_differs_though_nobody_changed_it_is_told(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 1)
    world.streams["contacts"].rows[7]["name"] = "silently other"
    found = house.upkeep.verify(house.scope, "crm", sample=30, seed=1)
    assert not found.good
    assert [one.key for one in found.streams[0].differences] == [(7,)]


def test_a_lost_head_is_put_back(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 3)
    roots: Table = house.tables.open(ROOTS)
    source = house.sources.get(house.scope, "crm")
    roots.delete(f"{house.scope.account}/{source.id}", "head")
    rebuilt = house.upkeep.rebuild(house.scope, "crm")
    assert rebuilt.snapshots == 3
    assert seqs(house) == [1, 2, 3]
    assert len(list(house.data.scan(house.scope, "crm", "contacts"))) == 30


def test_an_erased_record_is_in_no_snapshot(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 2)
    house.upkeep.erase(house.scope, "crm", [("contacts", (3,))])
    for seq in (1, 2):
        with pytest.raises(NotFound):
            house.data.record(house.scope, "crm", "contacts", "3", seq=seq)
    assert house.upkeep.check(house.scope, "crm", level=Level.DIGESTS).ok


def test_every_act_of_upkeep_is_in_the_trail(house: Rooms, world: FakePlatform) -> None:
    days(house, world, 1)
    house.upkeep.hold(house.scope, "crm", None, "why")
    house.upkeep.release(house.scope, "crm", None)
    house.upkeep.check(house.scope, "crm")
    house.upkeep.prune(house.scope, "crm", house.upkeep.plan_prune(house.scope, "crm"))
    source = house.sources.get(house.scope, "crm")
    told = [line.action for line in house.activities.list(house.scope, Wanted(subject=source.id)).items]
    assert told[:4] == ["account:store:pruned", "account:store:checked", "account:snapshot:released", "account:snapshot:held"]
