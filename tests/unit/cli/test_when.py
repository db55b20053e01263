"""What ``crm@WHEN`` means."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from listbackup.base.errors import InputError, NotFound
from listbackup.cli.when import choose, instant, split_source

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)  # a Saturday
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Snap:
    """As little of a snapshot as choosing one needs."""

    seq: int
    at: datetime

    @property
    def id(self) -> str:
        return f"snp_{self.seq:03}abc"


WEEK = [Snap(seq=10 + n, at=NOW - (6 - n) * DAY - timedelta(hours=1)) for n in range(7)]  # 10..16, one a day at 14:00, the last today


@pytest.mark.parametrize(
    ("words", "seq"),
    [
        ("", 16),
        ("latest", 16),
        ("LATEST", 16),
        ("previous", 15),
        ("-1", 15),
        ("-3", 13),
        ("first", 10),
        ("oldest", 10),
        ("12", 12),
        ("#12", 12),
        ("snp_013abc", 13),
        ("snp_013", 13),
        ("now", 16),
        ("today", 16),
        ("yesterday", 15),
        ("yesterday 14:00", 15),
        ("yesterday 13:59", 14),
        ("yesterday.13:59", 14),
        ("saturday", 16),
        ("friday", 15),
        ("monday", 11),
        ("mon", 11),
        ("last monday", 11),
        ("monday 13:00", 10),
        ("noon", 15),
        ("3 days ago", 13),
        ("3.days.ago", 13),
        ("3-days-ago", 13),
        ("3d", 13),
        ("2 hours ago", 15),
        ("2h", 15),
        ("30 min ago", 16),
        ("a day ago", 15),
        ("2026-11-18", 13),
        ("2026-11-18T13:00", 12),
        ("2026-11-18 15:00", 13),
        ("2026-11-18T14:00:00Z", 13),
        ("2026-11-18T15:30:00+02:00", 12),
        ("2026-11-18 13:00", 12),
    ],
)
def test_words_choose_the_snapshot_that_stood_then(words: str, seq: int) -> None:
    assert choose(WEEK, words, now=NOW, zone=UTC).seq == seq


@pytest.mark.parametrize("words", ["2026-11-01", "a month ago", "1 week ago", "last saturday", "2 years ago", "2025-01-01T00:00"])
def test_before_the_oldest_snapshot_there_is_nothing_and_the_oldest_is_named(words: str) -> None:
    with pytest.raises(NotFound, match="oldest snapshot is number 10"):
        choose(WEEK, words, now=NOW, zone=UTC)


@pytest.mark.parametrize("words", ["gestern", "2026-13-45", "25:00", "3 parsecs ago", "99999999999 years ago", "t", "s", "snp", "@"])
def test_words_without_meaning_are_refused_with_the_ones_that_have_one(words: str) -> None:
    with pytest.raises(InputError) as caught:
        choose(WEEK, words, now=NOW, zone=UTC)
    assert caught.value.hint is not None


@pytest.mark.parametrize("words", ["9999-12-31", "0001-01-01T00:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "99999d"])
@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Pacific/Auckland"), ZoneInfo("America/New_York")], ids=str)
def test_the_ends_of_the_calendar_are_understood_or_refused_in_one_sentence(words: str, zone: tzinfo) -> None:
    with contextlib.suppress(InputError):
        instant(words, now=NOW, zone=zone)


@pytest.mark.parametrize(("words", "message"), [("99", "no snapshot number 99"), ("-9", "only 7"), ("snp_9", "no snapshot snp_9")])
def test_a_snapshot_that_is_not_there_is_not_found(words: str, message: str) -> None:
    with pytest.raises(NotFound, match=message):
        choose(WEEK, words, now=NOW)


def test_the_beginning_of_several_ids_is_refused() -> None:
    with pytest.raises(InputError, match="beginning of 7"):
        choose(WEEK, "snp_0", now=NOW)


def test_a_source_without_snapshots_says_how_to_make_one() -> None:
    with pytest.raises(NotFound) as caught:
        choose([], "latest", now=NOW)
    assert "listbackup backup" in (caught.value.hint or "")


def test_a_day_ends_where_the_person_is() -> None:
    auckland = ZoneInfo("Pacific/Auckland")
    assert instant("yesterday", now=NOW, zone=auckland) == datetime(2026, 11, 21, 10, 59, 59, 999999, tzinfo=UTC)
    assert instant("2026-11-18 09:00", now=NOW, zone=auckland) == datetime(2026, 11, 17, 20, 0, tzinfo=UTC)


def test_a_month_before_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    end_of_march = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert instant("a month ago", now=end_of_march, zone=UTC) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert instant("1 year ago", now=end_of_march, zone=UTC) == datetime(2025, 3, 31, 12, tzinfo=UTC)


def test_a_source_and_its_moment_are_parted_at_the_first_at_sign() -> None:
    assert split_source("crm@yesterday") == ("crm", "yesterday")
    assert split_source("crm") == ("crm", "")
    assert split_source("crm@2026-11-01T10:00+01:00") == ("crm", "2026-11-01T10:00+01:00")
    with pytest.raises(InputError):
        split_source("@yesterday")


def test_any_text_is_understood_or_refused_in_one_sentence() -> None:
    @given(st.text(max_size=30))
    @example(".")
    @example("_ .")
    def words(text: str) -> None:
        with contextlib.suppress(InputError):
            assert choose(WEEK, text, now=NOW) in WEEK

    words()
