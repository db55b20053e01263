"""The control plane copied, the machine lost, everything back with one command; and what may not be put back is refused in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

CommandLine = Any
Saas = Any


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A place on another disk."""
    return tmp_path.parent / f"{tmp_path.name}-away"


def lost(cli: CommandLine, *, keep_objects: bool = True) -> None:
    """The machine is gone; what lay elsewhere is there: the kit, the copies, and the objects."""
    objects = cli.home / "objects-elsewhere"
    if keep_objects:
        shutil.copytree(cli.data / "objects", objects)
    for gone in (cli.data, cli.keys, cli.home / ".cache"):
        shutil.rmtree(gone, ignore_errors=True)
    if keep_objects:
        cli.data.mkdir(parents=True, mode=0o700)
        shutil.move(objects, cli.data / "objects")


def test_a_lost_machine_comes_back_with_one_command_and_with_the_snapshots_made_since(cli: CommandLine, crm: Saas, away: Path) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    cli.ok("schedule", "crm", "--every", "15m")
    cli.ok("keys", "recovery-kit", "--to", "kit.txt")
    copied = cli.ok("system", "backup", "--to", str(away), "--json").json
    assert [one["name"] for one in cli.ok("system", "copies", "--from", str(away), "--json").json["copies"]] == [copied["copy"]]
    crm.world.pass_day(changed=0.05, deleted=0.03, added=0.03)
    cli.ok("backup", "crm")
    shown = cli.ok("show", "crm", "contacts").raw
    lost(cli)
    said = cli.ok("system", "restore", "--from", str(away), "--kit", "kit.txt", "--json").json
    assert {name: said[name] for name in ("connections", "sources", "jobs", "snapshots", "newer_than_the_copy", "without_objects")} == {
        "connections": 1,
        "sources": 1,
        "jobs": 1,
        "snapshots": 2,
        "newer_than_the_copy": 1,
        "without_objects": [],
    }
    assert said["maintenance"] is True
    assert "restored" in cli.ok("maintenance", "status").out
    cli.ok("maintenance", "off")
    assert cli.ok("show", "crm", "contacts").raw == shown
    assert cli.ok("doctor").code == 0
    cli.ok("backup", "crm")  # the connection's secret opens
    cli.ok("check", "crm", "--read-data")
    assert cli.ok("schedule", "crm", "--json").json["schedule"]["every_seconds"] == 900


def test_what_cannot_be_put_back_is_refused_in_one_sentence_and_leaves_nothing(cli: CommandLine, away: Path, tmp_path: Path) -> None:
    cli.ok("init")
    cli.ok("keys", "recovery-kit", "--to", "kit.txt")
    name = cli.ok("system", "backup", "--to", str(away), "--json").json["copy"]
    stranger = type(cli)(tmp_path / "stranger")
    stranger.home.mkdir()
    stranger.ok("init")
    stranger.ok("keys", "recovery-kit", "--to", str(cli.home / "other-kit.txt"))

    def refused(code: int, *words: str) -> str:
        said = cli("system", "restore", "--from", str(away), *words, "--json")
        assert said.code == code, said.err
        assert not (cli.data / "listbackup.json").exists()
        assert not (cli.data / "tables.db").exists()
        return str(said.error["message"])

    assert cli("system", "restore", "--from", str(away)).code == 2  # there is an installation
    lost(cli, keep_objects=False)
    assert "not on this machine" in refused(10)
    assert "needs the root key" in refused(10, "--kit", "other-kit.txt")
    copy = away / name
    whole = copy.read_bytes()
    for damaged in (
        whole[:-1],
        whole[:1000],
        whole[: len(whole) // 2] + b"X" + whole[len(whole) // 2 + 1 :],
        whole + b"X",
        b"",
        whole[:20],
    ):
        copy.write_bytes(damaged)
        assert "damaged" in refused(6, "--kit", "kit.txt")
        assert not list(cli.keys.glob("*/root.key"))
    copy.write_bytes(whole)
    assert "no copy" in refused(2, "cpy", "--kit", "kit.txt")
    cli.ok("system", "restore", "--from", str(away), "--kit", "kit.txt", "--start")
    assert cli.ok("maintenance", "status").out.startswith("not in")


def test_tables_that_stand_there_are_moved_aside_and_the_key_of_the_machine_is_enough(cli: CommandLine, crm: Saas, away: Path) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    cli.ok("system", "backup", "--to", str(away))
    (cli.data / "tables.db").write_bytes(b"nothing that SQLite knows" * 1000)
    assert cli("source", "list").code == 6
    said = cli.ok("system", "restore", "--from", str(away), "--replace", "--start", "--json").json
    assert (Path(said["moved_aside"]) / "tables.db").read_bytes().startswith(b"nothing")
    assert cli.ok("source", "list", "--json").json["sources"][0]["name"] == "crm"
    cli.ok("backup", "crm")


def test_without_a_place_it_is_said_how_to_name_one_and_a_place_in_the_data_folder_is_none(cli: CommandLine) -> None:
    cli.ok("init")
    said = cli("system", "backup", "--json")
    assert (said.code, "LISTBACKUP_SYSTEM_BACKUP_TO" in said.error["hint"]) == (2, True)
    assert cli("system", "backup", "--to", str(cli.data / "copies")).code == 2
    assert cli("system", "copies").code == 2
