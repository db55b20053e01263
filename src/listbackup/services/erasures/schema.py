"""Erasures as they go over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body, Parameters, SourceRef
from listbackup.services.data import show_key
from listbackup.services.erasures.model import Erasure, ErasureState, Named


class RecordNamed(Body):
    """One record, of every snapshot of its source."""

    source: SourceRef
    stream: Annotated[str, Field(min_length=1, max_length=200)]
    key: Annotated[str, Field(min_length=1, max_length=2000)]


class NewErasure(Body):
    """Either ``text``: every record of which any version in any snapshot holds it; or ``records``. ``keep_out``: they stay out of later runs too."""

    text: Annotated[str, Field(min_length=3, max_length=500)] | None = None
    sources: Annotated[tuple[SourceRef, ...], Field(min_length=1, max_length=500)] | None = None
    records: Annotated[tuple[RecordNamed, ...], Field(max_length=1000)] = ()
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    keep_out: bool = True


class ErasedParameters(Parameters):
    """Which piece of the list."""

    cursor: Annotated[str | None, Field(max_length=8, pattern="^[0-9]+$", description="`next` of the page before.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureShown:
    """An erasure. ``found`` counts the records by source and stream; ``done`` are the sources that are free of them."""

    id: str
    state: ErasureState
    working: bool
    reason: str
    keep_out: bool
    records: int
    found: Mapping[str, Mapping[str, int]]
    done: Sequence[str]
    message: str | None
    created_at: datetime
    planned_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedShown:
    """A record that is to go."""

    source: str
    stream: str
    key: str


def show_erasure(erasure: Erasure, *, working: bool) -> ErasureShown:
    """The erasure as it goes out."""
    return ErasureShown(
        id=erasure.id,
        state=erasure.state,
        working=working,
        reason=erasure.reason,
        keep_out=erasure.keep_out,
        records=erasure.records,
        found={str(source): streams for source, streams in erasure.found.items()},
        done=erasure.done,
        message=erasure.message,
        created_at=erasure.created_at,
        planned_at=erasure.planned_at,
        ended_at=erasure.ended_at,
    )


def show_named(named: Named) -> NamedShown:
    """The record as it goes out."""
    return NamedShown(source=named.source, stream=named.stream, key=show_key(named.key))
