"""Real applications for the length of a test module, started by the scripts in ``platforms/``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "platforms"
SMALL = {"mailman", "oidc_provider"}  # installed without being asked: half a minute at most, into the user's cache folder
CANNOT = 3  # the scripts' exit code for "not on this machine"

Start = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def start_application(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts an application by name and gives what its script printed; skips with the script's reason where it cannot be had."""
    with ExitStack() as running:

        def start(name: str) -> dict[str, str]:
            if name in SMALL or request.config.getoption("--install-real"):
                script(name, "install")
            state = running.enter_context(tempfile.TemporaryDirectory(prefix="lb-", ignore_cleanup_errors=True))
            running.callback(script, name, "stop", "--state", state)
            said: dict[str, str] = json.loads(script(name, "start", "--state", state))
            return said

        yield start


def script(name: str, *arguments: str) -> str:
    """What the application's script printed."""
    done = subprocess.run([sys.executable, str(SCRIPTS / f"{name}.py"), *arguments], capture_output=True, text=True, timeout=1500)
    if done.returncode == CANNOT:
        hint = "" if name in SMALL else " (--install-real installs it)"
        pytest.skip(f"{name}: {done.stderr.strip()}{hint}")
    assert done.returncode == 0, done.stderr
    return done.stdout
