"""From what the client reads to what the services say: the same values, in the classes that commands know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from listbackup.base.decode import from_plain
from listbackup.base.errors import NotFound
from listbackup.base.paging import Page
from listbackup.cli.errors import OtherVersion
from listbackup.client.paging import Page as ClientPage

T = TypeVar("T")
LONGEST_PAGE = 500


def here(kind: type[T], said: Any) -> T:
    """The value as a service of this machine says it. Raises OtherVersion for a word that only a newer server knows."""
    try:
        return from_plain(msgspec.to_builtins(said), kind)
    except msgspec.ValidationError as error:
        raise OtherVersion(
            f"the server says something that this command line does not know: {error}", hint="upgrade this command line"
        ) from None


def page_here(kind: type[T], page: ClientPage[Any]) -> Page[T]:
    """A page of such values."""
    return Page(items=[here(kind, one) for one in page.items], next_cursor=page.next)


@contextmanager
def absent(noun: str, id_: str) -> Iterator[None]:
    """The server has one sentence for whatever is absent; here it is told what it was."""
    try:
        yield
    except NotFound as error:
        raise NotFound(f"there is no {noun} {id_!r}", hint=error.hint) from None


def page_size(limit: int) -> int:
    """How many items may be asked for at once."""
    return max(1, min(limit, LONGEST_PAGE))
