"""The simulated platform's patience: a token bucket, and a ledger of who called although told to wait."""

from __future__ import annotations

import math
import threading
from collections import Counter

from listbackup.base.clock import Clock


class DailyQuota:
    """So many calls a day, from midnight to midnight; ``days`` counts what came on each."""

    def __init__(self, clock: Clock, calls: int | None, *, tells: bool) -> None:
        self._clock, self._calls, self._tells = clock, calls, tells
        self._lock = threading.Lock()
        self.days: Counter[str] = Counter()
        self.refused = 0

    def headers(self) -> dict[str, str]:
        """What an answer says of the quota."""
        if self._calls is None or not self._tells:
            return {}
        left = max(0, self._calls - self.days[self._clock.now().date().isoformat()])
        return {"X-RateLimit-Limit-Daily": str(self._calls), "X-RateLimit-Daily-Remaining": str(left)}

    def refuse(self) -> int | None:
        """None if the call may pass, else the seconds [s] until the next day."""
        with self._lock:
            now = self._clock.now()
            self.days[now.date().isoformat()] += 1
            if self._calls is None or self.days[now.date().isoformat()] <= self._calls:
                return None
            self.refused += 1
            return 86_400 - int(now.timestamp()) % 86_400


class Limiter:
    """``rate`` calls a second with ``burst`` saved up; a refused caller is told how long to wait and watched."""

    def __init__(self, clock: Clock, rate: float | None, burst: int | None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate, self._burst = rate, float(burst if burst is not None else max(1, math.ceil(rate or 1)))
        self._tokens = self._burst
        self._at = clock.monotonic()
        self._closed_until = 0.0
        self.refused = 0
        self.inside_window = 0  # calls that came before a Retry-After had run out

    def headers(self) -> dict[str, str]:
        """What an answer says of the limit."""
        if self._rate is None:
            return {}
        return {"X-RateLimit-Limit": str(math.ceil(self._rate)), "X-RateLimit-Remaining": str(max(0, int(self._tokens)))}

    def refuse(self) -> int | None:
        """None if the call may pass, else the whole seconds [s] to wait."""
        if self._rate is None:
            return None
        with self._lock:
            now = self._clock.monotonic()
            if now < self._closed_until:
                self.inside_window += 1
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return None
            self.refused += 1
            wait = max(1, math.ceil((1 - self._tokens) / self._rate))
            self._closed_until = max(self._closed_until, now + wait - 0.01)
            return wait
