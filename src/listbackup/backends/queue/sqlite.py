"""A queue in a SQLite file: a row per message; the head of a group is the row of the group's lowest sequence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from listbackup.backends.queue.port import DeadLetter, Message
from listbackup.backends.queue.rules import DEDUP_WINDOW, MAX_RECEIVES, check_lease, check_receive, check_send, lease_lost
from listbackup.backends.sqlite_file import Connection, SqliteFile
from listbackup.base.clock import Clock, from_unix_ms, unix_ms
from listbackup.base.errors import NotFound
from listbackup.base.ids import new_id

_SCHEMA = (
    # ``head`` is 1 for the first message of its group: so that what can be delivered is found without looking at what waits behind.
    "CREATE TABLE IF NOT EXISTS queue_message (sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL, group_ TEXT NOT NULL, "
    "body BLOB NOT NULL, sent_at INTEGER NOT NULL, visible_at INTEGER NOT NULL, receipt TEXT, receives INTEGER NOT NULL DEFAULT 0, head INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS queue_order ON queue_message (queue, group_, sequence)",
    "CREATE INDEX IF NOT EXISTS queue_ready ON queue_message (queue, visible_at) WHERE head = 1",  # is there anything?
    "CREATE INDEX IF NOT EXISTS queue_heads ON queue_message (queue, sequence) WHERE head = 1",  # who waits longest?
    "CREATE INDEX IF NOT EXISTS queue_tried ON queue_message (queue, visible_at) WHERE receives > 0",  # who is to be given up?
    "CREATE UNIQUE INDEX IF NOT EXISTS queue_receipt ON queue_message (queue, receipt) WHERE receipt IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS queue_dead (sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL, group_ TEXT NOT NULL, "
    "body BLOB NOT NULL, receives INTEGER NOT NULL, died_at INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS queue_dead_id ON queue_dead (queue, id)",
    "CREATE TABLE IF NOT EXISTS queue_seen (queue TEXT NOT NULL, dedup_id TEXT NOT NULL, id TEXT NOT NULL, until INTEGER NOT NULL, "
    "PRIMARY KEY (queue, dedup_id)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS queue_seen_until ON queue_seen (until)",
)


class SqliteQueue:
    """The queue ``name`` of one file; safe to share between threads and between processes."""

    def __init__(self, file: SqliteFile | Path | str, name: str, *, clock: Clock | None = None, max_receives: int = MAX_RECEIVES) -> None:
        self._file = file if isinstance(file, SqliteFile) else SqliteFile(file, clock=clock)
        self._clock = clock or self._file.clock
        self._name = name
        self._max_receives = max_receives
        self._file.ensure(_SCHEMA)

    def send(self, group: str, body: bytes, *, dedup_id: str | None = None, delay: timedelta = timedelta()) -> str:
        """See the port."""
        check_send(group, body, delay)
        with self._file.write() as connection:
            now = self._now()
            message_id = new_id("msg", now)
            if dedup_id is not None:
                connection.execute("DELETE FROM queue_seen WHERE until <= ?", (now,))
                seen = connection.execute("SELECT id FROM queue_seen WHERE queue = ? AND dedup_id = ?", (self._name, dedup_id)).fetchone()
                if seen is not None:
                    return str(seen[0])
                connection.execute(
                    "INSERT INTO queue_seen (queue, dedup_id, id, until) VALUES (?, ?, ?, ?)",
                    (self._name, dedup_id, message_id, now + _ms(DEDUP_WINDOW)),
                )
            self._append(connection, message_id, group, body, now, now + _ms(delay))
            return message_id

    def receive(self, *, limit: int = 1, lease: timedelta) -> Sequence[Message]:
        """See the port."""
        check_receive(limit, lease)
        with self._file.read() as connection:  # an idle worker asks often: it takes no lock while there is nothing
            if connection.execute(_ANYTHING, (self._name, self._now())).fetchone() is None:
                return []
        with self._file.write() as connection:
            now = self._now()
            self._bury(connection, now)
            rows = connection.execute(_LONGEST, (self._name, now, limit)).fetchall()
            return [self._deliver(connection, row, now, now + _ms(lease)) for row in rows]

    def extend(self, receipt: str, lease: timedelta) -> None:
        """See the port."""
        check_lease(lease)
        with self._file.write() as connection:
            now = self._now()
            sequence, _ = self._leased(connection, receipt, now)
            connection.execute("UPDATE queue_message SET visible_at = ? WHERE sequence = ?", (now + _ms(lease), sequence))

    def ack(self, receipt: str) -> None:
        """See the port."""
        with self._file.write() as connection:
            self._remove(connection, *self._leased(connection, receipt, self._now()))

    def release(self, receipt: str, *, delay: timedelta = timedelta()) -> None:
        """See the port."""
        with self._file.write() as connection:
            now = self._now()
            sequence, _ = self._leased(connection, receipt, now)
            connection.execute("UPDATE queue_message SET receipt = NULL, visible_at = ? WHERE sequence = ?", (now + _ms(delay), sequence))

    def depth(self) -> int:
        """See the port."""
        self._bury_if_any()
        with self._file.read() as connection:
            return int(connection.execute("SELECT count(*) FROM queue_message WHERE queue = ?", (self._name,)).fetchone()[0])

    def list_dead(self, *, limit: int = 100, after: str | None = None) -> Sequence[DeadLetter]:
        """See the port."""
        self._bury_if_any()
        with self._file.read() as connection:
            rows = connection.execute(_DEAD, (self._name, self._name, after or "", limit)).fetchall()
        return [DeadLetter(id=row[0], group=row[1], body=row[2], receives=row[3], died_at=from_unix_ms(row[4])) for row in rows]

    def redrive(self, message_id: str) -> None:
        """See the port."""
        with self._file.write() as connection:
            now = self._now()
            self._bury(connection, now)
            dead = connection.execute("SELECT group_, body FROM queue_dead WHERE queue = ? AND id = ?", (self._name, message_id)).fetchone()
            if dead is None:
                raise NotFound(f"there is no dead letter {message_id}")
            connection.execute("DELETE FROM queue_dead WHERE queue = ? AND id = ?", (self._name, message_id))
            self._append(connection, message_id, dead[0], dead[1], now, now)

    # Inside the caller's transaction.

    def _append(self, connection: Connection, message_id: str, group: str, body: bytes, now: int, visible_at: int) -> None:
        first = connection.execute("SELECT 1 FROM queue_message WHERE queue = ? AND group_ = ? LIMIT 1", (self._name, group)).fetchone()
        connection.execute(
            "INSERT INTO queue_message (queue, id, group_, body, sent_at, visible_at, head) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self._name, message_id, group, body, now, visible_at, int(first is None)),
        )

    def _remove(self, connection: Connection, sequence: int, group: str) -> None:
        connection.execute("DELETE FROM queue_message WHERE sequence = ?", (sequence,))
        connection.execute(
            "UPDATE queue_message SET head = 1 WHERE sequence = (SELECT min(sequence) FROM queue_message WHERE queue = ? AND group_ = ?)",
            (self._name, group),
        )

    def _deliver(self, connection: Connection, row: Any, now: int, until: int) -> Message:
        sequence, message_id, group, body, receives, sent_at = row
        receipt = new_id("rcp", now)
        connection.execute(
            "UPDATE queue_message SET receipt = ?, visible_at = ?, receives = ? WHERE sequence = ?", (receipt, until, receives, sequence)
        )
        return Message(id=message_id, group=group, body=body, receipt=receipt, receives=receives, sent_at=from_unix_ms(sent_at))

    def _leased(self, connection: Connection, receipt: str, now: int) -> tuple[int, str]:
        row = connection.execute(
            "SELECT sequence, group_ FROM queue_message WHERE queue = ? AND receipt = ? AND visible_at > ?", (self._name, receipt, now)
        ).fetchone()
        if row is None:
            raise lease_lost()
        return int(row[0]), str(row[1])

    def _bury(self, connection: Connection, now: int) -> None:
        """Move what was delivered too often to the dead letters."""
        rows = connection.execute(_SPENT, (self._name, now, self._max_receives)).fetchall()
        for sequence, message_id, group, body, receives in rows:
            connection.execute(
                "INSERT INTO queue_dead (queue, id, group_, body, receives, died_at) VALUES (?, ?, ?, ?, ?, ?)",
                (self._name, message_id, group, body, receives, now),
            )
            self._remove(connection, sequence, group)

    def _bury_if_any(self) -> None:
        with self._file.read() as connection:
            found = connection.execute(_SPENT, (self._name, self._now(), self._max_receives)).fetchone()
        if found is not None:
            with self._file.write() as connection:
                self._bury(connection, self._now())

    def _now(self) -> int:
        return unix_ms(self._clock.now())


_ANYTHING = "SELECT 1 FROM queue_message INDEXED BY queue_ready WHERE queue = ? AND head = 1 AND visible_at <= ? LIMIT 1"
_LONGEST = (
    "SELECT sequence, id, group_, body, receives + 1, sent_at FROM queue_message INDEXED BY queue_heads "
    "WHERE queue = ? AND head = 1 AND visible_at <= ? ORDER BY sequence LIMIT ?"
)
_DEAD = (
    "SELECT id, group_, body, receives, died_at FROM queue_dead WHERE queue = ? "
    "AND sequence > COALESCE((SELECT sequence FROM queue_dead WHERE queue = ? AND id = ?), 0) ORDER BY sequence LIMIT ?"
)
_SPENT = (
    "SELECT sequence, id, group_, body, receives FROM queue_message INDEXED BY queue_tried "
    "WHERE queue = ? AND receives > 0 AND visible_at <= ? AND receives >= ? ORDER BY sequence"
)


def _ms(duration: timedelta) -> int:
    return max(0, int(duration / timedelta(milliseconds=1)))
