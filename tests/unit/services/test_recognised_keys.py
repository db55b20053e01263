"""Who was recognised is remembered only while nothing is written: what is taken away counts at the next request, whoever took it away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.table.port import Item
from listbackup.backends.table.sqlite import SqliteTable, SqliteTables
from listbackup.http.caller import NotSignedIn
from listbackup.http.permission import READS, Bundle, Permission
from listbackup.services.accounts import API_KEYS, ApiKeys
from listbackup.services.accounts.api_keys import NewApiKey
from listbackup.services.accounts.policies import Policy
from listbackup.services.accounts.standing import machine
from listbackup.testing.clock import ManualClock
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def here(tmp_path: Path, clock: ManualClock) -> Rooms:
    return rooms([], clock=clock, tables=SqliteTables(tmp_path / "control.db", clock=clock))


@pytest.fixture
def elsewhere(here: Rooms, tmp_path: Path, clock: ManualClock) -> Rooms:
    """Another process over the same file."""
    return rooms([], clock=clock, tables=SqliteTables(tmp_path / "control.db", clock=clock))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that items were looked up in."""
    found, plain = list[str](), SqliteTable.find

    def find(self: SqliteTable, pk: str, sk: str) -> Item | None:
        found.append(self.spec.name)
        return plain(self, pk, sk)

    monkeypatch.setattr(SqliteTable, "find", find)
    return found


def known(house: Rooms) -> tuple[ApiKeys, NewApiKey]:
    """A key that was just recognised."""
    keys = ApiKeys(house.desk, house.accounts)
    new = keys.create(house.scope, name="one", permissions=[*Bundle])
    for _ in range(2):
        assert Permission.RESTORES_EXECUTE in keys.authenticate(new.text).permissions
    return keys, new


def test_nothing_is_read_again_while_nothing_is_written(here: Rooms, reads: list[str]) -> None:
    keys, new = known(here)
    reads.clear()
    before = keys.authenticate(new.text)
    assert (keys.authenticate(new.text), reads) == (before, [])


def test_a_key_revoked_by_another_process_opens_nothing_at_once(here: Rooms, elsewhere: Rooms) -> None:
    keys, new = known(here)
    ApiKeys(elsewhere.desk, elsewhere.accounts).revoke(elsewhere.scope, new.key.id)
    with pytest.raises(NotSignedIn, match="revoked"):
        keys.authenticate(new.text)


def _suspend(house: Rooms) -> None:
    account = house.accounts.get_default()
    house.tables.transact(house.accounts.tree.change(account, replace(account, suspended_at=house.clock.now()))[1])


def test_what_another_process_suspends_can_only_be_looked_at_from_the_next_request_on(here: Rooms, elsewhere: Rooms) -> None:
    keys, new = known(here)
    _suspend(elsewhere)
    assert keys.authenticate(new.text).permissions <= READS


def test_a_stricter_policy_counts_at_the_next_request(here: Rooms, elsewhere: Rooms) -> None:
    keys, new = known(here)
    elsewhere.accounts.policies.set(elsewhere.scope.account, Policy(may_restore=("operator",)), by=machine("test"))
    assert Permission.RESTORES_EXECUTE not in keys.authenticate(new.text).permissions


def test_a_key_expires_while_it_is_remembered(here: Rooms, clock: ManualClock) -> None:
    keys = ApiKeys(here.desk, here.accounts)
    new = keys.create(here.scope, name="short", life=timedelta(minutes=1))
    keys.authenticate(new.text)
    clock.advance(timedelta(seconds=59))
    keys.authenticate(new.text)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(NotSignedIn, match="expired"):
        keys.authenticate(new.text)


def test_the_text_before_a_rotation_opens_until_its_grace_is_over(here: Rooms, clock: ManualClock) -> None:
    keys, old = known(here)
    keys.rotate(here.scope, old.key.id, grace=timedelta(seconds=30))
    keys.authenticate(old.text)
    clock.advance(timedelta(seconds=29))
    keys.authenticate(old.text)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        keys.authenticate(old.text)


def test_the_use_of_a_busy_key_is_noted_every_minute(here: Rooms, clock: ManualClock) -> None:
    keys, new = known(here)
    for _ in range(4):
        clock.advance(timedelta(seconds=20))
        keys.authenticate(new.text)
    used = keys.get(here.scope, new.key.id).used_at
    assert used is not None
    assert clock.now() - used < timedelta(minutes=1)


def test_who_is_read_while_somebody_writes_is_not_remembered(here: Rooms, elsewhere: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, new = known(here)
    _suspend(elsewhere)  # so that it is read again, and revoked between the reading and the remembering
    plain, others = keys._standing, ApiKeys(elsewhere.desk, elsewhere.accounts)

    def standing(*said: object, **named: object) -> object:
        found = plain(*said, **named)  # type: ignore[arg-type]
        others.revoke(elsewhere.scope, new.key.id)
        return found

    monkeypatch.setattr(keys, "_standing", standing)
    keys.authenticate(new.text)
    with pytest.raises(NotSignedIn, match="revoked"):
        keys.authenticate(new.text)


def test_stamps_differ_after_any_write_and_after_the_file_was_closed(here: Rooms, elsewhere: Rooms) -> None:
    tables = here.tables
    assert isinstance(tables, SqliteTables)
    first = tables.stamp()
    assert tables.stamp() == first
    elsewhere.tables.open(API_KEYS).put({"pk": "a", "sk": "b"})
    second = tables.stamp()
    here.tables.open(API_KEYS).put({"pk": "a", "sk": "b"})
    third = tables.stamp()
    tables.close()
    assert len({first, second, third, tables.stamp()}) == 4
