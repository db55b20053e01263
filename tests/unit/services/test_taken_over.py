"""Long work that another process took over has one effect: who was thought dead hears of it at the next write, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from listbackup.backends.table.lease import LeaseGone
from listbackup.base.secret import Secret
from listbackup.services.data import ExportFormat
from listbackup.services.erasures import ErasureState, Order
from listbackup.services.exports import ExportState
from listbackup.services.runs import Means, Work
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

T = TypeVar("T")


@pytest.fixture
def house() -> Rooms:
    world = fake_platform(fake_stream("contacts"), fake_stream("deals"))
    for number in range(1, 4):
        world.put("contacts", number, name=f"contact {number}")
        world.put("deals", number, name=f"deal {number}")
    made = rooms([FakeConnector(world)], means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    for name in ("crm", "old crm"):
        made.sources.create(made.scope, connection="shop", name=name)
        made.runs.backup(made.scope, name, Work(owner="test"))
    return made


def oversleep(house: Rooms, carry_out: Callable[..., T], asked: str) -> T:
    """What came of the work for the one who took it over while the first, who is refused then, was at it."""
    came: list[T] = []

    def look() -> bool:
        if not came:
            came.append(carry_out(house.scope, asked, take_over=True))
        return False

    with pytest.raises(LeaseGone):
        carry_out(house.scope, asked, should_stop=look)
    return came[0]


def told(house: Rooms, action: str) -> int:
    return sum(line.action.endswith(action) for line in house.activities.list(house.scope).items)


def test_an_export_is_made_once(house: Rooms) -> None:
    snapshot = house.data.snapshots(house.scope, "crm")[-1]
    asked = house.exports.start(house.scope, "crm", snapshot, form=ExportFormat.JSONL)
    assert oversleep(house, house.exports.carry_out, asked.id).state is ExportState.DONE
    done = house.exports.get(house.scope, asked.id)
    assert (done.state, done.attempts, [file.stream for file in done.files]) == (ExportState.DONE, 2, ["contacts", "deals", ""])
    assert told(house, "done") == 1


def test_an_erasure_is_carried_out_once(house: Rooms) -> None:
    asked = house.erasures.ask(house.scope, Order(text="contact 2"), reason="asked by letter")
    house.erasures.carry_out(house.scope, asked.id)
    house.erasures.order(house.scope, asked.id)
    assert oversleep(house, house.erasures.carry_out, asked.id).state is ErasureState.DONE
    done = house.erasures.get(house.scope, asked.id)
    assert (done.state, len(done.done)) == (ErasureState.DONE, 2)
    assert told(house, "done") == 1


def test_a_search_that_was_taken_over_plans_nothing(house: Rooms) -> None:
    asked = house.erasures.ask(house.scope, Order(text="contact 2"), reason="asked by letter")
    assert oversleep(house, house.erasures.carry_out, asked.id).state is ErasureState.PLANNED
    assert house.erasures.get(house.scope, asked.id).state is ErasureState.PLANNED
    assert told(house, "planned") == 1
