"""The identity over a Cognito user pool keeps the port's promises."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.identity.cognito import CognitoIdentity
from listbackup.backends.identity.cognito_pool import pool_settings
from listbackup.backends.identity.cognito_users import UserPool
from listbackup.backends.identity.port import Identity
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.testing.account import PREFIX
from listbackup.testing.clock import ManualClock
from listbackup.testing.keys import memory_scope
from listbackup.testing.suites.identity_suite import IdentitySuite
from listbackup.testing.user_pool import MadePool, pool_clock, user_pool

FreshTables = Callable[[Clock], Tables]


@pytest.fixture
def pool(aws: Aws, trigger_arn: str) -> Iterator[MadePool]:
    with user_pool(aws, pool_settings(), name=f"{PREFIX}-{secrets.token_hex(4)}", trigger=trigger_arn) as made:
        yield made


class TestOverCognito(IdentitySuite):
    drift = timedelta(minutes=1)

    @pytest.fixture
    def elsewhere(self, aws: Aws, pool: MadePool, fresh_tables: FreshTables) -> object:
        self.aws, self.pool, self.fresh = aws, pool, fresh_tables
        return pool

    def start_clock(self) -> ManualClock:
        return pool_clock()

    def ground(self, clock: ManualClock) -> Tables:
        """As it is deployed; in an account over memory, because new tables take their time there and have a suite of their own."""
        return MemoryTables(clock) if self.aws.endpoint is None else self.fresh(clock)

    def make(self, folder: Path, clock: ManualClock) -> tuple[Identity, Tables]:
        tables = self.ground(clock)
        users = UserPool(self.aws, pool=self.pool.pool, client=self.pool.client, key=bytes(32), clock=clock)
        return CognitoIdentity(users, tables, memory_scope("installation"), clock, IdentitySettings()), tables
