"""Pages of a listing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

T = TypeVar("T")
S = TypeVar("S", covariant=True)


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """Some items in the order of the listing; ``next`` is the cursor of the page behind it, None on the last."""

    items: Sequence[T]
    next: str | None = None


class Paged(Protocol[S]):
    """What has items and leads to more of them: a page, or what says more than a page."""

    @property
    def items(self) -> Sequence[S]:
        """Some items."""
        ...

    @property
    def next(self) -> str | None:
        """The cursor of what lies behind them."""
        ...


def every(fetch: Callable[[str | None], Paged[T]], cursor: str | None = None) -> Iterator[T]:
    """Every item of every page from this cursor on, fetched as they are asked for."""
    while True:
        page = fetch(cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return
