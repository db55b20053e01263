"""The suite of the schedule port over DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from listbackup.backends.schedule.port import Schedule
from listbackup.backends.schedule.tabled import TabledSchedule
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.base.clock import Clock, SystemClock
from listbackup.testing.suites.schedule_suite import ScheduleSuite


class TestScheduleOverDynamodb(ScheduleSuite):
    @pytest.fixture(autouse=True)
    def _cloud(self, fresh_tables: Callable[[Clock], DynamodbTables]) -> None:
        self.fresh = fresh_tables

    def make(self, folder: Path) -> Schedule:
        clock = SystemClock()
        return TabledSchedule(self.fresh(clock), clock)
