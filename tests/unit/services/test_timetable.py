"""When a job is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import InputError
from listbackup.services.jobs import QuietWindow, Timetable

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def test_every_quarter_of_an_hour_is_aligned_to_the_clock() -> None:
    timetable = Timetable(every=timedelta(minutes=15))
    assert timetable.next_after(NOON) == NOON + timedelta(minutes=15)
    assert timetable.next_after(NOON + timedelta(minutes=1)) == NOON + timedelta(minutes=15)


def test_cron_is_read_in_its_time_zone() -> None:
    timetable = Timetable(cron="0 3 * * *", time_zone="Europe/Berlin")
    assert timetable.next_after(NOON) == datetime(2026, 3, 11, 2, 0, tzinfo=UTC)  # winter
    assert timetable.next_after(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)) == datetime(2026, 7, 2, 1, 0, tzinfo=UTC)  # summer


def test_an_hour_that_the_spring_skips_still_brings_its_run() -> None:
    timetable = Timetable(cron="30 2 * * *", time_zone="Europe/Berlin")
    runs = [datetime(2026, 3, 28, 0, 0, tzinfo=UTC)]
    for _ in range(3):
        runs.append(timetable.next_after(runs[-1]))
    assert [(run.day, run.hour) for run in runs[1:]] == [(28, 1), (29, 1), (30, 0)]


def test_an_hour_that_the_autumn_repeats_runs_once() -> None:
    timetable = Timetable(cron="30 2 * * *", time_zone="Europe/Berlin")
    first = timetable.next_after(datetime(2026, 10, 24, 12, 0, tzinfo=UTC))
    assert timetable.next_after(first) - first >= timedelta(hours=23)


def test_a_due_instant_inside_a_quiet_window_moves_to_its_end() -> None:
    night = QuietWindow(start="22:00", end="06:00")
    timetable = Timetable(every=timedelta(hours=1), quiet=(night,))
    assert timetable.next_after(datetime(2026, 3, 10, 21, 30, tzinfo=UTC)) == datetime(2026, 3, 11, 6, 0, tzinfo=UTC)


def test_windows_that_touch_are_one() -> None:
    quiet = (QuietWindow(start="08:00", end="12:00"), QuietWindow(start="12:00", end="18:00"))
    timetable = Timetable(every=timedelta(minutes=10), quiet=quiet)
    assert timetable.allowed_from(datetime(2026, 3, 10, 9, 0, tzinfo=UTC)) == datetime(2026, 3, 10, 18, 0, tzinfo=UTC)


def test_a_window_holds_on_its_days_only_and_in_its_zone() -> None:
    timetable = Timetable(
        every=timedelta(hours=1), time_zone="America/New_York", quiet=(QuietWindow(start="09:00", end="17:00", days=(0,)),)
    )
    monday = datetime(2026, 3, 9, 14, 0, tzinfo=UTC)  # 10:00 in New York
    assert timetable.allowed_from(monday) == datetime(2026, 3, 9, 21, 0, tzinfo=UTC)
    assert timetable.allowed_from(monday + timedelta(days=1)) == monday + timedelta(days=1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Timetable(),
        lambda: Timetable(cron="0 3 * * *", every=timedelta(hours=1)),
        lambda: Timetable(every=timedelta(seconds=30)),
        lambda: Timetable(every=timedelta(seconds=90)),
        lambda: Timetable(cron="61 * * * *"),
        lambda: Timetable(cron="0 0 30 2 *"),
        lambda: Timetable(cron="nonsense"),
        lambda: Timetable(every=timedelta(hours=1), time_zone="Mars/Olympus"),
        lambda: Timetable(
            every=timedelta(hours=1), quiet=(QuietWindow(start="00:00", end="12:00"), QuietWindow(start="12:00", end="00:00"))
        ),
        lambda: QuietWindow(start="9:00", end="10:00"),
        lambda: QuietWindow(start="09:00", end="09:00"),
        lambda: QuietWindow(start="09:00", end="10:00", days=(7,)),
    ],
)
def test_what_can_never_be_due_is_refused(make: object) -> None:
    with pytest.raises(InputError):
        make()  # type: ignore[operator]


@given(
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.one_of(st.sampled_from(["0 3 * * *", "*/7 * * * *", "30 2 * * 0", "0 0 1 * *"]), st.integers(1, 3000)),
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23), st.integers(0, 6)), max_size=3),
)
def test_what_is_due_lies_ahead_and_outside_every_window(
    at: datetime, zone: str, rhythm: str | int, windows: list[tuple[int, int, int]]
) -> None:
    quiet = tuple(QuietWindow(start=f"{start:02d}:00", end=f"{end:02d}:00", days=(day,)) for start, end, day in windows if start != end)
    cron, every = (rhythm, None) if isinstance(rhythm, str) else (None, timedelta(minutes=rhythm))
    timetable = Timetable(cron=cron, every=every, time_zone=zone, quiet=quiet)
    instant = at.replace(tzinfo=UTC)
    due = timetable.next_after(instant)
    assert due > instant
    assert timetable.allowed_from(due) == due
