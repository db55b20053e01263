"""How often somebody may ask: a token bucket for each, in this process.

Headers as in the IETF draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers, the three-header form that clients know).
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from listbackup.base.clock import Clock

_KNOWN = 10_000  # buckets; a full bucket that is forgotten is a full bucket again


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """``per_second`` requests in the long run, ``burst`` at once."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left to somebody after a request was counted."""

    allowed: bool
    limit: int
    remaining: int
    wait: timedelta  # until the next one is allowed; zero when it is now
    reset: timedelta  # until everything is

    def headers(self) -> dict[str, str]:
        """What the answer says about it; times in whole seconds [s]."""
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(math.ceil(self.reset.total_seconds())),
        }


class RateLimiter:
    """Buckets by name."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate, self._clock = rate, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when they were counted [s]
        self._lock = threading.Lock()

    def take(self, name: str, *, tokens: int = 1) -> Allowance:
        """Count a request of this caller; with ``tokens`` 0 only look."""
        rate, now = self._rate, self._clock.monotonic()
        with self._lock:
            had, at = self._buckets.pop(name, (float(rate.burst), now))
            has = min(float(rate.burst), had + (now - at) * rate.per_second)
            allowed = has >= 1
            if allowed:
                has -= tokens
            self._buckets[name] = (has, now)
            while len(self._buckets) > _KNOWN:
                self._buckets.popitem(last=False)
        return Allowance(
            allowed=allowed,
            limit=rate.burst,
            remaining=max(0, int(has)),
            wait=timedelta(seconds=max(0.0, (1 - has) / rate.per_second)) if has < 1 else timedelta(),
            reset=timedelta(seconds=(rate.burst - has) / rate.per_second),
        )
