"""The note that is left when something unexpected happens: everything a report needs, and no value of any variable."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path

from listbackup.base.clock import SystemClock, iso
from listbackup.base.errors import ListBackupError
from listbackup.bootstrap.settings import Settings, read_settings


def record_mishap(error: Exception) -> str:
    """Where the details were written: the data folder's ``logs/mishaps.log``, or the temporary folder when there is none.

    The lines of code are kept; the error's own text only with ``LISTBACKUP_DEBUG=1``, because a record or a secret may stand in it.
    """
    settings = _settings()
    logs = settings.data / "logs" if settings is not None else None
    text = f"{iso(SystemClock().now())}\n{_story(error, in_full=settings is not None and settings.debug)}\n"
    for folder in (logs, Path(tempfile.gettempdir())):
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


def _story(error: BaseException, *, in_full: bool) -> str:
    if in_full:
        return "".join(traceback.format_exception(error))
    chain: list[str] = []
    link: BaseException | None = error
    while link is not None:
        chain.append("".join(traceback.format_tb(link.__traceback__)) + type(link).__name__)
        link = link.__cause__ or link.__context__
    return "\ncaused\n".join(reversed(chain))


def _settings() -> Settings | None:
    try:
        return read_settings()
    except ListBackupError:
        return None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
