"""The templates under test, made once for all test processes: making them takes a quarter of a minute of a processor."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "infra"))

from listbackup_infra.templates import Stacks, read_stacks  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever comes first makes the templates, on a machine that may be busy."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of ``main`` and ``full``, from whichever process came first."""
    if shutil.which("node") is None:
        pytest.skip("templates are made with Node, which is not here")
    shared = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    folder = shared / "templates"
    with (shared / "templates.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            subprocess.run([sys.executable, str(Path(__file__).parent / "synthesise.py"), str(folder)], check=True, timeout=800)
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def main(made: Path) -> Stacks:
    """The stage main as it is meant."""
    return read_stacks(made / "main")


@pytest.fixture(scope="session")
def full(made: Path) -> Stacks:
    """A stage in another region with everything that a setting can ask for."""
    return read_stacks(made / "full")


@pytest.fixture(scope="session")
def emulated(made: Path) -> Stacks:
    """A stage that goes to an emulator."""
    return read_stacks(made / "emulated")
