"""Politeness: the pace is kept, silence is kept, and what is not declared is learnt. Simulated on a clock of its own, without waiting."""

from __future__ import annotations

import heapq
import itertools
import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.clock import SystemClock
from listbackup.connectors.engine.facts import Limits
from listbackup.connectors.engine.limits import Limiter, retry_after
from listbackup.testing.clock import EPOCH, ManualClock


def play(
    limits: Limits, *, requests: int, rate: float, bucket: float, latency: float = 0.1, again: float = 1.0
) -> tuple[float, float, int]:
    """As many workers as the limiter is wide against a token bucket: share of the rate used, share of 429s, calls inside a silence."""
    clock = ManualClock()
    limiter = Limiter(clock, limits)
    tokens, filled_at, silent_until = bucket, 0.0, 0.0
    done = refused = inside = 0
    left = requests
    numbers = itertools.count()
    events: list[tuple[float, int, str, int]] = []
    while done < requests:
        while left and limiter._flying < limiter.width:
            limiter._flying += 1
            left -= 1
            heapq.heappush(events, (max(limiter._book(), clock.monotonic()), next(numbers), "send", 0))
        at, _, what, ticket = heapq.heappop(events)
        clock.advance(timedelta(seconds=max(0.0, at - clock.monotonic())))
        now = clock.monotonic()
        if what == "send":
            if limiter._silent_until - now > 1e-6:
                heapq.heappush(events, (limiter._silent_until, next(numbers), "send", 0))
                continue
            tokens, filled_at = min(bucket, tokens + (now - filled_at) * rate), now
            passes = tokens >= 1 - 1e-9
            tokens -= passes
            heapq.heappush(events, (now + (latency if passes else 0.002), next(numbers), "ok" if passes else "429", limiter._windows))
            inside += now < silent_until - 0.01
        elif what == "ok":
            done += 1
            limiter.leave(ticket, status=200, headers={})
        else:
            refused, left = refused + 1, left + 1
            limiter.leave(ticket, status=429, headers={}, retry_after=timedelta(seconds=again))
            silent_until = now + again
    return done / clock.monotonic() / rate, refused / (done + refused), inside


def test_a_declared_rate_is_used_to_97_percent_without_a_refusal() -> None:
    for rate in (2.0, 20.0, 75.0):
        used, refused, _ = play(Limits(per_second=rate), requests=int(rate * 30), rate=rate, bucket=rate)
        assert used >= 0.97
        assert refused == 0


def test_an_undeclared_rate_is_learnt() -> None:
    for rate, bucket in ((5.0, 5.0), (20.0, 20.0), (100.0, 100.0), (10.0, 100.0)):
        used, refused, inside = play(Limits(), requests=2000, rate=rate, bucket=bucket, again=1.0)
        assert used >= 0.6, rate
        assert refused <= 0.03, rate
        assert inside == 0


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
    for status in (500, None, 503):
        limiter.leave(limiter.enter(lambda: None), status=status, headers={})
    assert limiter.width == 2
    for _ in range(200):
        limiter.leave(limiter.enter(lambda: None), status=200, headers={})
    assert limiter.width == 16
