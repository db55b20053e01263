"""Which snapshots a retention policy keeps, and why: a pure plan, made before anything is touched."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Protocol

from listbackup.base.errors import InputError

TRASH = timedelta(days=7)  # how long an expired snapshot can be taken back
CLOCK_TOLERANCE = timedelta(hours=24)


class Expirable(Protocol):
    """What the plan needs to know of a snapshot (``SnapshotInfo`` has it)."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def complete(self) -> bool: ...
    @property
    def held(self) -> str | None: ...
    @property
    def suspect(self) -> bool: ...
    @property
    def verified(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How many snapshots to keep: the last of each of the newest ``hourly`` hours, ``daily`` days, … that have one, whatever the gaps between them.

    The counts add up (a snapshot kept by one rule is kept). A policy without any rule keeps everything.
    ``min_good`` good snapshots stay whatever the rules say: complete, not suspect, and verified where enough are.
    """

    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: timedelta | None = None
    last: int = 0
    min_good: int = 3
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        counts = {name: getattr(self, name) for name in ("hourly", "daily", "weekly", "monthly", "yearly", "last")}
        for name, count in counts.items():
            if count < 0:
                raise InputError(f"{name} cannot be negative", field=name)
        if self.min_good < 1:
            raise InputError("min_good is at least 1: the last good snapshot is never dropped", field="min_good")
        if self.within is not None and self.within < timedelta(0):
            raise InputError("within cannot be negative", field="within")
        _zone(self.time_zone)

    @property
    def keeps_everything(self) -> bool:
        """Whether no rule is set, so that nothing ever expires."""
        return self.within is None and not (self.hourly or self.daily or self.weekly or self.monthly or self.yearly or self.last)


class Objection(StrEnum):
    """Why a plan is not carried out unless a person confirms it."""

    CLOCK_JUMPED = "clock_jumped"
    MANY_DROPPED = "many_dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What happens to one snapshot: kept for these reasons, or dropped when there are none."""

    seq: int
    at: datetime
    reasons: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Whether the snapshot stays."""
        return bool(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpirePlan:
    """A decision for every snapshot, oldest first, and what speaks against carrying it out unattended."""

    now: datetime
    decisions: tuple[Decision, ...]
    objections: Mapping[Objection, str] = field(default_factory=dict)

    @property
    def dropped(self) -> tuple[int, ...]:
        """The snapshots that would expire."""
        return tuple(decision.seq for decision in self.decisions if not decision.kept)

    @property
    def kept(self) -> tuple[int, ...]:
        """The snapshots that would stay."""
        return tuple(decision.seq for decision in self.decisions if decision.kept)


def plan_expire(
    snapshots: Iterable[Expirable],
    policy: Policy,
    now: datetime,
    *,
    clock_mark: datetime | None = None,
    bases: Sequence[int] = (),
) -> ExpirePlan:
    """The plan for these snapshots (those not expired yet).

    ``clock_mark`` is the latest instant [UTC] that maintenance has seen, ``bases`` the snapshots that open runs build on.
    Nothing is dropped while a suspect snapshot awaits a person's judgement.
    """
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.seq)
    reasons: dict[int, list[str]] = {snapshot.seq: [] for snapshot in ordered}
    for rule in (_always(ordered, bases), _good(ordered, policy), _rules(ordered, policy, now)):
        for seq, reason in rule:
            reasons[seq].append(reason)
    decisions = tuple(Decision(seq=snapshot.seq, at=snapshot.at, reasons=tuple(reasons[snapshot.seq])) for snapshot in ordered)
    plan = ExpirePlan(now=now, decisions=decisions)
    return ExpirePlan(now=now, decisions=decisions, objections=_objections(plan, clock_mark) if plan.dropped else {})


def _always(ordered: Sequence[Expirable], bases: Sequence[int]) -> Iterable[tuple[int, str]]:
    suspects = [snapshot.seq for snapshot in ordered if snapshot.suspect]
    for snapshot in ordered:
        if snapshot is ordered[-1]:
            yield snapshot.seq, "newest"
        if snapshot.held:
            yield snapshot.seq, "held"
        if snapshot.seq in bases:
            yield snapshot.seq, "an open run builds on it"
        if suspects:
            yield snapshot.seq, f"retention is frozen: snapshot {suspects[0]} is suspect"


def _good(ordered: Sequence[Expirable], policy: Policy) -> Iterable[tuple[int, str]]:
    good = [snapshot for snapshot in reversed(ordered) if snapshot.complete and not snapshot.suspect]
    verified = [snapshot for snapshot in good if snapshot.verified]
    for rank, snapshot in enumerate(verified[: policy.min_good], start=1):
        yield snapshot.seq, f"verified good {rank} of {policy.min_good}"
    if len(verified) < policy.min_good:
        for rank, snapshot in enumerate(good[: policy.min_good], start=1):
            yield snapshot.seq, f"good {rank} of {policy.min_good}"


def _rules(ordered: Sequence[Expirable], policy: Policy, now: datetime) -> Iterable[tuple[int, str]]:
    if policy.keeps_everything:
        yield from ((snapshot.seq, "no retention is set") for snapshot in ordered)
    if policy.within is not None:
        yield from ((snapshot.seq, "within") for snapshot in ordered if snapshot.at > now - policy.within)
    for rank, snapshot in enumerate(reversed(ordered[len(ordered) - min(policy.last, len(ordered)) :]), start=1):
        yield snapshot.seq, f"last {rank} of {policy.last}"
    zone = _zone(policy.time_zone)
    for name, count, bucket in (
        ("hourly", policy.hourly, _hour),
        ("daily", policy.daily, _day),
        ("weekly", policy.weekly, _week),
        ("monthly", policy.monthly, _month),
        ("yearly", policy.yearly, _year),
    ):
        yield from _calendar(ordered, name, count, lambda at, bucket=bucket: bucket(at.astimezone(zone)))  # type: ignore[misc]


def _calendar(ordered: Sequence[Expirable], name: str, count: int, bucket: Callable[[datetime], str]) -> Iterable[tuple[int, str]]:
    """The newest complete snapshot of each of the newest ``count`` buckets; a partial one only where there is no complete one."""
    chosen: dict[str, Expirable] = {}
    for snapshot in reversed(ordered):
        label = bucket(snapshot.at)
        best = chosen.get(label)
        if best is None or (snapshot.complete and not best.complete):
            chosen[label] = snapshot
    for label in sorted(chosen, reverse=True)[:count]:
        yield chosen[label].seq, f"{name} {label}"


def _hour(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:00Z")  # an hour that the local clock repeats in autumn is two hours


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")


def _week(at: datetime) -> str:
    return at.strftime("%G-W%V")


def _month(at: datetime) -> str:
    return at.strftime("%Y-%m")


def _year(at: datetime) -> str:
    return at.strftime("%Y")


def _objections(plan: ExpirePlan, clock_mark: datetime | None) -> dict[Objection, str]:
    found: dict[Objection, str] = {}
    instants = [decision.at for decision in plan.decisions]
    if clock_jumped := clock_objection(plan.now, clock_mark, instants):
        found[Objection.CLOCK_JUMPED] = clock_jumped
    if 2 * len(plan.dropped) > len(plan.decisions):
        found[Objection.MANY_DROPPED] = f"{len(plan.dropped)} of {len(plan.decisions)} snapshots would go at once"
    return found


def clock_objection(now: datetime, clock_mark: datetime | None, instants: Sequence[datetime]) -> str | None:
    """Why the clock is not to be believed, or None.

    It may run ahead of the stored mark by a day, or by twice the usual gap between snapshots where that is longer (a weekly source is
    maintained weekly); and no snapshot may lie more than a day in its future.
    """
    gaps = [later - earlier for earlier, later in itertools.pairwise(instants)]
    from statistics import median  # with it come fractions and decimals, which who only keeps a policy does not need

    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps)) if gaps else timedelta(0)
    if clock_mark is not None and now - clock_mark > max(CLOCK_TOLERANCE, 2 * usual):
        return f"the clock is {_days(now - clock_mark)} ahead of the last maintenance at {clock_mark:%Y-%m-%d %H:%M}Z"
    if instants and max(instants) - now > CLOCK_TOLERANCE:
        return f"a snapshot is dated {_days(max(instants) - now)} in the future"
    return None


def _days(span: timedelta) -> str:
    return f"{span.total_seconds() / 86400:.1f} days"


def _zone(name: str) -> tzinfo:
    if name == "UTC":  # as nearly always: it needs no tables of zones
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
        raise InputError(f"{name!r} is not a time zone", hint="use a name like Europe/Vienna, or UTC", field="time_zone") from error
