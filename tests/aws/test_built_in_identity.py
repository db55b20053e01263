"""The built-in identity over DynamoDB: the ground of an installation in the cloud that keeps its own people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from listbackup.backends.identity.builtin import BuiltinIdentity
from listbackup.backends.identity.port import Identity
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.testing.clock import ManualClock
from listbackup.testing.identity import CHEAP
from listbackup.testing.keys import memory_scope
from listbackup.testing.suites.identity_suite import IdentitySuite


class TestOverDynamodb(IdentitySuite):
    @pytest.fixture(autouse=True)
    def _cloud(self, fresh_tables: Callable[[Clock], DynamodbTables]) -> None:
        self.fresh = fresh_tables

    def make(self, folder: Path, clock: ManualClock) -> tuple[Identity, Tables]:
        tables = self.fresh(clock)
        return BuiltinIdentity(tables, memory_scope("installation"), clock, IdentitySettings(hash_cost=CHEAP)), tables
