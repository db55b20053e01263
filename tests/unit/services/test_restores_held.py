"""A restore is written for, or taken back, by one process at a time; whoever was thought dead and is not writes nothing more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.table.lease import LeaseGone
from listbackup.base.errors import BusyError
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Key
from listbackup.services.data import Restore, RestoreState
from listbackup.services.runs import Means, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

NAMES = ["Ann", "Bob", "Cid"]


class Died(BaseException):
    """The process ended here."""


@pytest.fixture
def world() -> FakePlatform:
    """A platform that knows no idempotency keys and gives what is made again an id of its own."""
    made = fake_platform(fake_stream("contacts", knows_repetitions=False))
    made.knows_repetitions = False
    return made


@pytest.fixture
def house(world: FakePlatform) -> Rooms:
    """Three records that were backed up, and are gone."""
    made = rooms([FakeConnector(world)], means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    for number, name in enumerate(NAMES, 1):
        world.put("contacts", number, name=name)
    made.runs.backup(made.scope, "crm", Work(owner="test"), full=True)
    for number in range(1, len(NAMES) + 1):
        world.drop("contacts", number)
    return made


def clock_of(house: Rooms) -> ManualClock:
    assert isinstance(house.clock, ManualClock)
    return house.clock


def begin(house: Rooms) -> Restore:
    return house.restores.start(house.scope, house.restores.plan(house.scope, "crm"))


def latest(house: Rooms) -> str:
    return house.restores.list(house.scope, limit=1).items[0].id


def names(world: FakePlatform) -> list[str]:
    return sorted(str(row["name"]) for row in world.streams["contacts"].rows.values())


def test_nobody_goes_on_with_a_restore_that_another_process_is_at(house: Rooms, world: FakePlatform) -> None:
    refused = []

    def go_on_too(request: str, _stream: str, _key: Key) -> None:
        if request == "create":
            with pytest.raises(BusyError):
                house.restores.resume(house.scope, latest(house))
            refused.append(request)

    plan = house.restores.plan(house.scope, "crm")
    world.before = go_on_too
    assert house.restores.start(house.scope, plan).state is RestoreState.DONE
    assert refused == ["create"] * len(NAMES)
    assert names(world) == NAMES


def test_nobody_takes_a_restore_back_that_is_still_being_written(house: Rooms, world: FakePlatform) -> None:
    def take_back(request: str, _stream: str, _key: Key) -> None:
        if request == "create":
            with pytest.raises(BusyError):
                house.restores.undo(house.scope, latest(house))

    plan = house.restores.plan(house.scope, "crm")
    world.before = take_back
    assert house.restores.start(house.scope, plan).state is RestoreState.DONE
    world.before = lambda *_: None
    assert house.restores.undo(house.scope, latest(house)).state is RestoreState.UNDONE
    assert names(world) == []


def test_whoever_was_thought_dead_sends_nothing_more(house: Rooms, world: FakePlatform) -> None:
    """It slept longer than its hold lasts, just before it would write down what it is about to send."""

    def oversleep(request: str, _stream: str, _key: Key) -> None:
        if request == "fetch":
            world.before = lambda *_: None
            assert house.restores.resume(house.scope, latest(house), take_over=True).state is RestoreState.DONE

    plan = house.restores.plan(house.scope, "crm")
    world.before = oversleep
    with pytest.raises(LeaseGone):
        house.restores.start(house.scope, plan)
    assert names(world) == NAMES
    assert house.restores.get(house.scope, latest(house)).state is RestoreState.DONE


def test_what_a_process_left_that_was_killed_is_free_after_two_minutes(
    house: Rooms, world: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(request: str, _stream: str, _key: Key) -> None:
        if request == "created":
            raise Died

    plan = house.restores.plan(house.scope, "crm")
    world.before = die
    with monkeypatch.context() as killed:
        killed.setattr("listbackup.services.holding.Hold.release", lambda _: None)  # nobody killed gives anything back
        with pytest.raises(Died):
            house.restores.start(house.scope, plan)
    world.before = lambda *_: None
    with pytest.raises(BusyError):
        house.restores.resume(house.scope, latest(house))
    clock_of(house).advance(timedelta(minutes=2))
    assert house.restores.resume(house.scope, latest(house)).state is RestoreState.DONE
    assert names(world) == NAMES


def test_a_restore_that_is_cancelled_stops_also_in_the_process_that_began_it(house: Rooms, world: FakePlatform) -> None:
    def cancel(request: str, _stream: str, _key: Key) -> None:
        if request == "created":
            world.before = lambda *_: None
            house.restores.cancel(house.scope, latest(house))
            clock_of(house).advance(timedelta(seconds=2))

    plan = house.restores.plan(house.scope, "crm")
    world.before = cancel
    assert house.restores.start(house.scope, plan).state is RestoreState.CANCELLED
    assert len(names(world)) == 1
    assert house.restores.undo(house.scope, latest(house)).state is RestoreState.UNDONE
    assert names(world) == []
