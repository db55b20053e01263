"""Objects as files of a folder.

A put writes a temp file and fsyncs it, links it to its name (which fails when the name is taken: create-once without a race) and fsyncs the folder; a folder
that is new to this process has the entries on the way to it fsynced first. So a power cut leaves the whole object or none.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from listbackup.backends.durable import ensure_folder, write_all
from listbackup.backends.objects.folders import Folders, Temp, open_temp, reclaim_temps
from listbackup.backends.objects.names import check_name, check_prefix, check_range
from listbackup.backends.objects.port import ObjectExists, ObjectInfo, ObjectMissing
from listbackup.backends.os_errors import backend_error, translated
from listbackup.base.errors import BackendError, InputError

_TRIES = 20
_LEFT_BYTES, _LEFT_SHARE = 4 * 1024 * 1024, 64  # or, of a small disk, one part in so many
_PART = re.compile(r"[A-Za-z0-9._-]+")


class FilesObjects:
    """Objects under ``root``, each a file of its own name; safe to share between threads and between processes.

    An object is never also a folder of others here: a name that would make it one is refused with InputError.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        with translated("open", str(root)):
            ensure_folder(root)
            self._folders = Folders(root)
            reclaim_temps(root)

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """See the port."""
        self._write(check_name(name), [data] if isinstance(data, bytes) else data, self._link)

    def replace(self, name: str, data: bytes) -> None:
        """See the port."""
        self._write(check_name(name), [data], self._rename)

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See the port."""
        check_range(start, length)
        with self._reading(name) as (fd, size):
            wanted = size - start if length is None else min(length, size - start)
            return _read(fd, start, wanted)

    def get_tail(self, name: str, length: int) -> tuple[bytes, int]:
        """See the port."""
        check_range(0, length)
        with self._reading(name) as (fd, size):
            wanted = min(length, size)
            return _read(fd, size - wanted, wanted), size

    def find(self, name: str) -> ObjectInfo | None:
        """See the port."""
        check_name(name)
        with translated("look at", name):
            try:
                status = os.lstat(self.root / name)
            except (FileNotFoundError, NotADirectoryError):
                return None
        return _info(name, status) if stat.S_ISREG(status.st_mode) else None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See the port."""
        check_prefix(prefix)
        return self._walk(prefix[: prefix.rfind("/") + 1], prefix)

    def delete(self, name: str) -> None:
        """See the port."""
        check_name(name)
        with translated("delete", name):
            try:
                os.unlink(self.root / name)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return
            self._folders.remove_empty(name.rpartition("/")[0])

    def close(self) -> None:
        """Gives back the open folders now instead of when nobody holds this object any more."""
        self._folders.close()

    # Writing.

    def _write(self, name: str, chunks: Iterable[bytes], place: Callable[[Temp, str, int], None]) -> None:
        with translated("write", name):
            temp = open_temp(self.root)
        try:
            for chunk in chunks:  # an error of the source is the source's, not the disk's
                with translated("write", name):
                    self._leave_room(len(chunk))
                    write_all(temp.fd, chunk)
            with translated("write", name):
                os.fsync(temp.fd)
            self._place(temp, name, place)
        finally:
            temp.discard()

    def _leave_room(self, size_bytes: int) -> None:
        """Raises OSError where an object would take the last of the disk: the tables need that to let go of anything."""
        disk = os.statvfs(self.root)
        left = disk.f_bavail * disk.f_frsize - size_bytes
        if disk.f_blocks and left < min(_LEFT_BYTES, disk.f_blocks * disk.f_frsize // _LEFT_SHARE):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _place(self, temp: Temp, name: str, place: Callable[[Temp, str, int], None]) -> None:
        folder, _, last = name.rpartition("/")
        for _ in range(_TRIES):
            try:
                with self._folders.opened(folder) as fd:
                    place(temp, last, fd)
                    return
            except FileNotFoundError:  # somebody removed the folder as empty: make it again
                self._folders.forget(folder)
            except FileExistsError:
                if (self.root / name).is_dir():
                    raise _both(name) from None
                raise ObjectExists(f"the object {name} exists already") from None
            except (NotADirectoryError, IsADirectoryError):
                raise _both(name) from None
            except OSError as error:
                raise backend_error(error, "write", name) from error
        raise BackendError(
            f"cannot write {name}: its folder vanishes again and again", retryable=True, hint="is the disk with the data folder mounted?"
        )

    def _link(self, temp: Temp, last: str, folder_fd: int) -> None:
        try:
            os.link(temp.path, last, dst_dir_fd=folder_fd)
        finally:
            os.fsync(folder_fd)  # when the name is taken too: whoever finds an object may rely on it

    def _rename(self, temp: Temp, last: str, folder_fd: int) -> None:
        os.replace(temp.path, last, dst_dir_fd=folder_fd)
        os.fsync(folder_fd)

    # Reading.

    @contextmanager
    def _reading(self, name: str) -> Iterator[tuple[int, int]]:
        check_name(name)
        with translated("read", name):
            try:
                fd = os.open(self.root / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            except (FileNotFoundError, NotADirectoryError):
                raise ObjectMissing(f"there is no object {name}") from None
            try:
                status = os.fstat(fd)
                if not stat.S_ISREG(status.st_mode):
                    raise ObjectMissing(f"there is no object {name}")
                yield fd, status.st_size
            finally:
                os.close(fd)

    def _walk(self, folder: str, prefix: str) -> Iterator[ObjectInfo]:
        for name, entry in self._entries(folder):
            if name.endswith("/"):
                if name.startswith(prefix) or prefix.startswith(name):
                    yield from self._walk(name, prefix)
            elif name.startswith(prefix):
                with translated("list", name):
                    try:
                        info = _info(name, entry.stat(follow_symlinks=False))
                    except FileNotFoundError:  # deleted since the folder was read
                        continue
                yield info

    def _entries(self, folder: str) -> Sequence[tuple[str, os.DirEntry[str]]]:
        """Names in byte order: a folder sorts with its ``/``, as the objects in it do."""
        with translated("list", folder or str(self.root)):
            try:
                with os.scandir(self.root / folder) as entries:
                    found = [entry for entry in entries if _PART.fullmatch(entry.name)]
            except (FileNotFoundError, NotADirectoryError):  # no such folder; but a root that is gone is a failure, not an empty listing
                os.stat(self.root)
                if not folder:
                    raise
                return []
            named = [(folder + entry.name + ("/" if entry.is_dir(follow_symlinks=False) else ""), entry) for entry in found]
        return sorted(named, key=lambda pair: pair[0])


def _both(name: str) -> InputError:
    return InputError(f"{name} would be a folder and an object at once", field="name")


def _read(fd: int, start: int, length: int) -> bytes:
    parts = []
    while length > 0:
        part = os.pread(fd, length, start)
        if not part:
            raise BackendError("a file became shorter while it was read", hint="nothing but listbackup may write to the data folder")
        parts.append(part)
        start += len(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _info(name: str, status: os.stat_result) -> ObjectInfo:
    return ObjectInfo(name=name, size_bytes=status.st_size, modified_at=datetime.fromtimestamp(status.st_mtime, UTC))
