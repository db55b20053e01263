"""Limits: how much an account and each account below it may hold. The plan that a parent pays sets them; billing only has to write them here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import islice

import msgspec

from listbackup.backends.table.port import Delete, Put
from listbackup.base.decode import from_json
from listbackup.base.errors import InputError
from listbackup.base.ids import AccountId
from listbackup.http.caller import PlanLimit
from listbackup.services.accounts.acts import Acts
from listbackup.services.accounts.standing import Standing
from listbackup.services.accounts.table import POLICIES
from listbackup.services.accounts.tree import Chain, Tree
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes
from listbackup.services.scope import AccountTable, Scope
from listbackup.services.turns import turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most that one account may have of each; None: no limit. What is set above holds for each account below, unless less is set there."""

    sub_accounts: int | None = None  # directly below
    members: int | None = None
    connections: int | None = None
    sources: int | None = None
    api_keys: int | None = None


class Limits:
    """The limits of all accounts."""

    def __init__(self, desk: Desk, tree: Tree) -> None:
        self._desk, self._tree, self._acts = desk, tree, Acts(desk)
        self._table = desk.tables.open(POLICIES)

    def effective(self, account: str) -> Limit:
        """What holds in this account. Raises NotFound."""
        return self.of(self._tree.chain(account))

    def own(self, account: str) -> Limit:
        """What was set for this account itself."""
        row = self._table.find(account, "limits")
        return from_json(str(row["doc"]), Limit) if row is not None else Limit()

    def of(self, chain: Chain) -> Limit:
        """What holds at the lower end of this chain: the least that is set on the way."""
        every = [self.own(account.id) for account in chain.accounts]
        least = {name: min((value for one in every if (value := getattr(one, name)) is not None), default=None) for name in _names()}
        return Limit(**least)

    def check(self, account: str, what: str, count: int) -> None:
        """Raises PlanLimit when the account may have no more than the ``count`` that it has of ``what`` (a field of ``Limit``)."""
        most = getattr(self.effective(account), what)
        if most is not None and count >= most:
            raise PlanLimit(f"this account's plan holds {most} {what.replace('_', ' ')}", hint="remove one, or take a larger plan")

    def room(self, account: str, what: str, there: Iterable[object]) -> Writes:
        """The writes that go with one more of ``what``; they fail when somebody else adds one since this counted. Counts no further than matters.

        Raises PlanLimit when there is no room.
        """
        most = getattr(self.effective(account), what)
        if most is None:
            return []
        mine = turn(AccountTable(self._table, Scope(account=AccountId(account), actor="limits")), what)
        self.check(account, what, sum(1 for _ in islice(there, most)))
        return [mine]

    def set(self, account: str, limit: Limit, *, by: Standing) -> Limit:
        """What holds in this account from now on, as far as those above allow as much. ``by`` stands in the account above, or operates the installation."""
        for name in _names():
            value = getattr(limit, name)
            if value is not None and value < 0:
                raise InputError("a limit is 0 or more", field=name)

        def attempt() -> tuple[None, Writes, Sequence[Fact]]:
            chain = self._tree.live(account)  # before it is asked who is above it
            who = by.now()
            row = Put(item={"pk": account, "sk": "limits", "doc": msgspec.json.encode(limit).decode()})
            about = {name: getattr(limit, name) for name in _names()}
            fact = Fact(name="account.limits_set", subject=account, about=about)
            return None, [(self._table, row), *self._tree.check(chain), *who.checks], [fact]

        self._acts.do(attempt, by.scope(account))
        return self.effective(account)

    def forget(self, account: str) -> Writes:
        """The writes that remove what was set for this account."""
        return [(self._table, Delete(pk=account, sk=sk)) for sk in ("limits", *(f"turn/{name}" for name in _names()))]


def _names() -> Sequence[str]:
    return [one.name for one in fields(Limit)]
