"""``listbackup dead-letters``: runs that were given up because they took their workers down, looked at and sent anew."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.base.paging import iter_pages
from listbackup.cli.options import Json
from listbackup.cli.shell import shell
from listbackup.services.runs import DeadRun

app = typer.Typer(help="Messages that were delivered too often without an end: see docs/runbooks/dead-letters.md.")


@app.command("list")
def list_all(context: typer.Context, as_json: Json = False) -> None:
    """List the dead letters of all accounts, in the order they were given up.

    \b
    Examples:
      listbackup dead-letters list
    """
    with shell(context, as_json, local=True) as sh:
        letters = list(iter_pages(lambda cursor: sh.system.runs.letters.list(sh.scope, everybody=True, cursor=cursor)))
        sh.out.document({"dead_letters": [_document(one) for one in letters]})
        rows = [(one.id, one.run or "unreadable", one.account or "", one.receives, one.died_at) for one in letters]
        sh.out.table(("ID", "RUN", "ACCOUNT", "TRIES", "GIVEN UP"), rows, empty="No message was given up.")


@app.command("redrive")
def redrive(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which ones.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    as_json: Json = False,
) -> None:
    """Send dead letters anew: their runs are carried out by the next worker; those that are over stay as they are.

    \b
    Examples:
      listbackup dead-letters redrive --all
      listbackup dead-letters redrive msg_01kdv0000000000000000000000
    """
    if bool(ids) == everything:
        raise InputError("name the letters, or give --all")
    with shell(context, as_json, local=True) as sh:
        sent = sh.system.runs.letters.redrive(sh.scope, ids or None, everybody=True)
        sh.out.document({"redriven": [_document(one) for one in sent]})
        sh.out.good(f"{len(sent)} sent anew")


def _document(one: DeadRun) -> dict[str, object]:
    return {"id": one.id, "run": one.run, "job": one.job, "account": one.account, "receives": one.receives, "died_at": one.died_at}
