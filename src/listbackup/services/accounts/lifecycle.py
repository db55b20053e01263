"""How an account ends: suspended and resumed by whoever is above it, thrown into the trash by its owner, and shredded when nobody took it back for seven days.

The trash is one mark on one account: everything below it is absent with it, and back with it. Shredding destroys the keys first, so that whatever a crash
leaves behind cannot be read; then the rows, and the account's own row last, so that the next tick finds what is left to do.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from listbackup.backends.table.port import Delete
from listbackup.base.clock import iso, parse_iso
from listbackup.base.errors import Conflict, ListBackupError, NotFound
from listbackup.http.permission import Permission
from listbackup.services.accounts.acts import Act, Acts
from listbackup.services.accounts.directory import Directory, LetterBox
from listbackup.services.accounts.model import Account, AccountState
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.standing import Standing
from listbackup.services.accounts.tree import TRASH, Chain, read_account
from listbackup.services.desk import Desk, Fact
from listbackup.services.post import installation
from listbackup.services.rows import Writes

_log = logging.getLogger(__name__)

RESTS = timedelta(days=7)
STEADY = timedelta(hours=24)  # how long the clock must have gone on evenly before anything is destroyed by it
MOST_LETTERS = 50


class Shredder(Protocol):
    """The part of the key hierarchy that ends an account (``AccountKeys`` has it)."""

    def shred(self, account: str) -> object:
        """The account's keys are destroyed; doing it again is no error. Raises NotFound for one that never had any."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What removes the rest of a shredded account: each is given its id, may be asked again, removes some of what it has of it, and says whether nothing is left."""

    removers: Sequence[Callable[[str], bool]] = ()


