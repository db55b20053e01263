"""The installation: how it is, who works on it, and the switch that holds everything still."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.base.errors import BackendError, InputError
from listbackup.services.activity import Wanted
from listbackup.services.desk import Desk, Fact
from listbackup.services.system import Beat, Health, Heartbeats, Installation, Maintenance, Part, Probe, Unwell
from listbackup.testing.clock import ManualClock
from listbackup.testing.system import MemoryKeys, Rooms, rooms


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def house(clock: ManualClock) -> Rooms:
    return rooms([], clock=clock)


def health(house: Rooms, *probes: Probe) -> Health:
    return Health(
        house.clock,
        tables=house.tables,
        objects=house.objects,
        queue=house.queue,
        keys=MemoryKeys(),
        account=house.accounts.find_default,
        probes=probes,
    )


def part(found: Health, name: str) -> Part:
    return next(one for one in found.parts() if one.name == name)


def beat(house: Rooms, name: str = "w", **more: object) -> None:
    now = house.clock.now()
    Heartbeats(house.tables, house.clock).beat(Beat(**{"process": name, "at": now, "hands": 2, "busy": 1, "ticked_at": now, **more}))  # type: ignore[arg-type]


def test_without_a_worker_the_installation_is_degraded_and_says_so(house: Rooms, clock: ManualClock) -> None:
    found = health(house)
    assert found.status() == "degraded"
    assert part(found, "workers").message == "no worker was heard of for a minute: runs wait"
    beat(house)
    clock.advance(timedelta(seconds=6))
    assert found.status() == "ready"
    clock.advance(timedelta(seconds=61))
    assert (part(found, "workers").ok, part(found, "scheduler").ok) == (False, False)


def test_a_worker_whose_scheduler_stands_still_is_noticed(house: Rooms, clock: ManualClock) -> None:
    beat(house, ticked_at=clock.now() - timedelta(minutes=2))
    assert part(health(house), "scheduler").message == "no scheduler was heard of for a minute: nothing starts by itself"
    assert part(health(house), "workers").ok


def test_a_part_that_does_not_answer_makes_it_not_ready_and_tells_nothing_of_the_inside(house: Rooms) -> None:
    def fail() -> None:
        raise BackendError("/srv/secret/path cannot be used")

    def unwell() -> None:
        raise Unwell("the disk is nearly full")

    found = health(house, Probe(name="odd", ask=fail), Probe(name="disk", ask=unwell))
    assert found.status() == "not_ready"
    assert (part(found, "odd").message, part(found, "disk").message) == (None, "the disk is nearly full")


def test_a_part_is_not_asked_more_often_than_its_answer_lasts(house: Rooms, clock: ManualClock) -> None:
    asked = []
    found = health(house, Probe(name="mail", ask=lambda: asked.append(1), every_seconds=60))
    for _ in range(5):
        found.parts()
        clock.advance(timedelta(seconds=20))
    assert len(asked) == 2


def test_maintenance_survives_and_is_in_the_trail_with_who_and_why(house: Rooms, clock: ManualClock) -> None:
    switch = Maintenance(house.desk)
    with pytest.raises(InputError, match="reason"):
        switch.switch(house.scope, on=True)
    state = switch.switch(house.scope, on=True, reason="moving house")
    assert (state.on, state.reason, state.by, state.since) == (True, "moving house", "test", clock.now())
    assert Maintenance(house.desk).state() == state, "another process, or the next one"
    other = Maintenance(house.desk)
    assert other.is_on()
    switch.switch(house.scope, on=False)
    clock.advance(timedelta(seconds=1))
    assert not other.is_on(), "known to others within a second"
    told = house.activities.list(house.scope, Wanted(action="maintenance")).items
    assert [(line.action, line.about["reason"]) for line in told] == [
        ("account:maintenance:ended", None),
        ("account:maintenance:started", "moving house"),
    ]


def test_runs_are_counted_over_all_processes(house: Rooms) -> None:
    totals = [Installation(Desk(house.tables, house.desk.events, house.clock), health(house)).totals]
    for number in range(3):
        about = {"records": 10, "written_bytes": 100, "state": number}
        house.desk.commit(house.scope, [], Fact(name="run.succeeded", subject=f"run_{number}", about=about))
    house.desk.commit(house.scope, [], Fact(name="run.started", subject="run_9"))
    assert totals[0].runs() == {"succeeded": {"count": 3, "records": 30, "written_bytes": 300}}
    assert Installation(house.desk, health(house)).totals.runs() == totals[0].runs()
