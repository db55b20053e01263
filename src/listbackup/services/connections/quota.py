"""The calls of a connection, counted: one row, changed by compare-and-set, so that everybody who calls through it takes from one share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from listbackup.backends.table.port import Absent, ConditionFailed, Equals
from listbackup.base.decode import from_json
from listbackup.base.errors import BusyError
from listbackup.connectors.engine.quota import Ledger, OwnBook, QuotaLeft
from listbackup.services.connections.table import QUOTAS
from listbackup.services.desk import Desk
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

_TRIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaShown:
    """What is left of our share of the calls that the platform grants a connection ``per`` hour, day or month. ``enough_at``: when a tenth of the share is free."""

    calls: int
    of: int
    per: str
    share: float
    enough_at: datetime


def show_quota(left: QuotaLeft) -> QuotaShown:
    """As it goes out."""
    return QuotaShown(calls=left.calls, of=left.of, per=left.per, share=left.share, enough_at=left.enough_at)


class TableQuotaBook:
    """The ledger of one connection (``Ground.quota``). Counting calls is no act of anybody: it makes no line in the trail."""

    def __init__(self, desk: Desk, scope: Scope, connection: str) -> None:
        self._desk, self._scope, self._connection = desk, scope, connection

    def edit(self, change: Callable[[Ledger], Ledger]) -> Ledger:
        """The ledger after this change, durable. Raises BusyError when too many change it at once."""
        table = self._desk.open(QUOTAS, self._scope)
        for _ in range(_TRIES):
            row = table.find(self._connection)
            version = row["version"] if row is not None else 0
            assert isinstance(version, int)
            old = from_json(str(row["doc"]), Ledger) if row is not None else Ledger()
            new = change(old)
            if new == old:
                return old
            condition = Absent() if row is None else Equals({"version": version})
            write = table.put(self._connection, {"doc": msgspec.json.encode(new).decode(), "version": version + 1}, if_=condition)
            try:
                self._desk.commit(self._scope, [write])
            except ConditionFailed:
                continue
            return new
        raise BusyError("the calls of this connection are counted by too many at once", hint="try again")


def keep_quota(desk: Desk, scope: Scope, connection: str, book: OwnBook) -> Writes:
    """The write that keeps what a new connection has used while it was tested."""
    ledger = book.edit(lambda old: old)
    if ledger == Ledger():
        return []
    return [desk.open(QUOTAS, scope).put(connection, {"doc": msgspec.json.encode(ledger).decode(), "version": 1}, if_=Absent())]


def forget_quota(desk: Desk, scope: Scope, connection: str) -> Writes:
    """The write that forgets what a connection has used: it is gone."""
    return [desk.open(QUOTAS, scope).delete(connection)]
