"""One suite, every table adapter."""

from __future__ import annotations

from pathlib import Path

from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.testing.clock import ManualClock
from listbackup.testing.suites.table_suite import TableSuite


class TestMemoryTables(TableSuite):
    def make(self, folder: Path, clock: ManualClock) -> Tables:
        return MemoryTables(clock)


class TestSqliteTables(TableSuite):
    def make(self, folder: Path, clock: ManualClock) -> Tables:
        return SqliteTables(folder / "control.db", clock=clock)
