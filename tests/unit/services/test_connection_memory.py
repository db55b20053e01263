"""What a connector made of a connection's values is kept in the cache, and believed only where it is what was kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from listbackup.services.connections.memory import SealedMemory
from listbackup.testing.keys import memory_scope

OURS = memory_scope("acc_ours")


@pytest.fixture
def memory(tmp_path: Path) -> SealedMemory:
    made = SealedMemory(tmp_path, OURS, "con_1")
    made.keep("some words", b"what came of them")
    return made


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_kept_last_is_recalled_for_the_text_it_was_made_of(memory: SealedMemory, tmp_path: Path) -> None:
    assert (memory.recall("some words"), memory.recall("others")) == (b"what came of them", None)
    memory.keep("others", b"theirs")
    assert (memory.recall("some words"), memory.recall("others"), len(files(tmp_path))) == (None, b"theirs", 1)


def test_nothing_is_recalled_where_nothing_was_kept_or_the_cache_was_emptied(memory: SealedMemory, tmp_path: Path) -> None:
    assert SealedMemory(tmp_path, OURS, "con_2").recall("some words") is None
    files(tmp_path)[0].unlink()
    assert memory.recall("some words") is None


def test_nothing_of_another_connection_or_account_and_nothing_that_was_changed_is_believed(memory: SealedMemory, tmp_path: Path) -> None:
    (file,) = files(tmp_path)
    sealed = file.read_bytes()
    for keys, connection in ((OURS, "con_2"), (memory_scope("acc_theirs"), "con_1")):
        moved = tmp_path / keys.account / "connections" / connection
        moved.parent.mkdir(parents=True, exist_ok=True)
        moved.write_bytes(sealed)
        assert SealedMemory(tmp_path, keys, connection).recall("some words") is None
    for place in range(len(sealed)):
        file.write_bytes(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])
        assert memory.recall("some words") is None
        file.write_bytes(sealed[:place])
        assert memory.recall("some words") is None


def test_nothing_of_it_is_readable_and_a_cache_that_cannot_be_written_is_none(memory: SealedMemory, tmp_path: Path) -> None:
    assert b"what came" not in files(tmp_path)[0].read_bytes()
    nowhere = SealedMemory(files(tmp_path)[0], OURS, "con_1")
    nowhere.keep("some words", b"what came of them")
    assert nowhere.recall("some words") is None
