"""A data folder: made once, whole or not at all, never mixed up, refused when it is newer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from listbackup.base.errors import Conflict, DamagedError, InputError, NewerFormat
from listbackup.bootstrap.folder import Folder, create_folder, is_folder, open_folder
from listbackup.bootstrap.settings import S3Settings, Settings
from listbackup.testing.clock import ManualClock


def at(path: Path, **more: object) -> Settings:
    return Settings(data=path / "data", keys=path / "keys", cache=path / "cache", **more)  # type: ignore[arg-type]


def furnish(_: Folder) -> None:
    """Nothing needs to be put in."""


def test_what_is_made_is_what_is_opened(tmp_path: Path) -> None:
    made = create_folder(at(tmp_path), ManualClock(), furnish)
    assert open_folder(at(tmp_path)) == made
    assert made.keys == tmp_path / "keys" / made.installation
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_where_objects_lie_is_remembered_whatever_the_environment_says_later(tmp_path: Path) -> None:
    bucket = S3Settings(bucket="b", endpoint="https://s3.example.org", region="x", prefix="p")
    create_folder(at(tmp_path, s3=bucket), ManualClock(), furnish)
    assert open_folder(at(tmp_path)).s3 == bucket
    assert open_folder(at(tmp_path, s3=S3Settings(bucket="other"))).s3 == bucket


def test_a_second_making_is_refused(tmp_path: Path) -> None:
    create_folder(at(tmp_path), ManualClock(), furnish)
    with pytest.raises(Conflict, match="already"):
        create_folder(at(tmp_path), ManualClock(), furnish)


def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        create_folder(at(tmp_path), ManualClock(), furnish)


def test_a_making_that_broke_off_is_taken_up_under_the_same_id(tmp_path: Path) -> None:
    seen: list[str] = []

    def break_off(folder: Folder) -> None:
        seen.append(folder.installation)
        (folder.data / "tables.db").write_text("begun")
        raise InputError("no bucket")

    with pytest.raises(InputError, match="no bucket"):
        create_folder(at(tmp_path), ManualClock(), break_off)
    assert not is_folder(at(tmp_path))
    assert create_folder(at(tmp_path), ManualClock(), furnish).installation == seen[0]


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    create_folder(at(tmp_path), ManualClock(), furnish)
    mark = tmp_path / "data" / "listbackup.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"format": 2}))
    with pytest.raises(NewerFormat, match="format 2"):
        open_folder(at(tmp_path))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 1, "installation": "x", "objects": 3}'])
def test_a_mark_that_was_changed_is_damage_and_not_another_folder(tmp_path: Path, content: str) -> None:
    create_folder(at(tmp_path), ManualClock(), furnish)
    (tmp_path / "data" / "listbackup.json").write_text(content)
    with pytest.raises(DamagedError):
        open_folder(at(tmp_path))


def test_no_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_folder(at(tmp_path))
    assert "listbackup init" in (caught.value.hint or "")
