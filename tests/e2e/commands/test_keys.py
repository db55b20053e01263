"""Keys: rotated while everything stays readable, put back from a kit, destroyed for good; and no secret ever seen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from listbackup.testing.canary import Canaries

CommandLine = Any
Saas = Any


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
