"""What the start scripts of the real applications share: where things live, how a program is started and waited for.

Each script beside this file is run as ``python NAME.py install|start|stop --state FOLDER [--port N]``. ``install`` is idempotent and keeps
what it downloads in the user's cache folder; ``start`` prints one JSON line with what a connection needs; everything an application
writes goes into ``--state``. Exit code 3 means: this machine cannot have the application, and the line on standard error says why.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

CANNOT = 3


def cache_folder(name: str) -> Path:
    """Where an installed application is kept between test runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "listbackup-tests" / name


def cannot(reason: str) -> None:
    """Say why there can be no such application here, and leave."""
    print(reason, file=sys.stderr)
    raise SystemExit(CANNOT)


def need(*programs: str) -> None:
    """Leave with a reason if one of these programs is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        cannot(f"{', '.join(missing)} not found on this machine")


def run(*command: str | Path, log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run to the end with the output in ``log``; on failure leave with the last line of it."""
    with log.open("ab") as sink:
        done = subprocess.run([str(part) for part in command], stdout=sink, stderr=subprocess.STDOUT, cwd=cwd, env=_environment(env))
    if done.returncode:
        tail = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no output"]
        cannot(f"{Path(command[0]).name} failed with code {done.returncode}: {tail[0]}")


def spawn(name: str, *command: str | Path, state: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> int:
    """Start a program that outlives us; its output and process id are in the state folder."""
    with (state / f"{name}.log").open("ab") as sink:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=sink, stderr=subprocess.STDOUT, cwd=cwd, env=_environment(env), start_new_session=True
        )
    (state / f"{name}.pid").write_text(str(process.pid))
    return process.pid


def kill(name: str, state: Path) -> None:
    """End what ``spawn`` started, with everything it started; no error when it is gone."""
    file = state / f"{name}.pid"
    if not file.exists():
        return
    group = int(file.read_text())
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            break
        for _ in range(100):
            if not _group_lives(group):
                break
            time.sleep(0.1)
    file.unlink()


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(url: str, *, seconds: float = 90, headers: Mapping[str, str] | None = None, process: int | None = None) -> None:
    """Until the address answers anything below 500; gives up when the process is gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and os.waitpid(process, os.WNOHANG)[0]:
            cannot(f"the program behind {url} ended at once; its log is beside its state")
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers or {})), timeout=10):
                return
        except urllib.error.HTTPError as answer:
            if answer.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.2)
    cannot(f"{url} did not answer within {seconds:.0f} s")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(extra or {})}


def main(install: Callable[[], None], start: Callable[[Path, int], Mapping[str, str]], stop: Callable[[Path], None]) -> None:
    """The command line that all scripts share."""
    parser = argparse.ArgumentParser()
    parser.add_argument("act", choices=["install", "start", "stop"])
    parser.add_argument("--state", type=Path)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    if given.act == "install":
        install()
        return
    if given.state is None:
        parser.error("--state is needed")
    if given.act == "stop":
        stop(given.state)
        return
    given.state.mkdir(parents=True, exist_ok=True)
    print(json.dumps(start(given.state, given.port or free_port())), flush=True)
