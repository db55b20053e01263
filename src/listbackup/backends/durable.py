"""Small files that are replaced whole, durably, by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def fsync_folder(path: Path) -> None:
    """Makes the folder's entries durable. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def ensure_folder(path: Path) -> None:
    """The folder is there (0700 where it had to be made), and so it and those made above it stay after a power cut. Raises OSError."""
    if path.is_dir():
        return
    ensure_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    fsync_folder(path.parent)


def replace_file(path: Path, data: bytes) -> None:
    """The file holds ``data`` when this returns and survives a power cut, or holds what it held before; mode 0600. Raises OSError."""
    temp = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    fd = os.open(temp, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        write_all(fd, data)
        os.fsync(fd)
        os.replace(temp, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temp)
        raise
    finally:
        os.close(fd)
    fsync_folder(path.parent)


def write_all(fd: int, data: bytes) -> None:
    """Every byte, however often the system has to be asked. Raises OSError."""
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds ``<path>.lock`` against other threads and processes; the system frees it when its holder dies. Raises OSError."""
    fd = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
