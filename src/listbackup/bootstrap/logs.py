"""Where log lines go: one file a day in the data folder, one JSON object a line, thirty days kept."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from listbackup.base.clock import Clock
from listbackup.base.log import JsonLines

if TYPE_CHECKING:
    _Stream = logging.StreamHandler[TextIO]
else:
    _Stream = logging.StreamHandler

KEPT = 30  # files


_OURS = ("listbackup", "uvicorn.error")  # the server's own complaints too


def open_log(folder: Path, *, level: str, clock: Clock, stderr: bool = False) -> logging.Handler:
    """The handler that takes every line of this process, already in place; close it with ``close_log``. A log that cannot be written is no reason to fail.

    ``stderr``: each line goes there too, for whoever collects a container's output.
    """
    logging.raiseExceptions = False  # a full disk must not print tracebacks
    handler = logging.FileHandler(folder / f"{clock.now():%Y-%m-%d}.log", encoding="utf-8", delay=True)
    handler.setFormatter(JsonLines())
    handlers = [handler, *([_to_stderr()] if stderr else [])]
    for name in _OURS:
        logger = logging.getLogger(name)
        logger.setLevel(level.upper() if name == "listbackup" else "WARNING")
        logger.propagate = False
        for one in handlers:
            logger.addHandler(one)
    _drop_old(folder)
    return handler


class _StderrHandler(_Stream):
    """Standard error, told apart from handlers of others."""


def _to_stderr() -> logging.Handler:
    handler = _StderrHandler()
    handler.setFormatter(JsonLines())
    return handler


def close_log(handler: logging.Handler) -> None:
    """Give the file back."""
    for name in _OURS:
        logger = logging.getLogger(name)
        for one in [one for one in logger.handlers if one is handler or isinstance(one, _StderrHandler)]:
            logger.removeHandler(one)
    handler.close()


def _drop_old(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for path in sorted(folder.glob("????-??-??.log"))[:-KEPT]:
            path.unlink()
