"""Faces whose modules are loaded when one of their names is (``base/loading.py``): what they tell the type checker is what they do."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
FACES = sorted(
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
    for path in SRC.rglob("*.py")
    if "when_named(" in path.read_text() and path.parent.name != "base"
)


@pytest.mark.parametrize("name", FACES)
def test_a_face_gives_each_of_its_names_from_where_the_type_checker_was_told(name: str) -> None:
    face = importlib.import_module(name)
    wrong = [f"{module}.{one}" for one, module in _told(name) if getattr(face, one) is not getattr(importlib.import_module(module), one)]
    assert wrong == []
    assert [one for one in face.__all__ if not hasattr(face, one)] == []


def test_a_name_that_a_face_has_not_is_no_attribute_of_it() -> None:
    with pytest.raises(ImportError, match="nobody"):
        exec("from listbackup.store import nobody")
    assert len(FACES) > 5


def _told(name: str) -> list[tuple[str, str]]:
    """Each name with the module it is imported from under ``if TYPE_CHECKING``."""
    tree = ast.parse(Path(str(importlib.import_module(name).__file__)).read_text())
    only_typed = next(one for one in tree.body if isinstance(one, ast.If) and ast.unparse(one.test) == "TYPE_CHECKING")
    return [(alias.name, one.module or "") for one in only_typed.body if isinstance(one, ast.ImportFrom) for alias in one.names]
