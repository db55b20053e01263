"""How people come to be known: once each, whatever breaks off in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from listbackup.backends.identity.port import Client, SignInRefused
from listbackup.base.errors import Conflict, InputError
from listbackup.base.ids import UserId
from listbackup.http.caller import NotAllowed
from listbackup.services.platforms import Platforms
from listbackup.services.rows import Writes
from listbackup.services.users import Admission, Registration
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import MemoryHouse
from listbackup.testing.identity import PASSWORD
from listbackup.testing.system import rooms
from listbackup.testing.together import in_threads_each

ADA = "ada@example.com"
NOBODY = Client()


class Broken(Exception):
    """The process died here."""


class Homes:
    """The accounts of a house, with a switch that breaks them off before they keep anything."""

    def __init__(self, house: MemoryHouse) -> None:
        self.house, self.breaks = house, False
        self.has_owner = house.accounts.has_owner

    def set_first_owner(self, user: UserId) -> object:
        if self.breaks:
            raise Broken
        return self.house.accounts.set_first_owner(user)

    def open_for(self, user: UserId, name: str, *, also: Callable[[], Writes] = tuple) -> object:
        if self.breaks:
            raise Broken
        return self.house.accounts.open_for(user, name, also=also)


class World:
    def __init__(self, admission: Admission = Admission.OPEN) -> None:
        self.clock = ManualClock()
        self.house = MemoryHouse(rooms([], clock=self.clock), Platforms([]))
        self.homes = Homes(self.house)
        self.registration = Registration(self.house.doors.ground, self.house.auth, self.house.users, self.homes, admission=admission)

    def set_up(self, code: str, email: str = ADA, password: str = PASSWORD) -> str:
        return self.registration.set_up(code, email=email, password=password, name="Ada", client=NOBODY).id

    def register(self, account: str = "Engines") -> None:
        self.registration.register(email=ADA, password=PASSWORD, name="Ada", account=account, invitation=None, client=NOBODY)

    def code(self) -> str:
        code = self.registration.new_setup_code()
        assert code is not None
        return code

    def accounts_of(self, user: str) -> list[str]:
        return [self.house.accounts.get(one).name for one in self.house.accounts.members.entries(UserId(user))]


def test_the_set_up_code_makes_one_owner_and_then_there_is_none() -> None:
    world = World()
    first, second = world.code(), world.code()
    user = world.set_up(first.lower().replace("-", " "))
    assert world.accounts_of(user) == ["default"]
    with pytest.raises(SignInRefused) as refused:
        world.set_up(first, "eve@example.com")
    assert "an owner already" in str(refused.value.hint)
    with pytest.raises(Conflict):
        world.set_up(second, "eve@example.com")
    assert world.registration.new_setup_code() is None


def test_a_set_up_code_ends_after_a_day() -> None:
    world = World()
    code = world.code()
    world.clock.advance(timedelta(hours=24))
    with pytest.raises(SignInRefused):
        world.set_up(code)


def test_the_code_is_kept_as_a_hash_and_never_told() -> None:
    world = World()
    code = world.code()
    kept = repr([table._items for table in world.house.tables._tables.values()])  # type: ignore[attr-defined]
    assert code.replace("-", "") not in kept
    assert code not in kept


def test_a_set_up_that_broke_off_is_finished_with_the_next_code() -> None:
    world = World()
    world.homes.breaks = True
    with pytest.raises(Broken):
        world.set_up(world.code())
    world.homes.breaks = False
    assert world.registration.needs_owner()
    with pytest.raises(SignInRefused):
        world.set_up(world.code(), password="seven brass kettles on a shelf")  # it is still this person's address
    assert world.accounts_of(world.set_up(world.code())) == ["default"]


def test_whoever_sits_at_the_machine_makes_the_first_owner_without_a_code_once() -> None:
    world = World()
    person = world.registration.set_up_here(email=ADA, password=PASSWORD, name="Ada")
    assert world.accounts_of(person.id) == ["default"]
    assert world.house.doors.sign_in().person.id == person.id
    assert world.house.doors.users.get(person.id).name == "Ada"
    with pytest.raises(Conflict, match="owner already"):
        world.registration.set_up_here(email="eve@example.com", password=PASSWORD, name="Eve")


def test_a_stranger_who_registered_with_the_owners_address_does_not_stand_in_the_way() -> None:
    for by_code in (True, False):
        world = World()
        world.house.doors.auth.register(ADA, "a password of a stranger", NOBODY)
        own = "seven brass kettles on a shelf"
        if by_code:
            world.set_up(world.code(), password=own)
        else:
            world.registration.set_up_here(email=ADA, password=own, name="Ada")
        assert world.accounts_of(world.house.doors.sign_in(password=own).person.id) == ["default"]
        with pytest.raises(SignInRefused):
            world.house.doors.sign_in(password="a password of a stranger")


def test_of_many_with_one_code_one_becomes_the_owner() -> None:
    world = World()
    code, done = world.code(), list[str]()

    def attempt(number: int) -> None:
        try:
            done.append(world.set_up(code, f"ada{number}@example.com"))
        except (SignInRefused, Conflict):
            return

    in_threads_each(*(lambda number=number: attempt(number) for number in range(16)))
    assert len(done) == 1


def test_an_account_comes_into_being_with_the_verification_or_at_the_next_sign_in() -> None:
    world = World()
    world.register()
    world.homes.breaks = True
    with pytest.raises(Broken):
        world.registration.verify(world.house.doors.link(ADA), PASSWORD)
    world.homes.breaks = False
    person = world.house.doors.sign_in().person
    assert world.accounts_of(person.id) == []
    world.registration.settle(person.id)
    world.registration.settle(person.id)
    assert world.accounts_of(person.id) == ["Engines"]


def test_nobody_registers_uninvited_where_people_are_invited() -> None:
    world = World(Admission.INVITED)
    with pytest.raises(NotAllowed):
        world.register()
    with pytest.raises(SignInRefused):
        world.registration.register(email=ADA, password=PASSWORD, name="Ada", account="", invitation="x", client=NOBODY)


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\nb", "a\x00"])
def test_an_account_has_a_name_on_one_line(name: str) -> None:
    with pytest.raises(InputError):
        World().register(name)
