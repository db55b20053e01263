"""``listbackup verify``: a sample of the newest snapshot compared with the platform."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.paging import iter_pages
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.looking import key_parts, key_text
from listbackup.cli.options import Json, complete_sources
from listbackup.cli.shell import Shell, shell
from listbackup.services.data import Verification


def command(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Which (else all).", autocompletion=complete_sources)
    ] = None,
    sample: Annotated[int, typer.Option("--sample", min=1, max=10_000, help="How many records of each stream.")] = 20,
    as_json: Json = False,
) -> None | int:
    """Compare a random sample of the newest snapshot with the platform, record by record.

    Records that were changed or deleted there since are counted and are no fault. Ends with 3 when a record differs that the platform says it did
    not change.

    \b
    Examples:
      listbackup verify crm
      listbackup verify --sample 200 --json
    """
    with shell(context, as_json) as sh:
        names = [sh.house.sources.get(sh.scope, name).name for name in sources or []]
        if not names:
            names = [source.name for source in iter_pages(lambda cursor: sh.house.sources.list(sh.scope, cursor=cursor))]
        found = {name: _verify(sh, name, sample) for name in names}
        sound = all(one.good for one in found.values())
        sh.out.document({"sound": sound, "sources": {name: _document(one) for name, one in found.items()}})
        for name, one in found.items():
            _show(sh, name, one)
        return ExitCode.OK if sound else ExitCode.PARTIAL


def _verify(sh: Shell, name: str, sample: int) -> Verification:
    with sh.out.progress(f"comparing {name}") as bars:
        return sh.house.upkeep.verify(sh.scope, name, sample=sample, progress=bars.update)


def _show(sh: Shell, name: str, found: Verification) -> None:
    rows = [(one.stream, one.sampled, one.same, one.changed_since, one.gone_since, len(one.differences)) for one in found.streams]
    sh.out.table(("STREAM", ">COMPARED", ">SAME", ">CHANGED SINCE", ">GONE SINCE", ">DIFFER"), rows, empty="Nothing to compare.")
    for one in found.streams:
        for difference in one.differences[:5]:
            sh.out.say(f"✗ {one.stream} {key_text(difference.key)} differs from what the platform has, which says it did not change")
    unread = [one.stream for one in found.streams if not one.sampled]
    if unread:
        sh.out.say(f"not compared: {', '.join(unread)} (empty, or the platform gives no single record of it)")
    if not found.sampled:
        sh.out.warn(f"{name}: no record of snapshot {found.snapshot_seq} could be compared with the platform, so this proves nothing")
    elif found.good:
        sh.out.good(f"{name}: {found.sampled:,} records of snapshot {found.snapshot_seq} compared with the platform, none contradicts it")
    else:
        sh.out.say(
            f"{name}: the platform contradicts snapshot {found.snapshot_seq}; read everything anew with: listbackup backup {name} --full"
        )


def _document(found: Verification) -> dict[str, object]:
    return {
        "snapshot": found.snapshot_seq,
        "compared": found.sampled,
        "streams": {
            one.stream: {
                "compared": one.sampled,
                "same": one.same,
                "changed_since": one.changed_since,
                "gone_since": one.gone_since,
                "differing": [key_parts(difference.key) for difference in one.differences],
            }
            for one in found.streams
        },
    }
