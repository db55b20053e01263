"""What is compiled from text at a start is taken from where it was kept: each in a process of its own, because the two modules are everybody's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_THINGS = '''
from __future__ import annotations
import typing
from dataclasses import dataclass, field, fields, replace

@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A thing."""
    name: str
    sizes: tuple[int, ...] = ()
    notes: dict[str, str] = field(default_factory=dict, repr=False)

@dataclass(order=True)
class Pair:
    left: int
    right: "str | None" = None

class Row(typing.TypedDict):
    key: "list[int]"

made = Thing(name="a", sizes=(1,))
try:
    made.name = "b"
except AttributeError as error:
    refused = type(error).__name__
said = [repr(made), made == replace(made, notes={}), hash(Pair.__match_args__) is not None, refused, Pair(1, "x") < Pair(2), Thing.__doc__, Pair.__doc__]
said += [str(Thing.__init__.__annotations__), str(typing.get_type_hints(Row)), str(typing.get_type_hints(Pair)), [one.name for one in fields(Thing)]]
'''
_PROGRAM = """
import json, sys
sys.path.insert(0, {folder!r})
from listbackup.base import compiled
{before}
counted = [0]
def count(event, said):
    counted[0] += event == "compile" and said[1] == "<string>"
sys.addaudithook(count)
import things
print(json.dumps([things.said, counted[0]]))
"""


def run(folder: Path, before: str) -> tuple[object, int]:
    """What the things say, and how much was compiled while they were made."""
    program = _PROGRAM.format(folder=str(folder), before=before)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said, count = json.loads(done.stdout)
    return said, count


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Things, what they compile, and their bytecode."""
    (tmp_path / "things.py").write_text(_THINGS)
    assert run(tmp_path, f"compiled.write({str(tmp_path)!r}, lambda: __import__('things'))")
    return tmp_path


def test_classes_are_the_same_and_nothing_of_them_is_compiled_again(folder: Path) -> None:
    plain, compiled = run(folder, "")
    recalled, left = run(folder, f"assert compiled.recall({str(folder)!r})")
    assert recalled == plain
    assert compiled > 15
    assert left == 0


def test_what_was_not_kept_is_compiled_as_always(folder: Path) -> None:
    """With the annotations as they are: those of a dataclass's ``__init__`` are no texts, though this program's own modules say that theirs are."""
    (folder / "things.py").write_text(_THINGS.replace("notes", "remarks").replace("left", "first"))
    plain, _ = run(folder, "")
    recalled, left = run(folder, f"assert compiled.recall({str(folder)!r})")
    assert recalled == plain
    assert left > 0


def test_the_same_code_is_kept_as_the_same_bytes_and_another_pythons_is_not_found(folder: Path) -> None:
    (kept,) = folder.glob("compiled.*.bin")
    first = kept.read_bytes()
    run(folder, f"compiled.write({str(folder)!r}, lambda: __import__('things'))")
    assert kept.read_bytes() == first
    assert sys.implementation.cache_tag in kept.name
    kept.rename(folder / "compiled.cpython-399.bin")
    assert run(folder, f"assert not compiled.recall({str(folder)!r})")[1] > 0
