"""The suite of the table port over DynamoDB, and what only DynamoDB can get wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.testing.clock import ManualClock
from listbackup.testing.suites.table_suite import TableSuite

Fresh = Callable[[Clock], DynamodbTables]


class TestDynamodbTables(TableSuite):
    @pytest.fixture(autouse=True)
    def _cloud(self, fresh_tables: Fresh) -> None:
        self.fresh = fresh_tables

    def make(self, folder: Path, clock: ManualClock) -> Tables:
        return self.fresh(clock)
