"""``listbackup history``: the life of one record."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import typer

from listbackup.cli.looking import about, field_changes, raw_document
from listbackup.cli.options import Json, SourceName, Stream
from listbackup.cli.output import Output, local
from listbackup.cli.shell import shell
from listbackup.store import Op, Version

_WORDS = {Op.INSERT: "added", Op.UPDATE: "changed", Op.DELETE: "gone"}


def command(
    context: typer.Context,
    source: SourceName,
    stream: Stream,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The record's key.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Show every version of a record: when it came, what changed, and why we believe that it is gone.

    \b
    Examples:
      listbackup history crm contacts 42
      listbackup history crm contacts 42 --json
    """
    with shell(context, as_json) as sh:
        versions = sorted(sh.house.data.history(sh.scope, source, stream, key), key=lambda one: one.seq)
        sh.out.document({"source": source, "stream": stream, "key": key, "versions": [_document(one) for one in versions]})
        sh.out.say(f"{source} {stream} {key}: {len(versions)} version{'s' if len(versions) != 1 else ''}")
        for before, one in pairwise([None, *versions]):
            if one is not None:
                _say(sh.out, before, one)


def _say(out: Output, before: Version | None, one: Version) -> None:
    when = local(one.at) if one.at is not None else "(that snapshot has expired)"
    why = f" ({one.evidence.replace('_', ' ')})" if one.evidence and one.op is Op.DELETE else ""
    out.say(f"  snapshot {one.seq}  {when}  {_WORDS.get(one.op, one.op.name.lower())}{why}")
    changes = field_changes(before.raw if before is not None else None, one.raw)
    for change in changes:
        out.say(f"      {change}")
    if not changes and one.raw is not None and about(one.raw):
        out.say(f"      {about(one.raw)}")


def _document(one: Version) -> dict[str, object]:
    return {
        "snapshot": one.seq,
        "at": one.at,
        "op": _WORDS.get(one.op, one.op.name.lower()),
        "evidence": one.evidence,
        "record": raw_document(one.raw),
    }
