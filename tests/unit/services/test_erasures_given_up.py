"""An erasure that ends before its end says how far it came and what to do: nothing half erased is taken for erased."""

from __future__ import annotations

import pytest

from listbackup.base.errors import Interrupted
from listbackup.base.secret import Secret
from listbackup.services.erasures import Erasure, ErasureState, Order
from listbackup.services.runs import Means, Work
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

WHY = "It was interrupted too often."


@pytest.fixture
def house() -> Rooms:
    """Two sources that hold the same person."""
    world = fake_platform(fake_stream("contacts"))
    world.put("contacts", 7, name="Ann")
    made = rooms([FakeConnector(world)], means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    for name in ("crm", "old crm"):
        made.sources.create(made.scope, connection="shop", name=name)
        made.runs.backup(made.scope, name, Work(owner="test"))
    return made


def asked(house: Rooms) -> Erasure:
    return house.erasures.ask(house.scope, Order(text="Ann"), reason="asked by letter")


def ordered(house: Rooms) -> Erasure:
    planned = house.erasures.carry_out(house.scope, asked(house).id)
    return house.erasures.order(house.scope, planned.id)


def test_one_that_ends_between_two_sources_says_so_and_another_goes_on(house: Rooms) -> None:
    half, looks = ordered(house), [False, True]
    with pytest.raises(Interrupted):
        house.erasures.carry_out(house.scope, half.id, should_stop=lambda: looks.pop(0))
    house.erasures.give_up(house.scope, half.id, WHY)
    given_up = house.erasures.get(house.scope, half.id)
    assert (given_up.state, len(given_up.done)) == (ErasureState.FAILED, 1)
    assert (
        given_up.message
        == f"{WHY} The records are known to be gone from 1 of 2 sources only: ask for it again, it goes on with what is left."
    )
    again = ordered(house)
    assert {source for source, found in again.found.items() if found} == set(half.found) - set(given_up.done)
    assert house.erasures.carry_out(house.scope, again.id).state is ErasureState.DONE
    assert house.erasures.carry_out(house.scope, asked(house).id).records == 0


def test_one_that_ends_before_anything_was_touched_says_that(house: Rooms) -> None:
    searching = asked(house)
    house.erasures.give_up(house.scope, searching.id, WHY)
    assert house.erasures.get(house.scope, searching.id).message == f"{WHY} Nothing was erased: ask for it again."
    assert ordered(house).records == 2
