"""The tree of accounts: chains upwards, branches downwards, and the one rule that keeps concurrent changes of its shape apart.

Every change of a tree's shape (a new account, a move, a deletion) moves on the ``shape`` row of its top account, under the condition that it is still as it was
read before the tree was looked at. So what was found out on the way (that there is no cycle, how deep it is, that nothing is below) still holds when
it is written, and of two changes at once one looks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from listbackup.backends.table.port import Absent, Check, Equals, Item, Put, Scalar, Table, Tables, Write
from listbackup.base.clock import iso
from listbackup.base.decode import from_json
from listbackup.base.errors import DamagedError, NotFound
from listbackup.base.ids import AccountId, is_id
from listbackup.base.paging import Page, iter_pages
from listbackup.services.accounts.model import Account, AccountState
from listbackup.services.accounts.table import ACCOUNTS
from listbackup.services.rows import Writes

ROOT = "root"
TRASH = "trash"
_DEEPEST = 64  # no tree is: a longer chain is a damaged one


@dataclass(frozen=True, slots=True)
class Chain:
    """An account and all above it: the account first, its top account last. Never empty."""

    accounts: tuple[Account, ...]

    @property
    def account(self) -> Account:
        """The account that was asked for."""
        return self.accounts[0]

    @property
    def top(self) -> Account:
        """The account above all."""
        return self.accounts[-1]

    @property
    def depth(self) -> int:
        """How many accounts are above it."""
        return len(self.accounts) - 1

    @property
    def ids(self) -> Sequence[AccountId]:
        """The account's id, then those above it."""
        return [one.id for one in self.accounts]

    @property
    def state(self) -> AccountState:
        """What holds for the account: the worst of its own and what lies above."""
        states = {one.state for one in self.accounts}
        if AccountState.TRASHED in states:
            return AccountState.TRASHED
        return AccountState.SUSPENDED if AccountState.SUSPENDED in states else AccountState.ACTIVE


@dataclass(frozen=True, slots=True)
class Still:
    """Chains that were read while the shape of their trees was known; ``bumps`` are the writes that fail when it has changed since."""

    chains: tuple[Chain, ...]
    bumps: Writes


class Tree:
    """The accounts of this installation and how they nest."""

    def __init__(self, tables: Tables) -> None:
        self.table = tables.open(ACCOUNTS)

    def find(self, account: str) -> Account | None:
        """The account of this id in whatever state, or None."""
        row = self.table.find(account, "account") if account else None
        return read_account(row) if row is not None else None

    def get(self, account: str) -> Account:
        """The account of this id in whatever state. Raises NotFound."""
        found = self.find(account)
        if found is None:
            raise NotFound(f"there is no account {account!r}")
        return found

    def chain(self, account: str) -> Chain:
        """The account and all above it, in whatever state. Raises NotFound."""
        found = [self.get(account)]
        while (above := found[-1].parent) is not None:
            found.append(self.get(above))
            if len(found) > _DEEPEST:
                raise DamagedError("the accounts nest in a circle", where=ACCOUNTS.name)
        return Chain(tuple(found))

    def live(self, account: str) -> Chain:
        """As ``chain``, for an account that is not in the trash. Raises NotFound."""
        chain = self.chain(account)
        if chain.state is AccountState.TRASHED:
            raise NotFound(f"there is no account {account!r}")
        return chain

    def still(self, *accounts: str) -> Still:
        """The chains of these accounts, and the writes that hold their trees still. Raises NotFound."""
        while True:
            tops = {self.chain(account).top.id for account in accounts}
            bumps = [self._bump(top) for top in sorted(tops)]
            chains = tuple(self.chain(account) for account in accounts)
            if {chain.top.id for chain in chains} == tops:
                return Still(chains, bumps)

    def _bump(self, top: str) -> tuple[Table, Write]:
        row = self.table.find(top, "shape")
        seen = row["n"] if row is not None else 0
        assert isinstance(seen, int)
        return self.table, Put(item={"pk": top, "sk": "shape", "n": seen + 1}, if_=Equals({"n": seen}) if row is not None else Absent())

    def children(self, parent: str | None, *, after: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Account]:
        """The accounts directly below (None: at the top), in order of id, in whatever state."""
        page = self.table.query(parent or ROOT, index="by_parent", after=after, limit=limit, cursor=cursor)
        return Page(items=[read_account(row) for row in page.items], next_cursor=page.next_cursor)

    def iter_children(self, parent: str | None) -> Iterator[Account]:
        """Every account directly below."""
        return iter_pages(lambda cursor: self.children(parent, cursor=cursor))

    def iter_branch(self, account: Account) -> Iterator[tuple[int, Account]]:
        """The account and all below it with their depth under it, level by level, in whatever state."""
        level, depth = [account], 0
        while level:
            yield from ((depth, one) for one in level)
            level = [child for one in level for child in self.iter_children(one.id)]
            depth += 1

    def check(self, chain: Chain) -> Writes:
        """The writes that fail when anything of the chain has changed since it was read."""
        return [(self.table, Check(pk=one.id, sk="account", if_=Equals({"version": one.version}))) for one in chain.accounts]

    def insert(self, account: Account) -> Writes:
        """The write that creates it."""
        return [(self.table, Put(item=_item(account), if_=Absent()))]

    def change(self, old: Account, new: Account) -> tuple[Account, Writes]:
        """``new`` with the next version, and the write that succeeds only while ``old`` is what is kept."""
        newer = replace(new, version=old.version + 1)
        return newer, [(self.table, Put(item=_item(newer), if_=Equals({"version": old.version})))]


def read_account(row: Item) -> Account:
    """The account in a row."""
    return from_json(str(row["doc"]), Account)


def is_account_id(text: str) -> bool:
    """Whether this could name an account."""
    return is_id(text, "acc")


def _item(account: Account) -> dict[str, Scalar]:
    doc = msgspec.json.encode(account).decode()
    row: dict[str, Scalar] = {"pk": account.id, "sk": "account", "parent": account.parent or ROOT, "version": account.version, "doc": doc}
    if account.shred_at is not None:
        row |= {"trash": TRASH, "shred_at": f"{iso(account.shred_at)}/{account.id}"}
    return row
