"""Politeness: one limiter for each connection, asked before every request by every thread.

* Pace: evenly spaced at the declared rate (generic cell rate algorithm), or at a rate that is learnt from refusals.
* Silence: inside a ``Retry-After`` window nothing is sent by anybody.
* Width: how many requests may be in flight; halved when the platform staggers, one more for each round that went well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from listbackup.base.clock import Clock
from listbackup.connectors.engine.facts import Limits
from listbackup.connectors.engine.pace import Pace

LONGEST = timedelta(hours=24)
_EPOCH = 1_000_000_000.0  # a reset above this is an instant, below it a number of seconds
_SHARE = 0.998  # of the declared rate: two clocks never agree
_SLOWEST = 1 / 60
_SAME_SECONDS = 0.05  # ends of a silence that lie so near together are the same
_FIRST_WIDTH = 4  # requests in flight at the beginning, where no rate is declared
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")
_RESET = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset", "x-ratelimit-reset-after")


class Booked(NamedTuple):
    """When a request may be sent, unless a silence begins before."""

    at: float
    silence: int


class Limiter:
    """The patience of one platform with one connection."""

    def __init__(self, clock: Clock, limits: Limits, *, concurrency: int | None = None, known_rate: float | None = None) -> None:
        self._clock = clock
        self._most = min(limits.concurrency, concurrency or limits.concurrency)
        self._width = float(self._most if limits.per_second is not None else min(self._most, _FIRST_WIDTH))
        self._declared = limits.per_second
        self._rate = limits.per_second * _SHARE if limits.per_second else known_rate
        self._burst = limits.burst
        self._turn = threading.Condition()
        self._flying = 0
        self._next = 0.0  # theoretical arrival time of the next request
        self._silent_until = 0.0
        self._silences = 0  # how often its end was moved
        self._windows = 0  # how many silences there were: an answer from before one says nothing new
        self._since, self._passed = clock.monotonic(), 0  # requests that went well since the last refusal, to learn a rate from
        self._pace = Pace(known_rate) if limits.per_second is None else None
        self._is_trusting = limits.per_second is None  # nothing has gone wrong yet: one more at once for each answer

    @property
    def width(self) -> int:
        """How many requests may be in flight now."""
        return max(1, min(self._most, int(self._width)))

    @property
    def learnt_rate(self) -> float | None:
        """The undeclared rate [1/s], once it is known well enough to begin with it next time."""
        return self._pace.learnt if self._pace is not None else None

    @property
    def silent_for(self) -> float:
        """How long nothing may be sent [s]."""
        return max(0.0, self._silent_until - self._clock.monotonic())

    def be_silent(self, seconds: float) -> None:
        """Somebody else was asked to leave the platform alone for so long [s]."""
        if seconds > 0:
            with self._turn:
                self._fall_silent(self._clock.monotonic() + seconds)

    def enter(self, stopped: Callable[[], None]) -> int:
        """Waits for a turn; call it directly before sending. ``stopped`` is called while waiting and may raise. Returns what ``leave`` wants."""
        with self._turn:
            while self._flying >= self.width:
                self._turn.wait(0.1)
                stopped()
            self._flying += 1
            booked = self._book()
        try:
            while not self._is_due(booked):
                self._wait(booked.at, stopped)
                booked = self._kept(booked)
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
                self._width, self._is_trusting = max(1.0, self._width / 2), False
            else:
                self._went_well(now, headers)
            self._turn.notify_all()

    def _book(self) -> Booked:
        if self._rate is None:
            return Booked(at=0.0, silence=self._silences)
        now = self._clock.monotonic()
        interval = 1.0 / self._rate
        self._next = max(self._next, now - (self._burst - 1) * interval)
        at, self._next = self._next, self._next + interval
        return Booked(at=at, silence=self._silences)

    def _is_due(self, booked: Booked) -> bool:
        return booked.silence == self._silences and max(booked.at, self._silent_until) <= self._clock.monotonic()

    def _kept(self, booked: Booked) -> Booked:
        """The booking, made anew if a silence began meanwhile: whoever waited through it would be sent at its end all at once."""
        with self._turn:
            return booked if booked.silence == self._silences else self._book()

    def _fall_silent(self, until: float) -> None:
        longer = until - self._silent_until
        if longer > 0:
            self._silent_until, self._next = until, max(self._next, until)
        if longer > _SAME_SECONDS:
            self._silences += 1

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
        self._fall_silent(now + seconds)
        if ticket != self._windows:
            return  # sent before the silence that is known already
        self._windows += 1
        if self._pace is not None:
            self._pace.refused(self._passed, self._flying, now - self._since, seconds)
            self._rate = self._pace.rate
        else:
            self._rate = max(self._slower(now), _SLOWEST)
        self._width = max(1.0, self._width * 0.75)
        self._is_trusting = False
        self._since, self._passed = now, 0

    def _slower(self, now: float) -> float:
        """The rate to go on at after a refusal although a rate was declared and kept: somebody else calls too."""
        assert self._rate is not None
        seen = self._passed / max(now - self._since, 0.001)
        return min(self._rate * 0.9, max(self._rate * 0.5, seen))

    def _went_well(self, now: float, headers: Mapping[str, str]) -> None:
        self._passed += 1
        self._width = min(float(self._most), self._width + (1.0 if self._is_trusting else 1.0 / max(self._width, 1.0)))
        if self._pace is not None:
            self._pace.went_well()
            self._rate = self._pace.rate
        elif self._rate is not None and self._declared is not None:
            self._rate = min(self._declared * _SHARE, self._rate * 1.02)
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
            self._fall_silent(now + wait)


def retry_after(headers: Mapping[str, str], clock: Clock) -> timedelta | None:
    """How long an answer asks us to wait: seconds or a date, at most a day; None if it does not say, or says nonsense."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return _until_reset(headers, clock)
    try:
        seconds = float(text)
    except ValueError:
        from email.utils import parsedate_to_datetime  # takes 5 ms; few platforms name a date here

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
