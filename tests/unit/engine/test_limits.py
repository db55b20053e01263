"""Politeness: the pace is kept, silence is kept, and what is not declared is learnt. Simulated on a clock of its own, without waiting."""

from __future__ import annotations

import heapq
import itertools
import math
import threading
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.clock import SystemClock
from listbackup.connectors.engine.facts import Limits
from listbackup.connectors.engine.limits import Booked, Limiter, retry_after
from listbackup.testing.clock import EPOCH, ManualClock


@dataclass(slots=True)
class Bucket:
    """A platform with a token bucket, full at the beginning. ``again``: what it asks to wait [s]; None: until there is a token, at least a second."""

    rate: float
    size: float
    again: float | None = 1.0
    tokens: float = field(init=False)
    filled_at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.size

    def refuse(self, now: float) -> float | None:
        """None, or how long to wait [s]."""
        self.tokens, self.filled_at = min(self.size, self.tokens + (now - self.filled_at) * self.rate), now
        if self.tokens >= 1 - 1e-9:
            self.tokens -= 1
            return None
        return self.again if self.again is not None else max(1.0, math.ceil((1 - self.tokens) / self.rate))


@dataclass(slots=True)
class Window:
    """A platform that lets so many calls in during each span of time."""

    calls: int
    span: float
    window: int = -1
    count: int = 0

    @property
    def rate(self) -> float:
        """On average."""
        return self.calls / self.span

    def refuse(self, now: float) -> float | None:
        """None, or how long to wait [s]."""
        window = int(now // self.span)
        if window != self.window:
            self.window, self.count = window, 0
        self.count += 1
        return None if self.count <= self.calls else (window + 1) * self.span - now + 0.01


@dataclass(slots=True)
class BadHour:
    """A platform that refuses every call, or every third, for a while, whatever it else would let in."""

    inner: Bucket
    since: float
    until: float
    each: int = 1
    count: int = 0

    @property
    def rate(self) -> float:
        """In its good hours."""
        return self.inner.rate

    def refuse(self, now: float) -> float | None:
        """None, or how long to wait [s]."""
        self.count += 1
        return 1.0 if self.since <= now < self.until and self.count % self.each == 0 else self.inner.refuse(now)


def play(
    limits: Limits, platform: Bucket | Window | BadHour, *, requests: int, latency: float = 0.1, known: float | None = None
) -> tuple[float, float, int]:
    """As many workers as the limiter is wide: share of the rate used, share of 429s, calls inside a silence. Deterministic."""
    clock = ManualClock()
    return played(Limiter(clock, limits, known_rate=known), clock, platform, requests, latency)


def played(
    limiter: Limiter, clock: ManualClock, platform: Bucket | Window | BadHour, requests: int, latency: float
) -> tuple[float, float, int]:
    """One session, see ``play``."""
    began = clock.monotonic()
    done = refused = inside = 0
    silent_until = 0.0
    left = requests
    numbers = itertools.count()
    events: list[tuple[float, int, Booked | None, int, float | None]] = []

    def send(booked: Booked) -> None:
        at = max(booked.at, limiter._silent_until, clock.monotonic())
        heapq.heappush(events, (at, next(numbers), booked, 0, None))

    while done < requests:
        while left and limiter._flying < limiter.width:
            limiter._flying += 1
            left -= 1
            send(limiter._book())
        at, _, booked, ticket, wait = heapq.heappop(events)
        clock.advance(timedelta(seconds=max(0.0, at - clock.monotonic() + 2e-6)))
        now = clock.monotonic()
        if booked is not None and not limiter._is_due(booked):
            send(limiter._kept(booked))
        elif booked is not None:
            wait = platform.refuse(now)
            heapq.heappush(events, (now + (latency if wait is None else 0.02), next(numbers), None, limiter._windows, wait))
            inside += now < silent_until - 0.01
        elif wait is None:
            done += 1
            limiter.leave(ticket, status=200, headers={})
        else:
            refused, left = refused + 1, left + 1
            limiter.leave(ticket, status=429, headers={}, retry_after=timedelta(seconds=wait))
            silent_until = max(silent_until, now + wait)
    return done / (clock.monotonic() - began) / platform.rate, refused / (done + refused), inside


def test_a_declared_rate_is_used_to_97_percent_without_a_refusal() -> None:
    for rate in (2.0, 20.0, 75.0):
        used, refused, _ = play(Limits(per_second=rate), Bucket(rate, rate), requests=int(rate * 30))
        assert used >= 0.97
        assert refused == 0


UNDECLARED = [
    *(Bucket(rate, size, again) for rate in (2.0, 5.0, 20.0, 100.0) for size in (1.0, rate, 10 * rate) for again in (None, 1.0, 5.0)),
    *(Window(calls, span) for calls, span in ((100, 10), (10, 1), (60, 60), (300, 60))),
]


@pytest.mark.parametrize("platform", UNDECLARED, ids=str)
def test_an_undeclared_rate_is_learnt_with_less_than_one_refusal_in_a_hundred(platform: Bucket | Window) -> None:
    for latency in (0.05, 0.5):
        used, refused, inside = play(Limits(), copy(platform), requests=2500, latency=latency)
        assert refused <= 0.01
        assert inside == 0
        reachable = min(platform.rate, 16 / latency)
        assert used * platform.rate >= 0.35 * reachable or platform.rate == 100.0  # a hundred a second takes longer to learn


@pytest.mark.parametrize(("since", "each", "known", "minutes"), [(10, 1, None, 9), (10, 1, 19.8, 6), (0, 1, None, 17), (10, 3, None, 34)])
def test_a_platforms_bad_minute_is_forgotten_in_minutes_not_in_hours(since: float, each: int, known: float | None, minutes: float) -> None:
    """2,500 requests at 20 a second are two minutes of work; each of these took two to eleven hours once."""
    platform = BadHour(Bucket(20.0, 20.0), since, since + 60 if since else 30, each)
    used, refused, inside = play(Limits(), platform, requests=2500, known=known)
    assert 2500 / (used * platform.rate) <= minutes * 60
    assert refused <= 0.015
    assert inside == 0


def test_a_rate_that_was_learnt_in_a_bad_hour_is_not_kept_for_good() -> None:
    used, refused, _ = play(Limits(), Bucket(20.0, 20.0), requests=500, known=1 / 60)
    assert 500 / (used * 20.0) <= 35 * 60
    assert refused == 0


@pytest.mark.parametrize("known", [0.4, None])
@pytest.mark.parametrize("requests", [60, 300])
def test_short_sessions_too_forget_a_bad_hour_and_come_to_know_the_limit(requests: int, known: float | None) -> None:
    """What a long session asks of the platform, short ones ask one after the other: they stayed at 0.4 a second for good, or never learnt anything."""
    platform, clock = Bucket(20.0, 1.0), ManualClock()
    seen = []
    for _ in range(40):
        limiter = Limiter(clock, Limits(), known_rate=known)
        seen.append(played(limiter, clock, platform, requests, 0.1))
        known = limiter.learnt_rate or known
        clock.advance(timedelta(hours=1))
    used, refused, inside = (sum(one[which] for one in seen[20:]) / 20 for which in range(3))
    assert used >= 0.6
    assert refused <= 0.01
    assert inside == 0


def test_a_rate_that_was_learnt_before_is_used_without_a_refusal() -> None:
    for rate in (2.0, 20.0, 75.0):
        used, refused, _ = play(Limits(), Bucket(rate, 1.0), requests=900, known=0.99 * rate)
        assert used >= 0.95
        assert refused == 0


def test_nothing_is_sent_inside_a_silence_by_any_thread() -> None:
    limiter = Limiter(SystemClock(), Limits(per_second=500))
    clock = SystemClock()
    ticket = limiter.enter(lambda: None)
    limiter.leave(ticket, status=429, headers={}, retry_after=timedelta(seconds=0.3))
    quiet_until = clock.monotonic() + 0.3
    sent: list[float] = []

    def work() -> None:
        mine = limiter.enter(lambda: None)
        sent.append(clock.monotonic())
        limiter.leave(mine, status=200, headers={})

    crew = [threading.Thread(target=work) for _ in range(32)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert len(sent) == 32
    assert min(sent) >= quiet_until - 0.005


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "1000000000"}, 86_400),
        ({"retry-after": "1e400"}, 86_400),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30),
        ({"retry-after": "Thu, 01 Jan 2020 00:00:30 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "12"}, 12),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(EPOCH.timestamp()) + 9)}, 9),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "12"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    wait = retry_after(headers, ManualClock())
    assert (wait.total_seconds() if wait is not None else None) == seconds


@given(
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit-reset"]), st.text(max_size=30))
)
def test_any_header_is_a_wait_of_at_most_a_day_or_nothing(headers: dict[str, str]) -> None:
    wait = retry_after(headers, ManualClock())
    assert wait is None or timedelta(0) <= wait <= timedelta(hours=24)
    limiter = Limiter(ManualClock(), Limits())
    limiter.leave(limiter.enter(lambda: None), status=200, headers=headers)
    assert limiter.width >= 1


def test_the_last_requests_of_a_window_wait_for_the_next() -> None:
    clock = ManualClock()
    limiter = Limiter(clock, Limits())
    limiter.leave(limiter.enter(lambda: None), status=200, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40"})
    limiter.leave(limiter.enter(lambda: None), status=200, headers={})
    assert clock.monotonic() == pytest.approx(40)


def test_a_staggering_platform_is_asked_by_fewer_at_once_and_trusted_again() -> None:
    limiter = Limiter(ManualClock(), Limits(concurrency=16))
    for _ in range(20):
        limiter.leave(limiter.enter(lambda: None), status=200, headers={})
    assert limiter.width == 16
    for status in (500, None, 503):
        limiter.leave(limiter.enter(lambda: None), status=status, headers={})
    assert limiter.width == 2
    for _ in range(200):
        limiter.leave(limiter.enter(lambda: None), status=200, headers={})
    assert limiter.width == 16
