"""What a restore noted of a record goes with the record: an erased person is in no journal, and nothing of a source stays that is gone for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.base.errors import BusyError
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Key
from listbackup.services.data import RESTORE_IDS, RESTORE_JOURNAL, Restore, RestoreState, Selection
from listbackup.services.erasures import Erasure, ErasureState, Order
from listbackup.services.runs import Means, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def world() -> FakePlatform:
    return fake_platform(fake_stream("contacts"))


@pytest.fixture
def house(world: FakePlatform) -> Rooms:
    """Ann was changed and Bob is gone since the first of two snapshots."""
    made = rooms([FakeConnector(world)], means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    world.put("contacts", 1, name="Ann", mark="before")
    world.put("contacts", 2, name="Bob", mark="before")
    back_up(made)
    world.put("contacts", 1, mark="since")
    world.drop("contacts", 2)
    back_up(made)
    return made


def back_up(house: Rooms) -> None:
    assert isinstance(house.clock, ManualClock)
    house.clock.advance(timedelta(seconds=1))
    house.runs.backup(house.scope, "crm", Work(owner="test"), full=True)


def restore(house: Rooms, *keys: Key) -> Restore:
    selection = Selection(keys={"contacts": keys})
    return house.restores.start(house.scope, house.restores.plan(house.scope, "crm", seq=1, selection=selection))


def erase(house: Rooms, *names: str) -> Erasure:
    source = house.sources.get(house.scope, "crm").id
    asked = house.erasures.ask(house.scope, Order(records=[(source, "contacts", name) for name in names]), reason="asked by letter")
    house.erasures.carry_out(house.scope, asked.id)
    house.erasures.order(house.scope, asked.id)
    return house.erasures.carry_out(house.scope, asked.id)


def noted(house: Rooms, restore: str) -> list[str]:
    """Everything that the journal of a restore and the map of ids hold."""
    source = house.sources.get(house.scope, "crm").id
    parts = [(RESTORE_JOURNAL, restore), (RESTORE_JOURNAL, f"{restore}/before"), (RESTORE_IDS, source)]
    return [str(item["sk"]) for spec, part in parts for item in house.desk.open(spec, house.scope).query(part=part).items]


def test_an_erased_record_is_in_no_restore_and_taking_that_back_leaves_it_alone(house: Rooms, world: FakePlatform) -> None:
    done = restore(house, (1,), (2,))
    assert len(noted(house, done.id)) == 5  # two entries, what Ann was before, and where both live
    assert erase(house, "1", "2").state is ErasureState.DONE
    assert noted(house, done.id) == []
    assert house.restores.get(house.scope, done.id).selection.keys == {"contacts": ()}
    there = dict(world.streams["contacts"].rows)
    assert house.restores.undo(house.scope, done.id).state is RestoreState.UNDONE
    assert world.streams["contacts"].rows == there


def test_others_of_the_same_restore_stay_and_are_taken_back(house: Rooms, world: FakePlatform) -> None:
    done = restore(house, (1,), (2,))
    assert erase(house, "2").state is ErasureState.DONE
    assert {entry.key for entry in house.restores.report(house.scope, done.id).items} == {(1,)}
    undone = house.restores.undo(house.scope, done.id)
    assert undone.undo_result is not None
    assert undone.undo_result.reverted == 1
    assert world.streams["contacts"].rows[1]["mark"] == "since"


def test_a_record_is_known_by_the_key_under_which_it_lives_since(house: Rooms, world: FakePlatform) -> None:
    done = restore(house, (2,))
    [new] = set(world.streams["contacts"].rows) - {1}
    back_up(house)
    assert erase(house, str(new)).state is ErasureState.DONE
    assert noted(house, done.id) == []


def test_an_erasure_waits_for_a_restore_that_goes_on(house: Rooms, world: FakePlatform) -> None:
    waited = []

    def erase_too(request: str, _stream: str, _key: Key) -> None:
        if request == "update":
            with pytest.raises(BusyError):
                erase(house, "1")
            waited.append(request)

    plan = house.restores.plan(house.scope, "crm", seq=1, selection=Selection(keys={"contacts": ((1,),)}))
    world.before = erase_too
    done = house.restores.start(house.scope, plan)
    [erasure] = house.erasures.list(house.scope).items
    assert (waited, erasure.state) == (["update"], ErasureState.ERASING)
    assert house.erasures.carry_out(house.scope, erasure.id).state is ErasureState.DONE
    assert noted(house, done.id) == []


def test_a_source_that_is_gone_for_good_takes_what_its_restores_noted_with_it(house: Rooms) -> None:
    assert isinstance(house.clock, ManualClock)
    done = restore(house, (1,), (2,))
    source = house.sources.get(house.scope, "crm").id
    house.sources.delete(house.scope, source)
    house.clock.advance(timedelta(days=8))
    assert [one.id for one in house.purge.carry_out(house.scope)] == [source]
    parts = [(RESTORE_JOURNAL, done.id), (RESTORE_JOURNAL, f"{done.id}/before"), (RESTORE_IDS, source)]
    assert [item for spec, part in parts for item in house.desk.open(spec, house.scope).query(part=part).items] == []
