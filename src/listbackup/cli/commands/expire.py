"""``listbackup expire``: snapshots that nothing keeps go into the trash."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.cli.keeping import KeepDaily, KeepHourly, KeepLast, KeepMonthly, KeepWeekly, KeepWithin, KeepYearly, policy_of
from listbackup.cli.options import Json, SourceName, Yes
from listbackup.cli.shell import Shell, shell
from listbackup.store.policy import ExpirePlan


def command(
    context: typer.Context,
    source: SourceName,
    keep_hourly: KeepHourly = 0,
    keep_daily: KeepDaily = 0,
    keep_weekly: KeepWeekly = 0,
    keep_monthly: KeepMonthly = 0,
    keep_yearly: KeepYearly = 0,
    keep_last: KeepLast = 0,
    keep_within: KeepWithin = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")] = False,
    undo: Annotated[int | None, typer.Option("--undo", metavar="NUMBER", help="Take this snapshot out of the trash.")] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Put the snapshots that no rule keeps into the trash, where they can be taken back for seven days.

    Without rules, those of the source's schedule count. The newest snapshot, held ones and the last three good ones always stay. Space is freed
    by `listbackup prune`, later.

    \b
    Examples:
      listbackup expire crm --dry-run
      listbackup expire crm --keep-daily 30 --keep-monthly 12
      listbackup expire crm --undo 12
    """
    with shell(context, as_json, on_full_disk=True) as sh:
        if undo is not None:
            back = sh.house.upkeep.undelete(sh.scope, source, undo)
            sh.out.document({"source": source, "taken_back": back.seq})
            sh.out.good(f"snapshot {back.seq} is out of the trash")
            return
        policy = policy_of(
            hourly=keep_hourly,
            daily=keep_daily,
            weekly=keep_weekly,
            monthly=keep_monthly,
            yearly=keep_yearly,
            last=keep_last,
            within=keep_within,
        )
        plan = sh.house.upkeep.plan_expire(sh.scope, source, policy)
        _show(sh, plan)
        expired: tuple[int, ...] = ()
        if plan.dropped and not dry_run:
            expired = sh.house.upkeep.expire(sh.scope, source, plan, confirmed=_confirmed(sh, plan, yes))
        sh.out.document({"source": source, "plan": _document(plan), "expired": list(expired)})
        if expired:
            numbers = ", ".join(map(str, expired))
            sh.out.good(f"{len(expired)} in the trash for seven days: {numbers} (back with: listbackup expire {source} --undo NUMBER)")
        elif dry_run:
            sh.out.say("Nothing was changed.")


def _show(sh: Shell, plan: ExpirePlan) -> None:
    rows = [(one.seq, one.at, "stays" if one.kept else "goes", ", ".join(one.reasons)) for one in plan.decisions]
    sh.out.table((">NUMBER", "TAKEN", "", "WHY"), rows, empty="No snapshot yet.")
    sh.out.say(f"{len(plan.kept)} stay, {len(plan.dropped)} go.")


def _confirmed(sh: Shell, plan: ExpirePlan, yes: bool) -> bool:
    if not plan.objections or yes:
        return yes
    for objection in plan.objections.values():
        sh.out.warn(objection)
    if sh.out.as_json or not sys.stdin.isatty():
        raise InputError("; ".join(plan.objections.values()), hint="nothing was changed; look at the plan with --dry-run, then give --yes")
    return typer.confirm("Expire them all the same?", abort=True)


def _document(plan: ExpirePlan) -> dict[str, object]:
    return {
        "decisions": [{"number": one.seq, "at": one.at, "kept": one.kept, "reasons": list(one.reasons)} for one in plan.decisions],
        "objections": {kind.value: text for kind, text in plan.objections.items()},
    }
