"""Profiles, settings, and an address that changes only when both addresses agree."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.identity.port import SignInRefused
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.services.auth import StepUpNeeded
from listbackup.services.users import Theme, UserSettings
from listbackup.testing.identity import PASSWORD, Doors, doors

ADA, NEW = "ada@example.com", "countess@example.com"


@pytest.fixture
def house() -> Doors:
    return doors()


def test_a_profile_that_nobody_changed_is_made_up_from_the_address(house: Doors) -> None:
    person = house.person()
    profile = house.users.get(person.id)
    assert (profile.name, profile.settings, profile.version) == ("ada", UserSettings(), 0)
    with pytest.raises(NotFound):
        house.users.get("usr_nobody")


def test_a_profile_is_kept_with_the_registration(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client, also=house.users.first_profile(" Ada ", UserSettings(theme=Theme.DARK)))
    profile = house.users.get(house.auth.verify_email(house.link(ADA)).id)
    assert (profile.name, profile.settings.theme) == ("Ada", Theme.DARK)


def test_a_change_names_the_version_it_saw(house: Doors) -> None:
    user = house.person().id
    first = house.users.rename(user, "Ada Lovelace", version=0)
    with pytest.raises(Conflict):
        house.users.rename(user, "Eve", version=0)
    changed = house.users.set_settings(user, UserSettings(time_zone="Europe/London", locale="en-GB"), version=first.version)
    assert (changed.name, changed.settings.time_zone, changed.version) == ("Ada Lovelace", "Europe/London", 2)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\u202eb"])
def test_a_name_is_one_readable_line(house: Doors, name: str) -> None:
    with pytest.raises(InputError):
        house.users.rename(house.person().id, name)


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Moon/Base"}, {"time_zone": "../../etc/passwd"}, {"locale": "<script>"}, {"week_starts_on": 8}]
)
def test_settings_are_things_that_exist(house: Doors, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        house.users.set_settings(house.person().id, UserSettings(**wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("order", [(ADA, NEW), (NEW, ADA)])
def test_an_address_changes_when_both_have_agreed_and_then_everything_ends(house: Doors, order: tuple[str, str]) -> None:
    person, entered = house.person(), house.sign_in()
    house.users.ask_email_change(person, entered.session, NEW)
    first = house.link(order[0])
    assert not house.users.agree_to_email_change(first)
    with pytest.raises(SignInRefused):
        house.users.agree_to_email_change(first)
    house.auth.authenticate(entered.cookie or "")
    assert house.users.agree_to_email_change(house.link(order[1]))
    with pytest.raises(SignInRefused):
        house.auth.authenticate(entered.cookie or "")
    assert house.sign_in(NEW).person.id == person.id
    with pytest.raises(SignInRefused):
        house.sign_in(ADA)


def test_one_address_alone_changes_nothing_however_often_it_is_asked(house: Doors) -> None:
    person, entered = house.person(), house.sign_in()
    house.users.ask_email_change(person, entered.session, NEW)
    house.users.agree_to_email_change(house.link(NEW))
    house.users.ask_email_change(person, entered.session, NEW)
    assert not house.users.agree_to_email_change(house.link(NEW))
    house.sign_in(ADA)


def test_a_change_is_overtaken_by_another_by_a_day_and_by_a_new_password(house: Doors) -> None:
    person, entered = house.person(), house.sign_in()
    house.users.ask_email_change(person, entered.session, NEW)
    old = house.link(ADA)
    house.users.ask_email_change(person, entered.session, "other@example.com")
    with pytest.raises(SignInRefused):
        house.users.agree_to_email_change(old)
    late = house.link(ADA)
    house.clock.advance(timedelta(hours=24))
    with pytest.raises(SignInRefused):
        house.users.agree_to_email_change(late)
    with pytest.raises(StepUpNeeded):
        house.users.ask_email_change(person, entered.session, NEW)
    again = house.sign_in()
    house.users.ask_email_change(person, again.session, NEW)
    link = house.link(NEW)
    house.auth.passwords.change(person, again.session, PASSWORD, "seven brass kettles on a shelf", house.client)
    with pytest.raises(SignInRefused):
        house.users.agree_to_email_change(link)


def test_an_address_that_somebody_has_is_not_taken(house: Doors) -> None:
    house.person(NEW)
    person, entered = house.person(), house.sign_in()
    house.users.ask_email_change(person, entered.session, NEW)
    house.users.agree_to_email_change(house.link(NEW))
    with pytest.raises(Conflict):
        house.users.agree_to_email_change(house.link(ADA))
    assert house.sign_in(NEW).person.id != person.id
