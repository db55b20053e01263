"""The house of a server: its rooms, each made when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from listbackup.base.clock import Clock
from listbackup.base.ids import AccountId
from listbackup.bootstrap.settings import Settings
from listbackup.cli.errors import ServerRefuses
from listbackup.cli.remote.line import Line
from listbackup.cli.remote.logins import Logins, credential_of
from listbackup.client import ApiKey
from listbackup.services.scope import Scope

if TYPE_CHECKING:
    from listbackup.cli.remote.data import RemoteData
    from listbackup.cli.remote.keeping import RemoteActivities, RemoteApiKeys, RemoteJobs, RemoteUpkeep
    from listbackup.cli.remote.restores import RemoteRestores
    from listbackup.cli.remote.runs import RemoteRuns
    from listbackup.cli.remote.sources import RemoteConnections, RemotePlatforms, RemoteSources


class RemoteHouse:
    """What commands speak to when the data is behind this line. See ``cli.house.House``."""

    def __init__(self, line: Line, clock: Clock, *, account: str | None = None) -> None:
        self.line, self._clock, self._account = line, clock, account

    def enter(self, actor: str) -> Scope:
        """The server itself knows whose the credential is; nothing here reads this scope."""
        return Scope(account=AccountId(self._account or ""), actor=actor)

    @cached_property
    def platforms(self) -> RemotePlatforms:
        """What can be connected."""
        from listbackup.cli.remote.sources import RemotePlatforms

        return RemotePlatforms(self.line)

    @cached_property
    def connections(self) -> RemoteConnections:
        """Credentials."""
        from listbackup.cli.remote.sources import RemoteConnections

        return RemoteConnections(self.line)

    @cached_property
    def sources(self) -> RemoteSources:
        """What is backed up."""
        from listbackup.cli.remote.sources import RemoteSources

        return RemoteSources(self.line, self.connections)

    @cached_property
    def jobs(self) -> RemoteJobs:
        """When, and what is kept."""
        from listbackup.cli.remote.keeping import RemoteJobs

        return RemoteJobs(self.line, self.sources)

    @cached_property
    def runs(self) -> RemoteRuns:
        """Executions."""
        from listbackup.cli.remote.runs import RemoteRuns

        return RemoteRuns(self.line, self.sources, self._clock)

    @cached_property
    def data(self) -> RemoteData:
        """What is kept, read."""
        from listbackup.cli.remote.data import RemoteData

        return RemoteData(self.line, self.sources, self._clock)

    @cached_property
    def restores(self) -> RemoteRestores:
        """What is kept, written back."""
        from listbackup.cli.remote.restores import RemoteRestores

        return RemoteRestores(self.line, self.sources, self.data, self._clock)

    @cached_property
    def upkeep(self) -> RemoteUpkeep:
        """What is kept, looked after."""
        from listbackup.cli.remote.keeping import RemoteUpkeep

        return RemoteUpkeep(self.line, self.sources, self.data, self._clock)

    @cached_property
    def activities(self) -> RemoteActivities:
        """The trail."""
        from listbackup.cli.remote.keeping import RemoteActivities

        return RemoteActivities(self.line)

    @cached_property
    def api_keys(self) -> RemoteApiKeys:
        """Credentials of programs."""
        from listbackup.cli.remote.keeping import RemoteApiKeys

        return RemoteApiKeys(self.line)

    def close(self) -> None:
        """Close the line."""
        self.line.close()


def open_remote(settings: Settings, clock: Clock) -> RemoteHouse:
    """The house of the server that the settings name. Raises InputError for its address, ServerRefuses where there is no credential for it."""
    assert settings.server is not None
    key = settings.api_key
    credential = ApiKey(key.reveal()) if key is not None else credential_of(Logins(settings.logins), settings.server)
    if credential is None:
        raise ServerRefuses(
            f"nothing here opens {settings.server}",
            hint=f"sign in:  listbackup --server {settings.server} login  (or set LISTBACKUP_API_KEY)",
        )
    line = Line(settings.server, credential, clock, account=settings.account)
    return RemoteHouse(line, clock, account=settings.account)
