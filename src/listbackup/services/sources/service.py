"""Sources: created, listed, changed and deleted; the streams of each found by asking the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import BusyError, Conflict, InputError, NotFound
from listbackup.base.ids import ConnectionId, SourceId
from listbackup.base.paging import Page, iter_pages
from listbackup.connectors.engine.connector import Site, StreamInfo
from listbackup.services.accounts import Limits
from listbackup.services.connections import Connections
from listbackup.services.desk import Desk
from listbackup.services.rows import NamedRows, Writes
from listbackup.services.scope import Scope
from listbackup.services.sources.events import source_fact
from listbackup.services.sources.model import FULL_EVERY, Filter, Source, Trashed
from listbackup.services.sources.table import SOURCES
from listbackup.services.sources.trash import find_in_trash, out_of_trash, page_of_trash, put_in_trash
from listbackup.store.policy import Policy

_PAGES_SIFTED = 10
_TRIES = 50


class Sources:
    """The sources of an account. A source is named by id or by name."""

    def __init__(self, desk: Desk, connections: Connections, *, limits: Limits | None = None) -> None:
        self._desk, self._connections, self._limits = desk, connections, limits
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
        tags: Iterable[str] = (),
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
            tags=tidy_tags(tags),
        )
        self._check(scope, source)
        rows = self._rows(scope)

        def beside() -> Writes:
            room = self._limits.room(scope.account, "sources", rows.iter()) if self._limits is not None else []
            return [*self._connections.used(scope, through.id), *room]

        self._commit(scope, source, rows.insert(source), "created", beside)
        return source

    def list(
        self, scope: Scope, *, limit: int = 100, cursor: str | None = None, keep: Callable[[Source], bool] | None = None
    ) -> Page[Source]:
        """The account's sources, oldest first; with ``keep`` those it wants: a page may then be short before the last."""
        rows, found = self._rows(scope), list[Source]()
        for _ in range(_PAGES_SIFTED):
            page = rows.page(limit=limit - len(found), cursor=cursor)
            found += [one for one in page.items if keep is None or keep(one)]
            cursor = page.next_cursor
            if cursor is None or len(found) >= limit:
                break
        return Page(items=found, next_cursor=cursor)

    def list_behind(self, scope: Scope, after: str | None, *, limit: int) -> Page[Source]:
        """As ``list``, from the source behind this id on, whether it is there or not (None: the first)."""
        return self._rows(scope).page(after=after, limit=limit)

    def get(self, scope: Scope, source: str) -> Source:
        """The source of this id or name. Raises NotFound."""
        return self._rows(scope).get(source)

    def get_kept(self, scope: Scope, source: str) -> Source:
        """The source of this id or name, also one that rests in the trash: its snapshots are kept. Raises NotFound."""
        living = self._rows(scope).find(source)
        trashed = find_in_trash(self._desk.open(SOURCES, scope), source) if living is None else None
        return trashed.source if trashed is not None else living or self.get(scope, source)

    def iter_kept(self, scope: Scope) -> Iterator[Source]:
        """Every source whose snapshots are kept: those there are, then those in the trash."""
        yield from iter_pages(lambda cursor: self.list(scope, cursor=cursor))
        yield from (one.source for one in iter_pages(lambda cursor: self.trash(scope, cursor=cursor)))

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
        tags: Iterable[str] | None = None,
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
            tags=old.tags if tags is None else tidy_tags(tags),
        )
        if streams is not None or filters is not None:
            self._check(scope, edited)
        new, writes = rows.change(old, edited)
        self._commit(scope, new, writes, "changed")
        return new

    def set_retention(self, scope: Scope, source: str, retention: Policy | None, *, version: int | None = None) -> Source:
        """The source with this retention; None leaves it to its jobs. Raises VersionGone for another ``version``."""
        rows = self._rows(scope)
        old = rows.get_version(source, version)
        new, writes = rows.change(old, replace(old, retention=retention))
        self._commit(scope, new, writes, "retention_set")
        return new

    def delete(self, scope: Scope, source: str) -> Source:
        """Put the source into the trash with its snapshots: nothing is read, shown or restored any more until it is taken back. Returns what it was."""
        rows = self._rows(scope)
        found = rows.get(source)
        into = put_in_trash(self._desk.open(SOURCES, scope), found, self._desk.clock.now())
        self._commit(scope, found, [*rows.remove(found), into], "deleted")
        return found

    def take_back(self, scope: Scope, source: str, *, name: str | None = None, connection: str | None = None) -> Source:
        """The source out of the trash, by id, or by the name that it had (the last one deleted of it).

        Raises NotFound, Conflict where its name was taken or its connection is gone and no other is given.
        """
        table = self._desk.open(SOURCES, scope)
        trashed = find_in_trash(table, source)
        if trashed is None:
            raise NotFound(f"there is no source {source!r} in the trash")
        old = trashed.source
        through = self._through(scope, connection or old.connection, given=connection is not None)
        again = replace(old, name=name or old.name, connection=through, version=old.version + 1)
        writes = [*self._rows(scope).insert(again), out_of_trash(table, trashed)]
        self._commit(scope, again, writes, "restored", lambda: self._connections.used(scope, through))
        return again

    def trash(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[Trashed]:
        """What can be taken back, by id."""
        return page_of_trash(self._desk.open(SOURCES, scope), limit=limit, cursor=cursor)

    def discover(self, scope: Scope, source: str) -> Sequence[StreamInfo]:
        """Every stream that the source's connection can see now. Raises PlatformError."""
        return self.streams_of(scope, self.get(scope, source).connection)

    def connection_of(self, scope: Scope, connection: str) -> ConnectionId:
        """The id of a connection that is named. Raises NotFound."""
        return self._connections.get(scope, connection).id

    def described(self, scope: Scope, source: str) -> Mapping[str, StreamInfo]:
        """The streams that the platform's facts name, without asking it; empty where they depend on what is connected."""
        return self._connections.described(scope, self.get(scope, source).connection)

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

    def _through(self, scope: Scope, connection: str, *, given: bool) -> ConnectionId:
        try:
            return self._connections.get(scope, connection).id
        except NotFound:
            if given:
                raise
            raise Conflict("the source's connection is gone", hint="name another connection of the same platform") from None

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

    def _commit(self, scope: Scope, source: Source, writes: Writes, happened: str, beside: Callable[[], Writes] = tuple) -> None:
        """``beside`` finds out what must hold besides; it is asked again when that changed since."""
        for _ in range(_TRIES):
            try:
                self._desk.commit(scope, [*writes, *beside()], source_fact(happened, source))
            except ConditionFailed as error:
                if error.position >= len(writes):
                    continue
                message = f"source {source.name!r} was changed by somebody else meanwhile, or its name was taken"
                raise Conflict(message, hint="look again and repeat") from None
            return
        raise BusyError("too many sources are made at once", hint="try again")

    def _rows(self, scope: Scope) -> NamedRows[Source]:
        table = self._desk.open(SOURCES, scope)
        return NamedRows(table, Source, noun="source", prefix="src", columns=lambda one: {"connection": one.connection})


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags, sorted, each once. Raises InputError for more than 50, and for one that is empty, long or not printable."""
    tidy = sorted({tag.strip() for tag in tags})
    if len(tidy) > 50 or any(not tag or len(tag) > 50 or not tag.isprintable() or "," in tag for tag in tidy):
        raise InputError("a source has up to 50 tags of 1 to 50 printable characters without commas", field="tags")
    return tuple(tidy)
