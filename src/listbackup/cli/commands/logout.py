"""``listbackup logout``: the end of a login."""

from __future__ import annotations

import typer

from listbackup.base.errors import InputError, ListBackupError
from listbackup.cli.commands.login import chosen_server
from listbackup.cli.options import Json
from listbackup.cli.shell import shell


def command(context: typer.Context, as_json: Json = False) -> None:
    """Forget what opens the server; a person's session ends there, too. An API key stays good until it is revoked.

    \b
    Examples:
      listbackup --server https://backup.example.org logout
    """
    from listbackup.cli.remote.line import Line
    from listbackup.cli.remote.logins import Logins, credential_of

    with shell(context, as_json) as sh:
        server, logins = chosen_server(sh), Logins(sh.settings.logins)
        login = logins.find(server)
        if login is None:
            raise InputError(f"nothing is kept for {server}")
        ended = login.key is None
        if login.key is None:
            with Line(server, credential_of(logins, server), sh.clock) as line:
                try:
                    line.auth.logout()
                except ListBackupError as error:
                    ended = False
                    sh.out.warn(f"the session could not be ended there: {error.message}")
        logins.keep(server, None)
        sh.out.document({"server": server, "session_ended": ended})
        sh.out.good(f"{server} is forgotten here")
