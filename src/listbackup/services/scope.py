"""Whose things are touched: a scope names one account and who acts; an ``AccountTable`` is a table seen from inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from listbackup.backends.table.port import Check, Condition, Delete, Item, Put, Scalar, Table, Update, Write
from listbackup.base.ids import AccountId
from listbackup.base.paging import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One account and who acts in it; ``Accounts`` makes it, for who may act there."""

    account: AccountId
    actor: str  # ``usr_…``, or ``cli``, ``worker``: shown in the activity trail


class AccountTable:
    """A table that cannot name another account's partition: every key and every index partition begins with the scope's account.

    ``part`` divides an account's items further (the runs of one source); it is the rest of the partition key.
    """

    def __init__(self, table: Table, scope: Scope) -> None:
        self._table = table
        self._account = scope.account
        self._partitions = [index.pk for index in table.spec.indexes if index.pk != "pk"]

    def find(self, sk: str, *, part: str = "") -> Item | None:
        """The account's item of this key, or None."""
        return self._table.find(self._pk(part), sk)

    def query(
        self,
        *,
        part: str = "",
        index: str | None = None,
        prefix: str = "",
        after: str | None = None,
        before: str | None = None,
        reverse: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Item]:
        """A page of one part of the account, in order of the sort key (of the index)."""
        return self._table.query(
            self._pk(part), index=index, prefix=prefix, after=after, before=before, reverse=reverse, limit=limit, cursor=cursor
        )

    def put(self, sk: str, attributes: Mapping[str, Scalar], *, part: str = "", if_: Condition | None = None) -> tuple[Table, Write]:
        """The write of a whole item; attributes that are partitions of an index are given as parts."""
        scoped = {name: self._pk(str(attributes[name])) for name in self._partitions if attributes.get(name) is not None}
        return self._table, Put(item={**attributes, **scoped, "pk": self._pk(part), "sk": sk}, if_=if_)

    def update(
        self,
        sk: str,
        *,
        part: str = "",
        set: Mapping[str, Scalar] | None = None,
        add: Mapping[str, int] | None = None,
        if_: Condition | None = None,
    ) -> tuple[Table, Write]:
        """The write that changes an existing item."""
        return self._table, Update(pk=self._pk(part), sk=sk, set=set or {}, add=add or {}, if_=if_)

    def delete(self, sk: str, *, part: str = "", if_: Condition | None = None) -> tuple[Table, Write]:
        """The write that removes an item."""
        return self._table, Delete(pk=self._pk(part), sk=sk, if_=if_)

    def check(self, sk: str, if_: Condition, *, part: str = "") -> tuple[Table, Write]:
        """The write that only judges a condition."""
        return self._table, Check(pk=self._pk(part), sk=sk, if_=if_)

    def _pk(self, part: str) -> str:
        return f"{self._account}/{part}" if part else self._account
