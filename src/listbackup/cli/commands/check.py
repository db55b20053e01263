"""``listbackup check``: the store compared with its own invariants."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.base.paging import iter_pages
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.options import Json, complete_sources
from listbackup.cli.output import size
from listbackup.cli.shell import Shell, shell
from listbackup.store.findings import Level, Report


def command(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Which (else all).", autocompletion=complete_sources)
    ] = None,
    level: Annotated[Level, typer.Option("--level", help="How deep; each does what those before it do.")] = Level.TAILS,
    read_data: Annotated[bool, typer.Option("--read-data", help="Read everything: the same as --level digests.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make a lost or damaged head anew from what lies beside the objects.")] = False,
    as_json: Json = False,
) -> None | int:
    """Check the store: is everything there, whole, and what was written?

    Levels: head, listing, tails (every pack's directory), read_data (every byte), digests (every record and snapshot). Ends with 6 when anything
    is wrong, and says of each thing what to do. It repairs nothing unless told to rebuild.

    \b
    Examples:
      listbackup check
      listbackup check crm --read-data
      listbackup check crm --rebuild
    """
    with shell(context, as_json, local=True) as sh:
        names = [sh.system.sources.get(sh.scope, name).name for name in sources or []]
        if not names:
            names = [source.name for source in iter_pages(lambda cursor: sh.system.sources.list(sh.scope, cursor=cursor))]
        if rebuild:
            return _rebuild(sh, names if sources else [])
        reports = {name: _check(sh, name, Level.DIGESTS if read_data else level) for name in names}
        sound = all(report.ok for report in reports.values())
        sh.out.document({"sound": sound, "sources": {name: _document(report) for name, report in reports.items()}})
        for name, report in reports.items():
            _show(sh, name, report)
        return ExitCode.OK if sound else ExitCode.DAMAGED


def _check(sh: Shell, name: str, level: Level) -> Report:
    with sh.out.progress(f"checking {name}") as bars:
        return sh.system.upkeep.check(sh.scope, name, level=level, progress=bars.update)


def _rebuild(sh: Shell, names: list[str]) -> int:
    if len(names) != 1:
        raise InputError("--rebuild takes one source", hint="listbackup check SOURCE --rebuild")
    rebuilt = sh.system.upkeep.rebuild(sh.scope, names[0])
    sh.out.document({"source": names[0], "origin": rebuilt.origin.value, "object": rebuilt.name, "snapshots": rebuilt.snapshots})
    sh.out.good(
        f"{names[0]}: put the head back from {rebuilt.name}; it knows {rebuilt.snapshots} snapshots, the newest is {rebuilt.newest_seq}"
    )
    return ExitCode.OK


def _show(sh: Shell, name: str, report: Report) -> None:
    for finding in report.findings:
        mark = "·" if finding.harmless else sh.out.styled("31", "✗")
        sh.out.say(f"{mark} {finding.kind.value.replace('_', ' ')}: {finding.what} ({finding.where})")
        if not finding.harmless:
            sh.out.say(f"    {finding.remedy}")
    done = f"{report.objects:,} objects"
    if report.snapshots:
        done = f"{report.snapshots} snapshots, {done}"
    if report.read_bytes:
        done += f", {size(report.read_bytes)} read"
    if report.rows:
        done += f", {report.rows:,} rows"
    if report.ok:
        sh.out.good(f"{name}: sound at level {report.level.value} ({done})")
    else:
        sh.out.say(f"{name}: damaged ({done}); see docs/runbooks/damaged-store.md")


def _document(report: Report) -> dict[str, object]:
    return {
        "sound": report.ok,
        "level": report.level.value,
        "snapshots": report.snapshots,
        "objects": report.objects,
        "read_bytes": report.read_bytes,
        "rows": report.rows,
        "findings": [
            {"kind": one.kind.value, "where": one.where, "what": one.what, "remedy": one.remedy, "harmless": one.harmless}
            for one in report.findings
        ],
    }
