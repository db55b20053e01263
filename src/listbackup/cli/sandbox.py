"""A data folder of its own for the demonstration and the proof, in which the real commands run as child processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from listbackup.base.errors import InputError, ListBackupError
from listbackup.bootstrap.settings import Settings, child_environment
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.output import Output

_PROGRAM = (sys.executable, "-c", "from listbackup.cli.main import main; main()")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the commands run, and how they are shown."""

    folder: Path
    environment: dict[str, str]
    out: Output

    def show(self, *arguments: str, expect: Sequence[int] = (ExitCode.OK,)) -> int:
        """Run a command as a person would see it; its exit code. Raises ListBackupError when that is not an expected one."""
        self.out.say()
        self.out.say(self.out.styled("1;36", "$ listbackup " + " ".join(_quoted(part) for part in arguments)))
        self.out.stdout.flush()
        output = subprocess.DEVNULL if self.out.as_json else None
        code = subprocess.run([*_PROGRAM, *arguments], env=self.environment, cwd=self.folder, stdout=output, check=False).returncode
        if code not in expect:
            raise ListBackupError(f"listbackup {' '.join(arguments)} ended with {code} instead of {expect[0]}")
        return code

    def ask(self, *arguments: str, expect: Sequence[int] = (ExitCode.OK,)) -> Any:
        """Run a command with ``--json``; what it said."""
        done = subprocess.run([*_PROGRAM, *arguments, "--json"], env=self.environment, cwd=self.folder, capture_output=True, check=False)
        if done.returncode not in expect:
            raise ListBackupError(
                f"listbackup {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}"
            )
        return msgspec.json.decode(done.stdout)

    def lines(self, *arguments: str) -> list[bytes]:
        """Run a command; the lines it printed."""
        done = subprocess.run([*_PROGRAM, *arguments], env=self.environment, cwd=self.folder, capture_output=True, check=False)
        if done.returncode != ExitCode.OK:
            raise ListBackupError(
                f"listbackup {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}"
            )
        return [line for line in done.stdout.split(b"\n") if line]

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Begin a command and do not wait for it."""
        return subprocess.Popen(
            [*_PROGRAM, *arguments],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )


@contextmanager
def sandbox(out: Output, *, keep: Path | None = None) -> Iterator[Sandbox]:
    """A sandbox in the temporary folder, removed at the end; or in ``keep``, which stays. Raises InputError when that is not empty."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise InputError(f"{keep} is not empty", hint="name a new folder")
        keep.mkdir(parents=True, exist_ok=True)
        yield _in(keep.absolute(), out)
    else:
        with tempfile.TemporaryDirectory(prefix="listbackup-") as folder:
            yield _in(Path(folder), out)


def _in(folder: Path, out: Output) -> Sandbox:
    settings = Settings(data=folder / "data", keys=folder / "keys", cache=folder / "cache", allow_loopback=True)
    return Sandbox(folder, child_environment(settings), out)


def _quoted(text: str) -> str:
    return text if text and all(c.isalnum() or c in "-_./@:=,{}" for c in text) else "'" + text + "'"
