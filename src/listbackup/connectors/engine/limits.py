"""Politeness: one limiter for each connection, asked before every request by every thread.

* Pace: evenly spaced at the declared rate (generic cell rate algorithm), or at a rate that is learnt from refusals.
* Silence: inside a ``Retry-After`` window nothing is sent by anybody.
* Width: how many requests may be in flight; halved when the platform staggers, one more for each round that went well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

from listbackup.base.clock import Clock
from listbackup.connectors.engine.facts import Limits

LONGEST = timedelta(hours=24)
_EPOCH = 1_000_000_000.0  # a reset above this is an instant, below it a number of seconds
_SHARE = 0.998  # of the declared rate: two clocks never agree
_SLOWEST = 1 / 60
_ENOUGH = 20  # requests between two refusals that make a measurement
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")
_RESET = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset", "x-ratelimit-reset-after")


class Limiter:
    """The patience of one platform with one connection."""

    def __init__(self, clock: Clock, limits: Limits, *, concurrency: int | None = None) -> None:
        self._clock = clock
        self._most = min(limits.concurrency, concurrency or limits.concurrency)
        self._width = float(self._most)
        self._declared = limits.per_second
        self._rate = limits.per_second * _SHARE if limits.per_second else None
        self._burst = limits.burst
        self._turn = threading.Condition()
        self._flying = 0
        self._next = 0.0  # theoretical arrival time of the next request
        self._silent_until = 0.0
        self._windows = 0  # how many silences there were: an answer from before one says nothing new
        self._since, self._passed = clock.monotonic(), 0  # requests that went well since the last refusal, to learn a rate from
        self._measured = False  # the rate was measured between two refusals, not guessed

    @property
    def width(self) -> int:
        """How many requests may be in flight now."""
        return max(1, min(self._most, int(self._width)))

    @property
    def silent_for(self) -> float:
        """How long nothing may be sent [s]."""
        return max(0.0, self._silent_until - self._clock.monotonic())

    def be_silent(self, seconds: float) -> None:
        """Somebody else was asked to leave the platform alone for so long [s]."""
        if seconds > 0:
            with self._turn:
                until = self._clock.monotonic() + seconds
                if until > self._silent_until:
                    self._silent_until, self._next = until, max(self._next, until)

    def enter(self, stopped: Callable[[], None]) -> int:
        """Waits for a turn; call it directly before sending. ``stopped`` is called while waiting and may raise. Returns what ``leave`` wants."""
        with self._turn:
            while self._flying >= self.width:
                self._turn.wait(0.1)
                stopped()
            self._flying += 1
            booked = self._book()
        try:
            self._wait(booked, stopped)
        except BaseException:
            self._land()
            raise
        return self._windows

    def leave(self, ticket: int, *, status: int | None, headers: Mapping[str, str], retry_after: timedelta | None = None) -> None:
        """The request came back: ``status`` None when it did not. 429 (or a refusal with ``retry_after``) begins a silence."""
        with self._turn:
            self._flying -= 1
            now = self._clock.monotonic()
            if status == 429 or retry_after is not None:
                self._refused(ticket, now, (retry_after or timedelta(seconds=1)).total_seconds())
            elif status is None or status >= 500:
                self._width = max(1.0, self._width / 2)
            else:
                self._went_well(now, headers)
            self._turn.notify_all()

    def _book(self) -> float:
        if self._rate is None:
            return 0.0
        now = self._clock.monotonic()
        interval = 1.0 / self._rate
        self._next = max(self._next, now - (self._burst - 1) * interval)
        at, self._next = self._next, self._next + interval
        return at

    def _wait(self, until: float, stopped: Callable[[], None]) -> None:
        while True:
            wait = max(until, self._silent_until) - self._clock.monotonic()
            if wait <= 0:
                return
            self._clock.sleep(max(0.001, min(wait, 0.25)))  # less than a clock can count would never end
            stopped()

    def _land(self) -> None:
        with self._turn:
            self._flying -= 1
            self._turn.notify_all()

    def _refused(self, ticket: int, now: float, seconds: float) -> None:
        until = now + seconds
        if until > self._silent_until:
            self._silent_until = until
            self._next = max(self._next, until)
        if ticket != self._windows:
            return  # sent before the silence that is known already
        self._windows += 1
        self._rate = max(self._learnt(now, seconds), _SLOWEST)
        self._width = max(1.0, self._width * 0.75)
        self._since, self._passed = now, 0

    def _learnt(self, now: float, seconds: float) -> float:
        """The rate to go on at after a refusal.

        A token bucket is empty at each refusal, so what passed between two of them is its rate; before the first one only a lower guess can be made.
        """
        if self._rate is None:
            admitted = self._passed + self._flying  # refusals come back before what was let in
            return max(admitted, 1) / (now - self._since + max(seconds, 0.05))
        seen = self._passed / max(now - self._since, 0.001)
        if self._declared is None and self._passed >= _ENOUGH:
            self._measured = True
            return min(self._rate, _SHARE * seen)
        return min(self._rate * 0.9, max(self._rate * 0.5, seen))

    def _went_well(self, now: float, headers: Mapping[str, str]) -> None:
        self._passed += 1
        self._width = min(float(self._most), self._width + 1.0 / max(self._width, 1.0))
        if self._rate is not None:
            ceiling = self._declared * _SHARE if self._declared else float("inf")
            self._rate = min(ceiling, self._rate * (1.0002 if self._measured else 1.02))
        self._listen(now, headers)

    def _listen(self, now: float, headers: Mapping[str, str]) -> None:
        remaining = _number(headers, _REMAINING)
        if remaining is None:
            return
        reset = _number(headers, _RESET)
        if reset is None:
            if remaining <= self._flying:  # no word on when there will be more: step aside for those in flight
                self._width = max(1.0, min(self._width, remaining))
            return
        wait = reset - self._clock.now().timestamp() if reset > _EPOCH else reset
        if remaining <= self._flying and 0 < wait <= LONGEST.total_seconds():
            self._silent_until = max(self._silent_until, now + wait)
            self._next = max(self._next, self._silent_until)


def retry_after(headers: Mapping[str, str], clock: Clock) -> timedelta | None:
    """How long an answer asks us to wait: seconds or a date, at most a day; None if it does not say, or says nonsense."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return _until_reset(headers, clock)
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - clock.now()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    if seconds != seconds or seconds < 0:
        return timedelta(0) if seconds < 0 else None
    return min(timedelta(seconds=min(seconds, LONGEST.total_seconds())), LONGEST)


def _until_reset(headers: Mapping[str, str], clock: Clock) -> timedelta | None:
    reset = _number(headers, _RESET)
    if reset is None or _number(headers, _REMAINING) not in (0, None):
        return None
    wait = reset - clock.now().timestamp() if reset > _EPOCH else reset
    return timedelta(seconds=min(wait, LONGEST.total_seconds())) if wait > 0 else None


def _number(headers: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    for name in names:
        text = headers.get(name)
        if text is not None:
            try:
                number = float(text.split(",")[0])
            except ValueError:
                continue
            return number if 0 <= number < 1e12 else None
    return None
