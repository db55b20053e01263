"""What somebody set up with an address before it was shown to be theirs counts for nothing once its owner comes."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from listbackup.backends.identity.port import Factor, Person, Session, SessionKind, SignInRefused, WeakPassword
from listbackup.services.auth import EmailNotVerified
from listbackup.testing.authenticator import SoftAuthenticator
from listbackup.testing.identity import PASSWORD, Doors, doors

OWN = "seven brass kettles on a shelf"
ADA = "ada@example.com"


@pytest.fixture
def house() -> Doors:
    return doors()


def planted(house: Doors, key: SoftAuthenticator) -> tuple[Person, bytes, str]:
    """A stranger registered with somebody's address and, by a hole that no service has, left a seed, recovery codes, a passkey and a session behind."""
    house.auth.register(ADA, PASSWORD, house.client)
    person = house.identity.people.find_by_email(ADA)
    assert person is not None
    setup, begun = house.identity.codes.begin(person)
    house.desk.tables.transact(begun)
    seed = base64.b32decode(setup.secret)
    person, _, writes = house.identity.codes.confirm(person, house.code(seed))
    house.desk.tables.transact(writes)
    options, begun = house.identity.passkeys.begin_registration(person)
    house.desk.tables.transact(begun)
    person, _, writes = house.identity.passkeys.finish_registration(person, key.create(options), name="a stranger's")
    house.desk.tables.transact(writes)
    cookie, _, writes = house.identity.sessions.open_browser(person, [Factor.PASSKEY], house.client, privileged=False)
    house.desk.tables.transact(writes)
    house.clock.sleep(30)
    return person, seed, cookie


def is_the_owners_alone(house: Doors, key: SoftAuthenticator, cookie: str) -> None:
    with pytest.raises(SignInRefused):
        house.auth.authenticate(cookie)
    with pytest.raises(SignInRefused):
        house.auth.finish_passkey(key.get(house.auth.begin_passkey(house.client)), house.client, kind=SessionKind.BROWSER)
    with pytest.raises(SignInRefused):
        house.sign_in(password=PASSWORD)
    entered = house.sign_in(password=OWN)  # by the password alone: no second factor is left
    assert (entered.person.has_totp, entered.person.passkeys) == (False, 0)
    assert house.auth.factors.passkeys(entered.person) == []
    assert house.auth.factors.count_recovery_codes(entered.person) == 0
    assert len(house.enrol(entered)[1]) == 10  # and one of the owner's own can be set up


def test_a_verification_drops_password_factors_passkeys_and_sessions_that_were_there_before(house: Doors) -> None:
    key = SoftAuthenticator()
    _, _, cookie = planted(house, key)
    house.auth.verify_email(house.link(ADA), OWN)
    is_the_owners_alone(house, key, cookie)


def test_a_reset_of_an_address_that_was_never_verified_drops_them_too(house: Doors) -> None:
    key = SoftAuthenticator()
    _, _, cookie = planted(house, key)
    house.auth.passwords.forgot(ADA, house.client)
    assert house.auth.passwords.reset(house.link(ADA), OWN, house.client).email_verified
    is_the_owners_alone(house, key, cookie)


def test_a_reset_of_a_verified_address_keeps_its_factors(house: Doors) -> None:
    house.person()
    seed, _, _ = house.enrol(house.sign_in())
    house.auth.passwords.forgot(ADA, house.client)
    house.auth.passwords.reset(house.link(ADA), OWN, house.client)
    step = house.auth.login(ADA, OWN, house.client, kind=SessionKind.BROWSER)
    house.auth.second_step(step.ticket, Factor.TOTP, house.code(seed), house.client, kind=SessionKind.BROWSER)  # type: ignore[union-attr]


def test_a_link_that_is_only_followed_leaves_no_password_and_mails_the_way_to_one(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client)
    verification = house.link(ADA)
    house.auth.verify_email(verification)
    with pytest.raises(SignInRefused) as refused:
        house.sign_in(password=PASSWORD)
    assert not isinstance(refused.value, EmailNotVerified)
    with pytest.raises(SignInRefused):
        house.sign_in(password="")
    choice = house.link(ADA)
    assert choice != verification
    house.auth.passwords.reset(choice, OWN, house.client)
    assert house.sign_in(password=OWN).person.email_verified


def test_a_weak_password_leaves_the_link_as_it_was(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client)
    link = house.link(ADA)
    with pytest.raises(WeakPassword):
        house.auth.verify_email(link, "short")
    house.auth.verify_email(link, OWN)
    house.sign_in(password=OWN)


def test_an_older_link_changes_nothing_once_the_address_is_verified(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client)
    first = house.link(ADA)
    house.auth.send_verification(ADA, house.client)
    second = house.link(ADA)
    house.auth.verify_email(second, OWN)
    with pytest.raises(SignInRefused):
        house.auth.verify_email(first, PASSWORD)
    house.sign_in(password=OWN)


def test_nobody_enters_with_a_passkey_while_the_address_waits(house: Doors) -> None:
    key = SoftAuthenticator()
    planted(house, key)
    with pytest.raises(EmailNotVerified):
        house.auth.finish_passkey(key.get(house.auth.begin_passkey(house.client)), house.client, kind=SessionKind.BROWSER)


def test_a_session_opened_before_is_dead_however_long_it_had(house: Doors) -> None:
    person, _, cookie = planted(house, SoftAuthenticator())
    session: Session = house.auth.sessions(person)[0]
    assert session.expires_at - house.clock.now() > timedelta(hours=1)
    house.auth.verify_email(house.link(ADA), OWN)
    assert house.auth.sessions(replace(person, generation=person.generation + 1)) == []
    with pytest.raises(SignInRefused):
        house.auth.authenticate(cookie)
