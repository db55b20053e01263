"""Connections, sources and platforms of a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from listbackup.base.errors import InputError, NotFound
from listbackup.base.paging import Page
from listbackup.base.secret import Secret
from listbackup.cli.remote.here import here, page_here, page_size
from listbackup.cli.remote.line import Line
from listbackup.cli.remote.names import Names
from listbackup.client import UNSET
from listbackup.client.api.models import FilterAsked, FilterOp
from listbackup.connectors.engine.connector import ConfigField, Site, StreamInfo
from listbackup.services.connections import Connection
from listbackup.services.platforms import Platform
from listbackup.services.scope import Scope
from listbackup.services.sources import Filter, Source


class RemotePlatforms:
    """What the server can connect."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def list(self) -> Sequence[Platform]:
        """All of them, by name."""
        return [here(Platform, one) for one in self._line.platforms.list().items]

    def get(self, name: str) -> Platform:
        """The platform of this name. Raises NotFound, with the names that are near."""
        found = {one.name: one for one in self.list()}
        if name not in found:
            import difflib

            near = difflib.get_close_matches(name, found, n=3, cutoff=0.5) or sorted(found)
            raise NotFound(f"there is no platform {name!r}", hint="one of: " + ", ".join(near))
        return found[name]

    def asked(self, name: str, values: Mapping[str, str]) -> Sequence[ConfigField]:
        """What the platform asks for; where that depends on the values, what our own code for it says."""
        said = self.get(name).config
        from listbackup.bootstrap.catalogue import all_connectors
        from listbackup.connectors.engine.connector import AsksByValues, asked_fields

        ours = next((one for one in all_connectors() if one.platform == name), None)
        return asked_fields(ours, values) if ours is not None and isinstance(ours, AsksByValues) else said


class RemoteConnections:
    """Credentials that the server keeps."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.names = Names(
            "connection",
            "con",
            lambda id_: here(Connection, line.connections.get(id_)),
            lambda: (here(Connection, one) for one in line.connections.iter(limit=500)),
        )

    def create(
        self, scope: Scope, *, platform: str, name: str, values: Mapping[str, str], secrets: Mapping[str, Secret], test: bool = True
    ) -> Connection:
        """A new connection."""
        bare = {field: secret.reveal() for field, secret in secrets.items()}
        made = self._line.connections.create(platform=platform, name=name, values=values, secrets=bare, test=test)
        return self.names.remember(here(Connection, made))

    def list(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[Connection]:
        """The connections, oldest first."""
        return page_here(Connection, self._line.connections.list(limit=page_size(limit), cursor=cursor))

    def get(self, scope: Scope, connection: str) -> Connection:
        """The connection of this id or name."""
        return self.names.get(connection)

    def reconnect(
        self, scope: Scope, connection: str, *, values: Mapping[str, str] | None = None, secrets: Mapping[str, Secret] | None = None
    ) -> Connection:
        """The connection with new credentials."""
        bare = {field: secret.reveal() for field, secret in (secrets or {}).items()}
        return here(Connection, self._line.connections.rotate(self.names.get(connection).id, values=values or {}, secrets=bare))

    def test(self, scope: Scope, connection: str) -> Connection:
        """The connection as the platform answered just now."""
        return here(Connection, self._line.connections.test(self.names.get(connection).id))

    def delete(self, scope: Scope, connection: str) -> None:
        """Forget it."""
        self._line.connections.delete(self.names.get(connection).id)
        self.names.forget()


class RemoteSources:
    """What the server backs up."""

    def __init__(self, line: Line, connections: RemoteConnections) -> None:
        self._line, self._connections = line, connections
        self.names = Names(
            "source",
            "src",
            lambda id_: here(Source, line.sources.get(id_)),
            lambda: (here(Source, one) for one in line.sources.iter(limit=500)),
        )

    def create(
        self,
        scope: Scope,
        *,
        connection: str,
        name: str,
        streams: Iterable[str] | None = None,
        filters: Mapping[str, Sequence[Filter]] | None = None,
        full_every: timedelta = timedelta(days=7),
    ) -> Source:
        """A new source."""
        through = self._connections.names.get(connection)
        asked = {
            stream: [FilterAsked(field=one.field, op=FilterOp(one.op.value), value=str(one.value)) for one in some]
            for stream, some in (filters or {}).items()
        }
        chosen = list(dict.fromkeys(streams)) if streams is not None else UNSET
        made = self._line.sources.create(connection=through.id, name=name, streams=chosen, filters=asked, full_every=full_every)
        return self.names.remember(here(Source, made))

    def list(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[Source]:
        """The sources, oldest first."""
        page = page_here(Source, self._line.sources.list(limit=page_size(limit), cursor=cursor))
        for one in page.items:
            self.names.remember(one)
        return page

    def get(self, scope: Scope, source: str) -> Source:
        """The source of this id or name."""
        return self.names.get(source)

    def delete(self, scope: Scope, source: str) -> Source:
        """Put it into the trash, with its snapshots."""
        found = self.names.get(source)
        self._line.sources.delete(found.id)
        self.names.forget()
        return found

    def take_back(self, scope: Scope, source: str, *, name: str | None = None) -> Source:
        """The source out of the trash, by id or name."""
        resting = [one for one in self._line.sources.iter_trash_sources() if source in (one.source.id, one.source.name)]
        if not resting:
            raise NotFound(f"there is no source {source!r} in the trash")
        last = max(resting, key=lambda one: one.deleted_at)
        return self.names.remember(here(Source, self._line.sources.restore(last.source.id, name=name)))

    def discover(self, scope: Scope, source: str) -> Sequence[StreamInfo]:
        """Every stream that the source's connection can see now."""
        return [here(StreamInfo, one) for one in self._line.sources.discover(self.names.get(source).id).items]

    def streams_of(self, scope: Scope, connection: str) -> Sequence[StreamInfo]:
        """Every stream that a connection can see now, asked through a source of it."""
        through = self._connections.names.get(connection)
        for one in self._line.sources.iter(limit=500):
            if one.connection == through.id:
                return self.discover(scope, one.id)
        raise InputError(f"{through.name} has no source to ask through", hint=f"make one:  listbackup source add {through.name}")

    def test(self, scope: Scope, source: str) -> Site:
        """Who the platform says we are."""
        return here(Site, self._line.sources.test(self.names.get(source).id))
