"""Pages over HTTP: ``?cursor&limit`` in, ``items`` and ``next`` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from listbackup.base.paging import Page

_ID = "[0-9a-hjkmnp-tv-z]{26}$"
ConnectionRef = Annotated[str, Field(pattern=f"^con_{_ID}", description="A connection's id.")]
SourceRef = Annotated[str, Field(pattern=f"^src_{_ID}", description="A source's id.")]
SnapshotRef = Annotated[str, Field(pattern=f"^snp_{_ID}", description="A snapshot's id.")]
JobRef = Annotated[str, Field(pattern=f"^job_{_ID}", description="A job's id.")]
GroupRef = Annotated[str, Field(pattern=f"^grp_{_ID}", description="A source group's id.")]
Name = Annotated[str, Field(min_length=1, max_length=100, description="Unique in the account, whatever the case.")]

T = TypeVar("T")
U = TypeVar("U")


class Parameters(BaseModel):
    """The parameters of a query; one that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class PageParameters(Parameters):
    """Which page. ``cursor`` comes from the ``next`` of the page before."""

    cursor: Annotated[str | None, Field(max_length=4096, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="How many items at most.")] = 100


class Body(BaseModel):
    """What a request brings; strict, and a field that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """A page of a listing; ``next`` is None on the last."""

    items: Sequence[T]
    next: str | None = None


def listing(page: Page[T], show: Callable[[T], U]) -> Listing[U]:
    """The page as it goes out."""
    return Listing(items=[show(item) for item in page.items], next=page.next_cursor)


def page_of(items: Sequence[T], name: Callable[[T], str], page: PageParameters) -> Listing[T]:
    """A page of a short list that is in order of its names; a name is the cursor."""
    left = [item for item in items if page.cursor is None or name(item) > page.cursor]
    shown = left[: page.limit]
    return Listing(items=shown, next=name(shown[-1]) if len(left) > len(shown) else None)
