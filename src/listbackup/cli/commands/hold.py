"""``listbackup hold``: a snapshot that stays whatever the retention says."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.cli.looking import find_kept_or_trashed, snapshot_document
from listbackup.cli.options import Json, SourceAt
from listbackup.cli.output import local
from listbackup.cli.shell import shell


def command(
    context: typer.Context,
    source: SourceAt,
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever looks at it later.")] = "held by hand",
    trust: Annotated[bool, typer.Option("--trust", help="A suspect snapshot is true: let retention go on.")] = False,
    as_json: Json = False,
) -> None:
    """Hold a snapshot: it stays until it is released. One in the trash is taken out of it.

    \b
    Examples:
      listbackup hold crm --reason "before the migration"
      listbackup hold crm@2026-11-01
      listbackup hold crm@12 --trust
    """
    if not reason.strip():
        raise InputError("a hold needs a reason", field="reason")
    with shell(context, as_json) as sh:
        name, snapshot = find_kept_or_trashed(sh, source)
        if trust:
            held = sh.house.upkeep.clear_suspicion(sh.scope, name, snapshot.seq)
            sh.out.good(f"snapshot {held.seq} of {local(held.at)} is trusted; retention goes on")
        else:
            held = sh.house.upkeep.hold(sh.scope, name, snapshot.seq, reason)
            sh.out.good(f"snapshot {held.seq} of {local(held.at)} is held: {reason}")
        sh.out.document({"source": name, "snapshot": snapshot_document(held)})
