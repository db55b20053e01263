"""Accounts: made once, entered for everything else."""

from __future__ import annotations

from typing import Protocol

import msgspec

from listbackup.backends.table.port import Absent, ConditionFailed, Put, Scalar
from listbackup.base.errors import InputError, NotFound
from listbackup.base.ids import AccountId
from listbackup.base.paging import Page
from listbackup.services.accounts.model import Account
from listbackup.services.accounts.table import ACCOUNTS
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import Scope

_ROOT = "root"


class KeyMaker(Protocol):
    """The part of the key hierarchy that a new account needs (``AccountKeys`` has it)."""

    def create(self, account: str) -> None:
        """Make sure the account has keys."""
        ...


class Accounts:
    """The accounts of this installation, and the door into each."""

    def __init__(self, desk: Desk, keys: KeyMaker) -> None:
        self._desk, self._keys = desk, keys
        self._table = desk.tables.open(ACCOUNTS)

    def create(self, name: str, *, parent: str | None = None, actor: str) -> Account:
        """A new account with keys of its own, under ``parent`` where one is given. Raises NotFound for an unknown parent."""
        if not name.strip():
            raise InputError("an account needs a name", field="name")
        above = self.get(parent).id if parent is not None else None
        account = Account(id=AccountId(self._desk.new_id("acc")), name=name.strip(), created_at=self._desk.clock.now(), parent=above)
        self._keys.create(account.id)
        fact = Fact(name="account.created", subject=account.id, about={"name": account.name, "parent": above})
        writes = [(self._table, Put(item=_item(account), if_=Absent()))]
        self._desk.commit(Scope(account=account.id, actor=actor), writes, fact)
        return account

    def ensure_default(self, name: str = "default", *, actor: str) -> Account:
        """The account of an embedded installation, created when there is none yet."""
        found = self.find_default()
        if found is not None:
            self._keys.create(found.id)
            return found
        account = self.create(name, actor=actor)
        try:
            self._table.put({"pk": "installation", "sk": "default", "account": account.id}, if_=Absent())
        except ConditionFailed:  # two first starts at once: the earlier one's account is the default
            return self.get_default()
        return account

    def find_default(self) -> Account | None:
        """The account of an embedded installation, or None before ``init``."""
        row = self._table.find("installation", "default")
        return self.get(str(row["account"])) if row is not None else None

    def get_default(self) -> Account:
        """The account of an embedded installation. Raises NotFound before ``init``."""
        found = self.find_default()
        if found is None:
            raise NotFound("this data folder has no account yet", hint="run `listbackup init` first")
        return found

    def get(self, account: str) -> Account:
        """The account of this id. Raises NotFound."""
        row = self._table.find(account, "account")
        if row is None:
            raise NotFound(f"there is no account {account!r}")
        return msgspec.json.decode(str(row["doc"]), type=Account)

    def list(self, *, parent: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Account]:
        """The accounts directly under ``parent`` (None: at the top), oldest first."""
        page = self._table.query(parent or _ROOT, index="by_parent", limit=limit, cursor=cursor)
        return Page(items=[msgspec.json.decode(str(row["doc"]), type=Account) for row in page.items], next_cursor=page.next_cursor)

    def enter(self, account: str, *, actor: str) -> Scope:
        """The scope in which ``actor`` works on this account. Raises NotFound."""
        return Scope(account=self.get(account).id, actor=actor)


def _item(account: Account) -> dict[str, Scalar]:
    doc = msgspec.json.encode(account).decode()
    return {"pk": account.id, "sk": "account", "parent": account.parent or _ROOT, "version": account.version, "doc": doc}
