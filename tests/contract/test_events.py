"""One suite, the bus over every ground."""

from __future__ import annotations

from pathlib import Path

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.events.port import Events
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.testing.suites.events_suite import EventsSuite


class TestOutboxInMemory(EventsSuite):
    def make(self, folder: Path) -> tuple[Tables, Events]:
        tables = MemoryTables()
        return tables, OutboxEvents(tables)


class TestOutboxInSqlite(EventsSuite):
    def make(self, folder: Path) -> tuple[Tables, Events]:
        tables = SqliteTables(folder / "control.db")
        return tables, OutboxEvents(tables)
