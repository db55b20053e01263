"""Writing what a platform named into a folder of the user's, under a name that cannot lead out of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from listbackup.backends.os_errors import translated
from listbackup.base.errors import BackendError, InputError

_SAFE = re.compile(r"[^A-Za-z0-9._-]+")


def save_file(folder: Path, name: str, chunks: Iterable[bytes], *, number: int) -> Path:
    """The new file's path: ``<number>-<the name's harmless characters>``; an existing file is never written over, and half a file is not left behind.

    Raises InputError, BackendError, and whatever ends the chunks.
    """
    harmless = _SAFE.sub("_", Path(name.replace("\\", "/")).name).strip("._")[-80:] or "file"
    path = folder / f"{number:03d}-{harmless}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(path, "xb") as file, _whole(path):
            for chunk in chunks:
                file.write(chunk)
            file.flush()
    except FileExistsError:
        raise InputError(f"{path} exists already", hint="name an empty folder") from None
    except OSError as error:
        raise BackendError(f"{path} cannot be written: {os.strerror(error.errno or 0)}", hint="choose another folder") from None
    return path


def write_text(path: Path, text: str, *, mode: int = 0o666) -> None:
    """A new file with this text, on the disk when this returns; an existing one is never written over. Raises InputError, BackendError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise InputError(
            f"{path} cannot be made: {os.strerror(error.errno or 0).lower()}", hint="name a file that does not exist yet"
        ) from None
    with translated("write", str(path)), open(descriptor, "w", encoding="utf-8") as file, _whole(path):
        file.write(text)
        file.flush()
        os.fsync(descriptor)  # a recovery kit may be all that opens the data tomorrow


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """What is not written to its end is removed: half a file looks like one."""
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
