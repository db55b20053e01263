"""Where log lines go: one file a day in the data folder, one JSON object a line, thirty days kept."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from listbackup.base.clock import Clock
from listbackup.base.log import JsonLines

KEPT = 30  # files


def open_log(folder: Path, *, level: str, clock: Clock) -> logging.Handler:
    """The handler that takes every line of this process, already in place; close it with ``close_log``. A log that cannot be written is no reason to fail."""
    logging.raiseExceptions = False  # a full disk must not print tracebacks
    handler = logging.FileHandler(folder / f"{clock.now():%Y-%m-%d}.log", encoding="utf-8", delay=True)
    handler.setFormatter(JsonLines())
    root = logging.getLogger("listbackup")
    root.setLevel(level.upper())
    root.propagate = False
    root.addHandler(handler)
    _drop_old(folder)
    return handler


def close_log(handler: logging.Handler) -> None:
    """Give the file back."""
    logging.getLogger("listbackup").removeHandler(handler)
    handler.close()


def _drop_old(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for path in sorted(folder.glob("????-??-??.log"))[:-KEPT]:
            path.unlink()
