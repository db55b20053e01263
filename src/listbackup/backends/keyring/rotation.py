"""Moving every account's key under a new root key, while everything else goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable
from itertools import islice

from listbackup.backends.keyring.key_records import ACCOUNT, LIVE, bytes_of, int_of
from listbackup.backends.keyring.port import Keyring
from listbackup.backends.table.port import MAX_TRANSACTION, Absent, Check, ConditionFailed, Equals, Exists, Table, Tables, Update
from listbackup.base.errors import InputError, KeyUnavailable

_PK, _SK = "!root", "rotations"


class RootRotation:
    """Rotate, announce, re-wrap until a whole pass finds nothing to do, destroy the older roots: each step may be the last before a crash.

    The announcement raises a counter in the table. An account is created on the condition that the counter stands where it stood before its key was wrapped,
    so every account is either in the listing that follows the announcement or wrapped under the new root: none is left under a destroyed one.
    """

    def __init__(self, tables: Tables, table: Table, keyring: Keyring) -> None:
        self._tables = tables
        self._table = table
        self._keyring = keyring

    def is_begun(self) -> bool:
        """Whether a rotation was begun and not finished."""
        return len(self._keyring.list_roots()) > 1

    def run(self, accounts: Callable[[], Iterable[str]]) -> int:
        """How many accounts were re-wrapped. A rotation that was broken off is finished instead of beginning another."""
        if not self.is_begun():
            self._keyring.rotate()
        goal = self._keyring.current()
        self.announced()
        self._table.update(Update(pk=_PK, sk=_SK, add={"turn": 1}, if_=Exists()))
        total = 0
        while rewrapped := self._rewrap_all(accounts(), goal):
            total += rewrapped
        for root in self._older_than(goal):
            with contextlib.suppress(InputError):  # another rotation has retired it
                self._keyring.retire(root)
        return total

    def announced(self) -> int:
        """How many rotations were announced so far."""
        item = self._table.find(_PK, _SK)
        if item is not None:
            return int_of(item, "turn")
        try:
            self._table.put({"pk": _PK, "sk": _SK, "turn": 0}, if_=Absent())
        except ConditionFailed:
            return self.announced()
        return 0

    @staticmethod
    def still(turn: int) -> Check:
        """The condition that no rotation was announced since ``announced`` returned ``turn``."""
        return Check(pk=_PK, sk=_SK, if_=Equals({"turn": turn}))

    def _rewrap_all(self, accounts: Iterable[str], goal: str) -> int:
        """How many wraps were under a root older than ``goal`` and are not any more."""
        left = iter(accounts)
        total = 0
        while batch := list(islice(left, MAX_TRANSACTION)):
            try:
                total += self._rewrap(batch, goal)
            except ConditionFailed:  # another rotation was faster with one of them, or one was shredded
                total += sum(self._rewrap_one(account, goal) for account in batch)
        return total

    def _rewrap_one(self, account: str, goal: str) -> int:
        while True:
            try:
                return self._rewrap([account], goal)
            except ConditionFailed:
                continue

    def _rewrap(self, accounts: Iterable[str], goal: str) -> int:
        older = self._older_than(goal)
        moves = [move for account in accounts if (move := self._move(account, older)) is not None]
        if moves:
            self._tables.transact([(self._table, move) for move in moves])
        return len(moves)

    def _move(self, account: str, older: Collection[str]) -> Update | None:
        while True:
            old = self._wrapped(account)
            if old is None or self._keyring.wrapped_with(old) not in older:
                return None
            try:
                new = self._keyring.wrap(account, self._keyring.unwrap(account, old))
            except KeyUnavailable:
                if self._wrapped(account) == old:
                    raise
                continue  # another rotation moved it and has destroyed the root it was under
            return Update(pk=account, sk=ACCOUNT, set={"wrapped": new}, if_=Equals({"wrapped": old}))

    def _wrapped(self, account: str) -> bytes | None:
        item = self._table.find(account, ACCOUNT)
        return bytes_of(item, "wrapped") if item is not None and item["state"] == LIVE else None

    def _older_than(self, goal: str) -> list[str]:
        roots = list(self._keyring.list_roots())
        return roots[: roots.index(goal)] if goal in roots else roots[:-1]
