"""Folders that survive a power cut, and temp files that do not survive their writer."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from listbackup.backends.durable import fsync_folder

_TEMPS = "~tmp"  # no object's name has a tilde
_HELD = 64


class Folders:
    """The folders below ``root`` by their ``/``-separated names (empty: the root itself).

    A folder is held open once its own entry and those above it are fsynced. While it is open its inode cannot be taken by another folder, so an entry that
    is linked through it is reached by durable entries only; if it was removed meanwhile, linking fails with FileNotFoundError and ``forget`` starts anew.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: dict[str, int] = {}
        self._lock = threading.Lock()
        fsync_folder(root.parent)

    @contextmanager
    def opened(self, folder: str) -> Iterator[int]:
        """A descriptor of the folder, made where it is missing, with every entry on the way to it durable. Raises OSError."""
        with self._lock:
            if folder not in self._held:
                self._hold(folder)
            mine = os.dup(self._held[folder])
        try:
            yield mine
        finally:
            os.close(mine)

    def forget(self, folder: str) -> None:
        """Open it anew the next time."""
        with self._lock:
            held = self._held.pop(folder, None)
        if held is not None:
            os.close(held)

    def remove_empty(self, folder: str) -> None:
        """Remove the folder if nothing is in it, and so those above it."""
        while folder:
            try:
                os.rmdir(self._root / folder)
            except OSError:  # not empty, or gone already: both are what was wanted
                return
            self.forget(folder)
            folder = folder.rpartition("/")[0]

    def close(self) -> None:
        """Close what is held; also done when nobody holds this object any more."""
        for folder in list(self._held):
            self.forget(folder)

    def __del__(self) -> None:
        while self._held:
            os.close(self._held.popitem()[1])

    def _hold(self, folder: str) -> None:
        path = self._root
        for part in folder.split("/") if folder else ():
            parent, path = path, path / part
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, 0o700)
            fsync_folder(parent)
        if len(self._held) >= _HELD:
            os.close(self._held.pop(next(iter(self._held))))
        self._held[folder] = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


@dataclass(frozen=True, slots=True)
class Temp:
    """A file that is being written; its lock tells other processes that its writer lives."""

    path: Path
    fd: int

    def discard(self) -> None:
        """Close it and drop its temporary name."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        os.close(self.fd)


def open_temp(root: Path) -> Temp:
    """A fresh, locked temp file on the same file system as the objects. Raises OSError."""
    folder = root / _TEMPS
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    while True:
        path = folder / secrets.token_hex(12)
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return Temp(path, fd)
        os.close(fd)  # reclaimed between open and lock


def reclaim_temps(root: Path) -> int:
    """How many temp files of dead writers were removed. Raises OSError."""
    removed = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(root / _TEMPS) as entries:
        for entry in entries:
            removed += _reclaim(Path(entry.path))
    return removed


def _reclaim(path: Path) -> int:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    except (BlockingIOError, FileNotFoundError):  # its writer lives, or is just done
        return 0
    else:
        return 1
    finally:
        os.close(fd)
