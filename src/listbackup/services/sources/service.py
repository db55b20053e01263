"""Sources: created, listed, changed and deleted; the streams of each found by asking the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import Conflict, InputError
from listbackup.base.ids import SourceId
from listbackup.base.paging import Page
from listbackup.connectors.engine.connector import Site, StreamInfo
from listbackup.services.connections import Connections
from listbackup.services.desk import Desk
from listbackup.services.rows import NamedRows, Writes
from listbackup.services.scope import Scope
from listbackup.services.sources.events import source_fact
from listbackup.services.sources.model import FULL_EVERY, Filter, Source
from listbackup.services.sources.table import SOURCES


class Sources:
    """The sources of an account. A source is named by id or by name."""

    def __init__(self, desk: Desk, connections: Connections) -> None:
        self._desk, self._connections = desk, connections
        connections.guard(self.names_using)

    def create(
        self,
        scope: Scope,
        *,
        connection: str,
        name: str,
        streams: Iterable[str] | None = None,
        filters: Mapping[str, Sequence[Filter]] | None = None,
        full_every: timedelta = FULL_EVERY,
    ) -> Source:
        """A new source; chosen streams and filtered ones must be streams that the connection can see. Raises InputError, NotFound, Conflict, PlatformError."""
        through = self._connections.get(scope, connection)
        chosen = tuple(dict.fromkeys(streams)) if streams is not None else None
        source = Source(
            id=SourceId(self._desk.new_id("src")),
            name=name,
            connection=through.id,
            created_at=self._desk.clock.now(),
            streams=chosen,
            filters={stream: tuple(some) for stream, some in (filters or {}).items()},
            full_every=full_every,
        )
        self._check(scope, source)
        rows = self._rows(scope)
        self._commit(scope, source, rows.insert(source), "created")
        return source

    def list(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[Source]:
        """The account's sources, oldest first."""
        return self._rows(scope).page(limit=limit, cursor=cursor)

    def get(self, scope: Scope, source: str) -> Source:
        """The source of this id or name. Raises NotFound."""
        return self._rows(scope).get(source)

    def change(
        self,
        scope: Scope,
        source: str,
        *,
        name: str | None = None,
        streams: Iterable[str] | None = None,
        all_streams: bool = False,
        filters: Mapping[str, Sequence[Filter]] | None = None,
        full_every: timedelta | None = None,
        version: int | None = None,
    ) -> Source:
        """The source with these changes; what is None stays as it is, ``all_streams`` drops the choice of streams. Raises VersionGone for another ``version``."""
        rows = self._rows(scope)
        old = rows.get_version(source, version)
        edited = replace(
            old,
            name=name or old.name,
            streams=None if all_streams else tuple(dict.fromkeys(streams)) if streams is not None else old.streams,
            filters=old.filters if filters is None else {stream: tuple(some) for stream, some in filters.items()},
            full_every=full_every or old.full_every,
        )
        if streams is not None or filters is not None:
            self._check(scope, edited)
        new, writes = rows.change(old, edited)
        self._commit(scope, new, writes, "changed")
        return new

    def delete(self, scope: Scope, source: str) -> Source:
        """Forget the source and what was to be read; the snapshots kept so far stay in the store until they are erased. Returns what it was."""
        rows = self._rows(scope)
        found = rows.get(source)
        self._commit(scope, found, rows.remove(found), "deleted")
        return found

    def discover(self, scope: Scope, source: str) -> Sequence[StreamInfo]:
        """Every stream that the source's connection can see now. Raises PlatformError."""
        return self.streams_of(scope, self.get(scope, source).connection)

    def chosen(self, scope: Scope, source: str) -> Sequence[StreamInfo]:
        """The streams that a run of this source reads now."""
        found = self.get(scope, source)
        return [info for info in self.discover(scope, source) if found.streams is None or info.name in found.streams]

    def streams_of(self, scope: Scope, connection: str) -> Sequence[StreamInfo]:
        """Every stream that a connection can see now. Raises PlatformError."""
        session = self._connections.open(scope, connection)
        try:
            return session.discover()
        finally:
            session.close()

    def test(self, scope: Scope, source: str) -> Site:
        """Who the platform says we are. Raises PlatformError."""
        tested = self._connections.test(scope, self.get(scope, source).connection)
        return Site(name=tested.site_name or "", url=tested.site_url or "")

    def names_using(self, scope: Scope, connection: str) -> Sequence[str]:
        """The names of the sources that read through this connection."""
        return [f"source {one.name!r}" for one in self._rows(scope).iter(part=connection, index="by_connection")]

    def _check(self, scope: Scope, source: Source) -> None:
        if source.full_every <= timedelta(0):
            raise InputError("full_every must be longer than nothing", field="full_every")
        named = [*(source.streams or ()), *source.filters]
        if source.streams is not None and not source.streams:
            raise InputError("a source needs at least one stream", field="streams")
        if not named:
            return
        known = {info.name for info in self.streams_of(scope, source.connection)}
        unknown = sorted(set(named) - known)
        if unknown:
            raise InputError(f"the connection has no stream {unknown[0]!r}", field="streams", hint="one of: " + ", ".join(sorted(known)))

    def _commit(self, scope: Scope, source: Source, writes: Writes, happened: str) -> None:
        try:
            self._desk.commit(scope, writes, source_fact(happened, source))
        except ConditionFailed:
            message = f"source {source.name!r} was changed by somebody else meanwhile, or its name was taken"
            raise Conflict(message, hint="look again and repeat") from None

    def _rows(self, scope: Scope) -> NamedRows[Source]:
        table = self._desk.open(SOURCES, scope)
        return NamedRows(table, Source, noun="source", prefix="src", columns=lambda one: {"connection": one.connection})
