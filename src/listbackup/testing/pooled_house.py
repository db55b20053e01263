"""The doors over a user pool, and the pool as its owner sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from listbackup.backends.aws_client import Aws, once
from listbackup.backends.identity.cognito import CognitoIdentity
from listbackup.backends.identity.cognito_pool import pool_settings
from listbackup.backends.identity.cognito_users import UserPool
from listbackup.backends.identity.port import Session, SessionKind, Tokens
from listbackup.base.clock import SystemClock
from listbackup.testing.clock import ManualClock
from listbackup.testing.identity import Doors, doors
from listbackup.testing.user_pool import MadePool, pool_clock, user_pool


@dataclass(slots=True, kw_only=True)
class PooledHouse:
    """The doors, and the pool behind them as its owner sees it."""

    doors: Doors
    users: UserPool
    made: MadePool
    aws: Aws
    clock: ManualClock

    def ask(self, operation: str, **said: Any) -> Any:
        """What the pool answers its owner, or anybody. Raises AwsRefused."""
        return once(lambda: getattr(self.aws.client("cognito-idp"), operation)(**said), "ask the pool")

    def about(self, operation: str, user: str, **said: Any) -> Any:
        """The same about one user."""
        return self.ask(operation, UserPoolId=self.made.pool, Username=user, **said)

    def program(self) -> Tokens:
        """What a program gets that Ada signs in."""
        self.catch_up()
        tokens = self.doors.sign_in(kind=SessionKind.PROGRAM).tokens
        assert tokens is not None
        return tokens

    def enrol(self) -> tuple[bytes, list[str], Session]:
        """Ada's one-time codes set up: seed, recovery codes, and the session."""
        self.catch_up()
        return self.doors.enrol(self.doors.sign_in())

    def catch_up(self) -> None:
        """The test's clock is not behind the pool's, however long the machine took until now."""
        real = SystemClock().now().replace(microsecond=0)
        if self.clock.now() < real:
            self.clock.jump(real)


@contextmanager
def pooled_house(aws: Aws, trigger: str) -> Iterator[PooledHouse]:
    """Doors that nobody went through yet, over memory and a pool of their own. Gone afterwards."""
    clock = pool_clock()
    with user_pool(aws, pool_settings(), name=f"listbackup-test-{token_hex(4)}", trigger=trigger) as made:
        users = UserPool(aws, pool=made.pool, client=made.client, key=bytes(32), clock=clock)
        yield PooledHouse(doors=doors_by(users, clock), users=users, made=made, aws=aws, clock=clock)


def doors_by(pool: UserPool, clock: ManualClock) -> Doors:
    """Doors over memory and this pool."""
    return doors(clock=clock, make=lambda desk, scope, figures: CognitoIdentity(pool, desk.tables, scope, desk.clock, figures))
