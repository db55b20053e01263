"""The note that is left when something unexpected happens: everything a report needs, and no value of any variable."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path

from listbackup.base.clock import SystemClock, iso
from listbackup.base.errors import ListBackupError
from listbackup.bootstrap.settings import read_settings


def record_mishap(error: Exception) -> str:
    """Where the details were written: the data folder's ``logs/mishaps.log``, or the temporary folder when there is none.

    The lines of code are kept, values of variables are not: a record or a secret may be among them.
    """
    text = f"{iso(SystemClock().now())}\n{''.join(traceback.format_exception(error))}\n"
    for folder in (_logs(), Path(tempfile.gettempdir())):
        if folder is None or not folder.is_dir():
            continue
        path = folder / ("mishaps.log" if folder.name == "logs" else "listbackup-mishaps.log")
        try:
            with open(path, "a", encoding="utf-8", opener=_private) as file:
                file.write(text)
        except OSError:
            continue
        return str(path)
    return "no file, because none could be written"


def _logs() -> Path | None:
    try:
        return read_settings().data / "logs"
    except ListBackupError:
        return None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
