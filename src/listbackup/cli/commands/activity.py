"""``listbackup activity``: who did what, and when."""

from __future__ import annotations

import itertools
from typing import Annotated

import typer

from listbackup.base.errors import NotFound
from listbackup.base.paging import iter_pages
from listbackup.cli.options import Json, complete_sources
from listbackup.cli.shell import Shell, shell
from listbackup.cli.when import instant
from listbackup.services.activity import Activity, Wanted


def command(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[SUBJECT]", help="Only of this source, or of the thing of this id.", autocompletion=complete_sources),
    ] = None,
    action: Annotated[
        str | None, typer.Option("--action", metavar="ACTION", help="This action and those below it: source, run:failed.")
    ] = None,
    actor: Annotated[str | None, typer.Option("--actor", metavar="WHO", help="cli, worker, usr_…, key_….")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="From then on: yesterday, '3 days ago', 2026-11-01.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Before then.")] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="Holding this text anywhere.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many lines.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the trail, newest first: every change of anything, who made it, from where. With --json, one line of it a line.

    \b
    Examples:
      listbackup activity
      listbackup activity crm --since yesterday
      listbackup activity --action run:failed --json
    """
    with shell(context, as_json) as sh:
        now = sh.clock.now()
        wanted = Wanted(
            subject=_subject(sh, subject) if subject is not None else None,
            action=action,
            actor=actor,
            since=instant(since, now=now) if since is not None else None,
            until=instant(until, now=now) if until is not None else None,
            text=text,
        )
        pages = iter_pages(lambda cursor: sh.house.activities.list(sh.scope, wanted, limit=min(limit, 500), cursor=cursor))
        found = list(itertools.islice(pages, limit))
        for line in found if as_json else ():
            sh.out.line(_document(line))
        rows = [(line.at, line.actor, line.action.removeprefix("account:"), line.subject, _about(line)) for line in found]
        sh.out.table(("WHEN", "WHO", "DID", "TO", "ABOUT"), rows, empty="Nothing of that happened.")


def _subject(sh: Shell, text: str) -> str:
    """The id of a source of this name; anything else as it is."""
    try:
        return sh.house.sources.get(sh.scope, text).id
    except NotFound:
        if text[3:4] == "_":
            return text
        raise


def _about(line: Activity) -> str:
    return ", ".join(f"{name}: {value}" for name, value in line.about.items() if value is not None)


def _document(line: Activity) -> dict[str, object]:
    origin = line.origin
    return {
        "seq": line.seq,
        "at": line.at,
        "actor": line.actor,
        "action": line.action,
        "subject": line.subject,
        "about": dict(line.about),
        "address": origin.address if origin is not None else None,
        "agent": origin.agent if origin is not None else None,
        "hash": line.hash,
    }
