"""Moving every account's key under a new root key, while everything else goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from listbackup.backends.keyring.key_records import ACCOUNT, LIVE, bytes_of, int_of
from listbackup.backends.keyring.port import Keyring
from listbackup.backends.table.port import Absent, Check, ConditionFailed, Equals, Exists, Table, Update

_PK, _SK = "!root", "rotations"


class RootRotation:
    """Rotate, announce, re-wrap until a whole pass finds nothing to do, destroy the older roots: each step may be the last before a crash.

    The announcement raises a counter in the table. An account is created on the condition that the counter stands where it stood before its key was wrapped,
    so every account is either in the listing that follows the announcement or wrapped under the new root: none is left under a destroyed one.
    """

    def __init__(self, table: Table, keyring: Keyring) -> None:
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
        while rewrapped := sum(self._rewrap(account, goal) for account in accounts()):
            total += rewrapped
        for root in self._older_than(goal):
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

    def _rewrap(self, account: str, goal: str) -> int:
        """1 when the account's key was under a root older than ``goal`` and is not any more, else 0."""
        while True:
            item = self._table.find(account, ACCOUNT)
            if item is None or item["state"] != LIVE:
                return 0
            old = bytes_of(item, "wrapped")
            if self._keyring.wrapped_with(old) not in self._older_than(goal):
                return 0
            new = self._keyring.wrap(account, self._keyring.unwrap(account, old))
            try:
                self._table.update(Update(pk=account, sk=ACCOUNT, set={"wrapped": new}, if_=Equals({"wrapped": old})))
            except ConditionFailed:  # another rotation was faster, or the account was shredded
                continue
            return 1

    def _older_than(self, goal: str) -> list[str]:
        roots = list(self._keyring.list_roots())
        return roots[: roots.index(goal)] if goal in roots else roots[:-1]
