"""The arithmetic of quotas: no window of their length ever holds more than our share, whoever calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.facts import Quota
from listbackup.connectors.engine.quota import Allowance, Ledger, OwnBook, told_by
from listbackup.services.connections.quota import TableQuotaBook
from listbackup.testing.clock import ManualClock
from listbackup.testing.system import rooms

HOURLY = (Quota(calls=100, per="hour"),)


def spend(allowance: Allowance, wanted: int) -> int:
    """How many of the wanted calls were granted."""
    for done in range(wanted):
        try:
            allowance.spend()
        except PlatformError as error:
            if error.fault is not PlatformFault.QUOTA_REACHED:
                raise
            return done
    return wanted


def test_a_connection_without_a_known_quota_is_not_counted_anywhere() -> None:
    class Untouched(OwnBook):
        edits = 0

        def edit(self, change: Callable[[Ledger], Ledger]) -> Ledger:
            self.edits += 1
            return super().edit(change)

    book = Untouched()
    allowance = Allowance(ManualClock(), (), book)
    assert spend(allowance, 1000) == 1000
    assert (book.edits, allowance.left()) == (1, None)  # looked at once: headers may have told another process of a quota


def test_our_share_is_taken_to_the_last_call_and_then_nothing_until_a_window_has_passed() -> None:
    clock = ManualClock()
    allowance = Allowance(clock, HOURLY, None)
    assert spend(allowance, 1000) == 70
    clock.advance(timedelta(minutes=59))
    assert spend(allowance, 1) == 0
    clock.advance(timedelta(minutes=4))
    assert spend(allowance, 1000) == 70


def test_the_refusal_says_when_a_tenth_of_the_share_is_free() -> None:
    clock = ManualClock()
    allowance = Allowance(clock, HOURLY, None)
    assert spend(allowance, 60) == 60
    clock.advance(timedelta(minutes=30))
    with pytest.raises(
        PlatformError, match="70 of the 100 calls that the platform grants in an hour are used, which is our share of 70%"
    ) as met:
        spend_all(allowance)
    assert met.value.retry_after is not None
    clock.advance(met.value.retry_after)
    assert spend(allowance, 1000) == 60


def spend_all(allowance: Allowance) -> None:
    while True:
        allowance.spend()


def test_what_was_booked_and_not_sent_is_given_back() -> None:
    clock, book = ManualClock(), OwnBook()
    first = Allowance(clock, (Quota(calls=1000, per="day"),), book)
    assert spend(first, 5) == 5
    first.close()
    left = Allowance(clock, (Quota(calls=1000, per="day"),), book).left()
    assert left is not None
    assert (left.calls, left.of, left.per) == (695, 1000, "day")


def test_many_threads_of_many_sessions_take_no_more_than_the_share_together() -> None:
    clock = ManualClock()
    house = rooms([], clock=clock)
    books = [TableQuotaBook(house.desk, house.scope, "con_1") for _ in range(4)]
    allowances = [Allowance(clock, (Quota(calls=1000, per="hour"),), book) for book in books]
    start = threading.Barrier(8)

    def call(number: int) -> int:
        start.wait()
        return spend(allowances[number % 4], 500)

    with ThreadPoolExecutor(8) as pool:
        granted = sum(pool.map(call, range(8)))
    for allowance in allowances:
        allowance.close()
    assert 690 <= granted <= 700  # a session may hold some booked calls while another is refused


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4000)), max_size=40))
def test_no_window_ever_holds_more_than_the_share(steps: list[tuple[int, int]]) -> None:
    clock = ManualClock()
    allowance = Allowance(clock, HOURLY, None)
    sent: list[float] = []
    for wanted, pause in steps:
        sent += [clock.monotonic()] * spend(allowance, wanted)
        clock.advance(timedelta(seconds=pause))
    assert all(sum(at <= other < at + 3600 for other in sent) <= 70 for at in sent)


def test_what_one_session_was_asked_all_sessions_of_the_connection_heed() -> None:
    clock = ManualClock()
    house = rooms([], clock=clock)
    one, other = (Allowance(clock, (), TableQuotaBook(house.desk, house.scope, "con_1")) for _ in range(2))
    assert other.silence() == 0
    one.hush(timedelta(seconds=90))
    clock.advance(timedelta(seconds=0.05))
    assert round(other.silence(), 2) == 89.95
    one.hush(timedelta(seconds=10))  # a shorter one takes nothing back
    clock.advance(timedelta(seconds=80))
    assert round(other.silence(), 2) == 9.95


NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"x-ratelimit-limit-daily": "200000", "x-ratelimit-daily-remaining": "7"}, {"day": 200_000}),
        ({"x-hubspot-ratelimit-daily": "650000", "x-hubspot-ratelimit-max": "190"}, {"day": 650_000}),
        ({"x-ratelimit-limit": "5000", "x-ratelimit-reset": str(int(NOW) + 3000)}, {"hour": 5000}),
        ({"x-ratelimit-limit": "5000", "x-ratelimit-reset": "80000"}, {"day": 5000}),
        ({"ratelimit-policy": "100;w=60, 5000;w=86400", "ratelimit-limit": "100"}, {"day": 5000}),
        ({"ratelimit-policy": '"burst";q=100;w=60,"daily";q=1000;w=86400'}, {"day": 1000}),
        ({"x-ratelimit-limit-month": "1000000"}, {"month": 1_000_000}),
        ({"x-ratelimit-limit": "100", "x-ratelimit-reset": "10"}, {}),
        ({"x-ratelimit-limit": "100", "x-ratelimit-remaining": "3"}, {}),
        ({"x-ratelimit-limit-minute": "60", "x-rate-limit-limit": "nonsense"}, {}),
        ({"x-ratelimit-limit-daily": "0"}, {}),
    ],
)
def test_headers_tell_of_long_windows_only(headers: dict[str, str], told: dict[str, int]) -> None:
    assert told_by(headers, NOW) == told


LETTERS = st.characters(min_codepoint=1, max_codepoint=255)  # what an answer's header can hold
DIGITS = st.text(alphabet="0123456789²³¹;w= ,", max_size=40) | st.just("9" * 5000) | st.just("9" * 5000 + ";w=86400")


@given(
    st.dictionaries(
        st.sampled_from(
            ["x-ratelimit-limit", "x-ratelimit-reset", "ratelimit-policy", "ratelimit-limit", "x-ratelimit-limit-day", "x-rate-limit-reset"]
        ),
        DIGITS | st.text(alphabet=LETTERS, max_size=40),
        max_size=6,
    )
)
def test_any_headers_tell_of_a_quota_or_of_none(headers: dict[str, str]) -> None:
    assert all(calls > 0 for calls in told_by(headers, NOW).values())


def test_calls_from_before_a_quota_was_told_count() -> None:
    clock = ManualClock()
    allowance = Allowance(clock, (), None)
    assert spend(allowance, 30) == 30
    allowance.hear({"x-ratelimit-limit-hourly": "100"})
    assert spend(allowance, 1000) == 40
