"""The trash: what was deleted lately, with its snapshots; and the end of what rested there long enough."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.table.port import ConditionFailed, Equals, Item, Table, Write
from listbackup.base.decode import from_json
from listbackup.base.errors import ListBackupError
from listbackup.base.ids import is_id
from listbackup.base.paging import Page, iter_pages
from listbackup.services.desk import Desk
from listbackup.services.scope import AccountTable, Scope
from listbackup.services.sources.events import source_fact
from listbackup.services.sources.model import Source, Trashed
from listbackup.services.sources.table import SOURCES
from listbackup.services.stores import Stores

REST = timedelta(days=7)

_ENDING = "ending"  # the mark of what is being destroyed

_log = logging.getLogger(__name__)
Also = Callable[[Scope, str], object]


def put_in_trash(table: AccountTable, source: Source, now: datetime) -> tuple[Table, Write]:
    """The write that keeps it for a while."""
    kept = Trashed(source=source, deleted_at=now, purge_at=now + REST)
    return table.put(_key(source.id), {"doc": _doc(kept)})


def out_of_trash(table: AccountTable, trashed: Trashed, *, for_good: bool = False) -> tuple[Table, Write]:
    """The write that takes it out; of several one succeeds. Once its end has begun it only goes ``for_good``."""
    return table.delete(_key(trashed.source.id), if_=_still(trashed, ending=True if for_good else None))


def find_in_trash(table: AccountTable, source: str) -> Trashed | None:
    """What rests under this id or name (of several of one name the one deleted last), or None."""
    item = table.find(_key(source))
    if item is not None or is_id(source, "src"):
        return _read(item) if item is not None and not _is_ending(item) else None
    named = [
        one for one in iter_pages(lambda cursor: page_of_trash(table, cursor=cursor)) if one.source.name.casefold() == source.casefold()
    ]
    return max(named, key=lambda one: one.deleted_at, default=None)


def page_of_trash(table: AccountTable, *, limit: int = 100, cursor: str | None = None) -> Page[Trashed]:
    """What rests and can be taken back, by id."""
    page = table.query(prefix="trash/", limit=limit, cursor=cursor)
    return Page(items=[_read(item) for item in page.items if not _is_ending(item)], next_cursor=page.next_cursor)


class Purge:
    """Ends what rested long enough: the source's whole store, then its row. ``also`` ends what others keep of it."""

    def __init__(
        self,
        desk: Desk,
        stores: Stores,
        *,
        floor: Callable[[str], timedelta | None] = lambda _: None,
        is_steady: Callable[[], bool] = lambda: True,
        also: Sequence[Also] = (),
    ) -> None:
        """``is_steady`` tells whether the clock can be believed: after a jump nothing is destroyed."""
        self._desk, self._stores, self._floor, self._is_steady, self._also = desk, stores, floor, is_steady, tuple(also)

    def carry_out(self, scope: Scope) -> Sequence[Source]:
        """What was ended now. Snapshots that are held, or that the account's policy keeps for longer, keep their source in the trash."""
        table, ended = self._desk.open(SOURCES, scope), list[Source]()
        for item in list(iter_pages(lambda cursor: table.query(prefix="trash/", cursor=cursor))):
            trashed = _read(item)
            try:
                if (_is_ending(item) or self._begin(scope, table, trashed)) and self._end(scope, table, trashed):
                    ended.append(trashed.source)
            except ListBackupError as error:  # it holds up no other, and is tried again at the next look
                _log.warning("source %s is not purged yet: %s", trashed.source.id, error)
        return ended

    def _begin(self, scope: Scope, table: AccountTable, trashed: Trashed) -> bool:
        """Whether its end begins now. From then on nobody takes it back: there is less and less of it."""
        rest = max(REST, self._floor(scope.account) or REST)
        if self._desk.clock.now() < trashed.deleted_at + rest or not self._is_steady() or self._is_held(scope, trashed.source):
            return False
        begun = table.put(_key(trashed.source.id), {"doc": _doc(trashed), _ENDING: True}, if_=_still(trashed, ending=None))
        try:
            self._desk.commit(scope, [begun])
        except ConditionFailed:  # it was taken back at this moment
            return False
        return True

    def _is_held(self, scope: Scope, source: Source) -> bool:
        return any(snapshot.held is not None for snapshot in self._stores.open(scope, source.id).snapshots(trash=True))

    def _end(self, scope: Scope, table: AccountTable, trashed: Trashed) -> bool:
        """Objects first, the row last: a crash in between goes on at the next look."""
        source = trashed.source
        self._stores.destroy(scope, source.id)
        for end in self._also:
            end(scope, source.id)
        try:
            self._desk.commit(scope, [out_of_trash(table, trashed, for_good=True)], source_fact("purged", source))
        except ConditionFailed:  # another worker came to the end first
            return False
        return True


def _key(source: str) -> str:
    return f"trash/{source}"


def _doc(trashed: Trashed) -> str:
    return msgspec.json.encode(trashed).decode()


def _still(trashed: Trashed, *, ending: bool | None) -> Equals:
    return Equals({"doc": _doc(trashed), _ENDING: ending})


def _is_ending(item: Item) -> bool:
    return item.get(_ENDING) is True


def _read(item: Item) -> Trashed:
    return from_json(str(item["doc"]), Trashed)
