"""Source groups: made, listed, changed and deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import Conflict, InputError
from listbackup.base.ids import SourceId
from listbackup.base.paging import Page
from listbackup.services.desk import Desk
from listbackup.services.rows import NamedRows, Writes
from listbackup.services.scope import Scope
from listbackup.services.sources.events import group_fact
from listbackup.services.sources.model import SourceGroup
from listbackup.services.sources.service import Sources
from listbackup.services.sources.table import SOURCE_GROUPS

MAX_SOURCES = 1000


class SourceGroups:
    """The source groups of an account. A group is named by id or by name."""

    def __init__(self, desk: Desk, sources: Sources) -> None:
        self._desk, self._sources = desk, sources

    def create(self, scope: Scope, *, name: str, sources: Iterable[str] = ()) -> SourceGroup:
        """A new group of these sources. Raises NotFound for a source, Conflict when the name is taken."""
        group = SourceGroup(
            id=self._desk.new_id("grp"), name=name, created_at=self._desk.clock.now(), sources=self._members(scope, sources)
        )
        self._commit(scope, group, self._rows(scope).insert(group), "created")
        return group

    def list(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[SourceGroup]:
        """The account's groups, oldest first."""
        return self._rows(scope).page(limit=limit, cursor=cursor)

    def get(self, scope: Scope, group: str) -> SourceGroup:
        """The group of this id or name. Raises NotFound."""
        return self._rows(scope).get(group)

    def change(
        self, scope: Scope, group: str, *, name: str | None = None, sources: Iterable[str] | None = None, version: int | None = None
    ) -> SourceGroup:
        """The group with these changes; ``sources`` replaces all it had. Raises VersionGone for another ``version``."""
        rows = self._rows(scope)
        old = rows.get_version(group, version)
        members = old.sources if sources is None else self._members(scope, sources)
        new, writes = rows.change(old, replace(old, name=name or old.name, sources=members))
        self._commit(scope, new, writes, "changed")
        return new

    def delete(self, scope: Scope, group: str) -> None:
        """Forget the group; its sources stay."""
        rows = self._rows(scope)
        found = rows.get(group)
        self._commit(scope, found, rows.remove(found), "deleted")

    def _members(self, scope: Scope, sources: Iterable[str]) -> tuple[SourceId, ...]:
        named = list(dict.fromkeys(sources))
        if len(named) > MAX_SOURCES:
            raise InputError(f"a group holds at most {MAX_SOURCES} sources", field="sources")
        return tuple(self._sources.get(scope, one).id for one in named)

    def _commit(self, scope: Scope, group: SourceGroup, writes: Writes, happened: str) -> None:
        try:
            self._desk.commit(scope, writes, group_fact(happened, group))
        except ConditionFailed:
            message = f"group {group.name!r} was changed by somebody else meanwhile, or its name was taken"
            raise Conflict(message, hint="look again and repeat") from None

    def _rows(self, scope: Scope) -> NamedRows[SourceGroup]:
        return NamedRows(self._desk.open(SOURCE_GROUPS, scope), SourceGroup, noun="source group", prefix="grp")
