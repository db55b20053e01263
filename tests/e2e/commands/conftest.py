"""The command line as a person or a script meets it: real arguments in, text and a number out, against a simulated platform."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from listbackup.cli.app import run
from listbackup.testing.patience import until
from listbackup.testing.saas.options import Options
from listbackup.testing.saas.server import Saas

RECORDS = 500
PROGRAM = (sys.executable, "-c", "from listbackup.cli.main import main; main()")


@dataclass(frozen=True)
class Said:
    """What a command printed, and the number it ended with."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.raw.decode()

    @property
    def json(self) -> Any:
        """Standard output as one document."""
        return json.loads(self.raw)

    @property
    def lines(self) -> list[Any]:
        """Standard output as one object a line."""
        return [json.loads(line) for line in self.raw.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The error of a command with ``--json``."""
        found: dict[str, Any] = json.loads(self.err.splitlines()[-1])["error"]
        return found


class CommandLine:
    """One person's machine: a home folder, an environment, and what they type."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "LISTBACKUP_ALLOW_LOOPBACK": "1",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / ".local" / "share" / "listbackup"

    @property
    def keys(self) -> Path:
        """The key folder."""
        return self.home / ".config" / "listbackup" / "keys"

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> Said:
        """Run a command in this process; text goes in by ``stdin``, which is no terminal."""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        before = (sys.stdin, sys.stdout, sys.stderr, dict(os.environ), Path.cwd())
        sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"), out, err
        os.environ.clear()
        os.environ.update(self.environment | variables)
        os.chdir(self.home)
        try:
            code = run(arguments)
        finally:
            sys.stdin, sys.stdout, sys.stderr = before[:3]
            os.environ.clear()
            os.environ.update(before[3])
            os.chdir(before[4])
        for stream in (out, err):
            stream.flush()
        said = Said(code, out.buffer.getvalue(), err.buffer.getvalue().decode())  # type: ignore[attr-defined]
        assert "Traceback" not in said.err, said.err
        return said

    def ok(self, *arguments: str, stdin: str = "") -> Said:
        """Run a command that must end with 0."""
        said = self(*arguments, stdin=stdin)
        assert said.code == 0, f"{arguments} ended with {said.code}: {said.err}"
        return said

    def spawn(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """Begin a command as a process of its own."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            env=self.environment | variables,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )

    def wait_for_a_run(self) -> None:
        """Comes back when another process carries out a run."""
        until(
            lambda: self.ok("runs", "list", "--active", "--json").json["runs"],
            lambda runs: runs[:1] != [] and runs[0]["state"] == "running",
        )

    def connect(self, crm: Saas, name: str = "crm") -> None:
        """A data folder with a connection and a source of the simulated platform."""
        (self.home / "token.txt").write_text(crm.token)
        if not (self.data / "listbackup.json").exists():
            self.ok("init")
        self.ok("connect", "demo-crm", "--name", name, "--set", f"url={crm.base_url}", "--secret-file", "token=token.txt")


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """An empty home."""
    return CommandLine(tmp_path)


@pytest.fixture
def crm() -> Iterator[Saas]:
    """A small simulated platform of this test's own."""
    saas = Saas(Options(records=RECORDS))
    saas.start()
    yield saas
    saas.stop()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """A home with two snapshots a simulated day apart, for tests that only look."""
    saas = Saas(Options(records=RECORDS))
    saas.start()
    line = CommandLine(tmp_path_factory.mktemp("home"))
    line.connect(saas)
    line.ok("backup", "crm")
    saas.world.pass_day(changed=0.05, deleted=0.03, added=0.03)
    line.ok("backup", "crm", "--full")
    yield line
    saas.stop()
