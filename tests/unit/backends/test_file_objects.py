"""What files must keep beyond the port: private, whole after a power cut, tidy after a crash, honest when the disk is not there or full."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.objects.folders import open_temp
from listbackup.backends.os_errors import backend_error
from listbackup.base.errors import BackendError, InputError, OutOfSpace


def test_objects_and_folders_are_private(tmp_path: Path) -> None:
    FilesObjects(tmp_path / "objects").put("a/b/c", b"1")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "objects").rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "objects", *(tmp_path / "objects").rglob("*")) if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_a_finished_put_leaves_no_temp_file(tmp_path: Path) -> None:
    objects = FilesObjects(tmp_path)
    objects.put("a", b"1")
    objects.replace("a", b"2")
    with pytest.raises(InputError):
        objects.put("a", b"3")
    assert list((tmp_path / "~tmp").iterdir()) == []


def test_temp_files_of_the_dead_are_reclaimed_and_those_of_the_living_are_not(tmp_path: Path) -> None:
    FilesObjects(tmp_path)
    living = open_temp(tmp_path)
    os.write(living.fd, b"being written")
    script = "import os, sys; from pathlib import Path; from listbackup.backends.objects.folders import open_temp; t = open_temp(Path(sys.argv[1])); os.write(t.fd, b'x'); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 9
    assert len(list((tmp_path / "~tmp").iterdir())) == 2
    FilesObjects(tmp_path)
    assert list((tmp_path / "~tmp").iterdir()) == [living.path]
    living.discard()


def test_temp_files_are_never_listed(tmp_path: Path) -> None:
    objects = FilesObjects(tmp_path)
    temp = open_temp(tmp_path)
    assert list(objects.list("")) == []
    temp.discard()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list open files")
def test_no_open_folder_outlives_its_owner(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(100):
        objects = FilesObjects(tmp_path)
        objects.put(f"a/{number}/b", b"1")
        if number % 2:
            objects.close()
    del objects
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_emptied_folders_go_and_come_again(tmp_path: Path) -> None:
    one, other = FilesObjects(tmp_path), FilesObjects(tmp_path)
    one.put("p/run/1", b"1")
    other.delete("p/run/1")
    assert not (tmp_path / "p").exists()
    one.put("p/run/2", b"2")
    assert other.get("p/run/2") == b"2"


def test_an_object_is_never_also_a_folder(tmp_path: Path) -> None:
    objects = FilesObjects(tmp_path)
    objects.put("a/b", b"1")
    for act in (
        lambda: objects.put("a/b/c", b""),
        lambda: objects.put("a", b""),
        lambda: objects.replace("a", b""),
        lambda: objects.replace("a/b/c", b""),
    ):
        with pytest.raises(InputError, match="a folder and an object at once"):
            act()
    assert objects.get("a/b") == b"1"


def test_a_link_that_somebody_laid_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"not ours")
    objects = FilesObjects(tmp_path / "objects")
    (tmp_path / "objects" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(BackendError):
        objects.get("link")
    assert objects.find("link") is None


def test_a_listing_of_a_folder_that_is_gone_raises_and_is_never_empty(tmp_path: Path) -> None:
    objects = FilesObjects(tmp_path / "objects")
    objects.put("a/b", b"1")
    shutil.rmtree(tmp_path / "objects")
    for prefix in ("", "a/", "nothing/"):
        with pytest.raises(BackendError, match="cannot list") as caught:
            list(objects.list(prefix))
        assert caught.value.hint == "is the disk with the data folder mounted?"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_listing_of_a_folder_that_may_not_be_read_raises(tmp_path: Path) -> None:
    objects = FilesObjects(tmp_path)
    objects.put("a/b", b"1")
    (tmp_path / "a").chmod(0)
    with pytest.raises(BackendError, match="cannot list"):
        list(objects.list(""))


def test_a_put_into_a_data_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    objects = FilesObjects(tmp_path / "objects")
    shutil.rmtree(tmp_path / "objects")
    with pytest.raises(BackendError) as caught:
        objects.put("a", b"1")
    assert caught.value.hint == "is the disk with the data folder mounted?"


FULL_DISK = """
import subprocess, sys
from pathlib import Path
from listbackup.backends.objects.files import FilesObjects
from listbackup.base.errors import OutOfSpace
root = Path(sys.argv[1])
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(root)], capture_output=True).returncode:
    sys.exit(77)
objects = FilesObjects(root / "objects")
objects.put("kept", b"k" * 100_000)
for attempt in (lambda: objects.put("p/whole", bytes(2_000_000)), lambda: objects.put("p/chunks", (bytes(50_000) for _ in range(40))), lambda: objects.replace("kept", bytes(2_000_000))):
    try:
        attempt()
    except OutOfSpace as error:
        assert not error.retryable and "free some space" in error.hint, error.hint
    else:
        sys.exit(1)
assert [info.name for info in objects.list("")] == ["kept"]
assert objects.get("kept") == b"k" * 100_000
assert list((root / "objects" / "~tmp").iterdir()) == []
objects.put("p/after", bytes(300_000))
"""


def test_a_full_disk_is_said_keeps_what_was_there_and_can_be_gone_on_with(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("a small disk of one's own needs unshare(1)")
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare:" in done.stderr:
        pytest.skip(f"a small disk of one's own cannot be mounted here: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("number", "kind", "retryable"),
    [
        (errno.ENOSPC, OutOfSpace, False),
        (errno.EDQUOT, OutOfSpace, False),
        (errno.EIO, BackendError, False),
        (errno.EROFS, BackendError, False),
        (errno.EACCES, BackendError, False),
        (errno.EMFILE, BackendError, True),
        (errno.ESTALE, BackendError, True),
    ],
)
def test_what_the_system_says_is_translated(number: int, kind: type[BackendError], retryable: bool) -> None:
    error = backend_error(OSError(number, os.strerror(number)), "write", "a/b")
    assert (type(error), error.retryable) == (kind, retryable)
    assert error.message == f"cannot write a/b: {os.strerror(number).lower()}"
