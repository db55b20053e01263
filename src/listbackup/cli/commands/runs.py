"""``listbackup runs``: what was done, what is being done."""

from __future__ import annotations

import itertools
from typing import Annotated

import typer

from listbackup.base.errors import InputError, NotFound
from listbackup.base.paging import iter_pages
from listbackup.cli.options import Json, complete_sources
from listbackup.cli.output import size
from listbackup.cli.runs_view import run_document, show_run
from listbackup.cli.shell import Shell, shell
from listbackup.services.runs import Run

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or a source for its newest run.", show_default=False)]

app = typer.Typer(invoke_without_command=True)


@app.callback()
def alone(context: typer.Context, as_json: Json = False) -> None:
    """List runs, read their logs, cancel and retry them. Alone it lists the newest.

    \b
    Examples:
      listbackup runs
      listbackup runs show crm
    """
    if context.invoked_subcommand is None:
        list_(context, as_json=as_json)
    elif as_json:
        raise InputError("--json stands behind the command", hint=f"listbackup runs {context.invoked_subcommand} … --json")


@app.command("list")
def list_(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="Only of this source.", autocompletion=complete_sources)] = None,
    active: Annotated[bool, typer.Option("--active", help="Only those that are not over.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    as_json: Json = False,
) -> None:
    """List runs, newest first.

    \b
    Examples:
      listbackup runs list
      listbackup runs list crm --limit 5
      listbackup runs list --active
    """
    with shell(context, as_json) as sh:
        pages = iter_pages(lambda cursor: sh.house.runs.list(sh.scope, source=source, active=active, cursor=cursor))
        runs = list(itertools.islice(pages, limit))
        names = [_source_name(sh, run) for run in runs]
        sh.out.document({"runs": [run_document(run, source=name) for run, name in zip(runs, names, strict=True)]})
        rows = [
            (run.id, name, run.state.value, run.started_at or run.queued_at, _took(run), run.records, size(run.written_bytes), run.message)
            for run, name in zip(runs, names, strict=True)
        ]
        columns = ("RUN", "SOURCE", "STATE", "STARTED", ">TOOK", ">READ", ">WRITTEN", "WHY")
        sh.out.table(columns, rows, empty="No run yet: listbackup backup SOURCE")


@app.command()
def show(context: typer.Context, run: RunId, as_json: Json = False) -> None:
    """Show one run: each stream's counts and what is missing.

    \b
    Examples:
      listbackup runs show run_01kf0c4f2z8m5e9x7q3t6v1a2b
      listbackup runs show crm
    """
    with shell(context, as_json) as sh:
        found = _find(sh, run)
        sh.out.document({"run": run_document(found, source=_source_name(sh, found))})
        show_run(sh.out, found, source=_source_name(sh, found))


@app.command()
def logs(context: typer.Context, run: RunId, as_json: Json = False) -> None:
    """Print a run's log; with --json one line of JSON for each.

    \b
    Examples:
      listbackup runs logs crm
    """
    with shell(context, as_json) as sh:
        found = _find(sh, run)
        for line in iter_pages(lambda cursor: sh.house.runs.logs(sh.scope, found.id, cursor=cursor)):
            if as_json:
                record = {"at": line.at, "level": line.level.value, "message": line.message}
                sh.out.line({**record, "stream": line.stream, "reason": line.reason, "key": line.key})
            else:
                where = f" {line.stream}" if line.stream else ""
                sh.out.say(f"{line.at.astimezone():%H:%M:%S} {line.level.value}{where}: {line.message}")


@app.command()
def cancel(context: typer.Context, run: RunId, as_json: Json = False) -> None:
    """Stop a run; nothing of it becomes a snapshot.

    \b
    Examples:
      listbackup runs cancel crm
    """
    with shell(context, as_json) as sh:
        cancelled = sh.house.runs.cancel(sh.scope, _find(sh, run).id)
        sh.out.document({"run": run_document(cancelled, source=_source_name(sh, cancelled))})
        sh.out.good(f"{cancelled.id}: " + ("cancelled" if cancelled.state.is_final else "asked to stop"))


@app.command()
def retry(context: typer.Context, run: RunId, as_json: Json = False) -> None:
    """Put a run that is over on the queue anew, for `listbackup worker`.

    \b
    Examples:
      listbackup runs retry crm
    """
    with shell(context, as_json) as sh:
        again = sh.house.runs.retry(sh.scope, _find(sh, run).id)
        sh.out.document({"run": run_document(again, source=_source_name(sh, again))})
        sh.out.good(f"{again.id} waits for a worker (listbackup worker)")


def _find(sh: Shell, text: str) -> Run:
    """The run of this id, or the newest run of the source of this name."""
    if text.startswith("run_"):
        return sh.house.runs.get(sh.scope, text)
    newest = next(iter(sh.house.runs.list(sh.scope, source=text, limit=1).items), None)
    if newest is None:
        raise NotFound(f"{text} has not been run yet", hint=f"run it with:  listbackup backup {text}")
    return newest


def _source_name(sh: Shell, run: Run) -> str:
    try:
        return sh.house.sources.get(sh.scope, run.source).name
    except NotFound:
        return run.source


def _took(run: Run) -> str:
    if run.started_at is None or run.ended_at is None:
        return ""
    return f"{(run.ended_at - run.started_at).total_seconds():.1f} s"
