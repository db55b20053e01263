"""Copies of the control plane: consistent while everybody writes, refused whatever was done to them, and put back by the same command wherever it was killed."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.keyring.roots import Roots
from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.sqlite_copy import copy_database
from listbackup.backends.table.port import Put, TableSpec
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import SystemClock
from listbackup.base.errors import DamagedError, ListBackupError, NewerFormat
from listbackup.bootstrap.control_plane import Place
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.restoring import put_back
from listbackup.bootstrap.settings import Settings
from listbackup.services.system import open_copy

FLIPS = 1500
PAIRS = TableSpec(name="pairs")
_TOUCHES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.truncate", "shutil.rmtree", "sqlite3.connect")


@dataclass(frozen=True)
class Copied:
    """An installation, one copy of it, and what opens it."""

    settings: Settings
    place: FilesObjects
    name: str
    roots: Roots
    raw: bytes
    accounts: list[str]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """An installation of twenty accounts, copied."""
    folder = tmp_path_factory.mktemp("copied")
    settings = Settings(data=folder / "data", keys=folder / "keys", cache=folder / "cache")
    init_system(settings)
    system = open_system(settings)
    accounts = [system.accounts.get_default().id, *(system.accounts.create(f"a{n}", actor="test").id for n in range(20))]
    place = FilesObjects(folder / "away")
    name = system.copies_at(Place(objects=place, where="away")).take().name
    yield Copied(settings, place, name, system.keyring.roots, place.get(name), sorted(accounts))
    system.close()


def reading(raw: bytes) -> Callable[[int, int], bytes]:
    """These bytes as an object gives them."""
    return lambda start, length: raw[start : start + length]


def test_a_copy_that_was_changed_anywhere_is_refused(copied: Copied) -> None:
    dice = random.Random(1)
    places = [*range(300), *(dice.randrange(len(copied.raw)) for _ in range(FLIPS))]
    for at in places:
        changed = bytearray(copied.raw)
        changed[at] ^= 1 << dice.randrange(8)
        with pytest.raises((DamagedError, NewerFormat, ListBackupError)):
            open_copy(reading(bytes(changed)), "copy", copied.roots, None)


def test_a_copy_that_was_cut_lengthened_or_put_together_is_refused(copied: Copied, tmp_path: Path) -> None:
    system = open_system(copied.settings)
    other_place = FilesObjects(tmp_path / "other")
    other = other_place.get(system.copies_at(Place(objects=other_place, where="other")).take().name)
    system.close()
    dice, raw = random.Random(2), copied.raw
    cut = [raw[:at] for at in {0, 1, 22, 26, len(raw) - 1, *(dice.randrange(len(raw)) for _ in range(200))}]
    joined = [raw + b"X", raw + raw, raw[: raw.index(b"}") + 1] + other[other.index(b"}") + 1 :]]
    for changed in (*cut, *joined):
        with pytest.raises(ListBackupError):
            open_copy(reading(changed), "copy", copied.roots, None)
    with pytest.raises(ListBackupError):
        open_copy(reading(raw), "copy", Roots.fresh(), None)
    open_copy(reading(raw), "copy", copied.roots, None)


def test_nothing_of_the_tables_is_readable_in_a_copy(copied: Copied) -> None:
    for word in (b"SQLite format", b"acc_", b"account", b"tables.db"):
        assert copied.raw.count(word) == 0


def test_a_copy_holds_one_moment_while_others_write(tmp_path: Path) -> None:
    """Two items are always written together: a copy that holds one of them in another version than the other is of no moment."""
    tables = SqliteTables(tmp_path / "tables.db")
    table, stop = tables.open(PAIRS), threading.Event()

    def write(pair: int) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            tables.transact([(table, Put(item={"pk": f"{side}{pair}", "sk": "x", "count": count})) for side in "ab"])

    writers = [threading.Thread(target=write, args=(pair,)) for pair in range(3)]
    for writer in writers:
        writer.start()
    try:
        seen = set()
        for number in range(30):
            copy = tmp_path / f"copy{number}.db"
            copy_database(tables.file.path, copy)
            held = SqliteTables(copy)
            for pair in range(3):
                left, right = (held.open(PAIRS).find(f"{side}{pair}", "x") for side in "ab")
                assert (left or {}).get("count") == (right or {}).get("count")
                seen.add((pair, (left or {}).get("count")))
            held.close()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
        tables.close()
    assert len(seen) > 30  # they did write meanwhile


def back(copied: Copied, settings: Settings, **more: bool) -> None:
    put_back(settings, copied.place, copied.name, kit=copied.roots, clock=SystemClock(), **more)


def dies_at(step: int, act: Callable[[], None]) -> bool:
    """Whether a child process that is killed at its so many-th touch of the disk got there."""
    child = os.fork()
    if child == 0:
        left = step

        def hook(event: str, _: object) -> None:
            nonlocal left
            if event in _TOUCHES:
                left -= 1
                if left == 0:
                    os._exit(9)

        sys.addaudithook(hook)
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("replaces", [False, True])
def test_a_restore_that_is_killed_anywhere_is_finished_by_the_same_command(copied: Copied, tmp_path: Path, replaces: bool) -> None:
    """And what stood there before is never gone."""
    step, died = 0, True
    while died:
        step += 1
        folder = tmp_path / str(step)
        settings = Settings(data=folder / "data", keys=folder / "keys", cache=folder / "cache")
        if replaces:
            settings.data.mkdir(parents=True, mode=0o700)
            for file in ("listbackup.json", "tables.db", "keys.db"):
                (settings.data / file).write_bytes(b"what stood there: " + file.encode())
        died = dies_at(step, lambda settings=settings: back(copied, settings, replace=replaces))  # type: ignore[misc]
        marked = (settings.data / "listbackup.json").exists() and (settings.data / "listbackup.json").read_bytes().startswith(b"{")
        if not marked:
            back(copied, settings, replace=replaces)
        found = open_system(settings)
        assert sorted(account.id for account in found.accounts.iter_active()) == copied.accounts
        assert found.installation.maintenance.is_on()
        assert all(found.keys.for_account(account).id_key for account in copied.accounts)
        found.close()
        if replaces:
            kept = {path.read_bytes() for aside in settings.data.glob("listbackup.before-*") for path in aside.iterdir()}
            assert {b"what stood there: " + file.encode() for file in ("listbackup.json", "tables.db", "keys.db")} <= kept
        shutil.rmtree(folder)
    assert step > 8  # it was killed here and there


def test_the_key_of_the_machine_is_used_where_it_is(copied: Copied, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", keys=copied.settings.keys, cache=tmp_path / "cache")
    before = {path: path.read_bytes() for path in copied.settings.keys.rglob("root.key")}
    put_back(settings, copied.place, copied.name, kit=None, clock=SystemClock())
    assert {path: path.read_bytes() for path in copied.settings.keys.rglob("root.key")} == before
    (root,) = before
    assert FileKeyring.open(root, data_folder=settings.data).roots.ids == copied.roots.ids
    with sqlite3.connect(settings.data / "tables.db") as tables:
        assert tables.execute("PRAGMA integrity_check").fetchone() == ("ok",)
