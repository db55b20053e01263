"""SQLite with a recording file layer: the product's own statements, on a SQLite that tells the recorder every write and fsync."""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from listbackup.testing.powercut.recorder import Recorder

_JOURNALS = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
_CODES: dict[type[apsw.Error], int] = {
    apsw.FullError: sqlite3.SQLITE_FULL,
    apsw.IOError: sqlite3.SQLITE_IOERR,
    apsw.BusyError: sqlite3.SQLITE_BUSY,
    apsw.LockedError: sqlite3.SQLITE_LOCKED,
    apsw.CorruptError: sqlite3.SQLITE_CORRUPT,
    apsw.NotADBError: sqlite3.SQLITE_NOTADB,
    apsw.CantOpenError: sqlite3.SQLITE_CANTOPEN,
    apsw.ReadOnlyError: sqlite3.SQLITE_READONLY,
}
_NAMES = itertools.count()


class RecordingSqlite:
    """Connections for ``SqliteFile(connect=...)`` whose files report to ``recorder``.

    ``replacing`` swaps statements before they run: to plant a mistake (``PRAGMA synchronous=FULL`` by NORMAL). A checkpoint is made every
    ``checkpoint_pages`` so that short workloads see some.
    """

    def __init__(self, recorder: Recorder, *, checkpoint_pages: int = 8, replacing: dict[str, str] | None = None) -> None:
        self._vfs = _RecordingVfs(f"powercut-{next(_NAMES)}", recorder)
        self._checkpoint_pages = checkpoint_pages
        self._replacing = replacing or {}

    def connect(self, path: Path) -> RecordingConnection:
        """A connection in autocommit, as ``sqlite_file.connect`` gives."""
        connection = apsw.Connection(str(path), vfs=self._vfs.vfs_name)
        connection.set_busy_timeout(30_000)
        connection.execute(f"PRAGMA wal_autocheckpoint={self._checkpoint_pages}")
        return RecordingConnection(connection, self._replacing)

    def fail_at(self, number: int, error: type[apsw.Error]) -> None:
        """The write or fsync of this number, counted from now, fails with this error; the later ones do not."""
        self._vfs.countdown, self._vfs.error = number, error

    @property
    def has_failed(self) -> bool:
        """Whether the planted failure has happened."""
        return self._vfs.countdown <= 0


class RecordingConnection:
    """As much of ``sqlite3.Connection`` as ``SqliteFile`` uses."""

    def __init__(self, connection: apsw.Connection, replacing: dict[str, str]) -> None:
        self._connection = connection
        self._replacing = replacing

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> RecordedRows:
        """Run one statement to its end."""
        try:
            rows = self._connection.execute(self._replacing.get(sql, sql), tuple(values)).fetchall()
            return RecordedRows(rows, self._connection.changes())
        except apsw.Error as error:
            raise _as_sqlite3(error) from error

    def close(self) -> None:
        """Give the file back."""
        try:
            self._connection.close()
        except apsw.Error as error:
            raise _as_sqlite3(error) from error


class RecordedRows:
    """The rows of a statement that has run."""

    def __init__(self, rows: Sequence[Any], changed: int) -> None:
        self._rows = list(rows)
        self.rowcount = changed

    def fetchone(self) -> Any:
        """The next row, or None."""
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> Sequence[Any]:
        """All rows that are left."""
        rows, self._rows = self._rows, []
        return rows


class _RecordingVfs(apsw.VFS):
    def __init__(self, name: str, recorder: Recorder) -> None:
        self.vfs_name = name
        self.recorder = recorder
        self.countdown = 0
        self.error: type[apsw.Error] = apsw.IOError
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        """Open and, where it is new, report it."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        with self.recorder.lock:
            existed = path is None or os.path.exists(path)
            file = _RecordingFile(self, name, flags)
            if path is not None:
                file.node = self.recorder.node(path) if existed else self.recorder.entered(path)
                file.path = path
                file.syncs_folder = not existed and bool(flags[0] & _JOURNALS)
            return file

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """Delete and report it."""
        with self.recorder.lock:
            super().xDelete(filename, syncdir)
            self.recorder.left(filename)
            if syncdir:
                self.folder_synced(filename)

    def folder_synced(self, path: str) -> None:
        """SQLite fsyncs the folder of a journal along with the journal."""
        folder = self.recorder.node(os.path.dirname(path))
        if folder is not None:
            self.recorder.synced(folder)

    def hit(self) -> None:
        """Raises the planted error when it is its turn."""
        self.countdown -= 1
        if self.countdown == 0:
            raise self.error("planted by the test")


class _RecordingFile(apsw.VFSFile):
    def __init__(self, vfs: _RecordingVfs, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self.node: int | None = None
        self.path = ""
        self.syncs_folder = False
        self._vfs = vfs
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        """Write and report it."""
        self._vfs.hit()
        with self._vfs.recorder.lock:
            super().xWrite(data, offset)
            if self.node is not None:
                self._vfs.recorder.wrote(self.node, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:
        """Truncate and report it."""
        with self._vfs.recorder.lock:
            super().xTruncate(newsize)
            if self.node is not None:
                self._vfs.recorder.resized(self.node, newsize)

    def xSync(self, flags: int) -> None:
        """Sync and report it; a new journal's folder is synced with it, as SQLite's own file layer does."""
        self._vfs.hit()
        with self._vfs.recorder.lock:
            super().xSync(flags)
            if self.node is not None:
                self._vfs.recorder.synced(self.node)
                if self.syncs_folder:
                    self._vfs.folder_synced(self.path)
                    self.syncs_folder = False


def _as_sqlite3(error: apsw.Error) -> sqlite3.Error:
    translated = sqlite3.OperationalError(str(error))
    translated.sqlite_errorcode = next((code for kind, code in _CODES.items() if isinstance(error, kind)), sqlite3.SQLITE_ERROR)
    return translated
