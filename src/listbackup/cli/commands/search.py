"""``listbackup search``: records that hold a text."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.cli.looking import about, find_snapshot, key_parts, key_text, limited, raw_document
from listbackup.cli.options import Json, SourceAt
from listbackup.cli.shell import shell


def command(
    context: typer.Context,
    source: SourceAt,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to look for, in any field.", show_default=False)],
    stream: Annotated[str | None, typer.Option("--stream", "-s", help="Only in this stream.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many records.")] = 50,
    as_json: Json = False,
) -> None:
    """Find the records of a snapshot that hold a text, in upper or lower case. With --json, one record a line.

    \b
    Examples:
      listbackup search crm ada@example.com
      listbackup search crm@2026-11-01 'blue bicycle' --stream deals
    """
    if not text.strip():
        raise InputError("there is nothing to look for", field="text")
    with shell(context, as_json) as sh:
        name, snapshot = find_snapshot(sh, source)
        found = list(limited(sh.house.data.search(sh.scope, name, text, stream=stream, seq=snapshot.seq), limit + 1))
        for one in found[:limit] if as_json else ():
            sh.out.line({"stream": one.stream, "key": key_parts(one.record.key), "record": raw_document(one.record.raw)})
        rows = [(one.stream, key_text(one.record.key), about(one.record.raw)) for one in found[:limit]]
        sh.out.table(("STREAM", "KEY", "ABOUT"), rows, empty=f"No record of snapshot {snapshot.seq} holds it.")
        if len(found) > limit:
            sh.out.say("… more: --limit N")
