"""What must not stand in any file that is kept: mocks, other people's machines, work left for later."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".sh", ".txt", ""}


def kept_files() -> list[Path]:
    """Every text file under version control, this one left out."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = [ROOT / name for name in listing.split("\0") if name]
    return [path for path in paths if path.suffix in TEXT and path.is_file() and path != Path(__file__) and path.stat().st_size < 1_000_000]


def places(pattern: str, *, suffixes: set[str] = TEXT) -> list[str]:
    """``file:line`` of every line that matches."""
    wanted = re.compile(pattern)
    found = []
    for path in kept_files():
        if path.suffix in suffixes:
            lines = path.read_text("utf-8", errors="replace").splitlines()
            found += [f"{path.relative_to(ROOT)}:{number}" for number, line in enumerate(lines, 1) if wanted.search(line)]
    return found


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a mock", r"\bimport\s+mock\b|unittest\.mock import|from unittest import mock|MagicMock"),
        ("work left for later", r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError\(\)"),
    ],
)
def test_no_code_holds(what: str, pattern: str) -> None:
    assert places(pattern, suffixes={".py"}) == [], what


def test_no_file_names_somebodys_machine() -> None:
    assert places(r"/(home|root|Users|work)/[a-z]|/opt/[a-z]") == []


def test_every_module_of_the_package_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in kept_files()
        if path.suffix == ".py" and "src" in path.parts and not path.read_text().lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []
