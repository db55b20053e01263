"""``listbackup snapshots``: the moments that are kept."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.cli.looking import snapshot_document, visible_streams
from listbackup.cli.options import Json, SourceName
from listbackup.cli.output import size
from listbackup.cli.shell import shell
from listbackup.store import SnapshotInfo


def command(
    context: typer.Context,
    source: SourceName,
    trash: Annotated[bool, typer.Option("--trash", help="Also those that expired and can still be taken back.")] = False,
    as_json: Json = False,
) -> None:
    """List a source's snapshots, newest first.

    \b
    Examples:
      listbackup snapshots crm
      listbackup snapshots crm --trash --json
    """
    with shell(context, as_json, on_full_disk=True) as sh:
        found = list(reversed(sh.house.data.snapshots(sh.scope, source, with_trash=trash)))
        sh.out.document({"source": source, "snapshots": [snapshot_document(one) for one in found]})
        rows = [_row(one) for one in found]
        columns = (">NUMBER", "TAKEN", "KIND", ">RECORDS", ">ADDED", ">CHANGED", ">REMOVED", ">WRITTEN", "NOTE")
        sh.out.table(columns, rows, empty=f"No snapshot yet: listbackup backup {source}")


def _row(one: SnapshotInfo) -> tuple[object, ...]:
    streams = visible_streams(one).values()
    return (
        one.seq,
        one.at,
        one.kind.value,
        sum(stream.live for stream in streams),
        sum(stream.added for stream in streams),
        sum(stream.changed for stream in streams),
        sum(stream.removed for stream in streams),
        size(one.written_bytes),
        _note(one),
    )


def _note(one: SnapshotInfo) -> str:
    notes = []
    if one.expired_at is not None:
        notes.append("in the trash")
    if one.held:
        notes.append(f"held: {one.held}")
    if one.suspect:
        notes.append("suspect: many records vanished at once")
    if one.verified_at is not None:
        notes.append("verified")
    return ", ".join(notes)
