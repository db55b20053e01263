"""Sources as they go over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body, ConnectionRef, GroupRef, Name, PageParameters, SourceRef
from listbackup.services.sources.model import FULL_EVERY, Filter, FilterOp

StreamName = Annotated[str, Field(min_length=1, max_length=200)]


class FilterAsked(Body):
    """A condition on a field of a record."""

    field: Annotated[str, Field(min_length=1, max_length=500)]
    op: FilterOp
    value: Annotated[str, Field(max_length=10_000)] = ""


Tag = Annotated[str, Field(min_length=1, max_length=50)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=50, description="People's own words for it, sorted.")]
Filters = Annotated[dict[StreamName, Annotated[tuple[FilterAsked, ...], Field(max_length=20)]], Field(max_length=200)]


class NewSource(Body):
    """What is to be backed up through a connection; ``streams`` null: all of them, later ones too."""

    connection: ConnectionRef
    name: Name
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1, max_length=500)] | None = None
    filters: Filters = Field(default={})
    full_every: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=3650), examples=["P7D"])] = FULL_EVERY
    tags: Tags = ()


class ChangedSource(Body):
    """What is to change; what is not given stays."""

    name: Name | None = None
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1, max_length=500)] | None = None
    all_streams: bool = False
    filters: Filters | None = None
    full_every: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=3650))] | None = None
    tags: Tags | None = None


class SourceParameters(PageParameters):
    """Which sources: those with this tag, in this group, through this connection, with this text in their name; all that is given must hold."""

    tag: Tag | None = None
    group: GroupRef | None = None
    connection: ConnectionRef | None = None
    q: Annotated[str | None, Field(min_length=1, max_length=100)] = None


class TakenBack(Body):
    """How a source comes out of the trash: under another name, or through another connection, where its own is taken or gone."""

    name: Name | None = None
    connection: ConnectionRef | None = None


class NewGroup(Body):
    """Sources that are looked at together."""

    name: Name
    sources: Annotated[tuple[SourceRef, ...], Field(max_length=1000)] = ()


class ChangedGroup(Body):
    """What is to change; what is not given stays, ``sources`` replaces all there were."""

    name: Name | None = None
    sources: Annotated[tuple[SourceRef, ...], Field(max_length=1000)] | None = None


def filters_of(asked: Mapping[str, tuple[FilterAsked, ...]]) -> dict[str, tuple[Filter, ...]]:
    """The filters as the service takes them."""
    return {stream: tuple(_filter(one) for one in some) for stream, some in asked.items()}


def _filter(asked: FilterAsked) -> Filter:
    return Filter(field=asked.field, op=asked.op, value=asked.value)
