"""An erasure reaches the snapshots of sources that were deleted lately: they can be taken back, and who is to be forgotten with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.base.errors import NotFound
from listbackup.base.secret import Secret
from listbackup.services.erasures import ErasureState, Order
from listbackup.services.runs import Means, Work
from listbackup.services.sources import Purge, Source
from listbackup.store.erase import find_holding
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

ME = Work(owner="test")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def house(clock: ManualClock) -> Rooms:
    world = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        world.put("contacts", number, name=f"contact {number}")
    made = rooms([FakeConnector(world)], clock=clock, means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    return made


def backed_up(house: Rooms, name: str) -> Source:
    source = house.sources.create(house.scope, connection="shop", name=name)
    house.runs.backup(house.scope, name, ME)
    return source


def holding(house: Rooms, source: Source, text: str = "contact 7") -> int:
    return len(list(find_holding(house.stores.open(house.scope, source.id), text, lambda: False)))


def test_a_text_is_looked_for_in_the_trash_too_and_stays_out_when_the_source_is_taken_back(house: Rooms) -> None:
    living, gone = backed_up(house, "crm"), backed_up(house, "old crm")
    house.sources.delete(house.scope, gone.id)
    erasure = house.erasures.ask(house.scope, Order(text="contact 7"), reason="asked by letter")
    planned = house.erasures.carry_out(house.scope, erasure.id)
    assert {source: dict(streams) for source, streams in planned.found.items()} == {living.id: {"contacts": 1}, gone.id: {"contacts": 1}}
    house.erasures.order(house.scope, erasure.id)
    assert house.erasures.carry_out(house.scope, erasure.id).state is ErasureState.DONE
    assert (holding(house, living), holding(house, gone)) == (0, 0)
    house.sources.take_back(house.scope, gone.id)
    house.runs.backup(house.scope, gone.id, ME, full=True)
    assert holding(house, gone) == 0  # barred there too, and the platform still has it


def test_a_record_of_a_source_in_the_trash_is_named(house: Rooms) -> None:
    gone = backed_up(house, "crm")
    house.sources.delete(house.scope, gone.id)
    order = Order(records=[(gone.id, "contacts", "7")])
    erasure = house.erasures.ask(house.scope, order, reason="asked by letter")
    assert house.erasures.carry_out(house.scope, erasure.id).records == 1
    with pytest.raises(NotFound):
        house.erasures.ask(house.scope, Order(records=[("src_00000000000000000000000000", "contacts", "7")]), reason="asked by letter")


def test_a_source_that_is_deleted_between_the_search_and_the_word_is_erased_in_the_trash(house: Rooms) -> None:
    source = backed_up(house, "crm")
    erasure = house.erasures.ask(house.scope, Order(text="contact 7"), reason="asked by letter")
    house.erasures.carry_out(house.scope, erasure.id)
    house.sources.delete(house.scope, source.id)
    house.erasures.order(house.scope, erasure.id)
    assert house.erasures.carry_out(house.scope, erasure.id).state is ErasureState.DONE
    assert holding(house, source) == 0


def test_a_source_whose_end_came_meanwhile_holds_up_nothing(house: Rooms, clock: ManualClock) -> None:
    source = backed_up(house, "crm")
    erasure = house.erasures.ask(house.scope, Order(text="contact 7"), reason="asked by letter")
    house.erasures.carry_out(house.scope, erasure.id)
    house.sources.delete(house.scope, source.id)
    clock.advance(timedelta(days=8))
    assert [one.id for one in Purge(house.desk, house.stores).carry_out(house.scope)] == [source.id]
    house.erasures.order(house.scope, erasure.id)
    assert house.erasures.carry_out(house.scope, erasure.id).state is ErasureState.DONE
