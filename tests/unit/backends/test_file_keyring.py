"""The root key file: private, outside the data, shared between processes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from listbackup.backends.keyring.file import FileKeyring
from listbackup.base.errors import Conflict, InputError, KeyUnavailable, NewerFormat

KEY = bytes(32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "root.json"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_the_file_and_its_folder_are_private(path: Path, data: Path) -> None:
    FileKeyring.create(path, data_folder=data).rotate()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(below.name for below in path.parent.iterdir()) == ["root.json", "root.json.lock"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o644])
def test_a_file_that_others_may_open_is_refused_with_the_remedy(path: Path, data: Path, mode: int) -> None:
    FileKeyring.create(path, data_folder=data)
    path.chmod(mode)
    with pytest.raises(InputError, match="can be read or written by others") as caught:
        FileKeyring.open(path, data_folder=data)
    assert caught.value.hint == f"chmod 600 {path}"


def test_a_folder_that_others_may_open_is_refused_with_the_remedy(path: Path, data: Path) -> None:
    FileKeyring.create(path, data_folder=data)
    path.parent.chmod(0o755)
    with pytest.raises(InputError) as caught:
        FileKeyring.open(path, data_folder=data)
    assert caught.value.hint == f"chmod 700 {path.parent}"


def test_a_file_inside_the_data_folder_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "side").symlink_to(data)
    for inside in (data / "root.json", data / "keys" / "root.json", data / ".." / "data" / "root.json", tmp_path / "side" / "root.json"):
        with pytest.raises(InputError, match="lies inside the data folder"):
            FileKeyring.create(inside, data_folder=data)
        with pytest.raises(InputError, match="lies inside the data folder"):
            FileKeyring.open(inside, data_folder=data)
    assert list(data.iterdir()) == []


def test_a_missing_file_is_said_and_never_made_silently(path: Path, data: Path) -> None:
    with pytest.raises(KeyUnavailable, match="there is no root key file") as caught:
        FileKeyring.open(path, data_folder=data)
    assert "recovery-kit" in (caught.value.hint or "")
    assert not path.exists()


def test_root_keys_that_are_there_are_not_overwritten(path: Path, data: Path) -> None:
    first = FileKeyring.create(path, data_folder=data)
    with pytest.raises(Conflict):
        FileKeyring.create(path, data_folder=data)
    assert FileKeyring.open(path, data_folder=data).current() == first.current()


def test_a_change_by_one_process_is_seen_by_the_other(path: Path, data: Path) -> None:
    one = FileKeyring.create(path, data_folder=data)
    other = FileKeyring.open(path, data_folder=data)
    wrapped = one.wrap("acc_a", KEY)
    old, new = one.current(), one.rotate()
    assert other.current() == new
    assert other.unwrap("acc_a", one.wrap("acc_a", KEY)) == KEY
    other.retire(old)
    with pytest.raises(KeyUnavailable):
        one.unwrap("acc_a", wrapped)


def test_a_file_that_vanishes_is_said_in_a_sentence(path: Path, data: Path) -> None:
    keyring = FileKeyring.create(path, data_folder=data)
    path.unlink()
    with pytest.raises(KeyUnavailable, match="there is no root key file"):
        keyring.wrap("acc_a", KEY)


def test_a_damaged_file_is_said_whichever_byte_it_is(path: Path, data: Path) -> None:
    keyring = FileKeyring.create(path, data_folder=data)
    root, raw = keyring.current(), path.read_bytes()
    for place in range(len(raw)):
        for changed in (raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :], raw[:place]):
            path.write_bytes(changed)
            assert heard(path, data) in ("a sentence with a remedy", root)  # the root: white space, or base64 of the same key


def heard(path: Path, data: Path) -> str:
    try:
        return FileKeyring.open(path, data_folder=data).current()
    except (KeyUnavailable, NewerFormat) as said:
        return "a sentence with a remedy" if str(path) in said.message and said.hint else repr(said)


def test_a_newer_file_asks_for_an_upgrade(path: Path, data: Path) -> None:
    FileKeyring.create(path, data_folder=data)
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(NewerFormat):
        FileKeyring.open(path, data_folder=data)
