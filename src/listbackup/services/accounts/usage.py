"""Usage: what an account holds, measured where it lies, and the sum of its branch from what was measured last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from listbackup.base.clock import iso, parse_iso
from listbackup.base.decode import from_json
from listbackup.base.errors import ListBackupError
from listbackup.base.ids import AccountId
from listbackup.services.accounts.model import Account, AccountState
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.table import USAGE
from listbackup.services.desk import Desk
from listbackup.services.scope import Scope

FRESH = timedelta(minutes=5)  # how old the account's own figures may be
STALE = timedelta(hours=1)  # how old those of the accounts below it may be before they are measured again
MOST_SUMMED = 1000  # accounts in one sum
MOST_MEASURED = 25  # accounts in one request; the others are measured in the background


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is held: sources, snapshots that can be restored, their bytes as stored [bytes], live records, and runs there ever were."""

    sources: int = 0
    snapshots: int = 0
    stored_bytes: int = 0
    records: int = 0
    runs: int = 0
    last_run: str = ""  # up to which runs were counted


Measure = Callable[[Scope, Figures], Figures]  # given the last figures: runs are counted on from there


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """An account's own figures and its branch's. ``unmeasured`` accounts are not in the sum yet; ``is_whole`` False: there are more than are summed at once."""

    own: Figures
    measured_at: datetime
    branch: Figures
    accounts: int
    unmeasured: int
    oldest_at: datetime
    is_whole: bool


class Usage:
    """The figures of all accounts."""

    def __init__(self, desk: Desk, accounts: Accounts, measure: Measure) -> None:
        self._desk, self._accounts, self._measure = desk, accounts, measure
        self._table = desk.tables.open(USAGE)
        self._round: Iterator[Account] = iter(())

    def of(self, account: str) -> Roll:
        """What the account and its branch hold. Raises NotFound."""
        top = self._accounts.tree.live(account).account
        own, at = self._current(top.id, FRESH)
        sums, oldest, unmeasured, counted, budget = own, at, 0, 1, MOST_MEASURED
        below = islice(self._below(top), MOST_SUMMED)
        for one in below:
            counted += 1
            kept = self._kept(one.id)
            if (kept is None or self._age(kept[1]) > STALE) and budget > 0:
                budget, kept = budget - 1, self._current(one.id, STALE)
            if kept is None:
                unmeasured += 1
            else:
                sums, oldest = _plus(sums, kept[0]), min(oldest, kept[1])
        is_whole = counted <= MOST_SUMMED
        return Roll(own=own, measured_at=at, branch=sums, accounts=counted, unmeasured=unmeasured, oldest_at=oldest, is_whole=is_whole)

    def known(self, account: str) -> tuple[Figures, datetime] | None:
        """What was measured last, and when; None before the first time. Measures nothing."""
        return self._kept(account)

    def refresh(self, *, limit: int = 20) -> int:
        """Measures the next accounts whose figures are old, going round among all; how many. For the scheduler."""
        measured = 0
        for _ in range(limit):
            account = next(self._round, None)
            if account is None:
                self._round = self._accounts.iter_live()
                break
            kept = self._kept(account.id)
            if kept is None or self._age(kept[1]) > STALE / 2:
                self._current(account.id, timedelta(0))
                measured += 1
        return measured

    def forget(self, account: str) -> None:
        """Removes the figures of an account that is no more."""
        self._table.delete(account, "usage")

    def _below(self, account: Account) -> Iterator[Account]:
        waiting = [self._accounts.tree.iter_children(account.id)]
        while waiting:
            found = next(waiting[-1], None)
            if found is None:
                waiting.pop()
            elif found.state is not AccountState.TRASHED:
                yield found
                waiting.append(self._accounts.tree.iter_children(found.id))

    def _current(self, account: str, age: timedelta) -> tuple[Figures, datetime]:
        kept = self._kept(account)
        if kept is not None and self._age(kept[1]) < age:
            return kept
        before = kept[0] if kept is not None else Figures()
        now = self._desk.clock.now()
        try:
            figures = self._measure(Scope(account=AccountId(account), actor="usage"), before)
        except ListBackupError:  # a damaged store, lost keys: the last figures stand, and checks say what is wrong
            return (before, kept[1] if kept is not None else now)
        self._table.put({"pk": account, "sk": "usage", "at": iso(now), "doc": msgspec.json.encode(figures).decode()})
        return figures, now

    def _kept(self, account: str) -> tuple[Figures, datetime] | None:
        row = self._table.find(account, "usage")
        return (from_json(str(row["doc"]), Figures), parse_iso(str(row["at"]))) if row is not None else None

    def _age(self, at: datetime) -> timedelta:
        return self._desk.clock.now() - at


def _plus(one: Figures, other: Figures) -> Figures:
    names = [field.name for field in fields(Figures) if field.name != "last_run"]
    return Figures(**{name: getattr(one, name) + getattr(other, name) for name in names})
