"""``client.sources``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET, Struct, UnsetType, field

from listbackup.client.api.shared import Capability, Policy
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header, version_header
from listbackup.client.words import Word


class Filter(Struct, frozen=True, kw_only=True):
    """``field`` is a path of object keys joined by dots. Numbers are compared as numbers when both sides are; anything else as text."""

    field: str
    op: FilterOp
    value: str = ""


class FilterAsked(Struct, frozen=True, kw_only=True):
    """A condition on a field of a record."""

    field: str
    op: FilterOp
    value: str | UnsetType = UNSET


class FilterOp(Word):
    """How a field is compared with the value."""

    EQUALS_SIGN = "="
    EXCLAMATION_MARK_EQUALS_SIGN = "!="
    GREATER_THAN_SIGN = ">"
    LESS_THAN_SIGN = "<"
    TILDE = "~"
    PRESENT = "present"


class Site(Struct, frozen=True, kw_only=True):
    """What the credentials open, found by asking: shown after ``test``."""

    name: str
    url: str
    account: str | None = None


class Source(Struct, frozen=True, kw_only=True):
    """Some streams of one connection, kept together: each run makes one snapshot of all of them.

    ``streams`` None means all that the connection can see, also those that appear later. A record is kept when every filter of its stream
    holds. ``full_every`` is how long reading by "changed since" may go on before everything is listed once again.
    """

    id: str
    name: str
    connection: str
    created_at: datetime
    streams: Sequence[str] | None = ()
    filters: Mapping[str, Sequence[Filter]] = field(default_factory=dict)
    full_every: timedelta | None = None
    version: int = 1
    tags: Sequence[str] = ()
    retention: Policy | None = None


class SourceGroup(Struct, frozen=True, kw_only=True):
    """Sources that people look at together. One in the trash is left out until it is taken back."""

    id: str
    name: str
    created_at: datetime
    sources: Sequence[str] = ()
    version: int = 1


class StreamInfo(Struct, frozen=True, kw_only=True):
    """What people are told of a stream."""

    name: str
    label: str
    key: Sequence[str]
    cursor: str | None = None
    syncs: bool = False
    parent: str | None = None
    attachments: bool = False
    append_only: bool = False
    volatile: Sequence[Sequence[str]] = ()
    restore: Capability | None = None
    references: Mapping[str, str] = field(default_factory=dict)


class Trashed(Struct, frozen=True, kw_only=True):
    """A source that was deleted: it and its snapshots can be taken back until ``purge_at``, and are gone for good some time after it."""

    source: Source
    deleted_at: datetime
    purge_at: datetime


class SourcesApi:
    """The operations of ``sources``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(
        self,
        *,
        connection: str,
        name: str,
        streams: Sequence[str] | None | UnsetType = UNSET,
        filters: Mapping[str, Sequence[FilterAsked]] | UnsetType = UNSET,
        full_every: timedelta | UnsetType = UNSET,
        tags: Sequence[str] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> Source:
        """Choose what is backed up."""
        request = Request(
            method="POST",
            path="/v2/sources",
            body=given(
                {"connection": connection, "name": name, "streams": streams, "filters": filters, "full_every": full_every, "tags": tags}
            ),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(Source, request)

    def create_source_group(
        self, *, name: str, sources: Sequence[str] | UnsetType = UNSET, idempotency_key: str | None = None
    ) -> SourceGroup:
        """Group sources."""
        request = Request(
            method="POST",
            path="/v2/source-groups",
            body=given({"name": name, "sources": sources}),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(SourceGroup, request)

    def delete(self, source: str) -> None:
        """Put a source and its snapshots into the trash for 7 days."""
        request = Request(method="DELETE", path=f"/v2/sources/{part(source)}")
        self._session.do(request)

    def delete_source_group(self, group: str) -> None:
        """Forget a source group; its sources stay."""
        request = Request(method="DELETE", path=f"/v2/source-groups/{part(group)}")
        self._session.do(request)

    def discover(self, source: str) -> Page[StreamInfo]:
        """Every stream that the platform shows now."""
        request = Request(method="POST", path=f"/v2/sources/{part(source)}/discover")
        return self._session.ask(Page[StreamInfo], request)

    def get(self, source: str) -> Source:
        """A source."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}")
        return self._session.ask(Source, request)

    def get_source_group(self, group: str) -> SourceGroup:
        """A source group."""
        request = Request(method="GET", path=f"/v2/source-groups/{part(group)}")
        return self._session.ask(SourceGroup, request)

    def list(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        tag: str | None | UnsetType = UNSET,
        group: str | None | UnsetType = UNSET,
        connection: str | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
    ) -> Page[Source]:
        """The sources."""
        request = Request(
            method="GET",
            path="/v2/sources",
            query={"cursor": cursor, "limit": limit, "tag": tag, "group": group, "connection": connection, "q": q},
        )
        return self._session.ask(Page[Source], request)

    def iter(
        self,
        *,
        limit: int | UnsetType = UNSET,
        tag: str | None | UnsetType = UNSET,
        group: str | None | UnsetType = UNSET,
        connection: str | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
    ) -> Iterator[Source]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, tag=tag, group=group, connection=connection, q=q, cursor=cursor))

    def restore(self, source: str, *, name: str | None | UnsetType = UNSET, connection: str | None | UnsetType = UNSET) -> Source:
        """Take a source out of the trash."""
        request = Request(method="POST", path=f"/v2/sources/{part(source)}/restore", body=given({"name": name, "connection": connection}))
        return self._session.ask(Source, request)

    def source_groups(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[SourceGroup]:
        """The source groups."""
        request = Request(method="GET", path="/v2/source-groups", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[SourceGroup], request)

    def iter_source_groups(self, *, limit: int | UnsetType = UNSET) -> Iterator[SourceGroup]:
        """Every item of ``source_groups``, page after page."""
        return every(lambda cursor: self.source_groups(limit=limit, cursor=cursor))

    def streams(self, source: str) -> Page[StreamInfo]:
        """The streams that a run would read now."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/streams")
        return self._session.ask(Page[StreamInfo], request)

    def test(self, source: str) -> Site:
        """Ask the platform who we are."""
        request = Request(method="POST", path=f"/v2/sources/{part(source)}/test")
        return self._session.ask(Site, request)

    def trash_sources(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[Trashed]:
        """Sources that were deleted and can be taken back."""
        request = Request(method="GET", path="/v2/trash/sources", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[Trashed], request)

    def iter_trash_sources(self, *, limit: int | UnsetType = UNSET) -> Iterator[Trashed]:
        """Every item of ``trash_sources``, page after page."""
        return every(lambda cursor: self.trash_sources(limit=limit, cursor=cursor))

    def update(
        self,
        source: str,
        *,
        name: str | None | UnsetType = UNSET,
        streams: Sequence[str] | None | UnsetType = UNSET,
        all_streams: bool | UnsetType = UNSET,
        filters: Mapping[str, Sequence[FilterAsked]] | None | UnsetType = UNSET,
        full_every: timedelta | None | UnsetType = UNSET,
        tags: Sequence[str] | None | UnsetType = UNSET,
        version: int | None = None,
    ) -> Source:
        """Change a source."""
        request = Request(
            method="PATCH",
            path=f"/v2/sources/{part(source)}",
            body=given(
                {"name": name, "streams": streams, "all_streams": all_streams, "filters": filters, "full_every": full_every, "tags": tags}
            ),
            headers={**version_header(version)},
        )
        return self._session.ask(Source, request)

    def update_source_group(
        self,
        group: str,
        *,
        name: str | None | UnsetType = UNSET,
        sources: Sequence[str] | None | UnsetType = UNSET,
        version: int | None = None,
    ) -> SourceGroup:
        """Change a source group."""
        request = Request(
            method="PATCH",
            path=f"/v2/source-groups/{part(group)}",
            body=given({"name": name, "sources": sources}),
            headers={**version_header(version)},
        )
        return self._session.ask(SourceGroup, request)
