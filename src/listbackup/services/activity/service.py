"""Activities: hears every event and keeps it as a line of the account's chained trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from listbackup.backends.events.port import Event
from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Item, Put, Scalar, Table, Write
from listbackup.base.errors import InputError
from listbackup.base.ids import AccountId
from listbackup.base.paging import Page
from listbackup.services.activity.aging import Aging
from listbackup.services.activity.chain import (
    FIRST,
    Edges,
    begins_behind,
    encode_line,
    find_break,
    head_row,
    key_of,
    next_line,
    number,
    read_line,
)
from listbackup.services.activity.model import Activity, ChainBreak, Wanted
from listbackup.services.activity.seal import TrailSeal
from listbackup.services.activity.table import ACTIVITY, TRAILS
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import AccountTable, Scope

_LISTENER = "activity"
_SCANNED = 5000  # lines looked at for one page
_CHUNK = 500
_DISORDER = timedelta(hours=1)  # clocks of processes that write one trail differ by less


class Activities:
    """The audit trail of each account."""

    def __init__(self, desk: Desk, seal: TrailSeal) -> None:
        self._desk, self._seal = desk, seal
        self.aging = Aging(desk, seal)
        self._told: list[Callable[[AccountId], None]] = []
        desk.events.subscribe("*", self.hear)

    def hear(self, event: Event) -> None:
        """Keep the event as the next line; one that was heard before is left alone."""
        scope = Scope(account=AccountId(event.account), actor=_LISTENER)
        table = self._desk.open(ACTIVITY, scope)
        is_mended = False
        while table.find(f"event/{event.id}") is None:
            head = table.find("head")
            line = next_line(event, _beyond(table) if is_mended else head, self._seal)
            grown = head_row(self._seal, event.account, line)
            condition = Absent() if head is None else Equals({"seq": head["seq"], "hash": head["hash"]})
            is_listed = head is not None and head.get("mac") is not None
            writes = [
                *([] if is_listed else [self._listed(event.account)]),
                table.put("head", grown, if_=condition),
                table.put(key_of(line.seq), {"doc": encode_line(line)}, if_=Absent()),
                table.put(f"event/{event.id}", {"seq": line.seq}, if_=Absent()),
            ]
            try:
                self._desk.tables.transact(writes)
            except ConditionFailed:  # another process wrote the next line first
                is_mended = table.find(key_of(line.seq)) is not None and table.find("head") == head
                continue
            for tell in self._told:
                tell(scope.account)

    def _listed(self, owner: str) -> tuple[Table, Write]:
        """The write by which it is known that there is a trail of this owner."""
        return self._desk.tables.open(TRAILS), Put(item={"pk": "trails", "sk": owner})

    def tell(self, heard: Callable[[AccountId], None]) -> None:
        """Call this whenever this process wrote a line of an account."""
        self._told.append(heard)

    def list(self, scope: Scope, wanted: Wanted = Wanted(), *, limit: int = 100, cursor: str | None = None) -> Page[Activity]:
        """Lines, newest first. A page may hold fewer than ``limit`` and still have a next: it looks at some thousands of lines and no more."""
        table = self._table(scope)
        found: list[Activity] = []
        behind = _position(cursor) if cursor is not None else self._end(table, wanted.until)
        for looked in range(0, _SCANNED, _CHUNK):
            size = min(_CHUNK, max(limit, 50)) if looked == 0 else _CHUNK
            items = table.query(prefix="line/", before=key_of(behind), reverse=True, limit=size).items
            for line in map(read_line, items):
                behind = line.seq
                if wanted.since is not None and line.at < _moved(wanted.since, -_DISORDER):
                    return Page(items=found, next_cursor=None)
                if wanted.matches(line):
                    found.append(line)
                if len(found) == limit:
                    return Page(items=found, next_cursor=str(behind) if behind > 1 else None)
            if len(items) < size:
                return Page(items=found, next_cursor=None)
        return Page(items=found, next_cursor=str(behind))

    def export(self, scope: Scope, wanted: Wanted = Wanted()) -> Iterator[Activity]:
        """Every wanted line, oldest first, up to the one that tells of this export."""
        self._desk.commit(scope, [], Fact(name="activity.exported", subject=scope.account))
        return self._wanted(self._table(scope), wanted, self.last(scope))

    def after(self, scope: Scope, seq: int, *, limit: int = 100) -> Sequence[Activity]:
        """The lines behind this one, oldest first."""
        return [read_line(item) for item in self._table(scope).query(prefix="line/", after=key_of(seq), limit=limit).items]

    def last(self, scope: Scope) -> int:
        """The number of the newest line; 0 before the first."""
        head = self._table(scope).find("head")
        return number(head["seq"]) if head is not None else 0

    def verify(self, scope: Scope) -> ChainBreak | None:
        """The first place where the trail is not what was written, or None. Lines that are written meanwhile do not disturb."""
        table = self._table(scope)
        edges = Edges(account=scope.account, head=table.find("head"), base=table.find("base"))
        last = number(edges.head["seq"]) if edges.head is not None else None
        return find_break(self._up_to(table, last), edges, self._seal)

    def _wanted(self, table: AccountTable, wanted: Wanted, last: int) -> Iterator[Activity]:
        for item in self._up_to(table, last):
            line = read_line(item)
            if wanted.until is not None and line.at >= _moved(wanted.until, _DISORDER):
                return
            if wanted.matches(line):
                yield line

    def _up_to(self, table: AccountTable, last: int | None) -> Iterator[Item]:
        """The items of all lines, oldest first, page by page; with ``last`` those up to it."""
        before = key_of(last + 1) if last is not None else None
        after: str | None = None
        while True:
            items = table.query(prefix="line/", after=after, before=before, limit=_CHUNK).items
            yield from items
            if len(items) < _CHUNK:
                return
            after = str(items[-1]["sk"])

    def _end(self, table: AccountTable, until: datetime | None) -> int:
        """A number behind every line that is older than ``until``, found by halving: the trail is in the order of time, but for the clocks' disorder."""
        head = table.find("head")
        low, high = begins_behind(table.find("base")), number(head["seq"]) if head is not None else 0
        if until is None:
            return 10**12 - 1
        end = _moved(until, _DISORDER)
        while low < high:
            middle = (low + high + 1) // 2
            item = table.find(key_of(middle))
            if item is not None and read_line(item).at < end:
                low = middle
            else:
                high = middle - 1
        return low + 1

    def _table(self, scope: Scope) -> AccountTable:
        return self._desk.open(ACTIVITY, scope)


def _moved(instant: datetime, by: timedelta) -> datetime:
    """The instant so much earlier or later; where the calendar ends, the instant itself."""
    try:
        return instant + by
    except OverflowError:
        return instant


def _beyond(table: AccountTable) -> dict[str, Scalar]:
    """Where to go on when somebody took the head away or turned it back: behind the last line there is, with a number left out, so that ``verify`` names the
    place for ever. Not to go on would hold up the events of everybody."""
    last = table.query(prefix="line/", reverse=True, limit=1).items[0]
    return {"seq": int(str(last["sk"]).removeprefix("line/")) + 1, "hash": FIRST}


def _position(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 12:
        raise InputError("the cursor is none of this listing", field="cursor", hint="take `next` of the page before")
    return int(cursor)
