"""Sources as they go over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body, ConnectionRef, Name
from listbackup.services.sources.model import FULL_EVERY, Filter, FilterOp

StreamName = Annotated[str, Field(min_length=1, max_length=200)]


class FilterAsked(Body):
    """A condition on a field of a record."""

    field: Annotated[str, Field(min_length=1, max_length=500)]
    op: FilterOp
    value: Annotated[str, Field(max_length=10_000)] = ""


Filters = Annotated[dict[StreamName, Annotated[tuple[FilterAsked, ...], Field(max_length=20)]], Field(max_length=200)]


class NewSource(Body):
    """What is to be backed up through a connection; ``streams`` null: all of them, later ones too."""

    connection: ConnectionRef
    name: Name
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1, max_length=500)] | None = None
    filters: Filters = Field(default={})
    full_every: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=3650), examples=["P7D"])] = FULL_EVERY


class ChangedSource(Body):
    """What is to change; what is not given stays."""

    name: Name | None = None
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1, max_length=500)] | None = None
    all_streams: bool = False
    filters: Filters | None = None
    full_every: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=3650))] | None = None


def filters_of(asked: Mapping[str, tuple[FilterAsked, ...]]) -> dict[str, tuple[Filter, ...]]:
    """The filters as the service takes them."""
    return {stream: tuple(_filter(one) for one in some) for stream, some in asked.items()}


def _filter(asked: FilterAsked) -> Filter:
    return Filter(field=asked.field, op=asked.op, value=asked.value)
