"""A platform's sign-in page for a connection that a server keeps: the browser and the ear are on this machine, the tokens never are."""

from __future__ import annotations

from listbackup.base.secret import Secret
from listbackup.cli.asking import Given
from listbackup.cli.house import House
from listbackup.cli.remote.here import here
from listbackup.cli.remote.line import Line
from listbackup.client import UNSET
from listbackup.services.connections import BroughtBack, Connection
from listbackup.services.scope import Scope


class RemoteWay:
    """At a server (``cli.signing_in.Way``)."""

    def __init__(self, line: Line, house: House, scope: Scope) -> None:
        self._line, self._house, self._scope = line, house, scope

    def find(self, name: str) -> Connection:
        """See ``Way``."""
        return self._house.connections.get(self._scope, name)

    def has_application(self, platform: str) -> bool:
        """See ``Way``."""
        return self._line.integrations.get(platform).client_id is not None

    def keep_application(self, platform: str, client_id: str, client_secret: Secret | None) -> None:
        """See ``Way``."""
        held = self._line.integrations.get(platform).own
        secret = client_secret.reveal() if client_secret is not None else UNSET
        self._line.integrations.set(
            platform, enabled=held.enabled, client_id=client_id, client_secret=secret, calls_per_second=held.calls_per_second
        )

    def begin(self, platform: str, given: Given, *, name: str, reconnect: str | None, redirect: str) -> str:
        """See ``Way``."""
        bare = {field: secret.reveal() for field, secret in given.secrets.items()}
        again = reconnect if reconnect is not None else UNSET
        begun = self._line.connections.oauth_start(
            platform, reconnect=again, name=name, values=given.values, secrets=bare, redirect=redirect
        )
        return begun.url

    def finish(self, back: BroughtBack) -> Connection:
        """See ``Way``."""
        told = {"code": back.code, "iss": back.issuer, "error": back.error}
        said = self._line.connections.oauth_callback(state=back.state, **{name: text for name, text in told.items() if text is not None})
        return here(Connection, said)
