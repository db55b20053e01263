"""The simulated platform's patience: a token bucket, and a ledger of who called although told to wait."""

from __future__ import annotations

import math
import threading

from listbackup.base.clock import Clock


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
