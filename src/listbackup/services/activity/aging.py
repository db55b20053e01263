"""What becomes of a trail with age: its oldest lines are left behind, and where it begins from then on is sealed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Item
from listbackup.base.errors import DamagedError
from listbackup.base.ids import AccountId
from listbackup.base.paging import iter_pages
from listbackup.services.activity.chain import Edges, base_row, begins_behind, find_break, head_row, key_of, number, read_line
from listbackup.services.activity.seal import TrailSeal
from listbackup.services.activity.table import ACTIVITY, TRAILS
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import AccountTable, Scope

_AT_ONCE = 45  # lines in one transaction, each with the row of its event, beside the base

_log = logging.getLogger(__name__)


class Aging:
    """Leaves old lines behind, a transaction at a time: each step of the iterator is one, and says how many rows went."""

    def __init__(self, desk: Desk, seal: TrailSeal) -> None:
        self._desk, self._seal = desk, seal

    def leave_behind(self, before: datetime) -> Iterator[int]:
        """The lines of every trail that are older than this moment. The newest line of a trail stays, and so does everything behind a line that is not what was
        written: a break is not to be tidied away."""
        trails = self._desk.tables.open(TRAILS)
        for row in iter_pages(lambda cursor: trails.query("trails", cursor=cursor)):
            owner = str(row["sk"])
            scope = Scope(account=AccountId(owner), actor="worker")
            table = self._desk.open(ACTIVITY, scope)
            if table.find("head") is None:  # the account is no more
                trails.delete("trails", owner)
            else:
                yield from self._leave(scope, table, before)

    def _leave(self, scope: Scope, table: AccountTable, before: datetime) -> Iterator[int]:
        left = 0
        while items := self._old(scope, table, before):
            base, last = table.find("base"), read_line(items[-1])
            grown = base_row(self._seal, scope.account, last)
            as_read = Equals({"seq": base["seq"], "hash": base["hash"]}) if base is not None else Absent()
            writes = [table.put("base", grown, if_=as_read)]
            for item in items:
                writes += [table.delete(str(item["sk"])), table.delete(f"event/{read_line(item).event}")]
            try:
                self._desk.tables.transact(writes)
            except ConditionFailed:  # another process does the same
                return
            left += len(items)
            yield 2 * len(items)
        if left:
            behind = begins_behind(table.find("base"))
            self._desk.commit(scope, [], Fact(name="activity.left_behind", subject=scope.account, about={"up_to": behind, "lines": left}))

    def _old(self, scope: Scope, table: AccountTable, before: datetime) -> Sequence[Item]:
        """The next old lines, each of them as it was written."""
        base, head = table.find("base"), table.find("head")
        if head is None:
            return []
        items = table.query(prefix="line/", after=key_of(begins_behind(base)), before=key_of(number(head["seq"])), limit=_AT_ONCE).items
        try:
            old = [item for item in items if read_line(item).at < before]
            if not old or (len(old) < len(items) and old != list(items[: len(old)])):  # clocks in disorder: another day
                return []
            last = read_line(old[-1])
        except DamagedError as error:
            _log.error("the trail of %s stays as it is: %s", scope.account, error)
            return []
        until = head_row(self._seal, scope.account, last)
        broken = find_break(old, Edges(account=scope.account, head=until, base=base), self._seal)
        if broken is not None:
            _log.error("the trail of %s stays as it is: %s", scope.account, broken.message)
            return []
        return old
