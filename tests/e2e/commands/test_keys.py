"""Keys: rotated while everything stays readable, put back from a kit, destroyed for good; and no secret ever seen."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from listbackup.testing.canary import Canaries

CommandLine = Any
Saas = Any
READER = Path(__file__).parents[3] / "tools" / "listbackup_reader.py"


def test_after_a_rotation_everything_opens_and_the_old_kit_does_not(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    before = cli.ok("show", "crm", "contacts").raw
    cli.ok("keys", "recovery-kit", "--to", "old.txt")
    rotated = cli.ok("keys", "rotate", "--json").json
    assert rotated["accounts"] == 2  # and the installation itself
    assert cli.ok("show", "crm", "contacts").raw == before
    shutil.rmtree(cli.keys)
    assert cli("keys", "recovery-kit", "--restore", "old.txt").code == 10


def test_a_copy_of_the_data_folder_opens_with_the_kit_on_another_machine(cli: CommandLine, crm: Saas, tmp_path: Path) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    before = cli.ok("show", "crm", "contacts").raw
    kit = cli.ok("keys", "recovery-kit").out
    other = type(cli)(tmp_path / "other")
    shutil.copytree(cli.data, other.data)
    (other.home / "kit.txt").write_text(kit)
    assert other("show", "crm", "contacts").code == 10
    other.ok("keys", "recovery-kit", "--restore", "kit.txt")
    assert other.ok("show", "crm", "contacts").raw == before
    assert other("keys", "recovery-kit", "--restore", "kit.txt").code == 2  # there are keys now


def test_kit_and_copy_are_read_without_this_package(cli: CommandLine, crm: Saas) -> None:
    """The recovery kit with the whole data folder, the store kit with the objects alone, in JSON and as it was printed."""
    cli.connect(crm)
    cli.ok("backup", "crm")
    cli.ok("keys", "rotate")
    shown = sorted(cli.ok("show", "crm", "contacts").raw.splitlines())
    for arguments, name in (((), "root.txt"), (("--store",), "sheet.txt"), (("--store", "--json"), "store.json")):
        kit = cli.ok("keys", "recovery-kit", *arguments)
        (cli.home / name).write_text(kit.json["kit"] if "--json" in arguments else kit.out)
    shutil.copytree(cli.data, cli.home / "copy")
    for store, kit in (("copy", "root.txt"), ("copy/objects", "sheet.txt"), ("copy/objects", "store.json")):
        source = alone(cli, store, kit, "list").split()[0].decode()
        assert sorted(alone(cli, store, kit, "export", source, "contacts").splitlines()) == shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["copy/objects", "root.txt", "list"], "a recovery kit opens a copy of the whole data folder"),
        (["copy", "sheet.txt", "list"], "no source is there"),
        (["copy", "nowhere.txt", "list"], "cannot be used"),
        (["copy", "token.txt", "list"], "no code"),
        (["copy", "root.txt", "export", "src_x", "contacts"], "there is no source src_x"),
        (["copy", "root.txt", "export", "SOURCE", "nothing"], "there is no stream nothing"),
        (["copy", "root.txt", "export", "SOURCE", "contacts", "--at", "9"], "there is no snapshot 9"),
        (["copy", "root.txt", "show", "SOURCE", "contacts", "0"], "there is no record 0"),
        (["copy", "root.txt", "attachment", "SOURCE", "00"], "there is no attachment 00"),
        (["copy", "root.txt", "export"], "is not one of the above"),
        (["copy", "before.txt", "list"], "before the last rotation"),
    ],
)
def test_the_stand_alone_reader_says_what_is_wrong_in_a_sentence(copied: CommandLine, arguments: list[str], said: str) -> None:
    source = alone(copied, "copy", "root.txt", "list").split()[0].decode()
    done = alone_at_all(copied, *(source if one == "SOURCE" else one for one in arguments))
    assert done.returncode != 0
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


@pytest.fixture(scope="module")
def copied(told: CommandLine) -> CommandLine:
    """Two snapshots, copied, with kits from before and after a rotation."""
    for name, arguments in (("before.txt", ()), ("root.txt", ()), ("sheet.txt", ("--store",))):
        if name == "root.txt":
            told.ok("keys", "rotate")
        (told.home / name).write_text(told.ok("keys", "recovery-kit", *arguments).out)
    shutil.copytree(told.data, told.home / "copy")
    return told


def alone(cli: CommandLine, *arguments: str) -> bytes:
    """What the stand-alone reader prints."""
    done = alone_at_all(cli, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def alone_at_all(cli: CommandLine, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The stand-alone reader in a Python that does not know this package (-I: neither here nor from the environment)."""
    absent = (
        "import sys, runpy; sys.modules['listbackup'] = None; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-I", "-c", absent, str(READER), *arguments]
    return subprocess.run(command, cwd=cli.home, env=cli.environment, capture_output=True, check=False)


