"""What a crash leaves between two writes is brought to its end, whatever comes in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.objects.memory import MemoryObjects
from listbackup.base.errors import BackendError, NotFound
from listbackup.base.secret import Secret
from listbackup.processor.backup import Cadence
from listbackup.services.runs import Means, RunState, Work
from listbackup.services.scope import Scope
from listbackup.services.sources import SOURCES, Purge, Source
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

ME = Work(owner="test")
WEEK = timedelta(days=7, seconds=1)


class BreakingObjects(MemoryObjects):
    """Objects whose deletions fail once told so, after some went through."""

    left: int | None = None

    def delete(self, name: str) -> None:
        if self.left is not None:
            if self.left == 0:
                raise BackendError("the machine is gone")
            self.left -= 1
        super().delete(name)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        made.put("contacts", number, name=f"contact {number}")
    return made


@pytest.fixture
def objects() -> BreakingObjects:
    return BreakingObjects()


@pytest.fixture
def house(world: FakePlatform, clock: ManualClock, objects: BreakingObjects) -> Rooms:
    means = Means(cadence=Cadence(every=timedelta(0)), maintain=False)
    made = rooms([FakeConnector(world)], clock=clock, means=means, objects=objects)
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    return made


def source(house: Rooms, name: str) -> str:
    """A source with a snapshot."""
    made = house.sources.create(house.scope, connection="shop", name=name)
    assert house.runs.backup(house.scope, name, ME).state is RunState.SUCCEEDED
    return str(made.id)


# the trash of sources


def test_a_source_whose_purge_has_begun_is_not_taken_back_without_its_snapshots(
    house: Rooms, objects: BreakingObjects, clock: ManualClock
) -> None:
    gone = source(house, "crm")
    house.sources.delete(house.scope, gone)
    clock.advance(WEEK)
    objects.left = 1
    house.purge.carry_out(house.scope)
    objects.left = None
    assert house.sources.trash(house.scope).items == []
    for named in (gone, "crm"):
        with pytest.raises(NotFound):
            house.sources.take_back(house.scope, named)
    assert [one.id for one in house.purge.carry_out(house.scope)] == [gone]
    assert list(objects.list(f"{house.scope.account}/{gone}")) == []
    assert house.desk.open(SOURCES, house.scope).query(prefix="trash/").items == []


def test_a_source_that_is_taken_back_as_its_purge_begins_keeps_its_snapshots(house: Rooms, clock: ManualClock) -> None:
    back = source(house, "crm")
    house.sources.delete(house.scope, back)
    clock.advance(WEEK)

    class Late(Purge):
        """Somebody is quicker, between its look and its first act."""

        def _is_held(self, scope: Scope, source: Source) -> bool:
            house.sources.take_back(house.scope, back)
            return False

    assert Late(house.desk, house.stores).carry_out(house.scope) == []
    assert len(list(house.stores.open(house.scope, back).snapshots())) == 1


def test_a_source_that_cannot_be_purged_holds_up_no_other(house: Rooms, clock: ManualClock) -> None:
    first, second = sorted((source(house, "one"), source(house, "two")))
    for one in (first, second):
        house.sources.delete(house.scope, one)
    clock.advance(WEEK)

    def fail(_: Scope, of: str) -> None:
        if of == first:
            raise BackendError("the bucket does not answer")

    assert [one.id for one in Purge(house.desk, house.stores, also=(fail,)).carry_out(house.scope)] == [second]
