"""The newest snapshots of each source at one question. A source whose copies cannot be read says so, and the others are told all the same."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from listbackup.backends.objects.port import ObjectMissing
from listbackup.base.errors import StoreError
from listbackup.base.ids import SourceId
from listbackup.base.paging import Page
from listbackup.services.data.budget import Budget
from listbackup.services.data.cursors import read_cursor, write_cursor
from listbackup.services.data.service import Data
from listbackup.services.scope import Scope
from listbackup.services.sources import Source
from listbackup.store import SnapshotInfo

_log = logging.getLogger(__name__)

_LINES = 20_000  # snapshots and their streams, told in one page: some 2 MB
_UNREADABLE = "The kept copies of this source cannot be read; the operator has to look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """A source's newest snapshots, newest first; with a ``problem`` none are known."""

    source: SourceId
    snapshots: Sequence[SnapshotInfo] = ()
    problem: str | None = None


def newest_of_each(data: Data, scope: Scope, *, newest: int, limit: int, cursor: str | None) -> Page[Newest]:
    """The newest snapshots of at most ``limit`` sources, in order of the sources' ids; fewer where the page grows large or the time of one request ends.

    Raises InputError for a cursor of another listing.
    """
    listing, after = f"newest/{newest}", None
    if cursor is not None:
        (place,) = read_cursor(listing, cursor, tuple[str])
        after = str(place)
    page = data.sources_behind(scope, after, limit=limit)
    budget, found = Budget(data.clock, rows=_LINES), list[Newest]()
    for source in page.items:
        one = _newest(data, scope, source, newest)
        found.append(one)
        budget.spend(sum(1 + len(snapshot.streams) for snapshot in one.snapshots))
        if budget.is_over:
            break
    is_last = page.next_cursor is None and len(found) == len(page.items)
    return Page(items=found, next_cursor=None if is_last else write_cursor(listing, [found[-1].source]))


def _newest(data: Data, scope: Scope, source: Source, count: int) -> Newest:
    try:
        return Newest(source=source.id, snapshots=data.newest(scope, source, count))
    except (StoreError, ObjectMissing) as error:
        _log.error("the snapshots of source %s cannot be read: %s", source.id, error)
        return Newest(source=source.id, problem=_UNREADABLE)
