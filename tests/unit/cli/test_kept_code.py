"""Code that is compiled from text is compiled by the first command and kept for the next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_COMMAND = """
import sys
compiled = []
sys.addaudithook(lambda event, said: compiled.append(said[0]) if event == "compile" and "__create_fn__" in str(said[0]) else None)
from listbackup.cli.kept_code import keep_code
write_down = keep_code({path!r})
import dataclasses, typing
@dataclasses.dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 2
@dataclasses.dataclass
class Place:
    name: "str | None"
assert (Point(1), Point(1) < Point(3), Place("here")) == (Point(1, 2), True, Place(name="here"))
assert typing.List["int"] == typing.List[int] or typing.get_type_hints(Place) == {{"name": str | None}}
write_down()
print(len(compiled))
"""


def command(path: Path, **environ: str) -> int:
    """How many methods of data classes one process compiles that uses this file."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environ}
    done = subprocess.run([sys.executable, "-c", _COMMAND.format(path=str(path))], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_the_second_command_compiles_nothing_that_the_first_one_did(tmp_path: Path) -> None:
    kept = tmp_path / "kept.texts"
    assert command(kept) > 5
    first = kept.read_bytes()
    assert command(kept) == 0
    assert kept.read_bytes() == first
    assert [one.name for one in tmp_path.iterdir()] == ["kept.texts"]


@pytest.mark.parametrize("damage", [b"", b"\x00" * 500, b"kept"])
def test_a_file_that_was_not_written_to_its_end_is_none(tmp_path: Path, damage: bytes) -> None:
    kept = tmp_path / "kept.texts"
    command(kept)
    whole = kept.read_bytes()
    kept.write_bytes(damage or whole[: len(whole) // 2])
    assert command(kept) > 5
    assert command(kept) == 0


def test_where_python_may_keep_no_bytecode_nothing_is_kept(tmp_path: Path) -> None:
    assert command(tmp_path / "kept.texts", PYTHONDONTWRITEBYTECODE="1") > 5
    assert command(tmp_path / "no such folder" / "kept.texts") > 5
    assert list(tmp_path.iterdir()) == []
