"""Keys of accounts: made, handed out, rotated, renewed and shredded, over each table ground."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.keyring.account_keys import ACCOUNT_KEYS, EPOCH, AccountKeys
from listbackup.backends.keyring.memory import MemoryKeyring
from listbackup.backends.keyring.scope import KeyScope, key_id
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import DamagedError, InputError, KeyUnavailable, NotFound
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Fault, Faults, Killed, faulty

PLACE = ("connections", "con_1", "token", "1")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
def tables(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Tables:
    return MemoryTables(clock) if request.param == "memory" else SqliteTables(tmp_path / "keys.db", clock=clock)


@pytest.fixture
def keyring() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def keys(tables: Tables, keyring: MemoryKeyring, clock: ManualClock) -> AccountKeys:
    return AccountKeys(tables, keyring, clock)


def another_process(tables: Tables, keyring: MemoryKeyring, clock: ManualClock) -> AccountKeys:
    return AccountKeys(tables, keyring, clock)


def test_creating_is_idempotent(keys: AccountKeys) -> None:
    keys.create("acc_a")
    first = keys.for_account("acc_a").current()
    keys.create("acc_a")
    assert keys.for_account("acc_a").current() == first
    assert list(keys.iter_accounts()) == ["acc_a"]


def test_what_one_process_sealed_another_opens(keys: AccountKeys, tables: Tables, keyring: MemoryKeyring, clock: ManualClock) -> None:
    keys.create("acc_a")
    scope = keys.for_account("acc_a")
    sealed = seal_field(scope, b"token", context=PLACE)
    other = another_process(tables, keyring, clock).for_account("acc_a")
    assert open_field(other, sealed, context=PLACE) == b"token"
    assert (other.id_key, other.current()) == (scope.id_key, scope.current())


def test_every_key_is_its_own(keys: AccountKeys) -> None:
    for account in ("acc_a", "acc_b"):
        keys.create(account)
        keys.new_epoch(account)
    scopes = [keys.for_account(account) for account in ("acc_a", "acc_b")]
    found = [key for scope in scopes for key in (scope.id_key, *keys.data_keys(scope.account).values())]
    assert len(set(found)) == len(found) == 6
    assert {len(key) for key in found} == {32}


def test_an_account_without_keys_is_said(keys: AccountKeys) -> None:
    for ask in (keys.for_account, keys.new_epoch, keys.data_keys):
        with pytest.raises(KeyUnavailable, match="acc_none has no keys here"):
            ask("acc_none")
    with pytest.raises(NotFound):
        keys.shred("acc_none")
    assert keys.is_shredded("acc_none") is False


@pytest.mark.parametrize("name", ["", "!root"])
def test_a_name_that_is_no_account_is_refused(keys: AccountKeys, name: str) -> None:
    with pytest.raises(InputError):
        keys.create(name)


def test_a_new_epoch_seals_with_a_new_key_and_opens_the_old(keys: AccountKeys) -> None:
    keys.create("acc_a")
    scope = keys.for_account("acc_a")
    id_key, (old_kid, old_key) = scope.id_key, scope.current()
    sealed = seal_field(scope, b"old", context=PLACE)
    kid = keys.new_epoch("acc_a")
    assert scope.current()[0] == kid != old_kid
    assert (scope.key(old_kid), scope.id_key) == (old_key, id_key)
    assert open_field(scope, sealed, context=PLACE) == b"old"
    assert list(keys.data_keys("acc_a")) == [old_kid, kid]


def test_an_epoch_ends_by_itself_after_thirty_days(keys: AccountKeys, clock: ManualClock) -> None:
    keys.create("acc_a")
    scope = keys.for_account("acc_a")
    first = scope.current()
    clock.advance(EPOCH - timedelta(seconds=1))
    assert scope.current() == first
    clock.advance(timedelta(seconds=1))
    second = scope.current()
    assert second != first
    assert scope.current() == second
    assert scope.key(first[0]) == first[1]


def test_an_epoch_opened_by_another_process_opens_at_once(
    keys: AccountKeys, tables: Tables, keyring: MemoryKeyring, clock: ManualClock
) -> None:
    keys.create("acc_a")
    scope = keys.for_account("acc_a")
    other = another_process(tables, keyring, clock)
    other.new_epoch("acc_a")
    sealed = seal_field(other.for_account("acc_a"), b"new", context=PLACE)
    assert open_field(scope, sealed, context=PLACE) == b"new"


def test_a_key_of_another_account_is_unavailable(keys: AccountKeys) -> None:
    for account in ("acc_a", "acc_b"):
        keys.create(account)
    sealed = seal_field(keys.for_account("acc_a"), b"token", context=PLACE)
    with pytest.raises(KeyUnavailable):
        open_field(keys.for_account("acc_b"), sealed, context=PLACE)


def test_a_rotation_rewraps_every_account_and_destroys_the_old_root(
    keys: AccountKeys, tables: Tables, keyring: MemoryKeyring, clock: ManualClock
) -> None:
    accounts = [f"acc_{number:03}" for number in range(250)]
    for account in accounts:
        keys.create(account)
    sealed = {account: seal_field(keys.for_account(account), account.encode(), context=PLACE) for account in accounts}
    old_root = keyring.current()
    assert keys.rotate_root() == len(accounts)
    assert keyring.list_roots() == [keyring.current()] != [old_root]
    assert keys.is_rotating() is False
    fresh = another_process(tables, keyring, clock)
    assert all(open_field(fresh.for_account(account), sealed[account], context=PLACE) == account.encode() for account in accounts)


def test_a_shredded_account_opens_nothing_any_more(keys: AccountKeys, clock: ManualClock, tables: Tables, keyring: MemoryKeyring) -> None:
    for account in ("acc_a", "acc_b"):
        keys.create(account)
    keys.new_epoch("acc_a")
    scope = keys.for_account("acc_a")
    elsewhere = another_process(tables, keyring, clock).for_account("acc_a")
    kid = scope.current()[0]
    sealed = seal_field(scope, b"token", context=PLACE)
    neighbour = seal_field(keys.for_account("acc_b"), b"kept", context=PLACE)

    receipt = keys.shred("acc_a")
    assert (receipt.account, receipt.epochs, receipt.shredded_at) == ("acc_a", 2, clock.now())
    assert keys.shred("acc_a") == receipt
    assert keys.is_shredded("acc_a")
    closed(scope, kid, sealed)
    clock.advance(timedelta(seconds=15))
    closed(elsewhere, kid, sealed)
    for ask in (keys.create, keys.for_account, keys.new_epoch, keys.data_keys):
        with pytest.raises(KeyUnavailable, match="was destroyed"):
            ask("acc_a")
    assert open_field(keys.for_account("acc_b"), neighbour, context=PLACE) == b"kept"
    assert list(keys.iter_accounts()) == ["acc_b"]
    assert keys.rotate_root() == 1


def closed(scope: KeyScope, kid: bytes, sealed: bytes) -> None:
    asks: list[Callable[[], object]] = [
        scope.current,
        lambda: scope.key(kid),
        lambda: scope.id_key,
        lambda: seal_field(scope, b"", context=PLACE),
        lambda: open_field(scope, sealed, context=PLACE),
    ]
    for ask in asks:
        with pytest.raises(KeyUnavailable):
            ask()


def test_nothing_of_a_shredded_account_stays_in_the_key_store(tables: Tables, keyring: MemoryKeyring, clock: ManualClock) -> None:
    scrubbed: list[bool] = []
    keys = AccountKeys(tables, keyring, clock, scrub=lambda: scrubbed.append(True))
    keys.create("acc_a")
    keys.shred("acc_a")
    table = tables.open(ACCOUNT_KEYS)
    items = [*table.query("acc_a").items]
    assert [(item["sk"], [name for name, value in item.items() if isinstance(value, bytes)]) for item in items] == [("account", [])]
    assert scrubbed == [True]


@pytest.mark.parametrize("fault", [Fault.KILL, Fault.KILL_AFTER])
def test_a_shredding_that_is_killed_anywhere_is_finished_by_the_next(fault: Fault) -> None:
    for step in range(100):
        clock, keyring = ManualClock(), MemoryKeyring()
        tables = MemoryTables(clock)
        keys = AccountKeys(tables, keyring, clock)
        keys.create("acc_a")
        keys.new_epoch("acc_a")
        faults = Faults.at(step, fault)
        try:
            AccountKeys(faulty(tables, faults), keyring, clock).shred("acc_a")
        except Killed:
            after = AccountKeys(tables, keyring, clock)
            if not after.is_shredded("acc_a"):
                assert after.for_account("acc_a").current()
            assert after.shred("acc_a").epochs == 2
            assert len(tables.open(ACCOUNT_KEYS).query("acc_a").items) == 1
        else:
            assert step > 5
            return
    raise AssertionError("a shredding has fewer steps than this")


def test_the_key_store_of_another_installation_does_not_open(keys: AccountKeys, tables: Tables, clock: ManualClock) -> None:
    keys.create("acc_a")
    with pytest.raises(KeyUnavailable, match="is not held here"):
        AccountKeys(tables, MemoryKeyring(), clock).for_account("acc_a")


def test_a_wrap_moved_to_another_account_is_noticed(keys: AccountKeys, tables: Tables, keyring: MemoryKeyring, clock: ManualClock) -> None:
    for account in ("acc_a", "acc_b"):
        keys.create(account)
    table = tables.open(ACCOUNT_KEYS)
    table.put({**table.find("acc_b", "account"), "pk": "acc_a", "account": "acc_a"})
    with pytest.raises(DamagedError):
        another_process(tables, keyring, clock).for_account("acc_a")


def test_epochs_exchanged_within_an_account_are_noticed(
    keys: AccountKeys, tables: Tables, keyring: MemoryKeyring, clock: ManualClock
) -> None:
    keys.create("acc_a")
    keys.new_epoch("acc_a")
    table = tables.open(ACCOUNT_KEYS)
    first, second = table.query("acc_a", prefix="epoch/").items
    table.put({**second, "sk": first["sk"]})
    with pytest.raises(DamagedError):
        another_process(tables, keyring, clock).for_account("acc_a")


def test_the_id_of_a_key_depends_on_every_bit_of_it() -> None:
    key = bytes(32)
    ids = {key_id(key)} | {key_id(bytes(i) + bytes([1 << bit]) + bytes(31 - i)) for i in range(32) for bit in range(8)}
    assert len(ids) == 257
