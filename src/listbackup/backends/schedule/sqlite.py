"""A schedule in a SQLite file: one index holds what is due, in the order it is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from listbackup.backends.schedule.port import Due
from listbackup.backends.schedule.rules import check_claim, check_key
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.base.clock import from_unix_ms, unix_ms
from listbackup.base.ids import new_id

_SCHEMA = (
    # ``ready_at`` is when the entry may be handed out: when it is due or, claimed, when the claim runs out. ``due_at`` is what was set.
    "CREATE TABLE IF NOT EXISTS schedule (key TEXT PRIMARY KEY, due_at INTEGER NOT NULL, payload BLOB NOT NULL, ready_at INTEGER NOT NULL, claim TEXT) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS schedule_ready ON schedule (ready_at, due_at, key)",
)


class SqliteSchedule:
    """The schedule of one file; safe to share between threads and between processes."""

    def __init__(self, file: SqliteFile | Path | str) -> None:
        self._file = file if isinstance(file, SqliteFile) else SqliteFile(file)
        self._file.ensure(_SCHEMA)

    def set(self, key: str, due_at: datetime, payload: bytes) -> None:
        """See the port."""
        check_key(key)
        due = unix_ms(due_at)
        with self._file.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO schedule (key, due_at, payload, ready_at, claim) VALUES (?, ?, ?, ?, NULL)",
                (key, due, payload, due),
            )

    def remove(self, key: str) -> None:
        """See the port."""
        with self._file.write() as connection:
            connection.execute("DELETE FROM schedule WHERE key = ?", (key,))

    def find(self, key: str) -> datetime | None:
        """See the port."""
        with self._file.read() as connection:
            row = connection.execute("SELECT due_at FROM schedule WHERE key = ?", (key,)).fetchone()
        return from_unix_ms(row[0]) if row is not None else None

    def claim(self, now: datetime, *, limit: int = 100, lease: timedelta = timedelta(minutes=1)) -> Sequence[Due]:
        """See the port."""
        check_claim(limit, lease)
        instant = unix_ms(now)
        with self._file.read() as connection:  # a tick with nothing due takes no lock
            if connection.execute("SELECT 1 FROM schedule WHERE ready_at <= ? LIMIT 1", (instant,)).fetchone() is None:
                return []
        with self._file.write() as connection:
            rows = connection.execute(
                "SELECT key, due_at, payload FROM schedule WHERE ready_at <= ? ORDER BY due_at, key LIMIT ?", (instant, limit)
            ).fetchall()
            claims = [new_id("clm", instant) for _ in rows]
            for (key, _, _), claim in zip(rows, claims, strict=True):
                connection.execute("UPDATE schedule SET ready_at = ?, claim = ? WHERE key = ?", (unix_ms(now + lease), claim, key))
        return [
            Due(key=key, due_at=from_unix_ms(due_at), payload=payload, claim=claim)
            for (key, due_at, payload), claim in zip(rows, claims, strict=True)
        ]

    def settle(self, due: Due, next_at: datetime | None) -> bool:
        """See the port."""
        with self._file.write() as connection:
            if next_at is None:
                return connection.execute("DELETE FROM schedule WHERE key = ? AND claim = ?", (due.key, due.claim)).rowcount == 1
            instant = unix_ms(next_at)
            changed = connection.execute(
                "UPDATE schedule SET due_at = ?, ready_at = ?, claim = NULL WHERE key = ? AND claim = ?",
                (instant, instant, due.key, due.claim),
            )
            return changed.rowcount == 1
