"""Restores that follow one another, or an interruption, make no record twice."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from listbackup.base.canonical import comparable
from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Key
from listbackup.processor.restore_model import Restored
from listbackup.processor.restore_room import new_reference, references_in
from listbackup.services.data import Restore
from listbackup.services.runs import Means, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


class Died(BaseException):
    """The process ended here."""


def house_of(world: FakePlatform) -> Rooms:
    house = rooms([FakeConnector(world)], means=Means(maintain=False))
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    house.sources.create(house.scope, connection="shop", name="crm")
    return house


def back_up(house: Rooms) -> None:
    assert isinstance(house.clock, ManualClock)
    house.clock.advance(timedelta(seconds=1))
    house.runs.backup(house.scope, "crm", Work(owner="test"), full=True)


def restore(house: Rooms) -> Restore:
    assert isinstance(house.clock, ManualClock)
    house.clock.advance(timedelta(seconds=1))
    return house.restores.start(house.scope, house.restores.plan(house.scope, "crm", seq=1))


def names(world: FakePlatform) -> list[object]:
    return [row["name"] for row in world.streams["contacts"].rows.values()]


def test_undoing_an_update_remembers_where_an_earlier_restore_put_the_record() -> None:
    world = fake_platform(fake_stream("contacts"))
    world.put("contacts", 1, name="Ann", mark="")
    house = house_of(world)
    back_up(house)
    world.drop("contacts", 1)
    restore(house)
    [new] = world.streams["contacts"].rows
    assert new != 1
    world.put("contacts", new, mark="later")
    back_up(house)
    updated = restore(house)
    assert updated.result is not None
    assert updated.result.updated == 1
    house.restores.undo(house.scope, updated.id)
    assert world.streams["contacts"].rows[new]["mark"] == "later"
    restore(house)
    assert names(world) == ["Ann"]


@pytest.mark.parametrize("knows_repetitions", [True, False])
@pytest.mark.parametrize("twins", [1, 2])
def test_a_create_whose_answer_was_lost_is_found_again(knows_repetitions: bool, twins: int) -> None:
    """Also on a platform that knows no idempotency keys, and also where two records of the snapshot are the same but for their ids."""
    world = fake_platform(fake_stream("contacts", knows_repetitions=knows_repetitions))
    world.knows_repetitions = knows_repetitions
    for number in range(1, twins + 1):
        world.put("contacts", number, name="Ann", mark="")
    house = house_of(world)
    back_up(house)
    for number in range(1, twins + 1):
        world.drop("contacts", number)

    for dying_after in range(1, twins + 1):
        left = [dying_after]

        def die(request: str, _stream: str, _key: Key, left: list[int] = left) -> None:
            left[0] -= request == "created"
            if not left[0]:
                raise Died

        world.before = die
        with pytest.raises(Died):
            restore(house)
        world.before = lambda *_: None
        [latest] = house.restores.list(house.scope, limit=1).items
        resumed = house.restores.resume(house.scope, latest.id)
        assert names(world) == ["Ann"] * twins
        assert resumed.result is not None
        assert resumed.result.created == twins
        house.restores.undo(house.scope, resumed.id)
        assert names(world) == []


def test_a_record_that_cannot_be_written_keeps_nobody_from_the_others() -> None:
    world = fake_platform(fake_stream("contacts"))
    for number in (1, 2, 3):
        world.put("contacts", number, name=f"contact {number}")
    house = house_of(world)
    back_up(house)
    for number in (1, 2, 3):
        world.drop("contacts", number)

    created: list[str] = []

    def lacking(request: str, _stream: str, _key: Key) -> None:
        created.extend([request] if request == "create" else [])
        if len(created) == 2 and request == "create":
            raise InputError("there is no value for {record.list}")

    world.before = lacking
    result = restore(house).result
    assert result is not None
    assert (result.created, result.failed) == (2, 1)
    assert result.problems == ("contacts 2: there is no value for {record.list}",)
    assert sorted(map(str, names(world))) == ["contact 1", "contact 3"]


def test_records_that_are_not_quite_json_mean_the_same_only_where_they_are_the_same() -> None:
    latin, other = b'{"id": 1, "name": "caf\xe9"}', b'{"id": 1, "name": "caf\xe8"}'
    assert comparable(latin) == latin
    assert comparable(other) != comparable(latin)


@pytest.mark.parametrize("company", ["²", "--1", "1" * 5000, "٣"])
def test_a_reference_that_only_looks_like_a_number_goes_back_as_it_was(company: str) -> None:
    world = fake_platform(fake_stream("companies"), fake_stream("contacts", references={"company": "companies"}))
    world.put("contacts", 1, name="Ann", company=company)
    house = house_of(world)
    back_up(house)
    world.drop("contacts", 1)
    done = restore(house)
    assert done.result is not None
    assert done.result.created == 1
    assert [row["company"] for row in world.streams["contacts"].rows.values()] == [company]


@pytest.mark.parametrize(
    ("key", "target", "named", "now"),
    [(7, 9, b"7", 9), (7, 9, "7", "9"), ("7", "9", b"7", 9), ("7", "9", "7", "9"), ("7", "a9", b"7", "a9"), ("7", "7", b"7", None)],
)
def test_a_reference_is_turned_whether_the_key_is_a_number_or_text(key: int | str, target: int | str, named: object, now: object) -> None:
    class Map:
        def find(self, stream: str, asked: Key) -> Restored | None:
            return Restored(target=(target,), wanted="", after="") if (stream, asked) == ("companies", (key,)) else None

        def set(self, *_: object) -> None: ...
        def forget(self, *_: object) -> None: ...

    assert new_reference(Map(), "companies", msgspec.Raw(named) if isinstance(named, bytes) else named) == now


def test_a_reference_of_more_digits_than_a_number_has_leads_nowhere() -> None:
    raw = b'{"id": 1, "company": ' + b"9" * 5000 + b', "owner": 7}'
    assert references_in({"company": "companies", "owner": "users"}, raw) == [("owner", "users", (7,))]
