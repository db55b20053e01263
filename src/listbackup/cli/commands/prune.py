"""``listbackup prune``: space that no snapshot needs is freed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from listbackup.cli.options import Json, SourceName, Yes
from listbackup.cli.output import Output, size
from listbackup.cli.shell import shell
from listbackup.store.model import PruneStats


def command(
    context: typer.Context,
    source: SourceName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Free what no snapshot needs: the trash after its seven days, segments that were merged, what killed runs left behind.

    Backups may go on meanwhile. It can be stopped and started again at any point.

    \b
    Examples:
      listbackup prune crm --dry-run
      listbackup prune crm
    """
    with shell(context, as_json, on_full_disk=True) as sh:
        if dry_run:
            stats = sh.house.upkeep.plan_prune(sh.scope, source).stats()
            _show(sh.out, stats)
            sh.out.document({"source": source, "plan": asdict(stats), "pruned": None})
            sh.out.say("Nothing was changed.")
            return
        upkeep = sh.house.upkeep
        plan = upkeep.plan_prune(sh.scope, source)
        stats = plan.stats()
        _show(sh.out, stats)
        with sh.out.progress("") as bars:
            done = upkeep.prune(sh.scope, source, plan, progress=bars.update, confirmed=yes)
        pruned = {"expired": list(done.expired), "purged": list(done.purged), "deleted_objects": done.deleted}
        sh.out.document({"source": source, "plan": asdict(stats), "pruned": pruned})
        sh.out.good(f"{source}: {len(done.purged)} snapshots purged, {done.deleted} objects deleted")


def _show(out: Output, stats: PruneStats) -> None:
    out.pairs(
        [
            ("stored", size(stats.stored_bytes)),
            ("to purge", f"{stats.purging} snapshots that rested in the trash long enough"),
            ("to merge", f"{stats.tier_merges} tiers, {stats.base_merges} bases, {size(stats.merge_bytes)}"),
            ("to delete", f"{stats.deleting} objects, {size(stats.deleting_bytes)}"),
            ("waiting", f"{size(stats.waiting_bytes)} that a reader might still use"),
        ]
    )
