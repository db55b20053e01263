"""Pages of a listing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """Some items in the order of the listing; ``next`` is the cursor of the page behind it, None on the last."""

    items: Sequence[T]
    next: str | None = None


def every(fetch: Callable[[str | None], Page[T]], cursor: str | None = None) -> Iterator[T]:
    """Every item of every page from this cursor on, fetched as they are asked for."""
    while True:
        page = fetch(cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return
