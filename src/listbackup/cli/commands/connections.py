"""``listbackup connections``: the credentials that are kept."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.paging import iter_pages
from listbackup.cli.commands.connect import describe
from listbackup.cli.options import Json, complete_connections
from listbackup.cli.shell import shell

Name = Annotated[str, typer.Argument(metavar="CONNECTION", help="Its name.", autocompletion=complete_connections, show_default=False)]

app = typer.Typer(help="List, test and remove connections; `listbackup connect` makes them.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the connections.

    \b
    Examples:
      listbackup connections list
    """
    with shell(context, as_json) as sh:
        found = list(iter_pages(lambda cursor: sh.house.connections.list(sh.scope, cursor=cursor)))
        sh.out.document({"connections": [describe(one) for one in found]})
        rows = [(one.name, one.platform, one.site_name, one.state.value.replace("_", " "), one.tested_at) for one in found]
        sh.out.table(("NAME", "PLATFORM", "SITE", "STATE", "TESTED"), rows, empty="No connection yet: listbackup connect PLATFORM")


@app.command()
def test(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Ask the platform whether the credentials still work.

    \b
    Examples:
      listbackup connections test blog
    """
    with shell(context, as_json) as sh:
        tested = sh.house.connections.test(sh.scope, name)
        sh.out.document({"connection": describe(tested)})
        sh.out.good(f"{tested.name} works: {tested.site_name}")


@app.command()
def remove(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Forget a connection and its secrets. Sources that use it must be removed first; snapshots stay.

    \b
    Examples:
      listbackup connections remove blog
    """
    with shell(context, as_json) as sh:
        found = sh.house.connections.get(sh.scope, name)
        sh.house.connections.delete(sh.scope, found.id)
        sh.out.document({"removed": found.name})
        sh.out.good(f"removed the connection {found.name}")
