"""Power cuts while objects are written as files: whole or absent, and there once ``put`` returned."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from listbackup.backends.objects.files import FilesObjects
from listbackup.base.errors import ListBackupError
from listbackup.testing.powercut import Operation, Outcome, Recorder, Sync, cut_everywhere


def content(n: int) -> bytes:
    return bytes([n % 251]) * (n * 211 % 2500) + str(n).encode()


def name(n: int) -> str:
    return f"acc_{n % 2}/packs/{n % 7}/{n:04}.pack"


def record(folder: Path, count: int) -> list[Operation]:
    """The log of ``count`` confirmed puts, every fifth of them deleted again, and a mirror replaced after each."""
    folder.mkdir()
    recorder = Recorder(folder)
    with recorder.recording():
        objects = FilesObjects(folder / "objects")
        for n in range(count):
            objects.put(name(n), [content(n)[:900], content(n)[900:]])
            recorder.note(("put", n))
            objects.replace("mirror", content(n))
            recorder.note(("replaced", n))
            if n % 5 == 4:
                recorder.note(("deleting", n - 2))
                objects.delete(name(n - 2))
        objects.close()
    return recorder.log


def judge(folder: Path, notes: Sequence[object]) -> str | None:
    said: list[tuple[str, int]] = [note for note in notes if isinstance(note, tuple)]
    put = {n for what, n in said if what == "put"}
    deleting = {n for what, n in said if what == "deleting"}
    replaced = max((n for what, n in said if what == "replaced"), default=-1)
    try:
        with contextlib.closing(FilesObjects(folder / "objects")) as objects:
            seen = {info.name: objects.get(info.name) for info in objects.list("")}
    except ListBackupError as error:
        return f"does not open: {error}"
    mirror = seen.pop("mirror", None)
    if mirror not in {content(n) for n in (replaced, replaced + 1) if n >= 0} | ({None} if replaced < 0 else set()):
        return f"mirror {replaced} is not what was confirmed"
    for n in put - deleting:
        if name(n) not in seen:
            return f"object {n} is lost"
    whole = {name(n): content(n) for n in range(max(put, default=-1) + 2)}
    return next((f"{one} is there by half" for one, found in seen.items() if whole.get(one) != found), None)


def cut(log: Sequence[Operation], *, stop_at: int | None = None) -> Outcome:
    return cut_everywhere(log, judge, stop_at=stop_at)


def test_an_object_survives_a_power_cut_anywhere(tmp_path: Path) -> None:
    outcome = cut(record(tmp_path / "live", 25))
    print(f"power cuts in files: {outcome.cuts} cut points, {outcome.images} disks, {len(outcome.violations)} violations")
    assert outcome.violations == []


@pytest.mark.long
@pytest.mark.timeout(20_000)
def test_an_object_survives_a_power_cut_anywhere_in_a_long_life(tmp_path: Path) -> None:
    outcome = cut(record(tmp_path / "live", 120))
    print(f"power cuts in files: {outcome.cuts} cut points, {outcome.images} disks, {len(outcome.violations)} violations")
    assert outcome.violations == []


def forgetting_files(one: Operation) -> bool:
    return not isinstance(one, Sync) or one.is_folder


def forgetting_folders(one: Operation) -> bool:
    return not isinstance(one, Sync) or not one.is_folder


@pytest.mark.parametrize("kept", [forgetting_files, forgetting_folders])
def test_the_rig_notices_an_fsync_that_is_missing(tmp_path: Path, kept: Callable[[Operation], bool]) -> None:
    log = [one for one in record(tmp_path / "live", 6) if kept(one)]
    assert cut(log, stop_at=1).violations


def test_the_rig_notices_what_was_written_around_it(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    with pytest.raises(AssertionError, match="missed what happened to"), recorder.recording():
        (tmp_path / "unseen").write_bytes(b"written by open(), never synced, never renamed")
