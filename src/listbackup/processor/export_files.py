"""Files that are whole or absent, and what the disk says in our own words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from listbackup.base.errors import InputError, OutOfSpace


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; what was written gets its name when the block ends well, and is removed otherwise."""
    part = path.with_name(path.name + ".part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing_error(dest: Path) -> Iterator[None]:
    """Turns what the disk says while a folder is written into OutOfSpace or InputError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutOfSpace(f"the disk of {dest} is full", hint="free some space, then export again into a new folder") from error
        raise InputError(f"{dest} cannot be written: {error.strerror or error}", field="dest", hint="name another folder") from error
