"""The trust page is true: every test that it names exists, and every file of ``fuzz`` is on it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "design" / "trust.md"
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE.read_text())))


def functions(path: Path) -> set[str]:
    """The names of all functions of a module, methods included."""
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 60


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_the_page_names_exists(path: str, name: str) -> None:
    file = ROOT / "tests" / path
    assert file.is_file()
    assert name in functions(file)


def test_every_proof_of_the_fuzz_folder_is_on_the_page() -> None:
    named = {path for path, _ in NAMED}
    proofs = {path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests" / "fuzz").glob("test_*.py")}
    machines = {"fuzz/test_store_machine.py", "fuzz/test_objects_machine.py"}  # their cases have no names of their own
    assert proofs - named <= machines
