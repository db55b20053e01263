"""The arguments that many commands share, and the completion of names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import ListBackupError

if TYPE_CHECKING:
    from listbackup.cli.shell import Shell


def _names(ask: Callable[[Shell], list[str]]) -> Callable[[typer.Context, str], list[str]]:
    """Completion by what the data folder knows; silent when there is none."""

    def complete(context: typer.Context, incomplete: str) -> list[str]:
        from listbackup.cli.shell import Chosen, open_shell

        try:
            said = context.find_root().params
            with open_shell(Chosen(data=said.get("data"), server=said.get("server"), account=said.get("account"))) as sh:
                return [name for name in ask(sh) if name.startswith(incomplete)]
        except ListBackupError:
            return []

    return complete


def _sources(sh: Shell) -> list[str]:
    return [source.name for source in sh.house.sources.list(sh.scope, limit=100).items]


def _connections(sh: Shell) -> list[str]:
    return [connection.name for connection in sh.house.connections.list(sh.scope, limit=100).items]


def _platforms(sh: Shell) -> list[str]:
    return [platform.name for platform in sh.house.platforms.list()]


complete_sources = _names(_sources)
complete_connections = _names(_connections)
complete_platforms = _names(_platforms)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text (docs/guides/json-output.md).")]
SourceName = Annotated[
    str, typer.Argument(metavar="SOURCE", help="The source's name.", autocompletion=complete_sources, show_default=False)
]
SourceAt = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE[@WHEN]",
        help="A source, and the moment: latest, previous, 12, snp_…, yesterday, '3 days ago', 2026-11-01T14:30.",
        autocompletion=complete_sources,
        show_default=False,
    ),
]
Stream = Annotated[str, typer.Argument(metavar="STREAM", help="The stream's name.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
