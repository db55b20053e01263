"""What a retention policy keeps, and what it never drops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from listbackup.base.errors import InputError
from listbackup.store.policy import Objection, Policy, plan_expire

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    seq: int
    at: datetime
    complete: bool = True
    held: str | None = None
    suspect: bool = False
    verified: bool = False


def daily(count: int, **marks: frozenset[int]) -> list[Taken]:
    return [
        Taken(seq=seq, at=START + seq * DAY, **{name: seq in seqs for name, seqs in marks.items()})  # type: ignore[arg-type]
        for seq in range(1, count + 1)
    ]


def kept(snapshots: list[Taken], policy: Policy) -> tuple[int, ...]:
    return plan_expire(snapshots, policy, max(snapshot.at for snapshot in snapshots)).kept


def test_a_policy_without_rules_keeps_everything() -> None:
    assert kept(daily(40), Policy()) == tuple(range(1, 41))


def test_daily_keeps_the_newest_of_each_of_the_last_days() -> None:
    twice = [Taken(seq=seq, at=START + seq * timedelta(hours=12)) for seq in range(1, 21)]
    assert kept(twice, Policy(daily=5, min_good=1)) == (12, 14, 16, 18, 20)


def test_the_classes_add_up_and_gaps_do_not_count() -> None:
    snapshots = [snapshot for snapshot in daily(60) if snapshot.seq not in range(20, 50)]
    assert kept(snapshots, Policy(daily=2, monthly=3, min_good=1)) == (19, 58, 59, 60)


def test_a_day_is_a_day_where_the_customer_lives() -> None:
    late, early = datetime(2026, 3, 1, 21, tzinfo=UTC), datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    snapshots = [Taken(seq=1, at=late), Taken(seq=2, at=early)]
    assert kept(snapshots, Policy(daily=9, min_good=1)) == (2,)
    assert kept(snapshots, Policy(daily=9, min_good=1, time_zone="Europe/Vienna")) == (1, 2)


def test_an_hour_that_the_clock_repeats_in_autumn_is_two_hours() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert kept([Taken(seq=1, at=first), Taken(seq=2, at=second)], Policy(hourly=9, min_good=1, time_zone="Europe/Vienna")) == (1, 2)


def test_a_partial_snapshot_does_not_push_a_complete_one_out_of_its_day() -> None:
    snapshots = [Taken(seq=1, at=START), Taken(seq=2, at=START + timedelta(hours=1), complete=False), Taken(seq=3, at=START + DAY)]
    assert kept(snapshots, Policy(daily=9, min_good=1)) == (1, 3)


def test_the_newest_the_held_and_three_good_ones_stay_whatever_the_rules_say() -> None:
    snapshots = [Taken(seq=s.seq, at=s.at, complete=s.seq < 30, held="an audit" if s.seq == 5 else None) for s in daily(40)]
    assert kept(snapshots, Policy(last=1)) == (5, 27, 28, 29, 40)


def test_verified_snapshots_are_the_good_ones_where_enough_are_verified() -> None:
    assert kept(daily(40, verified=frozenset({3, 9, 12, 20})), Policy(last=1)) == (9, 12, 20, 40)
    assert kept(daily(40, verified=frozenset({3})), Policy(last=1)) == (3, 38, 39, 40)


def test_a_suspect_snapshot_freezes_retention() -> None:
    plan = plan_expire(daily(40, suspect=frozenset({38})), Policy(last=1), START + 41 * DAY)
    assert plan.dropped == ()
    assert "retention is frozen: snapshot 38 is suspect" in plan.decisions[0].reasons


def test_the_base_of_an_open_run_stays() -> None:
    plan = plan_expire(daily(40), Policy(last=1), START + 41 * DAY, bases=(17,))
    assert plan.kept == (17, 38, 39, 40)


def test_dropping_more_than_half_at_once_asks_first() -> None:
    assert plan_expire(daily(40), Policy(last=20), START + 41 * DAY).objections == {}
    assert set(plan_expire(daily(40), Policy(last=19), START + 41 * DAY).objections) == {Objection.MANY_DROPPED}


@pytest.mark.parametrize(
    ("ahead", "objected"), [(timedelta(hours=23), False), (timedelta(days=1, hours=23), False), (timedelta(days=400), True)]
)
def test_a_clock_that_ran_ahead_asks_first(ahead: timedelta, objected: bool) -> None:
    mark = START + 40 * DAY
    plan = plan_expire(daily(40), Policy(last=30), mark + ahead, clock_mark=mark)
    assert (Objection.CLOCK_JUMPED in plan.objections) is objected


def test_a_snapshot_from_the_future_asks_first() -> None:
    snapshots = [*daily(40), Taken(seq=41, at=START + 800 * DAY)]
    assert Objection.CLOCK_JUMPED in plan_expire(snapshots, Policy(last=30), START + 41 * DAY).objections


def test_a_weekly_source_may_be_maintained_weekly() -> None:
    snapshots = [Taken(seq=seq, at=START + 7 * seq * DAY) for seq in range(1, 41)]
    mark = snapshots[-1].at
    assert plan_expire(snapshots, Policy(last=30), mark + 7 * DAY, clock_mark=mark).objections == {}


@pytest.mark.parametrize(
    "wrong", [{"daily": -1}, {"min_good": 0}, {"within": timedelta(-1)}, {"time_zone": "Europe/Atlantis"}, {"time_zone": "../etc"}]
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Policy(**wrong)  # type: ignore[arg-type]
