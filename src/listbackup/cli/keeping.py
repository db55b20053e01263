"""The ``--keep-…`` options of ``schedule`` and ``expire``, and a policy in words."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.cli.durations import parse_duration, show_duration
from listbackup.store.policy import Policy

KeepHourly = Annotated[int, typer.Option("--keep-hourly", metavar="N", min=0, help="The last snapshot of each of the newest N hours.")]
KeepDaily = Annotated[int, typer.Option("--keep-daily", metavar="N", min=0, help="… of the newest N days.")]
KeepWeekly = Annotated[int, typer.Option("--keep-weekly", metavar="N", min=0, help="… of the newest N weeks.")]
KeepMonthly = Annotated[int, typer.Option("--keep-monthly", metavar="N", min=0, help="… of the newest N months.")]
KeepYearly = Annotated[int, typer.Option("--keep-yearly", metavar="N", min=0, help="… of the newest N years.")]
KeepLast = Annotated[int, typer.Option("--keep-last", metavar="N", min=0, help="The newest N snapshots.")]
KeepWithin = Annotated[str | None, typer.Option("--keep-within", metavar="TIME", help="Every snapshot younger than this: 30d, 2w.")]


def policy_of(
    *, hourly: int, daily: int, weekly: int, monthly: int, yearly: int, last: int, within: str | None, time_zone: str = "UTC"
) -> Policy | None:
    """The policy of these options; None when none was given. Raises InputError."""
    if not (hourly or daily or weekly or monthly or yearly or last or within):
        return None
    young = parse_duration(within, field="keep-within") if within else None
    return Policy(hourly=hourly, daily=daily, weekly=weekly, monthly=monthly, yearly=yearly, last=last, within=young, time_zone=time_zone)


def describe_policy(policy: Policy) -> str:
    """``7 daily, 4 weekly``; ``everything`` for a policy without rules."""
    counts = [(policy.hourly, "hourly"), (policy.daily, "daily"), (policy.weekly, "weekly"), (policy.monthly, "monthly")]
    parts = [f"{count} {name}" for count, name in [*counts, (policy.yearly, "yearly")] if count]
    if policy.last:
        parts.append(f"the last {policy.last}")
    if policy.within is not None:
        parts.append(f"all of {show_duration(policy.within)}")
    return ", ".join(parts) or "everything"


def policy_document(policy: Policy) -> dict[str, object]:
    """A policy as ``--json`` shows it."""
    return {
        "hourly": policy.hourly,
        "daily": policy.daily,
        "weekly": policy.weekly,
        "monthly": policy.monthly,
        "yearly": policy.yearly,
        "last": policy.last,
        "within_seconds": int(policy.within.total_seconds()) if policy.within is not None else None,
        "min_good": policy.min_good,
    }
