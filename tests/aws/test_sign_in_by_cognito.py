"""What a person does, over a user pool, and what comes of it when a transaction never happens."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.identity.port import EmailNotVerified, Factor, SessionKind, SignInRefused, TooManyTries
from listbackup.backends.identity.table import PEOPLE, SESSIONS, TICKETS, TRIES
from listbackup.base.errors import Conflict
from listbackup.base.ids import UserId
from listbackup.services.auth import SecondStep
from listbackup.testing.authenticator import SoftAuthenticator
from listbackup.testing.identity import PASSWORD
from listbackup.testing.pooled_house import PooledHouse as House
from listbackup.testing.pooled_house import pooled_house

ADA = "ada@example.com"
OTHER = "seven brass kettles on a shelf"


@pytest.fixture
def house(aws: Aws, trigger_arn: str) -> Iterator[House]:
    with pooled_house(aws, trigger_arn) as made:
        yield made


# what a person does


def test_somebody_registers_verifies_signs_in_and_out(house: House) -> None:
    door = house.doors
    door.auth.register(ADA, PASSWORD, door.client)
    with pytest.raises(EmailNotVerified):
        door.sign_in()
    person = door.auth.verify_email(door.link(ADA), PASSWORD)
    browser, program = door.sign_in(), door.sign_in(kind=SessionKind.PROGRAM)
    assert program.tokens is not None
    assert door.auth.authenticate(browser.cookie or "")[0].id == person.id
    assert door.auth.authenticate_bearer(program.tokens.access)[1].id == program.session.id
    door.auth.logout(program.session)
    with pytest.raises(SignInRefused):
        door.auth.authenticate_bearer(program.tokens.access)
    with pytest.raises(SignInRefused):
        door.auth.refresh(program.tokens.refresh)
    assert door.auth.authenticate(browser.cookie or "")[0].id == person.id


def test_a_program_refreshes_and_a_token_that_comes_again_ends_its_session(house: House) -> None:
    door = house.doors
    person, first, other = door.person(), house.program(), house.program()
    second = door.auth.refresh(first.refresh)
    assert second.access != first.access
    assert door.auth.authenticate_bearer(second.access)[0].id == person.id
    door.clock.advance(timedelta(seconds=11))  # type: ignore[attr-defined]
    for token in (first.refresh, second.refresh, first.refresh):
        with pytest.raises(SignInRefused):
            door.auth.refresh(token)
    with pytest.raises(SignInRefused):
        door.auth.authenticate_bearer(second.access)
    assert door.auth.refresh(other.refresh).access
    door.post.dispatch()
    assert "used twice" in door.mail.sent[-1].text


def test_what_the_pool_gave_is_held_as_long_as_the_session_may_last(house: House) -> None:
    door = house.doors
    door.person()
    tokens = house.program()
    held = door.identity.sessions._held.find  # type: ignore[attr-defined]
    first, refresh = held(tokens.session.id), tokens.refresh
    for _ in range(3):
        door.clock.advance(timedelta(days=29))  # type: ignore[attr-defined]
        refresh = door.auth.refresh(refresh).refresh
        assert held(tokens.session.id) == first
    door.clock.advance(timedelta(days=4))  # type: ignore[attr-defined]
    assert held(tokens.session.id) is None


def test_nothing_in_our_tables_signs_anybody_in_at_the_pool(house: House) -> None:
    door = house.doors
    person = door.person()
    seed, _, _ = house.enrol()
    step = door.auth.login(ADA, PASSWORD, door.client, kind=SessionKind.PROGRAM)
    assert isinstance(step, SecondStep)
    tokens = door.auth.second_step(step.ticket, Factor.TOTP, door.code(seed), door.client, kind=SessionKind.PROGRAM).tokens
    assert tokens is not None
    held = door.identity.sessions._held.find(tokens.session.id)  # type: ignore[attr-defined]
    rows = [str(row) for spec in (PEOPLE, SESSIONS, TICKETS, TRIES) for row in door.tables.open(spec)._items.values()]  # type: ignore[attr-defined]
    assert any(person.id in row for row in rows)
    for secret in (PASSWORD, tokens.access, tokens.refresh, held, str(seed)[2:-1], base64.b32encode(seed).decode()):
        assert not any(secret in row for row in rows)
    assert held not in repr(tokens) + repr(house.users)


def test_one_time_codes_are_asked_for_by_us_and_by_the_pool(house: House) -> None:
    door = house.doors
    person = door.person()
    seed, recovery, session = house.enrol()
    assert house.about("admin_get_user", person.id)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    code = door.code(seed)
    entered = door.second_step(code)
    assert entered.session.by == (Factor.PASSWORD, Factor.TOTP)
    with pytest.raises(SignInRefused):
        door.second_step(code)  # used
    assert door.second_step(recovery[0], Factor.RECOVERY_CODE).session.user == person.id
    door.auth.factors.remove_totp(person, session, Factor.RECOVERY_CODE, recovery[1])
    assert house.about("admin_get_user", person.id).get("UserMFASettingList", []) == []
    assert door.sign_in().session.by == (Factor.PASSWORD,)


def test_five_wrong_codes_lock_though_the_pool_would_go_on(house: House) -> None:
    door = house.doors
    door.person()
    seed, _, _ = house.enrol()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            door.second_step("000000")
    with pytest.raises(TooManyTries):
        door.second_step(door.code(seed))


def test_whoever_has_a_second_factor_signs_programs_in_too(house: House) -> None:
    door = house.doors
    person = door.person()
    seed, _, _ = house.enrol()
    step = door.auth.login(ADA, PASSWORD, door.client, kind=SessionKind.PROGRAM)
    assert isinstance(step, SecondStep)
    entered = door.auth.second_step(step.ticket, Factor.TOTP, door.code(seed), door.client, kind=SessionKind.PROGRAM)
    assert entered.tokens is not None
    assert door.auth.authenticate_bearer(entered.tokens.access)[0].id == person.id


def test_a_passkey_signs_a_program_in_without_any_password(house: House) -> None:
    door = house.doors
    person, entered = door.person(), door.sign_in()
    key = SoftAuthenticator(origin=door.ground.figures.origins[0])
    door.auth.factors.finish_passkey(
        person, entered.session, key.create(door.auth.factors.begin_passkey(person, entered.session)), name="key"
    )
    answer = key.get(door.auth.begin_passkey(door.client))
    tokens = door.auth.finish_passkey(answer, door.client, kind=SessionKind.PROGRAM).tokens
    assert tokens is not None
    assert door.auth.authenticate_bearer(tokens.access)[0].id == person.id


def test_a_forgotten_password_is_reset_and_everything_ends(house: House) -> None:
    door = house.doors
    door.person()
    cookie, tokens = door.sign_in().cookie or "", house.program()
    door.auth.passwords.forgot(ADA, door.client)
    link = door.link(ADA)
    door.auth.passwords.reset(link, OTHER, door.client)
    for ended in (
        lambda: door.auth.authenticate(cookie),
        lambda: door.auth.authenticate_bearer(tokens.access),
        lambda: door.auth.refresh(tokens.refresh),
        lambda: door.auth.passwords.reset(link, PASSWORD, door.client),
        door.sign_in,
    ):
        with pytest.raises(SignInRefused):
            ended()
    assert door.sign_in(password=OTHER).person.email == ADA


def test_changing_the_password_keeps_this_program_in_and_ends_the_others(house: House) -> None:
    door = house.doors
    person, there = door.person(), house.program()
    here = door.sign_in(kind=SessionKind.PROGRAM)
    assert here.tokens is not None
    door.auth.passwords.change(person, here.session, PASSWORD, OTHER, door.client)
    assert door.auth.authenticate_bearer(here.tokens.access)[1].id == here.session.id
    newer = door.auth.refresh(here.tokens.refresh)  # the pool revoked what it held: it begins anew
    assert door.auth.authenticate_bearer(newer.access)[1].id == here.session.id
    with pytest.raises(SignInRefused):
        door.auth.refresh(there.refresh)


def test_a_stranger_who_registered_with_somebody_s_address_gets_nothing(house: House) -> None:
    door = house.doors
    door.auth.register(ADA, OTHER, door.client)
    door.auth.verify_email(door.link(ADA))
    with pytest.raises(SignInRefused):
        door.sign_in(password=OTHER)
    door.auth.passwords.reset(door.link(ADA), PASSWORD, door.client)
    assert door.sign_in().person.email_verified


def test_a_disabled_person_is_disabled_in_the_pool_and_comes_back(house: House) -> None:
    door = house.doors
    person, tokens = door.person(), house.program()
    door.auth.set_disabled(person.id, True, why="left")
    assert house.about("admin_get_user", person.id)["Enabled"] is False
    with pytest.raises(SignInRefused):
        door.auth.refresh(tokens.refresh)
    with pytest.raises(SignInRefused):
        house.users.open(person.id)
    door.auth.set_disabled(person.id, False, why="back")
    assert house.program().access


def test_many_programs_of_one_person_come_in_at_once(house: House) -> None:
    """Five, because a sixth guess at once is throttled."""
    house.doors.person()
    with ThreadPoolExecutor(5) as crowd:
        tokens = list(crowd.map(lambda _: house.program(), range(5)))
    assert {house.doors.auth.authenticate_bearer(one.access)[1].id for one in tokens} == {one.session.id for one in tokens}
    assert len({one.session.id for one in tokens}) == 5


# what did not happen


def test_a_password_of_a_transaction_that_never_happened_signs_nobody_in(house: House) -> None:
    door = house.doors
    person = door.person()
    door.identity.people.set_password(person, OTHER)
    for password in (OTHER, PASSWORD):  # the old one is over: it fails closed
        with pytest.raises(SignInRefused):
            door.sign_in(password=password)
    door.auth.passwords.forgot(ADA, door.client)
    door.auth.passwords.reset(door.link(ADA), PASSWORD, door.client)
    assert door.sign_in().person.id == person.id


def test_who_was_made_by_a_transaction_whose_answer_was_lost_keeps_the_password(house: House) -> None:
    door = house.doors
    made, writes = door.identity.people.create(UserId("usr_ada"), ADA, PASSWORD, is_verified=True)
    door.tables.transact(writes)
    with pytest.raises(Conflict):
        door.identity.people.create(made.id, ADA, PASSWORD, is_verified=True)
    assert door.identity.people.check_password(ADA, PASSWORD) == made


def test_an_address_that_is_taken_leaves_nobody_in_the_pool(house: House) -> None:
    door = house.doors
    person = door.person()
    door.auth.register("ADA@example.com", OTHER, door.client)
    assert [user["Username"] for user in house.ask("list_users", UserPoolId=house.made.pool)["Users"]] == [person.id]


def test_a_user_removed_from_the_pool_by_hand_comes_back_by_a_reset(house: House) -> None:
    door = house.doors
    person = door.person()
    house.about("admin_delete_user", person.id)
    with pytest.raises(SignInRefused):
        door.sign_in()
    door.auth.passwords.forgot(ADA, door.client)
    door.auth.passwords.reset(door.link(ADA), PASSWORD, door.client)
    assert door.sign_in().person.id == person.id
    assert house.program().access
