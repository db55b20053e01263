"""The same edit on many records is taken back as one restore; what was changed again stays."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from listbackup.base.errors import Conflict, InputError
from listbackup.base.secret import Secret
from listbackup.processor.restore_model import Action
from listbackup.services.data import RestoreState
from listbackup.services.data.change_sets import ChangeSet, page_of_change_sets
from listbackup.services.data.undoing import Undoing, WantedSet, undoing_of
from listbackup.services.runs import Means, Work
from listbackup.store import ChangeKind
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def platform() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    for number in range(1, 101):
        made.put("contacts", number, name=f"contact {number}", owner="Ada")
    return made


@pytest.fixture
def house(platform: FakePlatform) -> Rooms:
    made = rooms([FakeConnector(platform)], clock=ManualClock(), means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    return made


def backup(house: Rooms) -> None:
    house.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    house.runs.backup(house.scope, "crm", Work(owner="test"), full=True)


def sets(house: Rooms) -> list[ChangeSet]:
    store = house.data.store(house.scope, "crm")
    found = page_of_change_sets(
        store, house.data.described(house.scope, "crm"), clock=house.clock, since=None, until=None, stream=None, limit=100, cursor=None
    )
    return list(found.items)


def undoing(house: Rooms, one: ChangeSet) -> Undoing:
    store = house.data.store(house.scope, "crm")
    wanted = WantedSet(stream=one.stream, kind=one.kind, fields=tuple(one.fields), began_at=one.began_at, ended_at=one.ended_at)
    return undoing_of(store, house.data.described(house.scope, "crm"), store.snapshot(one.number), wanted)


def owners(platform: FakePlatform) -> dict[int, str]:
    return {int(key[0]): json.loads(raw)["owner"] for key, raw in platform.truth("contacts").items()}


def given_away(house: Rooms, platform: FakePlatform) -> ChangeSet:
    """Sixty contacts got another owner at one go, ten others another name, five are gone and two are new."""
    backup(house)
    for number in range(1, 61):
        platform.put("contacts", number, name=f"contact {number}", owner="Eve")
    for number in range(61, 71):
        platform.put("contacts", number, name=f"renamed {number}", owner="Ada")
    for number in range(96, 101):
        platform.drop("contacts", number)
    for number in (201, 202):
        platform.put("contacts", number, name="new", owner="Bob")
    backup(house)
    return next(one for one in sets(house) if one.kind is ChangeKind.CHANGED and "owner" in one.fields)


def test_the_same_edit_on_many_records_is_one_restore_and_nothing_else_is_touched(house: Rooms, platform: FakePlatform) -> None:
    one = given_away(house, platform)
    assert one.count == 60
    back = undoing(house, one)
    plan = house.restores.plan(house.scope, "crm", seq=back.before.seq, selection=back.selection)
    assert (plan.count(Action.UPDATE), plan.writes, back.changed_later) == (60, 60, 0)
    done = house.restores.start(house.scope, plan)
    assert done.state is RestoreState.DONE
    after = owners(platform)
    assert {after[number] for number in range(1, 61)} == {"Ada"}
    assert json.loads(platform.truth("contacts")[(65,)])["name"] == "renamed 65"
    assert 100 not in after
    house.restores.undo(house.scope, done.id)
    assert {owners(platform)[number] for number in range(1, 61)} == {"Eve"}  # and that is undone as one again


def test_what_was_deleted_together_is_made_again_together(house: Rooms, platform: FakePlatform) -> None:
    given_away(house, platform)
    gone = next(one for one in sets(house) if one.kind is ChangeKind.REMOVED)
    back = undoing(house, gone)
    done = house.restores.start(house.scope, house.restores.plan(house.scope, "crm", seq=back.before.seq, selection=back.selection))
    assert done.result is not None
    assert (done.result.created, done.result.updated) == (5, 0)


def test_records_that_were_changed_again_stay_and_are_counted(house: Rooms, platform: FakePlatform) -> None:
    one = given_away(house, platform)
    for number in range(1, 11):
        platform.put("contacts", number, name=f"contact {number}", owner="Zoe")
    platform.drop("contacts", 11)
    backup(house)
    back = undoing(house, one)
    assert (len(back.selection.keys["contacts"]), back.changed_later) == (49, 11)
    house.restores.start(house.scope, house.restores.plan(house.scope, "crm", seq=back.before.seq, selection=back.selection))
    after = owners(platform)
    assert {after[number] for number in range(1, 11)} == {"Zoe"}
    assert {after[number] for number in range(12, 61)} == {"Ada"}
    assert 11 not in after


def test_an_edit_that_no_snapshot_holds_is_a_conflict_as_in_every_restore(house: Rooms, platform: FakePlatform) -> None:
    back = undoing(house, given_away(house, platform))
    platform.put("contacts", 1, name="edited just now", owner="Eve")
    plan = house.restores.plan(house.scope, "crm", seq=back.before.seq, selection=back.selection)
    assert (plan.count(Action.CONFLICT), plan.count(Action.UPDATE)) == (1, 59)


def test_what_came_is_not_taken_back_and_a_set_that_is_not_there_is_said(house: Rooms, platform: FakePlatform) -> None:
    one = given_away(house, platform)
    new = next(one for one in sets(house) if one.kind is ChangeKind.ADDED)
    with pytest.raises(InputError, match="deletes nothing"):
        undoing(house, new)
    store = house.data.store(house.scope, "crm")
    elsewhere = WantedSet(stream="contacts", kind=one.kind, fields=("colour",), began_at=one.began_at, ended_at=one.ended_at)
    with pytest.raises(Conflict):
        undoing_of(store, {}, store.snapshot(one.number), elsewhere)
    with pytest.raises(Conflict, match="before is gone"):
        undoing_of(store, {}, store.snapshot(1), elsewhere)
