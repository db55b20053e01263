"""A clock that stands still until it is told to go."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from listbackup.base.clock import SystemClock

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """Time as the test says: ``sleep`` returns at once and advances it; ``slept`` lists how long each sleep was [s]."""

    def __init__(self, now: datetime = EPOCH) -> None:
        self._now = now
        self._monotonic = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The instant [UTC] it was set to."""
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        """Seconds [s] advanced so far; ``jump`` does not touch it."""
        with self._lock:
            return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Advance by this long [s] without waiting."""
        self.slept.append(seconds)
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        """Let time pass: wall and monotonic."""
        if by < timedelta(0):
            raise ValueError("time passes forward; jump() sets the wall clock back")
        with self._lock:
            self._now += by
            self._monotonic += by.total_seconds()

    def jump(self, to: datetime) -> None:
        """Set the wall clock, forward or back, as a wrong NTP server does; the monotonic counter stays."""
        with self._lock:
            self._now = to


class WaitingClock(ManualClock):
    """The real time, for what goes by a clock of its own: ``advance`` waits that long, and a moment more."""

    def __init__(self, moment: timedelta = timedelta(milliseconds=150)) -> None:
        super().__init__()
        self._real, self._moment = SystemClock(), moment

    def now(self) -> datetime:
        """The instant [UTC] it really is."""
        return self._real.now()

    def monotonic(self) -> float:
        """Seconds [s] that really pass."""
        return self._real.monotonic()

    def sleep(self, seconds: float) -> None:
        """Really wait."""
        self.slept.append(seconds)
        self._real.sleep(seconds)

    def advance(self, by: timedelta) -> None:
        """Wait until so much time has passed everywhere."""
        self._real.sleep((by + self._moment).total_seconds())

    def jump(self, to: datetime) -> None:
        """Nobody sets this clock."""
        raise ValueError("the real time is not set")
