"""A machine lost and brought back, and the control plane's copies as the operator sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listbackup.base.errors import BackendError, Conflict
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.settings import Settings, SystemBackupSettings
from listbackup.bootstrap.system import System
from listbackup.http.permission import Bundle, Permission
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, served

HOUR = timedelta(hours=1)


def drilled(tmp_path: Path, accounts: int) -> dict[str, Any]:
    """What `listbackup doctor --drill` says."""
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    program = [
        sys.executable,
        "-c",
        "from listbackup.cli.main import main; main()",
        "doctor",
        "--drill",
        "--accounts",
        str(accounts),
        "--json",
    ]
    done = subprocess.run(program, env=env, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    said: dict[str, Any] = json.loads(done.stdout)
    print(said)
    return said


def test_a_lost_installation_comes_back_with_everything_and_works(tmp_path: Path) -> None:
    said = drilled(tmp_path, 2)
    assert {name: said[name] for name in ("held", "accounts", "sources", "jobs", "snapshots", "lost_sources")} == {
        "held": True,
        "accounts": 2,
        "sources": 8,
        "jobs": 8,
        "snapshots": 8,
        "lost_sources": 5,
    }
    assert said["started"]["jobs"] == 8


@pytest.mark.long
def test_a_thousand_schedules_come_back_within_a_quarter_of_an_hour(tmp_path: Path) -> None:
    """How soon all of them start when they are due at once is told and not judged: it is how many runs this machine carries out in a second."""
    said = drilled(tmp_path, 250)
    assert (said["held"], said["jobs"], said["started"]["jobs"]) == (True, 1000, 1000)
    assert said["rto_seconds"] <= 15 * 60


@pytest.fixture
def clock() -> ManualClock:
    """Time as the test says."""
    return ManualClock()


@pytest.fixture
def system(tmp_path: Path, clock: ManualClock) -> Iterator[System]:
    """An installation whose copies go to another disk."""
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", cache=tmp_path / "cache")
    settings = replace(settings, system_backup=SystemBackupSettings(to=str(tmp_path / "away")))
    init_system(settings, clock=clock)
    opened = open_system(settings, clock=clock)
    _ = opened.auth  # makes the installation's own keys, as every server does
    yield opened
    opened.close()


def test_a_copy_is_taken_every_hour_and_when_keys_change_and_not_otherwise(system: System, clock: ManualClock) -> None:
    copies = system.copies
    taken = [copies.tick() is not None for _ in range(3)]
    assert taken == [True, False, False]
    clock.advance(HOUR - timedelta(seconds=1))
    assert copies.tick() is None
    clock.advance(timedelta(seconds=1))
    assert copies.tick() is not None
    clock.advance(timedelta(minutes=1))
    account = system.accounts.create("new", actor="test")  # a key that no copy holds yet
    assert [copies.tick() is not None, copies.tick() is not None] == [True, False]
    clock.advance(timedelta(minutes=1))
    system.keys.rotate_root()  # the kit of now opens no copy of before
    assert copies.tick() is not None
    clock.advance(timedelta(minutes=1))
    assert len(copies.list()) == 4
    system.keys.shred(account.id)
    clock.advance(timedelta(milliseconds=1))
    assert copies.tick() is not None
    assert len(copies.list()) == 1  # those of before hold the key that was destroyed


def test_the_newest_and_the_last_of_each_day_are_kept(system: System, clock: ManualClock) -> None:
    for _ in range(30):
        system.copies.take()
        clock.advance(timedelta(hours=6))
    kept = system.copies.list()
    assert len(kept) == 24 + 1  # 24 are six days; of the day before them the last one stays
    clock.advance(timedelta(days=400))  # a clock that jumps
    system.copies.take()
    assert len(system.copies.list()) == 24 + 1


def test_what_fails_is_told_to_the_operator_and_tried_again(system: System, clock: ManualClock, tmp_path: Path) -> None:
    copies, away = system.copies, tmp_path / "away"
    assert copies.tick() is not None
    away.rename(tmp_path / "unplugged")
    away.write_text("no folder")
    clock.advance(HOUR)
    with pytest.raises(BackendError):
        copies.tick()
    assert [part.ok for part in system.health.parts() if part.name == "copies"] == [False]
    assert copies.tick() is None  # not at once
    away.unlink()
    (tmp_path / "unplugged").rename(away)
    clock.advance(timedelta(minutes=5))
    assert copies.tick() is not None
    clock.advance(timedelta(seconds=16))
    assert [part.ok for part in system.health.parts() if part.name == "copies"] == [True]
    clock.advance(3 * HOUR)
    assert [(part.ok, part.essential) for part in system.health.parts() if part.name == "copies"] == [(False, False)]


def test_operators_see_and_ask_for_copies_and_others_do_not(system: System, clock: ManualClock) -> None:
    scope = system.enter("test")
    operator = system.api_keys.create(scope, name="operator", permissions=(Permission.SYSTEM_OPERATE,)).text.reveal()
    other = system.api_keys.create(scope, name="other", permissions=(Bundle.READ,)).text.reveal()
    with served(system) as port:
        client = Client(port, operator)
        assert (client.get("/system/backups")["newest_at"], client.get("/system/backups")["items"]) == (None, [])
        asked = client.ask("POST", "/system/backups")
        assert (asked.status, asked.json["asked_at"] is not None) == (202, True)
        assert system.copies.tick() is not None
        shown = client.get("/system/backups")
        assert (shown["asked_at"], shown["age_seconds"], len(shown["items"]), shown["problem"]) == (None, 0, 1, None)
        assert "listbackup_system_copy_age_seconds 0" in client.ask("GET", "/system/metrics").raw.decode()
        assert Client(port, other).ask("GET", "/system/backups").status == 403
        assert Client(port, other).ask("POST", "/system/backups").status == 403


def test_without_a_place_nothing_is_copied_and_nothing_is_wrong(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", cache=tmp_path / "cache")
    init_system(settings)
    system = open_system(settings)
    assert system.copies.tick() is None
    assert "copies" not in [part.name for part in system.health.parts()]
    with pytest.raises(Conflict, match="no place"):
        system.copies.take()
    system.close()
