"""Second factors: set up, used, lost and removed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.identity.port import Factor, Person, Session, SessionKind, SignInRefused, TooManyTries
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.services.auth import SecondStep, SignedIn, StepUpNeeded, own_scope
from listbackup.testing.authenticator import SoftAuthenticator
from listbackup.testing.identity import PASSWORD, Doors, doors

ADA = "ada@example.com"


@pytest.fixture
def house() -> Doors:
    made = doors()
    made.person()
    return made


def step(house: Doors) -> SecondStep:
    found = house.auth.login(ADA, PASSWORD, house.client, kind=SessionKind.BROWSER)
    assert isinstance(found, SecondStep)
    return found


def test_setting_up_codes_keeps_this_session_and_ends_the_others(house: Doors) -> None:
    here, there = house.sign_in(), house.sign_in()
    _, codes, _ = house.enrol(here)
    assert len(set(codes)) == 10
    assert {len(code.replace("-", "")) for code in codes} == {24}
    assert house.auth.authenticate(here.cookie or "")[0].has_totp
    with pytest.raises(SignInRefused):
        house.auth.authenticate(there.cookie or "")


def test_a_seed_counts_for_nothing_before_its_first_code(house: Doors) -> None:
    entered = house.sign_in()
    house.auth.factors.begin_totp(entered.person, entered.session)
    with pytest.raises(SignInRefused):
        house.auth.factors.confirm_totp(entered.person, entered.session, "000000")
    house.sign_in()  # a password alone still does
    house.clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(StepUpNeeded):
        house.auth.factors.begin_totp(entered.person, entered.session)


def test_a_password_is_a_step_and_not_the_whole_way(house: Doors) -> None:
    seed, _, _ = house.enrol(house.sign_in())
    found = step(house)
    assert found.factors == (Factor.TOTP, Factor.RECOVERY_CODE)
    with pytest.raises(SignInRefused):
        house.auth.second_step("x" * 43, Factor.TOTP, house.code(seed), house.client, kind=SessionKind.BROWSER)
    entered = house.auth.second_step(found.ticket, Factor.TOTP, house.code(seed), house.client, kind=SessionKind.BROWSER)
    assert entered.session.by == (Factor.PASSWORD, Factor.TOTP)
    house.clock.sleep(30)
    with pytest.raises(SignInRefused):  # a step is used up
        house.auth.second_step(found.ticket, Factor.TOTP, house.code(seed), house.client, kind=SessionKind.BROWSER)


def test_a_step_ends_after_five_minutes_and_when_everything_ends(house: Doors) -> None:
    seed, _, _ = house.enrol(house.sign_in())
    late = step(house)
    house.clock.advance(timedelta(minutes=5))
    with pytest.raises(SignInRefused):
        house.auth.second_step(late.ticket, Factor.TOTP, house.code(seed), house.client, kind=SessionKind.BROWSER)
    overtaken = step(house)
    person = house.identity.people.find_by_email(ADA)
    assert person is not None
    house.auth.end_sessions(person.id, why="test")
    with pytest.raises(SignInRefused):
        house.auth.second_step(overtaken.ticket, Factor.TOTP, house.code(seed), house.client, kind=SessionKind.BROWSER)


def test_a_code_works_once(house: Doors) -> None:
    seed, _, _ = house.enrol(house.sign_in())
    code = house.code(seed)
    house.second_step(code)
    with pytest.raises(SignInRefused):
        house.second_step(code)


def test_a_clock_that_was_ahead_locks_nobody_out_once_it_is_right(house: Doors) -> None:
    """Codes that were used, and a factor that was locked, while the clock was a year ahead."""
    seed, _, _ = house.enrol(house.sign_in())
    right = house.clock.now()
    house.clock.jump(right + timedelta(days=400))
    house.second_step(house.code(seed))
    found = step(house)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.auth.second_step(found.ticket, Factor.TOTP, "000000", house.client, kind=SessionKind.BROWSER)
    house.clock.jump(right + timedelta(minutes=1))
    code = house.code(seed)
    house.second_step(code)
    with pytest.raises(SignInRefused):
        house.second_step(code)


def test_the_sixth_wrong_code_locks_the_factor_for_a_quarter_of_an_hour_and_a_recovery_code_still_works(house: Doors) -> None:
    seed, codes, _ = house.enrol(house.sign_in())
    found = step(house)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.auth.second_step(found.ticket, Factor.TOTP, "000000", house.client, kind=SessionKind.BROWSER)
    with pytest.raises(TooManyTries) as locked:
        house.auth.second_step(found.ticket, Factor.TOTP, house.code(seed), house.client, kind=SessionKind.BROWSER)
    assert locked.value.retry_after == timedelta(minutes=15)
    house.second_step(codes[0], Factor.RECOVERY_CODE)
    house.clock.advance(timedelta(minutes=15))
    house.second_step(house.code(seed))


def test_a_recovery_code_works_once_however_it_is_typed_and_its_use_is_told(house: Doors) -> None:
    _, codes, _ = house.enrol(house.sign_in())
    entered = house.second_step(codes[3].upper().replace("-", " "), Factor.RECOVERY_CODE)
    with pytest.raises(SignInRefused):
        house.second_step(codes[3], Factor.RECOVERY_CODE)
    assert house.auth.factors.count_recovery_codes(entered.person) == 9
    house.post.dispatch()
    assert "recovery code was used" in house.mail.sent[-1].text


def test_renewed_recovery_codes_void_the_old(house: Doors) -> None:
    _, old, session = house.enrol(house.sign_in())
    new = house.auth.factors.renew_recovery_codes(found_ada(house), session)
    with pytest.raises(SignInRefused):
        house.second_step(old[0], Factor.RECOVERY_CODE)
    house.second_step(new[0], Factor.RECOVERY_CODE)


def found_ada(house: Doors) -> Person:
    person = house.identity.people.find_by_email(ADA)
    assert person is not None
    return person


def test_recovery_codes_stand_in_for_something(house: Doors) -> None:
    entered = house.sign_in()
    with pytest.raises(InputError):
        house.auth.factors.renew_recovery_codes(entered.person, entered.session)


def test_a_factor_is_removed_with_a_factor(house: Doors) -> None:
    seed, codes, session = house.enrol(house.sign_in())
    person = found_ada(house)
    with pytest.raises(Conflict):
        house.auth.factors.begin_totp(person, session)
    for factor, proof in ((Factor.TOTP, "000000"), (Factor.PASSWORD, PASSWORD), (Factor.RECOVERY_CODE, "x" * 24)):
        with pytest.raises(SignInRefused):
            house.auth.factors.remove_totp(person, session, factor, proof)
    house.auth.factors.remove_totp(person, session, Factor.TOTP, house.code(seed))
    house.sign_in()  # by password alone again
    assert house.auth.factors.count_recovery_codes(person) == 0
    assert codes


def test_stepping_up_with_a_second_factor_needs_it(house: Doors) -> None:
    seed, _, session = house.enrol(house.sign_in())
    person = found_ada(house)
    with pytest.raises(SignInRefused):
        house.auth.step_up(person, session, Factor.PASSWORD, PASSWORD, house.client)
    house.clock.advance(timedelta(minutes=11))
    stepped = house.auth.step_up(person, session, Factor.TOTP, house.code(seed), house.client)
    assert stepped.session.proved_at == house.clock.now()


# passkeys


def with_passkey(house: Doors, key: SoftAuthenticator) -> tuple[Person, Session]:
    entered = house.sign_in()
    options = house.auth.factors.begin_passkey(entered.person, entered.session)
    _, session = house.auth.factors.finish_passkey(entered.person, entered.session, key.create(options), name="laptop")
    return found_ada(house), session


def by_passkey(house: Doors, key: SoftAuthenticator) -> SignedIn:
    return house.auth.finish_passkey(key.get(house.auth.begin_passkey(house.client)), house.client, kind=SessionKind.BROWSER)


def test_a_passkey_signs_in_alone(house: Doors) -> None:
    key = SoftAuthenticator()
    person, _ = with_passkey(house, key)
    entered = by_passkey(house, key)
    assert (entered.person.id, entered.session.by) == (person.id, (Factor.PASSKEY,))
    assert [one.name for one in house.auth.factors.passkeys(person)] == ["laptop"]
    assert step(house).factors == (Factor.PASSKEY,)


def test_an_answer_works_once_and_for_five_minutes(house: Doors) -> None:
    key = SoftAuthenticator()
    with_passkey(house, key)
    answer = key.get(house.auth.begin_passkey(house.client))
    house.auth.finish_passkey(answer, house.client, kind=SessionKind.BROWSER)
    late = key.get(house.auth.begin_passkey(house.client))
    house.clock.advance(timedelta(minutes=5))
    for one in (answer, late):
        with pytest.raises(SignInRefused):
            house.auth.finish_passkey(one, house.client, kind=SessionKind.BROWSER)


@pytest.mark.parametrize(
    "wrong", [{"origin": "http://evil.example"}, {"relying_party": "evil.example"}, {"verifies_user": False}, {"credential": b"x" * 32}]
)
def test_an_answer_for_another_site_or_without_the_person_is_refused(house: Doors, wrong: dict[str, object]) -> None:
    key = SoftAuthenticator()
    with_passkey(house, key)
    for name, value in wrong.items():
        setattr(key, name, value)
    with pytest.raises(SignInRefused):
        by_passkey(house, key)


@pytest.mark.parametrize("wrong", [{"origin": "http://evil.example"}, {"relying_party": "evil.example"}, {"verifies_user": False}])
def test_a_passkey_of_another_site_or_without_the_person_is_not_registered(house: Doors, wrong: dict[str, object]) -> None:
    with pytest.raises(SignInRefused):
        with_passkey(house, SoftAuthenticator(**wrong))  # type: ignore[arg-type]
    assert not found_ada(house).has_mfa


def test_a_challenge_for_one_person_registers_nothing_for_another(house: Doors) -> None:
    house.person("eve@example.com")
    ada, eve = house.sign_in(), house.sign_in("eve@example.com")
    options = house.auth.factors.begin_passkey(ada.person, ada.session)
    with pytest.raises(SignInRefused):
        house.auth.factors.finish_passkey(eve.person, eve.session, SoftAuthenticator().create(options), name="x")


def test_a_counter_that_goes_back_is_flagged_told_and_signs_nobody_in_any_more(house: Doors) -> None:
    key = SoftAuthenticator()
    person, _ = with_passkey(house, key)
    for _ in range(3):
        by_passkey(house, key)
    key.sign_count = 1  # a copy made earlier
    for _ in range(4):
        with pytest.raises(SignInRefused):
            by_passkey(house, key)
    assert [one.suspicious for one in house.auth.factors.passkeys(person)] == [True]
    house.post.dispatch()
    assert sum("may have been copied" in letter.text for letter in house.mail.sent) == 1
    assert any(line.action == "account:passkey:suspicious" for line in house.activities.list(own_scope(person.id)).items)


def test_a_passkey_is_removed_by_who_showed_a_second_factor(house: Doors) -> None:
    key = SoftAuthenticator()
    person, session = with_passkey(house, key)
    passkey = house.auth.factors.passkeys(person)[0].id
    with pytest.raises(SignInRefused):
        house.auth.factors.remove_passkey(person, session, passkey)  # this one came in by password
    entered = by_passkey(house, key)
    with pytest.raises(NotFound):
        house.auth.factors.remove_passkey(entered.person, entered.session, "x")
    house.auth.factors.remove_passkey(entered.person, entered.session, passkey)
    with pytest.raises(SignInRefused):
        by_passkey(house, key)
    house.sign_in()
