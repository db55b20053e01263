"""The demonstration and the proof, as they are shown to people, and what a terminal sees."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CommandLine = Any


def finished(cli: CommandLine, *arguments: str) -> tuple[int, str, str]:
    """A command as a process of its own."""
    child = cli.spawn(*arguments)
    out, err = child.communicate(timeout=280)
    return child.returncode, out.decode(), err.decode()


def test_the_demonstration_holds_and_can_be_kept_and_looked_at(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    cli.environment["TMPDIR"] = str(tmp_path / "tmp")
    code, out, err = finished(cli, "demo", "--records", "2500", "--keep", "kept")
    assert code == 0, out + err
    assert "$ listbackup restore crm@previous" in out
    assert "every step held" in out
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not cli.data.exists()
    cli.environment |= {"LISTBACKUP_DATA": str(cli.home / "kept/data"), "LISTBACKUP_KEYS": str(cli.home / "kept/keys")}
    assert len(cli.ok("snapshots", "crm", "--json").json["snapshots"]) == 2
    assert cli("demo", "--keep", "kept").code == 2


def test_the_proof_holds_and_leaves_nothing_behind(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    cli.environment["TMPDIR"] = str(tmp_path / "tmp")
    code, out, err = finished(cli, "doctor", "--prove", "--seconds", "8", "--json")
    assert code == 0, out + err
    told = json.loads(out)
    assert told["held"], told
    assert list((tmp_path / "tmp").iterdir()) == []
    assert told["records_compared"] >= 3000
    assert told["records_wrong"] == 0


def on_terminal(cli: CommandLine, *arguments: str, **variables: str) -> str:
    """What a person sees: the command's output on a pseudo-terminal."""
    main, side = pty.openpty()
    program = [sys.executable, "-c", "from listbackup.cli.main import main; main()", *arguments]
    child = subprocess.Popen(
        program, env=cli.environment | {"TERM": "xterm", "COLUMNS": "100"} | variables, cwd=cli.home, stdin=side, stdout=side, stderr=side
    )
    os.close(side)
    waiting = select.poll()  # not select(), which knows 1,024 open files
    waiting.register(main, select.POLLIN)
    seen = b""
    while True:
        ready = waiting.poll(60_000)
        try:
            piece = os.read(main, 65536) if ready else b""
        except OSError:
            piece = b""
        if not piece:
            break
        seen += piece
    child.wait(timeout=60)
    os.close(main)
    return seen.decode(errors="replace")


@pytest.fixture
def connected(cli: CommandLine, crm: Any) -> CommandLine:
    cli.connect(crm)
    return cli


def test_a_terminal_sees_progress_and_colour_and_a_pipe_sees_neither(connected: CommandLine) -> None:
    seen = on_terminal(connected, "backup", "crm")
    assert "contacts" in seen
    assert "\x1b[" in seen
    assert "✓" in seen
    code, out, err = finished(connected, "backup", "crm")
    assert (code, "\x1b" in out + err) == (0, False)


def test_no_color_is_obeyed(connected: CommandLine) -> None:
    connected.ok("backup", "crm")
    connected.ok("backup", "crm")
    for command in (
        ["snapshots", "crm"],
        ["diff", "crm"],
        ["show", "crm", "tags", "--limit", "1"],
        ["source", "list", "--help"],
        ["nonsense"],
    ):
        seen = on_terminal(connected, *command, NO_COLOR="1")
        assert re.findall(r"\x1b\[[0-9;]*3[0-9][0-9;]*m", seen) == [], command


def test_help_is_there_for_everything(cli: CommandLine) -> None:
    code, out, _ = finished(cli, "--help")
    assert code == 0
    for word in ("backup", "restore", "doctor", "init"):
        assert word in out
    assert finished(cli)[0] in (0, 2)
    assert finished(cli, "--version")[1].startswith("listbackup ")
