"""One SQLite file, shared by the adapters that keep their tables in it.

A commit is on the disk when it returns: WAL with ``synchronous=FULL`` (docs/decisions/0011). Readers never wait; writers of all threads and processes go one
after the other through a lock file beside the database, which also keeps checkpoints apart from writes (docs/decisions/0012).
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from listbackup.backends.durable import fsync_folder
from listbackup.backends.file_lock import FileLock
from listbackup.base.clock import Clock, SystemClock
from listbackup.base.errors import BackendError, DamagedError, ListBackupError, NewerFormat, OutOfSpace

FORMAT = 1  # raised when a file written from now on cannot be read by the versions before
_APPLICATION = 0x4C42_4B31  # "LBK1", so that another program's database is told apart
_FULL_BYTES = 64 * 1024  # less than this free, and an I/O error is for want of room
_ROOM = "free some space, or have  listbackup prune SOURCE  do it, and run the same again; nothing was lost"
_SETUP = ("PRAGMA synchronous=FULL", "PRAGMA fullfsync=ON", "PRAGMA checkpoint_fullfsync=ON", "PRAGMA foreign_keys=ON")


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows a write changed."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> Sequence[Any]:
        """All rows that are left."""
        ...


class Connection(Protocol):
    """As much of ``sqlite3.Connection`` as is used here, so that the power-cut rig can put a recording one in its place."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Rows:
        """Run one statement."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


def connect(path: Path) -> Connection:
    """A connection of the standard library, in autocommit, that any thread may use (one at a time)."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30, cached_statements=256)


