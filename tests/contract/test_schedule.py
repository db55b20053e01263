"""One suite, every schedule adapter."""

from __future__ import annotations

from pathlib import Path

from listbackup.backends.schedule.memory import MemorySchedule
from listbackup.backends.schedule.port import Schedule
from listbackup.backends.schedule.sqlite import SqliteSchedule
from listbackup.backends.schedule.tabled import TabledSchedule
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import SystemClock
from listbackup.testing.suites.schedule_suite import ScheduleSuite


class TestMemorySchedule(ScheduleSuite):
    def make(self, folder: Path) -> Schedule:
        return MemorySchedule()


class TestSqliteSchedule(ScheduleSuite):
    def make(self, folder: Path) -> Schedule:
        return SqliteSchedule(folder / "control.db")


class TestScheduleOverMemoryTables(ScheduleSuite):
    def make(self, folder: Path) -> Schedule:
        return TabledSchedule(MemoryTables(), SystemClock())


class TestScheduleOverSqliteTables(ScheduleSuite):
    def make(self, folder: Path) -> Schedule:
        return TabledSchedule(SqliteTables(folder / "control.db"), SystemClock())
