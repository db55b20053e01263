"""The one retry loop. Whoever calls something that may fail for a while goes through here, and only here."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, ListBackupError, PlatformError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently: full jitter over ``first * 2**n``, capped; a platform's ``Retry-After`` wins."""

    attempts: int = 6
    first: timedelta = timedelta(milliseconds=500)
    cap: timedelta = timedelta(minutes=15)
    give_up_above: timedelta = timedelta(minutes=30)  # a longer Retry-After is the scheduler's business


def retry(call: Callable[[], T], *, clock: Clock, policy: RetryPolicy = RetryPolicy(), rng: random.Random | None = None) -> T:
    """What ``call`` returns, after as many tries as the policy grants.

    Only errors that say ``retryable`` are tried again; anything else, and the last failure, is raised as it came.
    """
    dice = rng or random.Random()
    for attempt in range(1, policy.attempts + 1):
        try:
            return call()
        except (PlatformError, BackendError) as error:
            wait = _wait(error, attempt, policy, dice)
            if not error.retryable or attempt == policy.attempts or wait > policy.give_up_above:
                raise
            clock.sleep(wait.total_seconds())
    raise AssertionError("a policy grants at least one attempt")


def _wait(error: ListBackupError, attempt: int, policy: RetryPolicy, dice: random.Random) -> timedelta:
    asked = error.retry_after if isinstance(error, PlatformError) else None
    if asked is not None:
        return asked
    ceiling: timedelta = min(policy.cap, policy.first * 2.0 ** min(attempt - 1, 32))
    return ceiling * dice.random()
