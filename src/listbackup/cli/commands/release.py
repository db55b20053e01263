"""``listbackup release``: the end of a hold."""

from __future__ import annotations

import typer

from listbackup.cli.looking import find_snapshot, snapshot_document
from listbackup.cli.options import Json, SourceAt
from listbackup.cli.output import local
from listbackup.cli.shell import shell


def command(context: typer.Context, source: SourceAt, as_json: Json = False) -> None:
    """Release a held snapshot: from now on the retention decides about it.

    \b
    Examples:
      listbackup release crm@12
    """
    with shell(context, as_json, on_full_disk=True) as sh:
        name, snapshot = find_snapshot(sh, source)
        released = sh.house.upkeep.release(sh.scope, name, snapshot.seq)
        sh.out.document({"source": name, "snapshot": snapshot_document(released)})
        sh.out.good(f"snapshot {released.seq} of {local(released.at)} is " + ("released" if snapshot.held else "not held"))
