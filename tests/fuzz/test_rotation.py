"""The root key is rotated while everything else goes on, and a rotation may die anywhere."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.keyring.memory import MemoryKeyring
from listbackup.backends.keyring.port import Keyring
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Fault, Faults, Killed, faulty

ACCOUNTS = [f"acc_{number}" for number in range(12)]
PLACE = ("connections", "con_1", "token", "1")
KILLS = (Fault.KILL, Fault.KILL_AFTER)


def ground(kind: str, folder: Path, clock: ManualClock) -> tuple[Tables, Keyring]:
    if kind == "memory":
        return MemoryTables(clock), MemoryKeyring()
    return SqliteTables(folder / "data" / "keys.db", clock=clock), FileKeyring.create(
        folder / "keys" / "root.json", data_folder=folder / "data"
    )


def in_threads(*works: object) -> list[BaseException]:
    """Runs all of these side by side; what they raised."""
    raised: list[BaseException] = []

    def guarded(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - a thread's error must reach the test
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def seal_and_open(tables: Tables, keyring: Keyring, clock: ManualClock, operations: int, seed: int) -> None:
    """As a worker does, with a key store of its own that keeps nothing in memory for long."""
    dice = random.Random(seed)
    keys = AccountKeys(tables, keyring, clock)
    sealed: dict[str, bytes] = {}
    for operation in range(operations):
        account = dice.choice(ACCOUNTS)
        if operation % 5 == 0:
            keys = AccountKeys(tables, keyring, clock)  # begins cold: reads wraps that are being moved
        if operation % 997 == 0:
            keys.new_epoch(account)
        scope = keys.for_account(account)
        if account in sealed:
            assert open_field(scope, sealed[account], context=PLACE) == account.encode()
        sealed[account] = seal_field(scope, account.encode(), context=PLACE)


@pytest.mark.parametrize("kind", ["memory", "sqlite and a file"])
def test_ten_thousand_operations_go_on_while_the_root_is_rotated(kind: str, tmp_path: Path) -> None:
    clock = ManualClock()
    tables, keyring = ground(kind, tmp_path, clock)
    keys = AccountKeys(tables, keyring, clock)
    for account in ACCOUNTS:
        keys.create(account)
    done, rotations = threading.Event(), 0

    def work() -> None:
        try:
            seal_and_open(tables, keyring, clock, 5_000, seed=1)
            seal_and_open(tables, keyring, clock, 5_000, seed=2)
        finally:
            done.set()

    def rotate() -> None:
        nonlocal rotations
        while not done.is_set():
            keys.rotate_root()
            rotations += 1
            done.wait(0.02)

    assert in_threads(work, rotate) == []
    assert rotations >= 3
    assert len(keyring.list_roots()) == 1


def test_no_account_is_born_under_a_root_that_dies(tmp_path: Path) -> None:
    clock = ManualClock()
    tables, keyring = ground("memory", tmp_path, clock)
    born = [f"acc_new_{number}" for number in range(300)]
    done = threading.Event()

    def create(mine: list[str]) -> None:
        for account in mine:
            AccountKeys(tables, keyring, clock).create(account)

    def rotate() -> None:
        while not done.is_set():
            AccountKeys(tables, keyring, clock).rotate_root()

    rotator = threading.Thread(target=rotate)
    rotator.start()
    raised = in_threads(lambda: create(born[:150]), lambda: create(born[150:]), lambda: create(born[::3]))
    done.set()
    rotator.join()
    assert raised == []
    keys = AccountKeys(tables, keyring, clock)
    assert len([keys.for_account(account).current() for account in born]) == 300


@pytest.mark.parametrize(("kind", "rounds"), [("memory", 40), ("sqlite and a file", 6)])
def test_rotations_and_a_shredding_at_once_leave_one_root_and_everything_else_opens(kind: str, rounds: int, tmp_path: Path) -> None:
    for turn in range(rounds):
        clock = ManualClock()
        tables, keyring = ground(kind, tmp_path / f"{turn}", clock)
        keys = AccountKeys(tables, keyring, clock)
        for account in ACCOUNTS:
            keys.create(account)
        rotations = [AccountKeys(tables, keyring, clock).rotate_root for _ in range(3)]
        assert in_threads(*rotations, lambda: AccountKeys(tables, keyring, clock).shred(ACCOUNTS[3])) == []  # noqa: B023
        AccountKeys(tables, keyring, clock).rotate_root()
        assert len(keyring.list_roots()) == 1
        cold = AccountKeys(tables, keyring, clock)
        assert [account for account in ACCOUNTS if not cold.is_shredded(account) and cold.for_account(account).current()] == ACCOUNTS[
            :3
        ] + ACCOUNTS[4:]


@pytest.mark.parametrize("kind", ["memory", "sqlite and a file"])
@pytest.mark.parametrize("fault", KILLS)
def test_a_rotation_killed_between_any_two_steps_leaves_everything_openable_and_is_finished_later(
    kind: str, fault: Fault, tmp_path: Path
) -> None:
    step, killed = 0, True
    while killed:
        clock = ManualClock()
        tables, keyring = ground(kind, tmp_path / f"{step}", clock)
        keys = AccountKeys(tables, keyring, clock)
        for account in ACCOUNTS[:3]:
            keys.create(account)
        sealed = {account: seal_field(keys.for_account(account), b"kept", context=PLACE) for account in ACCOUNTS[:3]}
        faults = Faults.at(step, fault)
        try:
            AccountKeys(faulty(tables, faults), faulty(keyring, faults), clock).rotate_root()
            killed = False
        except Killed:
            killed = True
        everything_opens(tables, keyring, clock, sealed)
        AccountKeys(tables, keyring, clock).rotate_root()
        assert len(keyring.list_roots()) == 1
        everything_opens(tables, keyring, clock, sealed)
        step += 1
    assert step > 15


def everything_opens(tables: Tables, keyring: Keyring, clock: ManualClock, sealed: dict[str, bytes]) -> None:
    keys = AccountKeys(tables, keyring, clock)
    assert {account: open_field(keys.for_account(account), value, context=PLACE) for account, value in sealed.items()} == dict.fromkeys(
        sealed, b"kept"
    )


@pytest.mark.parametrize("seed", range(40))
def test_rotations_shreddings_and_epochs_that_die_again_and_again_harm_nobody_else(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    clock = ManualClock()
    tables, keyring = ground("memory", tmp_path, clock)
    keys = AccountKeys(tables, keyring, clock)
    for account in ACCOUNTS:
        keys.create(account)
    sealed = {account: seal_field(keys.for_account(account), b"kept", context=PLACE) for account in ACCOUNTS}
    for _ in range(30):
        faults = Faults.random(dice.randrange(1 << 30), 0.02, KILLS)
        account = dice.choice(ACCOUNTS)
        act = dice.choice(["rotate", "rotate", "epoch", "shred"])
        try:
            mortal = AccountKeys(faulty(tables, faults), faulty(keyring, faults), clock)
            if act == "rotate":
                mortal.rotate_root()
            elif account in sealed and act == "epoch":
                mortal.new_epoch(account)
            elif account in sealed and len(sealed) > 6:
                mortal.shred(account)
        except Killed:
            pass
        cold = AccountKeys(tables, keyring, clock)
        for gone in [name for name in sealed if cold.is_shredded(name)]:
            del sealed[gone]
        everything_opens(tables, keyring, clock, sealed)


@pytest.mark.long
def test_a_hundred_thousand_operations_go_on_while_the_root_is_rotated(tmp_path: Path) -> None:
    for seed in range(10):
        test_ten_thousand_operations_go_on_while_the_root_is_rotated("sqlite and a file", tmp_path / f"{seed}")
