"""Room that is set aside for the day when the disk is full.

Whatever takes something off a list writes a little first, and SQLite wants a file beside the database even to read it. So a full disk could not be emptied by our
own means. The reserve is a file that holds nothing; commands that make room, or that one needs to know what may go, give it up when the disk is full.
It comes back when a data folder is closed that has room again. Backups never touch it (docs/decisions/0395).
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from listbackup.backends.durable import fsync_folder

RESERVE = "listbackup.reserve"
SIZE_BYTES = 8 * 1024 * 1024  # two write-ahead logs as long as they get before they are folded in
_ENOUGH_BYTES = SIZE_BYTES // 2  # with so much free nothing has to be given up
_PLENTY_BYTES = 4 * SIZE_BYTES


def keep_reserve(data: Path) -> None:
    """The reserve of this data folder is there, if the disk has plenty of room and the system can set some aside. Never a reason to fail."""
    reserve = data / RESERVE
    with suppress(OSError):
        if not reserve.exists() and shutil.disk_usage(data).free >= _PLENTY_BYTES:
            _set_aside(reserve.with_suffix(".reserve-new"), SIZE_BYTES, reserve)


def give_up_reserve(data: Path) -> bool:
    """Whether the disk was full, for this user, and the reserve was given up for it."""
    reserve = data / RESERVE
    with suppress(OSError):
        if reserve.exists() and not _has_room(data):
            reserve.unlink()
            fsync_folder(data)  # some file systems hand freed blocks out only when the deletion is on the disk
            return True
    return False


def _has_room(data: Path) -> bool:
    """Asked by setting some aside: what the file system calls free may be another user's, or beyond a quota."""
    try:
        _set_aside(data / f"{RESERVE}-try", _ENOUGH_BYTES, None)
    except OSError:
        return False
    return True


def _set_aside(draft: Path, size_bytes: int, final: Path | None) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, size_bytes)
            if final is not None:
                os.replace(draft, final)
    finally:
        os.close(descriptor)
        with suppress(FileNotFoundError):
            draft.unlink()
