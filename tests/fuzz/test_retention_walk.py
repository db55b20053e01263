"""A long walk of backups, failures, clock jumps and policies: the last good snapshots are never dropped, whoever sets the clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from listbackup.store.policy import Policy, plan_expire

MIN_GOOD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    seq: int
    at: datetime
    complete: bool
    held: str | None
    suspect: bool
    verified: bool


class Walk:
    """One source over a random life; expiry is carried out unattended (never over an objection) or confirmed by a careless person."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._mark: datetime | None = None
        self._seq = 0
        self.snapshots: list[Taken] = []

    def step(self) -> None:
        roll = self._dice.random()
        if roll < 0.02:
            self._now += self._dice.choice([timedelta(days=400), timedelta(hours=-2), timedelta(days=-30)])
        elif roll < 0.6:
            self._back_up()
        elif roll < 0.7 and self.snapshots:
            at = self._dice.randrange(len(self.snapshots))
            marks = self._dice.choice(
                [{"held": "an audit"}, {"held": None}, {"verified": True}, {"verified": False}, {"suspect": False}, {"suspect": True}]
            )
            self.snapshots[at] = replace(self.snapshots[at], **marks)
        else:
            self._expire()

    def _back_up(self) -> None:
        self._seq += 1
        self._now += timedelta(minutes=self._dice.choice([15, 60, 60 * 24]))
        fake = self._now + timedelta(days=self._dice.choice([0] * 30 + [900, -900]))
        taken = Taken(
            seq=self._seq, at=fake, complete=self._dice.random() < 0.8, held=None, suspect=self._dice.random() < 0.01, verified=False
        )
        self.snapshots.append(taken)

    def _expire(self) -> None:
        dice = self._dice
        if dice.random() < 0.8:
            self.snapshots = [replace(snapshot, suspect=False) for snapshot in self.snapshots]  # a person looked at them
        rules = {name: dice.choice([0, 0, 1, 7]) for name in ("hourly", "daily", "weekly", "monthly", "yearly", "last")}
        policy = Policy(**rules, within=dice.choice([None, timedelta(hours=1), timedelta(days=30)]), min_good=MIN_GOOD)  # type: ignore[arg-type]
        plan = plan_expire(self.snapshots, policy, self._now, clock_mark=self._mark)
        if plan.objections and dice.random() < 0.8:
            return
        self._judge(set(plan.kept))
        if any(snapshot.suspect for snapshot in self.snapshots):
            assert plan.dropped == (), "frozen"
        self._mark = max(self._mark or self._now, self._now)
        self.snapshots = [snapshot for snapshot in self.snapshots if snapshot.seq in plan.kept]

    def _judge(self, kept: set[int]) -> None:
        good = [snapshot for snapshot in self.snapshots if snapshot.complete and not snapshot.suspect]
        verified = [snapshot for snapshot in good if snapshot.verified]
        assert len(kept & {snapshot.seq for snapshot in good}) >= min(MIN_GOOD, len(good))
        assert len(kept & {snapshot.seq for snapshot in verified}) >= min(MIN_GOOD, len(verified))
        assert {snapshot.seq for snapshot in self.snapshots if snapshot.held} <= kept
        assert not self.snapshots or self.snapshots[-1].seq in kept


def walk(seeds: range, steps: int) -> None:
    for seed in seeds:
        life = Walk(seed)
        for _ in range(steps):
            life.step()


def test_twenty_thousand_steps_never_drop_the_last_good_snapshots() -> None:
    walk(range(100), 200)


@pytest.mark.long
def test_a_million_steps_never_drop_the_last_good_snapshots() -> None:
    walk(range(5000), 200)
