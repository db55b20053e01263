"""One suite, every queue adapter."""

from __future__ import annotations

from pathlib import Path

from listbackup.backends.queue.memory import MemoryQueue
from listbackup.backends.queue.port import Queue
from listbackup.backends.queue.sqlite import SqliteQueue
from listbackup.testing.clock import ManualClock
from listbackup.testing.suites.queue_suite import QueueSuite


class TestMemoryQueue(QueueSuite):
    def make(self, folder: Path, clock: ManualClock, max_receives: int) -> Queue:
        return MemoryQueue(clock, max_receives=max_receives)


class TestSqliteQueue(QueueSuite):
    def make(self, folder: Path, clock: ManualClock, max_receives: int) -> Queue:
        return SqliteQueue(folder / "control.db", "runs", clock=clock, max_receives=max_receives)
