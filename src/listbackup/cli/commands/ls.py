"""``listbackup ls``: what a snapshot holds."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.cli.looking import about, find_snapshot, key_parts, key_text, limited, snapshot_document, visible_streams
from listbackup.cli.options import Json, SourceAt
from listbackup.cli.output import local
from listbackup.cli.shell import Shell, shell
from listbackup.services.data import parse_key
from listbackup.store import SnapshotInfo


def command(
    context: typer.Context,
    source: SourceAt,
    stream: Annotated[str | None, typer.Argument(metavar="[STREAM]", help="List the records of this stream.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many records.")] = 50,
    after: Annotated[str | None, typer.Option("--after", metavar="KEY", help="Begin behind this key.")] = None,
    as_json: Json = False,
) -> None:
    """List the streams of a snapshot, or the records of one stream in the order of their keys.

    With --json, records come one a line.

    \b
    Examples:
      listbackup ls crm
      listbackup ls crm@monday contacts
      listbackup ls crm contacts --after 200 --limit 100
    """
    with shell(context, as_json) as sh:
        name, snapshot = find_snapshot(sh, source)
        if stream is None:
            _streams(sh, name, snapshot)
        else:
            _records(sh, name, snapshot, stream, limit, after)


def _streams(sh: Shell, name: str, snapshot: SnapshotInfo) -> None:
    sh.out.document({"source": name, "snapshot": snapshot_document(snapshot)})
    sh.out.say(f"{name}, snapshot {snapshot.seq} of {local(snapshot.at)}")
    streams = visible_streams(snapshot)
    rows = [(stream, one.live, one.added, one.changed, one.removed, one.status.value) for stream, one in streams.items()]
    sh.out.table(("STREAM", ">RECORDS", ">ADDED", ">CHANGED", ">REMOVED", "STATE"), rows, empty="It holds no stream.")
    for stream, one in streams.items():
        for problem in one.problems[:3]:
            sh.out.say(f"  {stream}: {problem}")


def _records(sh: Shell, name: str, snapshot: SnapshotInfo, stream: str, limit: int, after: str | None) -> None:
    start = parse_key(after)[0] if after is not None else None
    records = list(limited(sh.house.data.scan(sh.scope, name, stream, seq=snapshot.seq, after=start, limit=limit + 1), limit + 1))
    shown, more = records[:limit], len(records) > limit
    if sh.out.as_json:
        for record in shown:
            sh.out.line({"stream": stream, "key": key_parts(record.key), "about": about(record.raw), "bytes": len(record.raw)})
        return
    sh.out.table(
        ("KEY", "ABOUT", ">BYTES"), [(key_text(record.key), about(record.raw), len(record.raw)) for record in shown], empty="No record."
    )
    if more:
        sh.out.say(f"… more: --after {key_text(shown[-1].key)!r}")
