"""Activities: hears every event and keeps it as a line of the account's chained trail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from listbackup.backends.events.port import Event
from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Item, Scalar
from listbackup.base.ids import AccountId
from listbackup.base.paging import Page, iter_pages
from listbackup.services.activity.model import Activity, ChainBreak
from listbackup.services.activity.table import ACTIVITY
from listbackup.services.desk import Desk
from listbackup.services.scope import AccountTable, Scope

_FIRST = "0" * 64
_LISTENER = "activity"


class Activities:
    """The audit trail of each account."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.events.subscribe("*", self.hear)

    def hear(self, event: Event) -> None:
        """Keep the event as the next line; one that was heard before is left alone."""
        table = self._desk.open(ACTIVITY, Scope(account=AccountId(event.account), actor=_LISTENER))
        while table.find(f"event/{event.id}") is None:
            head = table.find("head")
            line = _line(event, head)
            grown: dict[str, Scalar] = {"seq": line.seq, "hash": line.hash}
            condition = Absent() if head is None else Equals({"seq": head["seq"], "hash": head["hash"]})
            writes = [
                table.put("head", grown, if_=condition),
                table.put(_key(line.seq), {"doc": msgspec.json.encode(line).decode()}, if_=Absent()),
                table.put(f"event/{event.id}", {"seq": line.seq}, if_=Absent()),
            ]
            try:
                self._desk.tables.transact(writes)
            except ConditionFailed:  # another process wrote the next line first
                continue

    def list(
        self,
        scope: Scope,
        *,
        subject: str | None = None,
        action: str | None = None,
        actor: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Activity]:
        """Lines, newest first. Filters are applied to each page, so that a page may hold fewer lines than asked for and still have a next."""
        page = self._table(scope).query(prefix="line/", reverse=True, limit=limit, cursor=cursor)
        lines = [one for one in map(_read, page.items) if _matches(one, subject, action, actor)]
        return Page(items=lines, next_cursor=page.next_cursor)

    def after(self, scope: Scope, seq: int, *, limit: int = 100) -> Sequence[Activity]:
        """The lines behind this one, oldest first."""
        return [_read(item) for item in self._table(scope).query(prefix="line/", after=_key(seq), limit=limit).items]

    def last(self, scope: Scope) -> int:
        """The number of the newest line; 0 before the first."""
        head = self._table(scope).find("head")
        return _int(head["seq"]) if head is not None else 0

    def verify(self, scope: Scope) -> ChainBreak | None:
        """The first place where the trail is not what was written, or None."""
        table = self._table(scope)
        previous, expected = _FIRST, 1
        for line in self._iter(table):
            if line.seq != expected:
                return ChainBreak(seq=expected, message=f"line {expected} is missing")
            if line.previous != previous or line.hash != _hash(line):
                return ChainBreak(seq=line.seq, message=f"line {line.seq} is not what was written")
            previous, expected = line.hash, expected + 1
        head = table.find("head")
        ended = (expected - 1, previous)
        if head is not None and (head["seq"], head["hash"]) != ended:
            return ChainBreak(seq=expected, message="the end of the trail is missing")
        if head is None and expected > 1:
            return ChainBreak(seq=expected, message="the head of the trail is missing")
        return None

    def _iter(self, table: AccountTable) -> Iterator[Activity]:
        return map(_read, iter_pages(lambda cursor: table.query(prefix="line/", limit=500, cursor=cursor)))

    def _table(self, scope: Scope) -> AccountTable:
        return self._desk.open(ACTIVITY, scope)


def _line(event: Event, head: Item | None) -> Activity:
    seq, previous = (1, _FIRST) if head is None else (_int(head["seq"]) + 1, str(head["hash"]))
    about = {name: value for name, value in event.body.items() if name not in ("actor", "subject")}
    line = Activity(
        seq=seq,
        event=event.id,
        at=event.at,
        actor=str(event.body.get("actor")),
        action="account:" + event.name.replace(".", ":"),
        subject=str(event.body.get("subject")),
        about=about,
        previous=previous,
        hash="",
    )
    return replace(line, hash=_hash(line))


def _hash(line: Activity) -> str:
    """SHA-256 over the line's canonical JSON with an empty hash; the previous hash is part of the line."""
    return hashlib.sha256(msgspec.json.encode(replace(line, hash=""), order="sorted")).hexdigest()


def _matches(line: Activity, subject: str | None, action: str | None, actor: str | None) -> bool:
    return (
        (subject is None or line.subject == subject)
        and (action is None or line.action == action or line.action.startswith(action + ":"))
        and (actor is None or line.actor == actor)
    )


def _read(item: Item) -> Activity:
    return msgspec.json.decode(str(item["doc"]), type=Activity)


def _key(seq: int) -> str:
    return f"line/{seq:012d}"


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
