"""``listbackup undo``: a restore taken back as a whole."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.base.paging import iter_pages
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.options import Json
from listbackup.cli.restore_view import restore_document, show_restore
from listbackup.cli.shell import Shell, shell
from listbackup.cli.stopping import stop_on_signals
from listbackup.services.data import RestoreState


def command(
    context: typer.Context,
    restore: Annotated[str | None, typer.Argument(metavar="[RESTORE]", help="Its id; without one, restores are listed.")] = None,
    as_json: Json = False,
) -> None | int:
    """Take a restore back: what it created is removed, what it updated gets its former content. Records changed since stay as they are.

    \b
    Examples:
      listbackup undo
      listbackup undo rst_01kf0c4f2z8m5e9x7q3t6v1a2b
    """
    with shell(context, as_json) as sh:
        if restore is None:
            _list(sh)
            return ExitCode.OK
        if not restore.startswith("rst_"):
            raise InputError(f"{restore!r} is no restore's id", hint="list them with:  listbackup undo")
        with stop_on_signals("stopping after this record; press Ctrl-C again to stop at once") as asked, sh.out.progress("undoing") as bars:
            undone = sh.house.restores.undo(
                sh.scope, restore, listen=lambda at: bars.update(at.stream, at.done, at.total), should_stop=asked
            )
        sh.out.document({"restore": restore_document(undone)})
        show_restore(sh.out, undone)
        failed = undone.undo_result is not None and undone.undo_result.failed
        if undone.state is not RestoreState.UNDONE:
            return ExitCode.INTERRUPTED
        return ExitCode.PARTIAL if failed else ExitCode.OK


def _list(sh: Shell) -> None:
    found = list(iter_pages(lambda cursor: sh.house.restores.list(sh.scope, cursor=cursor)))
    sh.out.document({"restores": [restore_document(one) for one in found]})
    rows = [(one.id, one.snapshot_seq, one.state.value, one.created_at, _wrote(one.result)) for one in found]
    sh.out.table(("RESTORE", ">SNAPSHOT", "STATE", "STARTED", ">WRITTEN"), rows, empty="Nothing was restored yet.")


def _wrote(result: object) -> int | None:
    return None if result is None else getattr(result, "created", 0) + getattr(result, "updated", 0)