def test_a_mistyped_kit_is_told_by_the_group(cli: CommandLine) -> None:
    cli.ok("init")
    kit = cli.ok("keys", "recovery-kit").out
    shutil.rmtree(cli.keys)
    line = next(line for line in kit.splitlines() if line.strip().startswith(">"))
    letters = list(line)
    letters[-1] = "0" if letters[-1] != "0" else "1"
    said = cli("keys", "recovery-kit", "--restore", "-", stdin=kit.replace(line, "".join(letters)))
    assert said.code == 2
    assert not (cli.keys).exists() or not list(cli.keys.rglob("root.key"))


def test_a_kit_file_is_private_and_never_written_over(cli: CommandLine) -> None:
    cli.ok("init")
    cli.ok("keys", "recovery-kit", "--to", "kit.txt")
    assert (cli.home / "kit.txt").stat().st_mode & 0o777 == 0o600
    assert cli("keys", "recovery-kit", "--to", "kit.txt").code == 2
    store = cli.ok("keys", "recovery-kit", "--store", "--to", "store.json")
    assert store.code == 0
    assert "data_keys" in (cli.home / "store.json").read_text()


def test_what_was_shredded_opens_nowhere_not_even_in_an_earlier_copy(cli: CommandLine, crm: Saas) -> None:
    cli.connect(crm)
    cli.ok("backup", "crm")
    shutil.copytree(cli.data, cli.home / "copy")
    account = cli("keys", "shred", "--json").error["hint"].split()[-1]
    assert cli.ok("keys", "shred", "--sure", account, "--json").json["account"] == account
    said = cli("show", "crm", "contacts")
    assert (said.code, "destroyed" in said.err) == (10, True)
    assert cli("--data", str(cli.home / "copy"), "show", "crm", "contacts").code == 10


def test_five_hundred_secrets_are_seen_nowhere(cli: CommandLine, crm: Saas) -> None:
    """Each in a connection of its own, right and wrong ones, through connecting, backing up, failing, looking, exporting and examining."""
    canaries = Canaries()
    cli.ok("init")
    said = []
    for number in range(500):
        secret = canaries.make(f"token {number}")
        if number % 50 == 0:  # with the platform asked: refused
            said.append(
                cli("connect", "demo-crm", "--set", f"url={crm.base_url}", "--secret-file", "token=-", "--name", f"c{number}", stdin=secret)
            )
        else:
            more = ("--no-test", "--no-source", "--json") if number % 2 else ("--no-test", "--no-source")
            given = ("connect", "demo-crm", "--set", f"url={crm.base_url}", "--secret-file", "token=-", "--name", f"c{number}")
            said.append(cli(*given, *more, stdin=secret, LISTBACKUP_LOG_LEVEL="debug"))
    assert [one.code for one in said].count(0) == 490
    for number in range(1, 500, 60):
        said.append(cli("source", "add", f"s{number}", "-c", f"c{number}"))
        said.append(cli("backup", f"s{number}", "--json", LISTBACKUP_LOG_LEVEL="debug", LISTBACKUP_DEBUG="1"))
        said.append(cli("runs", "logs", f"s{number}"))
    (cli.home / "token.txt").write_text(crm.token)
    cli.ok("connect", "demo-crm", "--name", "good", "--set", f"url={crm.base_url}", "--secret-file", "token=token.txt")
    (cli.home / "token.txt").unlink()
    cli.ok("backup", "good")
    for command in (
        ["connections", "list"],
        ["doctor"],
        ["runs", "list", "--json"],
        ["export", "good", "--to", "out"],
        ["source", "list", "--json"],
    ):
        said.append(cli(*command))
    said.append(cli("connect", "demo-crm", "--name", "c1", "--again", "--secret-file", "token=-", stdin=canaries.make("given again")))
    texts = [text for one in said for text in (one.raw, one.err)]
    assert canaries.in_texts(texts, where="output") == []
    assert canaries.in_files(cli.home) == []
    assert len(canaries) == 501
