"""``listbackup diff``: what differs between two moments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.cli.looking import about, field_changes, find_snapshot, key_parts, key_text, raw_document, visible_streams
from listbackup.cli.options import Json, SourceAt
from listbackup.cli.output import local, visible
from listbackup.cli.shell import Shell, shell
from listbackup.cli.when import choose, split_source
from listbackup.store import Change, ChangeKind, SnapshotInfo

_SIGNS = {ChangeKind.ADDED: ("+", "32"), ChangeKind.CHANGED: ("~", "33"), ChangeKind.REMOVED: ("-", "31")}


def command(
    context: typer.Context,
    source: SourceAt,
    until: Annotated[str | None, typer.Argument(metavar="[WHEN]", help="The later moment (else the newest snapshot).")] = None,
    stream: Annotated[str | None, typer.Option("--stream", "-s", help="Only this stream.")] = None,
    counts: Annotated[bool, typer.Option("--counts", help="Only how many.")] = False,
    sets: Annotated[bool, typer.Option("--sets", help="What was changed together, as one line each.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Show at most so many changes (20 on a terminal).")] = None,
    as_json: Json = False,
) -> None:
    """Compare two snapshots of a source: counts by stream, then each change with the fields that differ.

    A source without a moment is compared from its previous snapshot. With --json, changes come one a line; with --counts, one document.
    With --sets, what was changed together up to a snapshot (the newest) since the one before is told as one: `restore --change-set` takes it back.

    \b
    Examples:
      listbackup diff crm
      listbackup diff crm@yesterday
      listbackup diff crm@10 20 --stream contacts
      listbackup diff crm@monday --counts --json
      listbackup diff crm@12 --sets
    """
    with shell(context, as_json) as sh:
        if sets:
            _sets(sh, source)
            return
        name, before, after = _two(sh, source, until)
        if counts or not as_json:
            _counts(sh, name, before, after)
        if counts:
            return
        shown = limit if limit is not None or as_json else 20
        for number, change in enumerate(_changes(sh, name, before, after, stream)):
            if shown is not None and number >= shown:
                sh.out.say("… more: --limit N, or --json for all")
                break
            _show(sh, change)


def _sets(sh: Shell, source: str) -> None:
    name, snapshot = find_snapshot(sh, source)
    found = sh.house.data.change_sets(sh.scope, name, seq=snapshot.seq)
    told = [
        {
            "set": f"{one.number}.{number}",
            "stream": one.stream,
            "kind": one.kind.value,
            "fields": list(one.fields),
            "count": one.count,
            "began_at": one.began_at,
            "ended_at": one.ended_at,
            "exact": one.exact,
        }
        for number, one in enumerate(found, 1)
    ]
    sh.out.document({"source": name, "snapshot": snapshot.seq, "change_sets": told})
    rows = [
        (f"{one.number}.{number}", one.stream, one.kind.value, one.count, ", ".join(one.fields), local(one.began_at))
        for number, one in enumerate(found, 1)
    ]
    sh.out.table(("SET", "STREAM", "KIND", ">RECORDS", "FIELDS", "FROM"), rows, empty="Nothing was changed.")


def _two(sh: Shell, source: str, until: str | None) -> tuple[str, SnapshotInfo, SnapshotInfo]:
    name, when = split_source(source)
    if not when and until is None:
        when = "previous"
    snapshots, now = sh.house.data.snapshots(sh.scope, name), sh.clock.now()
    other, _, later = (until or "").rpartition("@")
    if other not in ("", name):
        raise InputError(f"{name} and {other} are different sources", hint="compare two moments of one")
    before, after = choose(snapshots, when, now=now), choose(snapshots, later, now=now)
    if before.seq > after.seq:
        raise InputError(f"snapshot {before.seq} is newer than {after.seq}", hint="name the older one first")
    return name, before, after


def _changes(sh: Shell, name: str, before: SnapshotInfo, after: SnapshotInfo, stream: str | None) -> Iterator[Change]:
    """The changes by stream and key, the store's own streams left out."""
    streams = [stream] if stream is not None else sorted({*visible_streams(before), *visible_streams(after)})
    for one in streams:
        yield from sh.house.data.diff(sh.scope, name, before.seq, after.seq, stream=one)


def _counts(sh: Shell, name: str, before: SnapshotInfo, after: SnapshotInfo) -> None:
    found = sh.house.data.diff_counts(sh.scope, name, before.seq, after.seq)
    shown = {stream: one for stream, one in sorted(found.items()) if not stream.startswith("_")}
    sh.out.document(
        {
            "source": name,
            "before": {"number": before.seq, "at": before.at},
            "after": {"number": after.seq, "at": after.at},
            "streams": {stream: {"added": one.added, "changed": one.changed, "removed": one.removed} for stream, one in shown.items()},
        }
    )
    sh.out.say(f"{name}: snapshot {before.seq} of {local(before.at)} → {after.seq} of {local(after.at)}")
    rows = [(stream, one.added, one.changed, one.removed) for stream, one in shown.items() if one.added or one.changed or one.removed]
    sh.out.table(("STREAM", ">ADDED", ">CHANGED", ">REMOVED"), rows, empty="They hold the same.")


def _show(sh: Shell, change: Change) -> None:
    if sh.out.as_json:
        about_it = {"stream": change.stream, "key": key_parts(change.key), "kind": change.kind.value}
        sh.out.line({**about_it, "before": raw_document(change.before), "after": raw_document(change.after)})
        return
    sign, colour = _SIGNS[change.kind]
    raw = change.after or change.before
    words = about(raw) if raw is not None else ""
    sh.out.say(sh.out.styled(colour, f"{sign} {change.stream} {visible(key_text(change.key))}") + (f"  {visible(words)}" if words else ""))
    if change.kind is ChangeKind.CHANGED:
        for text in field_changes(change.before, change.after):
            sh.out.say(f"    {text}")
