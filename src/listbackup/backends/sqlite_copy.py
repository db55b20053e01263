"""A copy of a SQLite database as it was at one moment, made while others go on writing to it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from listbackup.backends.durable import fsync_folder
from listbackup.backends.os_errors import translated
from listbackup.backends.sqlite_file import translate
from listbackup.base.errors import DamagedError


def copy_database(source: Path, target: Path) -> None:
    """``target`` is a whole database of its own when this returns, with every commit that was confirmed before the call and none by half.

    Nobody waits for it: SQLite's backup reads as every reader of a WAL does. The copy is judged by SQLite before it counts. Raises DamagedError when the
    database or the copy is not sound, OutOfSpace, BackendError. Source: sqlite.org/backup.html.
    """
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)  # all pages in one step: one read transaction, so one moment
            new.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            check_database(new, target.name)
    except sqlite3.Error as error:
        raise translate(error, source.name) from error
    with translated("copy", source.name):
        os.chmod(target, 0o600)
        with open(target, "rb") as file:
            os.fsync(file.fileno())
        fsync_folder(target.parent)


def check_database(connection: sqlite3.Connection, name: str) -> None:
    """Raises DamagedError when SQLite finds the file's structure unsound."""
    answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if answer != "ok":
        raise DamagedError(f"{name} is damaged ({answer})", where=name, hint="look at it with:  listbackup doctor")
