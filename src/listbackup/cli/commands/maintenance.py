"""``listbackup maintenance``: hold everything still, and let it go on."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.cli.options import Json
from listbackup.cli.output import local
from listbackup.cli.shell import Shell, shell
from listbackup.services.system import MaintenanceState

app = typer.Typer(
    help="Hold the installation still: requests that change something answer 503 and no run begins; what is kept can be read."
)


@app.command("on")
def switch_on(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Everybody is shown it.")],
    as_json: Json = False,
) -> None:
    """Turn maintenance on. Runs that go on end; no other begins. It stays on over restarts until it is turned off.

    \b
    Examples:
      listbackup maintenance on --reason 'moving to a larger disk'
    """
    with shell(context, as_json, local=True) as sh:
        _show(sh, sh.system.installation.maintenance.switch(sh.scope, on=True, reason=reason))


@app.command("off")
def switch_off(context: typer.Context, as_json: Json = False) -> None:
    """Turn maintenance off: what waited goes on.

    \b
    Examples:
      listbackup maintenance off
    """
    with shell(context, as_json, local=True) as sh:
        _show(sh, sh.system.installation.maintenance.switch(sh.scope, on=False))


@app.command("status")
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show whether it is on, why and since when.

    \b
    Examples:
      listbackup maintenance status
    """
    with shell(context, as_json, local=True) as sh:
        _show(sh, sh.system.installation.maintenance.state())


def _show(sh: Shell, state: MaintenanceState) -> None:
    sh.out.document({"maintenance": {"on": state.on, "reason": state.reason, "since": state.since, "by": state.by}})
    if state.on and state.since is not None:
        sh.out.say(f"in maintenance since {local(state.since)}: {state.reason}")
    else:
        sh.out.say("not in maintenance")