class SqliteFile:
    """The file at ``path``, made when it is missing; safe to share between threads and between processes.

    Raises NewerFormat, DamagedError, OutOfSpace, and BackendError (``retryable`` while somebody else keeps it locked).
    """

    def __init__(self, path: Path | str, *, clock: Clock | None = None, connect: Callable[[Path], Connection] = connect) -> None:
        self.path = Path(path)
        self.clock = clock or SystemClock()
        self._connect = connect
        self._free: deque[Connection] = deque()
        self._inherited: list[deque[Connection]] = []
        self._process = os.getpid()
        self._writing = threading.local()
        self._watching = threading.Lock()
        self._watcher: tuple[int, Connection] | None = None  # the process it belongs to; it never writes
        self._watchers = 0
        with self._translated():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = FileLock(self.path.with_name(self.path.name + "-lock"))
        self._prepare()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for one statement; what it reads is the last commit."""
        with self._translated():
            connection = self._take()
            try:
                yield connection
            finally:
                self._free.append(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: durable when the block ends, undone when it raises. Only one at a time, everywhere; not to be nested."""
        if getattr(self._writing, "now", False):
            raise AssertionError("a write within a write would wait for itself")
        with self._translated(), self._lock.held(), self.read() as connection:
            self._writing.now = True
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    _roll_back(connection)
                    raise
            finally:
                self._writing.now = False

    def ensure(self, schema: Sequence[str]) -> None:
        """Each of these ``CREATE ... IF NOT EXISTS name ...`` statements has been carried out, in one transaction."""
        names = [re.sub(r".*IF NOT EXISTS (\w+).*", r"\1", statement) for statement in schema]
        marks = ", ".join("?" * len(names))
        with self.read() as connection:
            found = connection.execute(f"SELECT count(*) FROM sqlite_master WHERE name IN ({marks})", names).fetchone()[0]
        if found != len(names):
            with self.write() as connection:
                for statement in schema:
                    connection.execute(statement)

    def stamp(self) -> tuple[int, int]:
        """Equal to an earlier one only if nothing was committed in between: one connection that only looks, and what SQLite tells it of the others.

        Source: sqlite.org/pragma.html#pragma_data_version.
        """
        with self._translated(), self._watching:
            if self._watcher is None or self._watcher[0] != os.getpid():  # what two connections say cannot be compared
                if self._watcher is not None:
                    self._inherited.append(deque([self._watcher[1]]))
                self._watcher, self._watchers = (os.getpid(), self._connect(self.path)), self._watchers + 1
            return self._watchers, int(self._watcher[1].execute("PRAGMA data_version").fetchall()[0][0])

    def close(self) -> None:
        """Give back the connections that nobody uses; the file can go on being used."""
        with self._translated(), self._lock.held():
            with self._watching:
                if self._watcher is not None and self._watcher[0] == os.getpid():
                    self._watcher[1].close()
                    self._watcher = None
            while self._free:
                self._free.popleft().close()
        self._lock.close()

    def scrub(self) -> None:
        """Rewrite the file so that nothing of deleted rows is left in it or beside it."""
        with self._translated(), self._lock.held(), self.read() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _take(self) -> Connection:
        if self._process != os.getpid():  # a fork: the parent's connections are neither to be used nor to be closed by us, so they are kept
            self._inherited.append(self._free)
            self._free, self._process = deque(), os.getpid()
        try:
            return self._free.pop()
        except IndexError:
            connection = self._connect(self.path)
            for pragma in _SETUP:
                connection.execute(pragma).fetchall()
            return connection

    def _prepare(self) -> None:
        with self._translated(), self._lock.held():
            fresh = not self.path.exists()
            with self.read() as connection:
                self._check_format(connection)
                if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
                    if mode != "wal":
                        raise BackendError(f"{self.path.name} cannot be kept in WAL mode on this file system", hint="use a local disk")
            if fresh:
                os.chmod(self.path, 0o600)
                fsync_folder(self.path.parent)

    def _check_format(self, connection: Connection) -> None:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if application == 0 and version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA application_id={_APPLICATION}")
            connection.execute(f"PRAGMA user_version={FORMAT}")
            connection.execute("COMMIT")
        elif application != _APPLICATION:
            raise DamagedError(
                f"{self.path.name} is a database of another program", where=self.path.name, hint="choose another data folder"
            )
        elif version > FORMAT:
            raise NewerFormat(
                f"{self.path.name} was written by a newer version of ListBackup (format {version}, this one knows {FORMAT})",
                hint="upgrade ListBackup and run the same again",
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ListBackupError:
            raise
        except sqlite3.Error as error:
            if _is_io(error) and _is_full(self.path):  # a full disk does not always say so: the file beside a WAL is mapped, not written
                raise _out_of_space(self.path.name) from error
            raise translate(error, self.path.name) from error
        except UnicodeDecodeError as error:  # damaged names or texts, which sqlite3 cannot even put into a message
            raise _damaged(self.path.name, "texts that are none") from error
        except OSError as error:
            raise _translate_os(error, self.path.name) from error


def translate(error: sqlite3.Error, name: str) -> ListBackupError:
    """The error of ours that says what a SQLite error means for the caller."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    match primary:
        case sqlite3.SQLITE_FULL:
            return _out_of_space(name)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return BackendError(f"{name} is locked by another process", retryable=True, hint="wait for it, or stop the other process")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(name, str(error))
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_AUTH:
            return BackendError(f"{name} cannot be opened for writing ({error})", hint="check the permissions of the data folder")
    if re.search(r"^no such |already exists$", str(error)):  # our statements name what we made, and make what is not there
        return _damaged(name, str(error))
    return BackendError(f"{name} failed ({error})", hint="check the disk; nothing that was confirmed is lost")


def _out_of_space(name: str) -> OutOfSpace:
    return OutOfSpace(f"the disk is full: {name} could not be written", hint=_ROOM)


def _is_io(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF == sqlite3.SQLITE_IOERR


def _is_full(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return shutil.disk_usage(path.parent).free < _FULL_BYTES
    return False


def _damaged(name: str, how: str) -> DamagedError:
    return DamagedError(f"{name} is damaged ({how})", where=name, hint="restore the data folder's database from a copy")


def _translate_os(error: OSError, name: str) -> ListBackupError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _out_of_space(name)
    return BackendError(f"{name} cannot be used ({error.strerror})", hint="check the permissions of the data folder")


def _roll_back(connection: Connection) -> None:
    with contextlib.suppress(sqlite3.OperationalError):  # SQLite may have rolled back by itself: it does on a full disk
        connection.execute("ROLLBACK")
