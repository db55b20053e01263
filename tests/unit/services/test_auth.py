"""Registration, sign-in, sessions and passwords, as a person meets them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.identity.port import (
    Client,
    Factor,
    SessionKind,
    SignInRefused,
    TooManyTries,
    WeakPassword,
)
from listbackup.backends.table.port import TableSpec
from listbackup.base.errors import Conflict, NotFound
from listbackup.services.auth import EmailNotVerified, SecondStep, StepUpNeeded, own_scope
from listbackup.services.post import POST
from listbackup.testing.identity import PASSWORD, Doors, doors

OTHER = "seven brass kettles on a shelf"
ADA = "ada@example.com"


@pytest.fixture
def house() -> Doors:
    return doors()


def trail(house: Doors, user: str) -> list[str]:
    lines = house.activities.list(own_scope(user)).items  # type: ignore[arg-type]
    return [line.action.removeprefix("account:") for line in reversed(lines)]


def rows(house: Doors, spec: TableSpec) -> int:
    return len(house.tables.open(spec)._items)  # type: ignore[attr-defined]


# registration


def test_nobody_is_in_before_the_address_is_verified(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client)
    with pytest.raises(EmailNotVerified):
        house.sign_in()
    person = house.auth.verify_email(house.link(ADA), PASSWORD)
    assert person.email_verified
    assert house.auth.authenticate(house.sign_in().cookie or "")[0].id == person.id
    assert trail(house, person.id) == ["person:registered", "person:email_verified", "session:opened"]


def test_whoever_does_not_know_the_password_is_not_told_that_the_address_waits(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client)
    with pytest.raises(SignInRefused) as wrong:
        house.sign_in(password=OTHER)
    assert not isinstance(wrong.value, EmailNotVerified)


def test_an_address_that_is_known_is_answered_alike_and_its_owner_is_told(house: Doors) -> None:
    house.person()
    before = len(house.mail.sent)
    assert house.auth.register("ADA@example.com", OTHER, house.client) is None  # type: ignore[func-returns-value]
    house.post.dispatch()
    assert [letter.subject for letter in house.mail.sent[before:]] == ["ListBackup: you are registered already"]
    assert house.sign_in().person.email == ADA  # and the password is the old one


def test_a_verification_link_works_once_and_for_a_day(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client)
    token = house.link(ADA)
    house.auth.verify_email(token)
    with pytest.raises(SignInRefused):
        house.auth.verify_email(token)
    house.auth.register("bob@example.com", PASSWORD, house.client)
    late = house.link("bob@example.com")
    house.clock.advance(timedelta(hours=24))
    with pytest.raises(SignInRefused):
        house.auth.verify_email(late)
    house.auth.send_verification("BOB@example.com", house.client)
    assert house.auth.verify_email(house.link("bob@example.com")).email_verified


def test_a_link_for_one_thing_is_none_for_another(house: Doors) -> None:
    house.person()
    house.auth.passwords.forgot(ADA, house.client)
    token = house.link(ADA)
    with pytest.raises(SignInRefused):
        house.auth.verify_email(token)
    with pytest.raises(SignInRefused):
        house.users.agree_to_email_change(token)
    house.auth.passwords.reset(token, OTHER, house.client)


def test_the_first_owner_and_invited_people_need_no_mail(house: Doors) -> None:
    person = house.auth.create_verified(ADA, PASSWORD, by="setup", also=house.users.first_profile("Ada"))
    assert house.users.get(person.id).name == "Ada"
    assert house.sign_in().person.id == person.id
    with pytest.raises(Conflict):
        house.auth.create_verified("ADA@example.com", PASSWORD, by="setup")


# sign-in


def test_unknown_and_wrong_are_one_answer(house: Doors) -> None:
    house.person()
    said = set()
    for email, password in ((ADA, OTHER), ("nobody@example.com", PASSWORD), ("no address", PASSWORD), ("", "")):
        with pytest.raises(SignInRefused) as refused:
            house.sign_in(email, password)
        said.add((type(refused.value), refused.value.message, refused.value.hint))
    assert len(said) == 1


def test_the_sixth_guess_waits_even_with_the_right_password_and_a_right_one_forgives(house: Doors) -> None:
    house.person()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.sign_in(password=OTHER)
    with pytest.raises(TooManyTries) as early:
        house.sign_in("Ada@Example.com")
    house.clock.advance(early.value.retry_after or timedelta(0))
    house.sign_in()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.sign_in(password=OTHER)


def test_what_was_proved_by_a_clock_that_was_ahead_proves_nothing_once_it_is_right(house: Doors) -> None:
    """Neither a session nor a fresh proof lives for the days by which the clock was wrong."""
    house.person()
    right = house.clock.now()
    house.clock.jump(right + timedelta(minutes=30))
    near = house.sign_in()
    house.clock.jump(right)
    with pytest.raises(StepUpNeeded):
        house.auth.passwords.change(near.person, near.session, PASSWORD, OTHER, house.client)
    assert house.auth.authenticate(near.cookie or "")[0].id == near.person.id
    for kind in SessionKind:
        house.clock.jump(right + timedelta(days=400))
        far = house.sign_in(kind=kind)
        house.clock.jump(right + timedelta(days=1))
        with pytest.raises(SignInRefused):
            house.auth.current(far.person.id, far.session.id)


def test_guesses_that_a_clock_counted_that_was_ahead_are_not_waited_for(house: Doors) -> None:
    house.person()
    right = house.clock.now()
    house.clock.jump(right + timedelta(days=400))
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.sign_in(password=OTHER)
    house.clock.jump(right)
    with pytest.raises(SignInRefused):
        house.sign_in(password=OTHER)
    with pytest.raises(TooManyTries) as early:  # and the next one is as late as ever
        house.sign_in()
    assert early.value.retry_after is not None
    assert early.value.retry_after <= timedelta(minutes=15)


def test_an_unknown_name_is_slowed_like_a_known_one(house: Doors) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.sign_in("nobody@example.com")
    with pytest.raises(TooManyTries):
        house.sign_in("nobody@example.com")


def test_one_address_asks_twenty_times_a_minute_whoever_it_asks_for(house: Doors) -> None:
    house.client = Client(address="203.0.113.9")
    for number in range(20):
        with pytest.raises(SignInRefused):
            house.sign_in(f"user{number}@example.com")
    with pytest.raises(TooManyTries):
        house.sign_in("another@example.com")


def test_privileged_people_have_shorter_sessions_and_must_set_up_a_second_factor(house: Doors) -> None:
    house.person()
    house.auth.rank(lambda user: True)
    entered = house.sign_in()
    assert entered.must_set_up_mfa
    assert entered.session.expires_at - house.clock.now() == timedelta(hours=12)


def test_a_program_is_in_with_tokens_that_are_replaced(house: Doors) -> None:
    person = house.person()
    tokens = house.sign_in(kind=SessionKind.PROGRAM).tokens
    assert tokens is not None
    newer = house.auth.refresh(tokens.refresh)
    assert house.auth.authenticate_bearer(newer.access)[0].id == person.id
    assert "lbr_" not in repr(newer) + repr(house.sign_in(kind=SessionKind.PROGRAM))


def test_a_refresh_token_that_comes_again_ends_its_session_and_the_person_is_told(house: Doors) -> None:
    person = house.person()
    first, other = house.sign_in(kind=SessionKind.PROGRAM).tokens, house.sign_in(kind=SessionKind.PROGRAM).tokens
    assert first is not None
    assert other is not None
    second = house.auth.refresh(first.refresh)
    house.clock.advance(timedelta(seconds=11))
    for token in (first.refresh, second.refresh, first.refresh):
        with pytest.raises(SignInRefused):
            house.auth.refresh(token)
    with pytest.raises(SignInRefused):
        house.auth.authenticate_bearer(second.access)
    house.auth.refresh(other.refresh)
    house.post.dispatch()
    assert trail(house, person.id).count("session:reuse_detected") == 1
    assert "used twice" in house.mail.sent[-1].text


def test_sessions_are_listed_and_ended(house: Doors) -> None:
    person = house.person()
    here, there = house.sign_in(), house.sign_in(kind=SessionKind.PROGRAM)
    assert {one.id for one in house.auth.sessions(person)} == {here.session.id, there.session.id}
    house.auth.revoke(person, there.session.id)
    with pytest.raises(NotFound):
        house.auth.revoke(person, there.session.id)
    with pytest.raises(SignInRefused):
        house.auth.refresh(there.tokens.refresh if there.tokens else "")
    house.auth.logout(here.session)
    house.auth.logout(here.session)
    with pytest.raises(SignInRefused):
        house.auth.authenticate(here.cookie or "")


def test_nobody_ends_a_session_of_another(house: Doors) -> None:
    house.person()
    eve = house.person("eve@example.com")
    with pytest.raises(NotFound):
        house.auth.revoke(eve, house.sign_in().session.id)


def test_a_changed_role_ends_every_session(house: Doors) -> None:
    person, cookie = house.person(), house.sign_in().cookie or ""
    house.auth.end_sessions(person.id, why="role")
    with pytest.raises(SignInRefused):
        house.auth.authenticate(cookie)
    house.auth.set_disabled(person.id, True, why="left")
    with pytest.raises(SignInRefused):
        house.sign_in()


# passwords


def test_changing_the_password_keeps_this_session_and_ends_the_others(house: Doors) -> None:
    person = house.person()
    here, there = house.sign_in(), house.sign_in()
    house.auth.passwords.change(person, here.session, PASSWORD, OTHER, house.client)
    house.auth.authenticate(here.cookie or "")
    with pytest.raises(SignInRefused):
        house.auth.authenticate(there.cookie or "")
    house.sign_in(password=OTHER)
    house.post.dispatch()
    assert "was changed" in house.mail.sent[-1].text


def test_changing_the_password_needs_the_old_one_and_a_fresh_proof(house: Doors) -> None:
    person, entered = house.person(), house.sign_in()
    with pytest.raises(SignInRefused):
        house.auth.passwords.change(person, entered.session, OTHER, OTHER, house.client)
    with pytest.raises(WeakPassword):
        house.auth.passwords.change(person, entered.session, PASSWORD, "short", house.client)
    house.clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(StepUpNeeded):
        house.auth.passwords.change(person, entered.session, PASSWORD, OTHER, house.client)
    stepped = house.auth.step_up(person, entered.session, Factor.PASSWORD, PASSWORD, house.client)
    house.auth.passwords.change(person, stepped.session, PASSWORD, OTHER, house.client)
    with pytest.raises(SignInRefused):
        house.auth.authenticate(entered.cookie or "")  # stepping up replaced it
    house.auth.authenticate(stepped.cookie or "")


def test_a_forgotten_password_is_reset_by_a_link_that_signs_nobody_in_and_ends_everything(house: Doors) -> None:
    house.person()
    cookie = house.sign_in().cookie or ""
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.sign_in(password=OTHER)
    house.auth.passwords.forgot("ADA@example.com", house.client)
    token = house.link(ADA)
    with pytest.raises(WeakPassword):
        house.auth.passwords.reset(token, "short", house.client)
    house.auth.passwords.reset(token, OTHER, house.client)
    with pytest.raises(SignInRefused):
        house.auth.authenticate(cookie)
    with pytest.raises(SignInRefused):
        house.auth.passwords.reset(token, PASSWORD, house.client)
    house.sign_in(password=OTHER)  # and the guesses are forgiven


def test_a_reset_link_ends_after_twenty_minutes_and_when_the_password_changes(house: Doors) -> None:
    person = house.person()
    house.auth.passwords.forgot(ADA, house.client)
    late = house.link(ADA)
    house.clock.advance(timedelta(minutes=20))
    with pytest.raises(SignInRefused):
        house.auth.passwords.reset(late, OTHER, house.client)
    house.auth.passwords.forgot(ADA, house.client)
    overtaken = house.link(ADA)
    house.auth.passwords.change(person, house.sign_in().session, PASSWORD, OTHER, house.client)
    with pytest.raises(SignInRefused):
        house.auth.passwords.reset(overtaken, PASSWORD, house.client)


def test_three_links_an_hour_and_none_for_an_unknown_address(house: Doors) -> None:
    house.person()
    sent = len(house.mail.sent)
    for _ in range(5):
        house.auth.passwords.forgot(ADA, house.client)
        house.auth.passwords.forgot("nobody@example.com", house.client)
    house.post.dispatch()
    assert [letter.to for letter in house.mail.sent[sent:]] == [ADA] * 3
    assert rows(house, POST) == 0


def test_an_unknown_address_costs_the_same_writes(house: Doors) -> None:
    house.person()
    house.post.dispatch()
    house.auth.passwords.forgot(ADA, house.client)
    known = rows(house, POST)
    house.auth.passwords.forgot("nobody@example.com", house.client)
    assert rows(house, POST) == 2 * known


def test_a_reset_never_removes_a_second_factor(house: Doors) -> None:
    house.person()
    seed, _, _ = house.enrol(house.sign_in())
    house.auth.passwords.forgot(ADA, house.client)
    house.auth.passwords.reset(house.link(ADA), OTHER, house.client)
    step = house.auth.login(ADA, OTHER, house.client, kind=SessionKind.BROWSER)
    assert isinstance(step, SecondStep)
    house.auth.second_step(step.ticket, Factor.TOTP, house.code(seed), house.client, kind=SessionKind.BROWSER)


def test_a_sign_in_from_a_new_device_is_told_by_mail_and_a_known_one_is_not(house: Doors) -> None:
    house.person()
    firefox, newer, elsewhere, program = (
        Client(address="192.0.2.7", agent="Firefox/140.0"),
        Client(address="192.0.2.9", agent="Firefox/141.0"),
        Client(address="198.51.100.1", agent="Firefox/141.0"),
        Client(address="192.0.2.7", agent="curl/8"),
    )

    def letters(client: Client) -> int:
        before = len(house.mail.sent)
        house.auth.login(ADA, PASSWORD, client, kind=SessionKind.BROWSER)
        house.post.dispatch()
        return len(house.mail.sent) - before

    assert [letters(one) for one in (firefox, firefox, newer, elsewhere, elsewhere, program, firefox)] == [0, 0, 0, 1, 0, 1, 0]
    assert "curl/8, at 192.0.2.7" in house.mail.sent[-1].text
    house.clock.advance(timedelta(days=181))
    assert letters(firefox) == 0  # nothing is remembered any more: the first again


def test_keeping_house_sends_letters_and_renews_the_signing_key_after_a_month(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client)
    house.auth.keep_house()
    assert [letter.to for letter in house.mail.sent] == [ADA]

    def kids() -> list[str]:
        return [key["kid"] for key in house.auth.key_set()["keys"]]  # type: ignore[attr-defined]

    first = kids()
    house.clock.advance(timedelta(days=29))
    house.auth.keep_house()
    assert kids() == first
    house.clock.advance(timedelta(days=1))
    house.auth.keep_house()
    assert len(kids()) == 2  # the old one signed tokens that are still good
    assert kids()[0] == first[0]
    house.clock.advance(timedelta(minutes=17))
    assert first[0] not in kids()
