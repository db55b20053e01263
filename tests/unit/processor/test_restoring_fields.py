"""Single fields go back into records that are there: what else was changed stays, and an edit that no snapshot holds is not written over."""

from __future__ import annotations

import json

import pytest

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.processor.fields import field_paths, find_field, only_fields, with_fields
from listbackup.processor.restore_model import Action, Selection, Why
from listbackup.services.runs import Means, Work
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def platform() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    for number in range(1, 4):
        made.put("contacts", number, name=f"contact {number}", phone="1", home={"city": "Rome", "zip": "00100"})
    return made


@pytest.fixture
def house(platform: FakePlatform) -> Rooms:
    made = rooms([FakeConnector(platform)], means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    backup(made)
    return made


def backup(house: Rooms) -> None:
    house.runs.backup(house.scope, "crm", Work(owner="test"), full=True)


def chosen(*fields: str, key: int = 1) -> Selection:
    return Selection(keys={"contacts": ((key,),)}, fields=fields)


def there(platform: FakePlatform, key: int = 1) -> dict[str, object]:
    return {name: value for name, value in json.loads(platform.truth("contacts")[(key,)]).items() if name in ("name", "phone", "home")}


def step(house: Rooms, selection: Selection, *, overwrite: bool = False) -> tuple[Action, Why]:
    (one,) = house.restores.plan(house.scope, "crm", seq=1, selection=selection, overwrite=overwrite).steps
    return one.action, one.why


def test_only_the_field_is_written_and_only_it_is_taken_back(house: Rooms, platform: FakePlatform) -> None:
    changed = {"name": "Ada", "phone": "2", "home": {"city": "Turin", "zip": "00100"}}
    platform.put("contacts", 1, **changed)  # type: ignore[arg-type]
    backup(house)
    done = house.restores.start(house.scope, house.restores.plan(house.scope, "crm", seq=1, selection=chosen("phone", "home.city")))
    assert done.result is not None
    assert done.result.updated == 1
    assert there(platform) == {"name": "Ada", "phone": "1", "home": {"city": "Rome", "zip": "00100"}}
    undone = house.restores.undo(house.scope, done.id)
    assert undone.undo_result is not None
    assert (undone.undo_result.reverted, there(platform)) == (1, changed)


def test_what_was_changed_beside_the_field_since_the_last_backup_is_no_conflict_and_stays(house: Rooms, platform: FakePlatform) -> None:
    platform.put("contacts", 1, name="contact 1", phone="2", home={"city": "Rome", "zip": "00100"})
    backup(house)
    platform.put("contacts", 1, name="newer", phone="2", home={"city": "Rome", "zip": "00100"})
    assert step(house, Selection(keys={"contacts": ((1,),)})) == (Action.CONFLICT, Why.NEWER_EDIT)
    assert step(house, chosen("phone")) == (Action.UPDATE, Why.DIFFERS)
    house.restores.start(house.scope, house.restores.plan(house.scope, "crm", seq=1, selection=chosen("phone")))
    assert there(platform) == {"name": "newer", "phone": "1", "home": {"city": "Rome", "zip": "00100"}}


def test_a_value_that_no_snapshot_holds_is_a_conflict_unless_it_is_to_be_written_over(house: Rooms, platform: FakePlatform) -> None:
    platform.put("contacts", 1, name="contact 1", phone="3", home={"city": "Rome", "zip": "00100"})
    assert step(house, chosen("phone")) == (Action.CONFLICT, Why.NEWER_EDIT)
    assert step(house, chosen("phone"), overwrite=True) == (Action.UPDATE, Why.OVERWRITE)


def test_what_is_the_same_or_gone_or_was_never_there_is_left_alone(house: Rooms, platform: FakePlatform) -> None:
    assert step(house, chosen("phone")) == (Action.SKIP, Why.SAME)
    assert step(house, chosen("fax")) == (Action.SKIP, Why.NOT_KEPT)
    platform.drop("contacts", 1)
    assert step(house, chosen("phone")) == (Action.SKIP, Why.NOT_THERE)


def test_the_key_of_a_record_is_not_restored(house: Rooms) -> None:
    with pytest.raises(InputError, match="which record"):
        step(house, chosen("id"))


def test_fields_of_a_whole_stream_are_compared_by_one_listing(house: Rooms, platform: FakePlatform) -> None:
    for number in range(1, 81):
        platform.put("contacts", number, name="n", phone="1", home={})
    backup(house)
    for number in range(1, 81):
        platform.put("contacts", number, name="edited", phone="2" if number % 2 else "1", home={})
    backup(house)
    plan = house.restores.plan(house.scope, "crm", seq=2, selection=Selection(streams=("contacts",), fields=("phone",)))
    assert (plan.count(Action.UPDATE), plan.count(Action.SKIP)) == (40, 40)
    assert plan.planning_calls < 20
    house.restores.start(house.scope, plan)
    assert {there(platform, number)["phone"] for number in range(1, 81)} == {"1"}
    assert {there(platform, number)["name"] for number in range(1, 81)} == {"edited"}


def test_every_other_byte_of_a_record_stays_as_it_was() -> None:
    now, kept = b'{"a": 1.00, "b": {"c": 18446744073709551616, "d":"x"}, "e":null}', b'{"a":2,"b":{"c":3.10}}'
    assert with_fields(now, kept, field_paths(["b.c", "gone"])) == b'{"a":1.00,"b":{"c":3.10,"d":"x"},"e":null}'
    assert with_fields(b'{"b":"no object"}', kept, field_paths(["b.c"])) == b'{"b":{"c":3.10}}'
    assert find_field(now, ("b", "c")) == b"18446744073709551616"
    assert only_fields(now, field_paths(["e", "b.d"])) == b'{"e":null,"b":{"d":"x"}}'
    for wrong in ([""], ["a..b"], [f"f{n}" for n in range(101)]):
        with pytest.raises(InputError):
            field_paths(wrong)


def test_half_a_surrogate_pair_beside_the_field_stays_as_it_is() -> None:
    there = rb'{"id": 1, "note": "cut \ud83d", "phone": "2", "home": {"at": "\udc00"}}'
    assert with_fields(there, b'{"phone": "1"}', [("phone",)]) == rb'{"id":1,"note":"cut \ud83d","phone":"1","home":{"at": "\udc00"}}'
    assert find_field(there, ("home", "at")) == rb'"\udc00"'
    assert only_fields(there, [("phone",)]) == b'{"phone":"2"}'


def test_what_cannot_be_taken_apart_is_not_written_over_by_one_field() -> None:
    with pytest.raises(InputError, match="cannot be taken apart"):
        with_fields(b'{"caf\xe9": 1, "phone": "2"}', b'{"phone": "1"}', [("phone",)])
