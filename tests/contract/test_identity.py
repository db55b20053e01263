"""The built-in identity keeps the port's promises, over every kind of table."""

from __future__ import annotations

from pathlib import Path

from listbackup.backends.identity.builtin import BuiltinIdentity
from listbackup.backends.identity.port import Identity
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.testing.clock import ManualClock
from listbackup.testing.identity import CHEAP
from listbackup.testing.keys import memory_scope
from listbackup.testing.suites.identity_suite import IdentitySuite


def over(tables: Tables, clock: ManualClock) -> tuple[Identity, Tables]:
    return BuiltinIdentity(tables, memory_scope("installation"), clock, IdentitySettings(hash_cost=CHEAP)), tables


class TestOverMemory(IdentitySuite):
    def make(self, folder: Path, clock: ManualClock) -> tuple[Identity, Tables]:
        return over(MemoryTables(clock), clock)


class TestOverSqlite(IdentitySuite):
    def make(self, folder: Path, clock: ManualClock) -> tuple[Identity, Tables]:
        return over(SqliteTables(folder / "control.db", clock=clock), clock)