class Lifecycle:
    """Suspension, trash and end of accounts."""

    def __init__(
        self, desk: Desk, accounts: Accounts, keys: Shredder, *, directory: Directory, letters: LetterBox, remains: Remains = Remains()
    ) -> None:
        self._desk, self._accounts, self._keys = desk, accounts, keys
        self._tree, self._directory, self._letters, self._remains = accounts.tree, directory, letters, remains
        self._acts = Acts(desk)

    # suspension: ``by`` stands in the account above, or operates the installation

    def suspend(self, account: str, why: str, *, by: Standing) -> Account:
        """The account, which with all below it can only be looked at from now on; no run starts. Raises NotFound, NotAllowed."""
        default, now = self._accounts.find_default(), self._desk.clock.now()
        if default is not None and account == default.id:
            raise Conflict("this is the installation's own account: nobody could resume it")
        return self._mark(account, "suspended", lambda old: replace(old, suspended_at=old.suspended_at or now, suspended_why=why), by=by)

    def resume(self, account: str, *, by: Standing) -> Account:
        """The account, in use again unless something above it is suspended too. Raises NotFound, NotAllowed."""
        return self._mark(account, "resumed", lambda old: replace(old, suspended_at=None, suspended_why=None), by=by)

    def _mark(self, account: str, happened: str, edit: Callable[[Account], Account], *, by: Standing) -> Account:
        def attempt() -> Act[Account]:
            old = self._tree.live(
                account
            ).account  # before it is asked who is above: whoever was when this was read is no more when it is moved
            who = by.now()
            new, writes = self._tree.change(old, edit(old))
            return new, [*writes, *who.checks], _told(happened, new, why=new.suspended_why)

        return self._acts.do(attempt, by.scope(account))

    # the trash

    def trash(self, account: str, *, by: Standing, branch: bool = False) -> Account:
        """The account is absent from now on, and shredded in seven days; all its owners, and those above it, get a letter.

        Raises NotFound, NotAllowed, Conflict: while it has living sub-accounts (unless ``branch`` says that they go too), or as the installation's own.
        """

        def attempt() -> Act[Account]:
            who, still = by.now(Permission.ACCOUNTS_DELETE), self._tree.still(account)
            (chain,) = still.chains
            old = self._in_use(chain)
            if not branch and any(child.state is not AccountState.TRASHED for child in self._tree.iter_children(old.id)):
                raise Conflict("the account has sub-accounts", hint="delete them first, or say that the whole branch goes")
            now = self._desk.clock.now()
            new, writes = self._tree.change(old, replace(old, trashed_at=now, shred_at=now + RESTS))
            letters = self._write_owners(chain, new, by.actor)
            return new, [*writes, *still.bumps, *letters, *who.checks], _told("trashed", new, shred_at=iso(now + RESTS), branch=branch)

        return self._acts.do(attempt, by.scope(account))

    def restore(self, account: str, *, by: Standing) -> Account:
        """The account, back with all below it. ``by`` is an owner of it, or of what is above. Raises NotFound (not in the trash, or shredded), NotAllowed, Conflict."""

        def attempt() -> Act[Account]:
            who, still = by.now(), self._tree.still(account)
            who.demand_held(Permission.ACCOUNTS_DELETE)  # also while something above is suspended: the days in the trash go on
            old = still.chains[0].account
            if old.state is not AccountState.TRASHED:
                raise Conflict("the account is not in the trash")
            if old.is_shredding:
                raise NotFound(f"there is no account {account!r}")
            new, writes = self._tree.change(old, replace(old, trashed_at=None, shred_at=None))
            return new, [*writes, *still.bumps, *who.checks], _told("restored", new)

        return self._acts.do(attempt, by.scope(account))

    def _in_use(self, chain: Chain) -> Account:
        if chain.state is AccountState.TRASHED:
            raise NotFound(f"there is no account {chain.account.id!r}")
        default = self._accounts.find_default()
        if default is not None and chain.account.id == default.id:
            raise Conflict("this is the installation's own account", hint="`listbackup keys shred` destroys what it holds")
        return chain.account

    def _write_owners(self, chain: Chain, account: Account, actor: str) -> Writes:
        """A letter to each owner of the account and of those above it, whoever of them did it."""
        when = account.shred_at.strftime("%d %B %Y at %H:%M UTC") if account.shred_at is not None else ""
        who = self._directory.find(actor)
        text = (
            f"{who.name if who is not None else 'A program'} deleted the account {account.name!r}. It can be taken back until {when}; "
            "after that its keys are destroyed and nobody can read its copies any more.\n\n"
            "If this should not have happened, sign in and restore it now, and look at who may do this."
        )
        owners = {member.user: None for one in chain.accounts for member in self._accounts.members.owners(one.id)}
        cards = [card for user in list(owners)[:MOST_LETTERS] if (card := self._directory.find(user)) is not None]
        return [write for card in cards for write in self._letters.write(to=card.email, subject="An account was deleted", text=text)]

    # the end

    def empty_trash(self, *, limit: int = 20) -> int:
        """Shreds what lay in the trash for its time; how many accounts. Nothing is destroyed within a day of a jump of the clock."""
        now = self._desk.clock.now()
        if not self.is_steady():
            return 0
        due = self._tree.table.query(TRASH, index="by_trash", before=iso(now), limit=limit)
        return sum(self._try_to_shred(read_account(row)) for row in due.items)

    def is_steady(self) -> bool:
        """Whether somebody looked here at least once a day for the last day, by a clock that went forwards."""
        now = self._desk.clock.now()
        row = self._tree.table.find("installation", "trash-clock")
        seen = parse_iso(str(row["seen"])) if row is not None else now
        since = parse_iso(str(row["since"])) if row is not None else now - STEADY  # a first look: nothing can have lain here before it
        if not timedelta(0) <= now - seen < STEADY:
            since = now
        if row is None or since == now or now - seen >= timedelta(minutes=10):
            self._tree.table.put({"pk": "installation", "sk": "trash-clock", "seen": iso(now), "since": iso(since)})
        return now - since >= STEADY

    def _try_to_shred(self, account: Account) -> int:
        """One that cannot be shredded now holds up no other."""
        try:
            return self._shred(account)
        except ListBackupError as error:
            _log.warning("account %s is not shredded yet: %s", account.id, error)
            return 0

    def _shred(self, account: Account) -> int:
        began, writes = self._tree.change(account, replace(account, is_shredding=True))
        self._desk.commit(installation("trash"), writes)
        below = [one for _, one in self._tree.iter_branch(began)]
        return sum(self._destroy(one) for one in reversed(below))

    def _destroy(self, account: Account) -> bool:
        """Whether nothing is left; what is left is for the next tick, and cannot be read any more."""
        with contextlib.suppress(NotFound):  # it was made at the moment of a crash and never had any
            self._keys.shred(account.id)
        self._tell_once(account)
        if not all(remove(account.id) for remove in self._remains.removers) or self._tree.children(account.id, limit=1).items:
            return False
        gone = [(self._tree.table, Delete(pk=account.id, sk=sk)) for sk in ("account", "shape")]
        self._desk.commit(installation("trash"), gone)
        return True

    def _tell_once(self, account: Account) -> None:
        """That the keys are gone, to the trail of the account above, or of the installation: the account's own goes with it."""
        now = self._tree.find(account.id)
        if now is None or now.keys_gone:
            return
        _, writes = self._tree.change(now, replace(now, keys_gone=True))
        fact = Fact(name="account.shredded", subject=account.id, account=account.parent)
        self._desk.commit(installation("trash"), writes, fact)


def _told(happened: str, account: Account, **about: str | bool | None) -> Sequence[Fact]:
    """``account.suspended``, ``.resumed``, ``.trashed``, ``.restored``: in the account's trail and its parent's."""
    where = [None, *([account.parent] if account.parent is not None else [])]
    return [Fact(name=f"account.{happened}", subject=account.id, about={"name": account.name, **about}, account=one) for one in where]
