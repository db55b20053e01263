"""``listbackup verify``: a sample of the newest snapshot compared with the platform."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.paging import iter_pages
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.options import Json, complete_sources
from listbackup.cli.shell import Shell, shell


def command(
    context: typer.Context,
    sources: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Which (else all).", autocompletion=complete_sources)] = None,
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
        names = [sh.system.sources.get(sh.scope, name).name for name in sources or []]
        if not names:
            names = [source.name for source in iter_pages(lambda cursor: sh.system.sources.list(sh.scope, cursor=cursor))]
        found = {name: _verify(sh, name, sample) for name in names}
        sound = all(not one["differing"] for one in found.values())
        sh.out.document({"sound": sound, "sources": found})
        return ExitCode.OK if sound else ExitCode.PARTIAL


def _verify(sh: Shell, name: str, sample: int) -> dict[str, object]:
    with sh.out.progress(f"comparing {name}") as bars:
        found = sh.system.upkeep.verify(sh.scope, name, sample=sample, progress=bars.update)
    return {}
