"""``listbackup backup``: a snapshot of a source, now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.base.paging import iter_pages
from listbackup.bootstrap.process import is_dead, owner_name
from listbackup.bootstrap.settings import LOOPBACK_HINT
from listbackup.cli.exit_codes import REMEDIES, ExitCode
from listbackup.cli.options import Json, complete_sources
from listbackup.cli.output import Steps
from listbackup.cli.runs_view import run_document, run_exit_code, show_run
from listbackup.cli.shell import Shell, shell
from listbackup.cli.stopping import stop_on_signals
from listbackup.services.runs import Progress, Run, RunState, Work

_STOPPING = "stopping at the next checkpoint; press Ctrl-C again to stop at once"
_LOOKING_AWAY = "no longer watching; the server goes on (stop it with: listbackup runs cancel SOURCE)"


def command(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Which sources.", autocompletion=complete_sources)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every source.")] = False,
    full: Annotated[bool, typer.Option("--full", help="List everything, so that every deletion is found.")] = False,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to `listbackup worker`.")] = False,
    as_json: Json = False,
) -> None | int:
    """Take a snapshot of a source.

    Ctrl-C stops at a checkpoint; the same command goes on from there. Ends with 3 when something is missing from the snapshot.

    \b
    Examples:
      listbackup backup crm
      listbackup backup --all --json
      listbackup backup crm --full
      listbackup backup crm --queue
    """
    with shell(context, as_json) as sh:
        names = _names(sh, sources or [], everything)
        if queue:
            return _enqueue(sh, names, full)
        runs, codes = [], []
        with stop_on_signals(_STOPPING if sh.settings.server is None else _LOOKING_AWAY) as asked:
            for name in names:
                run = _back_up(sh, name, asked, full)
                runs.append(run_document(run, source=name))
                codes.append(run_exit_code(run))
                show_run(sh.out, run, source=name)
                if run.state is RunState.QUEUED:
                    break
        sh.out.document({"runs": runs})
        _say_how_to_go_on(sh, names[len(runs) - 1], codes[-1], run)
        return int(next((code for code in codes if code not in (ExitCode.OK, ExitCode.PARTIAL)), max(codes)))


def _back_up(sh: Shell, name: str, asked: Callable[[], bool], full: bool) -> Run:
    with sh.out.progress("") as bars:

        def listen(progress: Progress) -> None:
            _show(bars, progress)

        _free(sh, name)
        return sh.house.runs.backup(sh.scope, name, Work(owner=owner_name(), listen=listen, should_stop=asked), full=full)


def _free(sh: Shell, name: str) -> None:
    """A run whose process was killed on this machine is taken on at once, not when its lease has run out."""
    run = sh.house.runs.find_active(sh.scope, name)
    if run is not None and run.owner is not None and is_dead(run.owner):
        sh.house.runs.let_go(sh.scope, run.id, owner=run.owner)


def _show(bars: Steps, progress: Progress) -> None:
    for one in progress.streams:
        if one.records or one.total:
            bars.update(one.stream, one.records, one.total)


def _names(sh: Shell, given: list[str], everything: bool) -> list[str]:
    if everything == bool(given):
        raise InputError("name the sources, or give --all", hint="list them with:  listbackup source list")
    if not everything:
        return [sh.house.sources.get(sh.scope, name).name for name in dict.fromkeys(given)]
    names = [source.name for source in iter_pages(lambda cursor: sh.house.sources.list(sh.scope, cursor=cursor))]
    if not names:
        raise InputError("there is no source yet", hint="make one with:  listbackup connect PLATFORM")
    return names


def _enqueue(sh: Shell, names: list[str], full: bool) -> int:
    runs = [sh.house.runs.start(sh.scope, name, full=full) for name in names]
    sh.out.document({"runs": [run_document(run, source=name) for run, name in zip(runs, names, strict=True)]})
    for run, name in zip(runs, names, strict=True):
        sh.out.good(f"{name}: run {run.id} waits for a worker (listbackup worker)")
    return ExitCode.OK


def _say_how_to_go_on(sh: Shell, name: str, code: ExitCode, run: Run) -> None:
    if code is ExitCode.INTERRUPTED:
        sh.out.say(f"Go on with:  listbackup backup {name}")
    elif code not in (ExitCode.OK, ExitCode.PARTIAL) and (hint := run.hint or REMEDIES.get(code)):
        sh.out.say(f"  {hint}")
    if run.reason == "egress_denied":
        sh.out.say(f"  {LOOPBACK_HINT}")
