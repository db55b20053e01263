"""``listbackup worker``: carries out what is due and what is queued."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import NotFound
from listbackup.base.paging import iter_pages
from listbackup.bootstrap.process import is_dead
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.options import Json
from listbackup.cli.output import local
from listbackup.cli.runs_view import run_document, run_exit_code
from listbackup.cli.shell import Shell, shell
from listbackup.services.runs import Run, RunState

if TYPE_CHECKING:
    from listbackup.services.data import Errander
    from listbackup.worker.main import Worker


def command(
    context: typer.Context,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, max=64, help="How many runs at once (else LISTBACKUP_WORKERS).")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Do what is due and queued now, then leave: for cron.")] = False,
    as_json: Json = False,
) -> None | int:
    """Back up what is due, and whatever was put on the queue, until told to stop.

    Ctrl-C or SIGTERM stop it at a checkpoint; what it was doing goes on when a worker starts again. Any number of workers may run over the same
    data folder. With --json, each run that ended is one line.

    \b
    Examples:
      listbackup worker
      listbackup worker --workers 4
      listbackup worker --once --json
    """
    from listbackup.services.data import Errands
    from listbackup.worker.main import stopped_by_signals

    with shell(context, as_json, local=True) as sh:
        free_dead(sh)
        ended = list[Run]()

        def told(run: Run) -> None:
            ended.append(run)
            _tell(sh, run)

        errands = Errands()
        worker = make_worker(sh, workers or sh.settings.workers, told, errands=errands)
        with closing(errands), stopped_by_signals(worker):
            if once:
                worker.reconcile()
                worker.do_chores()  # what was heard becomes runs
                worker.run_once()
                worker.do_chores()  # what runs came to is written to people
                errands.finish()
                codes = [run_exit_code(run) for run in ended if run.state not in (RunState.CANCELLED, RunState.QUEUED)]
                return int(max(codes, default=ExitCode.OK))
            sh.out.say(f"working on {sh.system.folder.data} with {workers or sh.settings.workers} hands; Ctrl-C stops at a checkpoint")
            worker.run()
        return ExitCode.OK


def make_worker(sh: Shell, hands: int, told: Callable[[Run], None] | None = None, *, errands: Errander) -> Worker:
    """A worker over the data folder: runs, letters, keys, early runs."""
    from listbackup.worker.main import Worker, WorkerParts

    system = sh.system
    parts = WorkerParts(
        accounts=system.accounts,
        jobs=system.jobs,
        runs=system.runs,
        queue=system.queue,
        clock=system.clock,
        installation=system.installation,
        chores=(
            system.auth.keep_house,
            system.hooks.tick,
            system.tenancy.keep_house,
            system.connections.revocations.tick,
            system.copies.tick,
            system.housekeeping.tick,
        ),
        tenders=system.tenders(errands),
    )
    return Worker(parts, hands=hands, told=told)


def free_dead(sh: Shell) -> None:
    """Runs of processes that were killed on this machine need not wait for their leases."""
    for run in iter_pages(lambda cursor: sh.system.runs.list(sh.scope, active=True, cursor=cursor)):
        if run.owner is not None and is_dead(run.owner):
            sh.system.runs.let_go(sh.scope, run.id, owner=run.owner)


def _tell(sh: Shell, run: Run) -> None:
    try:
        source = sh.system.sources.get(sh.scope, run.source).name
    except NotFound:
        source = run.source
    if sh.out.as_json:
        sh.out.line(run_document(run, source=source))
    else:
        ended = local(run.ended_at) if run.ended_at is not None else local(sh.clock.now())
        sh.out.say(f"{ended} {source}: {run.state.value}, {run.records:,} records" + (f": {run.message}" if run.message else ""))
    sh.out.stdout.flush()
