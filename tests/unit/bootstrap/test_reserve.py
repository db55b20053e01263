"""Room is set aside while there is plenty, and given up only where there is none."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from listbackup.bootstrap import reserve
from listbackup.bootstrap.reserve import RESERVE, SIZE_BYTES, give_up_reserve, keep_reserve


@contextmanager
def no_room() -> Iterator[None]:
    """No file grows beyond a kilobyte: what a quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_reserve_takes_its_room_and_is_made_once(tmp_path: Path) -> None:
    keep_reserve(tmp_path)
    made = (tmp_path / RESERVE).stat()
    assert made.st_size == SIZE_BYTES <= made.st_blocks * 512
    keep_reserve(tmp_path)
    assert (tmp_path / RESERVE).stat().st_ino == made.st_ino
    assert [path.name for path in tmp_path.iterdir()] == [RESERVE]


def test_it_is_given_up_only_where_there_is_no_room(tmp_path: Path) -> None:
    keep_reserve(tmp_path)
    assert not give_up_reserve(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [RESERVE]
    with no_room():
        assert give_up_reserve(tmp_path)
        assert not give_up_reserve(tmp_path)
        keep_reserve(tmp_path)
    assert list(tmp_path.iterdir()) == []
    keep_reserve(tmp_path)
    assert (tmp_path / RESERVE).stat().st_size == SIZE_BYTES


def test_a_disk_without_plenty_is_left_its_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserve, "_PLENTY_BYTES", 2**63)
    keep_reserve(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_no_reason_to_fail(tmp_path: Path) -> None:
    keep_reserve(tmp_path / "absent")
    assert not give_up_reserve(tmp_path / "absent")
