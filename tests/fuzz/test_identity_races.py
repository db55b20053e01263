"""What works once works once, however many try at the same moment; over SQLite, with real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from listbackup.backends.identity.port import Factor, SessionKind, SignInRefused, TooManyTries
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import BusyError, Conflict
from listbackup.services.auth import SecondStep
from listbackup.testing.authenticator import SoftAuthenticator
from listbackup.testing.clock import ManualClock
from listbackup.testing.identity import PASSWORD, Doors, doors
from listbackup.testing.together import in_threads, in_threads_each

ADA = "ada@example.com"
MANY = 64


@pytest.fixture(params=["memory", "sqlite"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Doors:
    clock = ManualClock()
    return doors(MemoryTables(clock) if request.param == "memory" else SqliteTables(tmp_path / "control.db", clock=clock), clock=clock)


def successes(work: Callable[[], object], count: int = MANY) -> list[object]:
    """What came of those that were not refused."""
    made: list[object] = []
    start = threading.Barrier(count)

    def attempt() -> None:
        start.wait()
        try:
            made.append(work())
        except (SignInRefused, TooManyTries, Conflict, BusyError):
            return

    in_threads(attempt, count)
    return made


def test_64_refreshes_at_once_give_one_successor(house: Doors) -> None:
    house.person()
    tokens = house.sign_in(kind=SessionKind.PROGRAM).tokens
    assert tokens is not None
    made = successes(lambda: house.auth.refresh(tokens.refresh).refresh)
    assert (len(made), len(set(made))) == (MANY, 1)
    house.auth.refresh(str(made[0]))


def test_64_uses_of_one_link_are_one(house: Doors) -> None:
    house.auth.register(ADA, PASSWORD, house.client)
    link = house.link(ADA)
    assert len(successes(lambda: house.auth.verify_email(link))) == 1
    house.auth.passwords.forgot(ADA, house.client)
    reset = house.link(ADA)
    assert len(successes(lambda: house.auth.passwords.reset(reset, "seven brass kettles on a shelf", house.client))) == 1


def test_64_uses_of_one_code_are_one(house: Doors) -> None:
    house.person()
    seed, codes, _ = house.enrol(house.sign_in())
    steps = iter([ticket(house) for _ in range(2 * MANY)])
    lock = threading.Lock()

    def use(factor: Factor, code: str) -> object:
        with lock:
            step = next(steps)
        return house.auth.second_step(step, factor, code, house.client, kind=SessionKind.BROWSER)

    code = house.code(seed)
    assert len(successes(lambda: use(Factor.TOTP, code))) == 1
    assert len(successes(lambda: use(Factor.RECOVERY_CODE, codes[0]))) == 1


def test_64_codes_for_one_second_step_are_one_session(house: Doors) -> None:
    person = house.person()
    _, codes, _ = house.enrol(house.sign_in())
    step, several = ticket(house), iter(codes * 7)
    lock = threading.Lock()

    def use() -> object:
        with lock:
            code = next(several)
        return house.auth.second_step(step, Factor.RECOVERY_CODE, code, house.client, kind=SessionKind.BROWSER)

    assert len(successes(use)) == 1
    assert house.auth.factors.count_recovery_codes(person) == 9


def ticket(house: Doors) -> str:
    step = house.auth.login(ADA, PASSWORD, house.client, kind=SessionKind.BROWSER)
    assert isinstance(step, SecondStep)
    return step.ticket


def test_64_uses_of_one_passkey_answer_are_one(house: Doors) -> None:
    house.person()
    key, entered = SoftAuthenticator(), house.sign_in()
    options = house.auth.factors.begin_passkey(entered.person, entered.session)
    answer = key.create(options)
    assert len(successes(lambda: house.auth.factors.finish_passkey(entered.person, entered.session, answer, name="x"), 16)) == 1
    signed = key.get(house.auth.begin_passkey(house.client))
    assert len(successes(lambda: house.auth.finish_passkey(signed, house.client, kind=SessionKind.BROWSER))) == 1


def test_64_registrations_of_one_address_are_one_person(house: Doors) -> None:
    in_threads(lambda: house.auth.register(ADA, PASSWORD, house.client), MANY)
    assert house.identity.people.find_by_email(ADA) is not None
    house.post.dispatch(limit=200)
    assert sum("verify-email" in letter.text for letter in house.mail.sent) == 1


def test_no_token_outlives_a_revocation_that_raced_with_its_refresh(house: Doors) -> None:
    person = house.person()
    for _ in range(1000 if isinstance(house.tables, MemoryTables) else 100):
        entered = house.sign_in(kind=SessionKind.PROGRAM)
        assert entered.tokens is not None
        first, made = entered.tokens, [entered.tokens]

        def refresh(first: object = first, made: list[object] = made) -> None:  # type: ignore[assignment]
            try:
                made.append(house.auth.refresh(first.refresh))  # type: ignore[attr-defined]
            except SignInRefused:
                return

        in_threads_each(refresh, lambda session=entered.session: house.auth.logout(session))  # type: ignore[misc]
        for tokens in made:
            with pytest.raises(SignInRefused):
                house.auth.authenticate_bearer(tokens.access)
            with pytest.raises(SignInRefused):
                house.auth.refresh(tokens.refresh)
    assert house.auth.sessions(person) == []
