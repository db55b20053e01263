"""A platform that does not listen when tokens are given back is told again, until it does or a week is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.unit.services.test_consents import begin, finish, visit

from listbackup.base.errors import ListBackupError
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.services.accounts import Limit, machine
from listbackup.services.activity import Wanted as Lines
from listbackup.services.connections import Connection
from listbackup.services.connections.revocation import FIRST, GIVEN_UP
from listbackup.services.connections.table import REVOCATIONS
from listbackup.services.integrations import Wanted
from listbackup.testing.clock import ManualClock
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.system import Rooms, rooms
from listbackup.testing.together import in_threads


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def crm(clock: ManualClock) -> Iterator[Saas]:
    with serve(Options(records=5), clock=clock) as saas:
        saas.sign_in.agree = True
        yield saas


@pytest.fixture
def house(clock: ManualClock, crm: Saas) -> Rooms:
    made = rooms([FactsConnector(api=api())], clock=clock)
    made.integrations.set(made.scope, "demo-crm", Wanted(client_id="demo-app"), client_secret=Secret(crm.sign_in.client_secret))
    return made


def waiting(house: Rooms) -> int:
    return len(house.tables.open(REVOCATIONS).query(house.scope.account).items)


def told(house: Rooms) -> list[str]:
    lines = house.activities.list(house.scope, Lines(action="connection")).items
    return [line.action.removeprefix("account:connection:") for line in lines]


def deleted_unheard(house: Rooms, crm: Saas) -> Connection:
    made = finish(house, visit(begin(house, crm).url)).connection
    crm.sign_in.is_deaf = True
    house.connections.delete(house.scope, made.id)
    return made


def test_a_platform_that_was_down_is_told_once_it_is_back(house: Rooms, crm: Saas, clock: ManualClock) -> None:
    deleted_unheard(house, crm)
    assert (crm.sign_in.living_grants(), waiting(house)) == (1, 1)
    assert house.connections.revocations.tick() == 0  # not due yet
    clock.advance(FIRST)
    assert house.connections.revocations.tick() == 0
    crm.sign_in.is_deaf = False
    clock.advance(FIRST)
    assert house.connections.revocations.tick() == 0  # it waits longer each time
    clock.advance(FIRST)
    assert house.connections.revocations.tick() == 1
    assert (crm.sign_in.living_grants(), waiting(house)) == (0, 0)
    assert told(house)[:2] == ["revoked", "deleted"]
    clock.advance(timedelta(days=1))
    assert house.connections.revocations.tick() == 0


def test_after_a_week_the_tokens_are_forgotten_and_that_is_told(house: Rooms, crm: Saas, clock: ManualClock) -> None:
    deleted_unheard(house, crm)
    asked = 0
    while waiting(house):
        clock.advance(FIRST)
        house.connections.revocations.tick()
        asked += 1
        assert asked * FIRST < GIVEN_UP + timedelta(hours=7)
    assert asked * FIRST >= GIVEN_UP
    assert told(house)[0] == "revocation_given_up"


def test_a_process_that_died_while_it_told_is_followed_by_another(house: Rooms, crm: Saas, clock: ManualClock) -> None:
    deleted_unheard(house, crm)
    clock.advance(FIRST)
    reach = house.connections.revocations._reach
    house.connections.revocations._reach = Dying()  # type: ignore[assignment]
    with pytest.raises(SystemExit):
        house.connections.revocations.tick()
    house.connections.revocations._reach = reach
    crm.sign_in.is_deaf = False
    clock.advance(timedelta(minutes=10))
    assert house.connections.revocations.tick() == 1
    assert crm.sign_in.living_grants() == 0


class Dying:
    """The process ends in the middle of the call."""

    def revoke(self, *_: object) -> bool:
        raise SystemExit


def test_of_many_that_tick_one_tells(house: Rooms, crm: Saas, clock: ManualClock) -> None:
    deleted_unheard(house, crm)
    crm.sign_in.is_deaf = False
    clock.advance(FIRST)
    counts = list[int]()
    in_threads(lambda: counts.append(house.connections.revocations.tick()), 8)
    assert sum(counts) == 1
    assert told(house).count("revoked") == 1


def test_tokens_of_an_agreement_that_came_to_nothing_are_given_back_too(house: Rooms, crm: Saas, clock: ManualClock) -> None:
    begun = visit(begin(house, crm).url)
    house.accounts.limits.set(house.scope.account, Limit(connections=0), by=machine("test"))
    crm.sign_in.is_deaf = True
    with pytest.raises(ListBackupError):
        finish(house, begun)
    assert (crm.sign_in.living_grants(), waiting(house)) == (1, 1)
    crm.sign_in.is_deaf = False
    clock.advance(FIRST)
    assert house.connections.revocations.tick() == 1
    assert crm.sign_in.living_grants() == 0


def test_what_waits_shows_no_token(house: Rooms, crm: Saas) -> None:
    finish(house, visit(begin(house, crm).url))
    tokens = [*crm.sign_in._access, *(grant.refresh for grant in crm.sign_in._grants)]
    crm.sign_in.is_deaf = True
    house.connections.delete(house.scope, "Demo CRM")
    rows = repr([dict(item) for item in house.tables.open(REVOCATIONS).query(house.scope.account).items])
    assert tokens
    assert not any(token in rows for token in tokens)
