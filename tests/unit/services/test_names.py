"""Things are called by names: unique without regard to case, typed back without quoting, found when nearly right."""

from __future__ import annotations

import pytest

from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.base.secret import Secret
from listbackup.services.rows import check_name
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def house() -> Rooms:
    made = rooms([FakeConnector(fake_platform(fake_stream("contacts")))])
    made.connections.create(made.scope, platform="fake", name="Shop", values={}, secrets={"token": Secret("good")})
    return made


def test_a_thing_is_found_by_id_and_by_name_in_any_case(house: Rooms) -> None:
    shop = house.connections.get(house.scope, "Shop")
    assert house.connections.get(house.scope, "shop") == shop
    assert house.connections.get(house.scope, shop.id) == shop


def test_a_name_is_taken_once(house: Rooms) -> None:
    with pytest.raises(Conflict, match="exists already"):
        house.connections.create(house.scope, platform="fake", name="SHOP", values={}, secrets={"token": Secret("good")})


def test_a_name_that_was_let_go_can_be_taken_again(house: Rooms) -> None:
    house.connections.rename(house.scope, "Shop", "Old shop")
    house.connections.create(house.scope, platform="fake", name="Shop", values={}, secrets={"token": Secret("good")})
    house.connections.delete(house.scope, "Old shop")
    assert [one.name for one in house.connections.list(house.scope).items] == ["Shop"]


def test_an_unknown_name_is_answered_with_the_near_ones(house: Rooms) -> None:
    with pytest.raises(NotFound) as caught:
        house.connections.get(house.scope, "shpo")
    assert caught.value.hint == "did you mean Shop?"


def test_a_foreign_thing_is_answered_like_an_absent_one(house: Rooms) -> None:
    shop = house.connections.get(house.scope, "Shop")
    other = house.accounts.enter(house.accounts.create("other", actor="test").id, actor="test")
    with pytest.raises(NotFound) as foreign:
        house.connections.get(other, shop.id)
    with pytest.raises(NotFound) as absent:
        house.connections.get(other, "con_00000000000000000000000000")
    assert foreign.value.message.replace(shop.id, "") == absent.value.message.replace("con_00000000000000000000000000", "")


@pytest.mark.parametrize("name", ["", " x", "x ", "a@b", "a/b", "-x", "a\nb", "x" * 101, "src_01kdvdna00m0hy4dak5j3shddv"])
def test_a_name_that_could_not_be_typed_back_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        check_name(name, "source")


@pytest.mark.parametrize("name", ["crm", "Straße 1", "日本", "a.b-c_d", "x" * 100])
def test_other_names_are_taken(name: str) -> None:
    check_name(name, "source")
