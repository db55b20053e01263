"""Accounts: made, nested, moved, and entered for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from listbackup.backends.table.port import Absent, ConditionFailed
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.base.ids import AccountId, UserId
from listbackup.base.paging import Page, iter_pages
from listbackup.http.caller import PlanLimit
from listbackup.http.permission import Permission
from listbackup.http.versions import VersionGone
from listbackup.services.accounts.acts import Act, Acts
from listbackup.services.accounts.custom_roles import Roles
from listbackup.services.accounts.invitation_book import InvitationBook
from listbackup.services.accounts.limits import Limits
from listbackup.services.accounts.members import Members
from listbackup.services.accounts.model import Account, AccountState
from listbackup.services.accounts.policies import Policies
from listbackup.services.accounts.roles import Role
from listbackup.services.accounts.standing import Standing, machine
from listbackup.services.accounts.tree import Chain, Tree
from listbackup.services.accounts.walk import Place
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope


class KeyMaker(Protocol):
    """The part of the key hierarchy that a new account needs (``AccountKeys`` has it)."""

    def create(self, account: str) -> None:
        """Make sure the account has keys."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSettings:
    """How far accounts may nest, and where this installation keeps data."""

    max_depth: int = 10  # accounts from a top account down to its deepest, both counted
    fan_out: int = 1000  # accounts directly below one
    regions: tuple[str, ...] = ("local",)


class Accounts:
    """The accounts of this installation, the door into each, and what holds in them."""

    def __init__(self, desk: Desk, keys: KeyMaker, *, settings: TreeSettings = TreeSettings()) -> None:
        self._desk, self._keys, self._settings = desk, keys, settings
        self._acts = Acts(desk)
        self.tree = Tree(desk.tables)
        self._table = self.tree.table
        self.limits = Limits(desk, self.tree)
        self.policies = Policies(desk, self.tree, regions=settings.regions)
        self.roles = Roles(desk, self.tree)
        self._book = InvitationBook(desk.tables, desk.clock)
        self.members = Members(
            desk, self.tree, roles=self.roles, policies=self.policies, limits=self.limits, installation=self._find_default_id
        )

    # coming to be

    def create(self, name: str, *, parent: str | None = None, actor: str) -> Account:
        """A new account with keys of its own, under ``parent`` where one is given, made by the machine itself. Raises NotFound for an unknown parent."""
        if parent is not None:
            return self.create_below(parent, name, by=machine(actor))
        account = self._new(name, None)
        self._keys.create(account.id)
        self._desk.commit(Scope(account=account.id, actor=actor), self.tree.insert(account), _made(account))
        return account

    def create_below(self, parent: str, name: str, *, by: Standing) -> Account:
        """A new account under this one, owned by whoever owns what is above. Raises NotFound, InputError, Conflict (too deep, too many), PlanLimit, NotAllowed."""
        account = self._new(name, AccountId(parent))
        self._keys.create(account.id)

        def attempt() -> Act[Account]:
            who = by.now(Permission.ACCOUNTS_MANAGE)
            still = self.tree.still(parent)
            (above,) = still.chains
            _check_live(above)
            self._check_room(above, height=1, one_more=True)
            return (
                account,
                [*self.tree.insert(account), *still.bumps, *self.tree.check(above), *who.checks],
                [_made(account), _nested(account)],
            )

        return self._acts.do(attempt, by.scope(account.id))

    def open_for(self, user: UserId, name: str, *, also: Callable[[], Writes] = tuple) -> Account:
        """A new account at the top that this person owns and works in; ``also`` gives writes of the caller's that belong to it, and may refuse."""
        account = self._new(name, None)
        self._keys.create(account.id)

        def attempt() -> Act[Account]:
            _, owned, facts = self.members.joining(Chain((account,)), user, Role.OWNER, by=machine(user))
            writes = [*self.tree.insert(account), *owned, self.members.home_write(user, account.id), *also()]
            return account, writes, [_made(account), *facts]

        return self._acts.do(attempt, Scope(account=account.id, actor=user))

    def set_first_owner(self, user: UserId) -> Account:
        """The installation's own account, owned by this person. Raises NotFound before ``init``, Conflict when somebody owns it already."""
        account = self.get_default()

        def attempt() -> Act[Account]:
            _, writes, facts = self.members.joining(self.tree.live(account.id), user, Role.OWNER, by=machine(user), is_first=True)
            return account, [*writes, self.members.home_write(user, account.id)], facts

        return self._acts.do(attempt, Scope(account=account.id, actor=user))

    def has_owner(self) -> bool:
        """Whether a person owns the installation's own account; False before ``init``."""
        default = self._find_default_id()
        return default is not None and self.members.count(default)[0] > 0

    def invited(self, token: str) -> str | None:
        """The address that this invitation was sent to; None when it is none, or over."""
        found = self._book.by_token(token)
        return found.email if found is not None else None

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

    # finding

    def find_default(self) -> Account | None:
        """The account of an embedded installation, or None before ``init``."""
        default = self._find_default_id()
        return self.get(default) if default is not None else None

    def get_default(self) -> Account:
        """The account of an embedded installation. Raises NotFound before ``init``."""
        found = self.find_default()
        if found is None:
            raise NotFound("this data folder has no account yet", hint="run `listbackup init` first")
        return found

    def get(self, account: str) -> Account:
        """The account of this id, in whatever state. Raises NotFound."""
        return self.tree.get(account)

    def list(self, *, parent: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Account]:
        """The accounts directly under ``parent`` (None: at the top) that are not in the trash, oldest first."""
        page = self.tree.children(parent, limit=limit, cursor=cursor)
        return Page(items=[one for one in page.items if one.state is not AccountState.TRASHED], next_cursor=page.next_cursor)

    def iter_live(self) -> Iterator[Account]:
        """Every account that is not in the trash, each before those below it: for whoever looks after all of them."""
        return (place.account for place in self._places((AccountState.TRASHED,)))

    def iter_active(self) -> Iterator[Account]:
        """As ``iter_live``, without what is suspended and what is below that: where runs may start."""
        return (place.account for place in self.iter_active_places())

    def iter_active_places(self, behind: tuple[str, ...] = ()) -> Iterator[Place]:
        """As ``iter_active``, each with the way down to it, and only what comes behind the end of such a way: to go on where somebody stopped, in the tree as it
        is now."""
        return self._places((AccountState.TRASHED, AccountState.SUSPENDED), behind=behind)

    def _places(self, without: Sequence[AccountState], above: tuple[str, ...] = (), behind: tuple[str, ...] = ()) -> Iterator[Place]:
        """What is below the end of ``above``, in order of id."""
        parent, after = above[-1] if above else None, behind[0] if behind else None
        reached = self.tree.find(after) if after is not None else None
        if reached is not None and reached.parent == parent and reached.state not in without:
            yield from self._places(without, (*above, reached.id), behind[1:])
        for account in iter_pages(lambda cursor: self.tree.children(parent, after=after, cursor=cursor)):
            if account.state not in without:
                yield Place(account, (*above, account.id))
                yield from self._places(without, (*above, account.id))

    def enter(self, account: str, *, actor: str) -> Scope:
        """The scope in which ``actor`` works on this account. Raises NotFound, also for what is in the trash."""
        return Scope(account=self.tree.live(account).account.id, actor=actor)

    def admitted(self, account: AccountId, *, actor: str) -> Scope:
        """The scope of a caller whose standing in this account was read for this very request: it is not looked up again."""
        return Scope(account=account, actor=actor)

    def person_scope(self, user: UserId, account: str) -> Scope:
        """Where a person acts who has no standing yet: they come to have one."""
        return Scope(account=AccountId(account), actor=user)

    def state(self, account: str) -> AccountState:
        """What holds for this account when those above it are counted. Raises NotFound."""
        return self.tree.chain(account).state

    # changing

    def rename(self, account: str, name: str, *, by: Standing, version: int | None = None) -> Account:
        """The account under another name. Raises NotFound, InputError, NotAllowed, VersionGone."""
        checked = checked_name(name)

        def attempt() -> Act[Account]:
            who, old = by.now(Permission.ACCOUNTS_MANAGE), self.tree.live(account).account
            if version is not None and version != old.version:
                raise VersionGone(f"the account is version {old.version} by now, not {version}", hint="read it again and repeat")
            new, writes = self.tree.change(old, replace(old, name=checked))
            return new, [*writes, *who.checks], [Fact(name="account.renamed", subject=new.id, about={"name": new.name, "before": old.name})]

        return self._acts.do(attempt, by.scope(account))

    def move(self, account: str, parent: str | None, *, by: Standing, new_end: Standing | None = None) -> Account:
        """The account with everything below it under another parent; None: at the top, by itself.

        ``by`` stands at the old end (the parent it leaves, or the account itself at the top), ``new_end`` in the parent it comes to: both as owners.
        Raises NotFound, NotAllowed, Conflict (a circle, too deep, too many, nobody would own it), PlanLimit.
        """

        def attempt() -> Act[Account]:
            still = self.tree.still(account, *([parent] if parent is not None else []))  # before it is asked who stands where it is
            ends = [by.now(Permission.ACCOUNTS_DELETE), *([new_end.now(Permission.ACCOUNTS_DELETE)] if new_end is not None else [])]
            chain, above = still.chains[0], still.chains[1] if parent is not None else None
            _check_live(chain)
            if chain.account.parent == parent:
                raise Conflict("the account is there already", hint="name another parent")
            settled = self._settled(chain, above)
            new, writes = self.tree.change(chain.account, replace(chain.account, parent=above.account.id if above is not None else None))
            writes = [*writes, *settled, *still.bumps, *(check for end in ends for check in end.checks)]
            return new, writes, _moved(chain.account, new)

        return self._acts.do(attempt, by.scope(account))

    def _settled(self, chain: Chain, above: Chain | None) -> Writes:
        """What must hold at the new place, as writes or as errors."""
        if chain.account.id == self._find_default_id():
            raise Conflict("the installation's own account stays at the top")
        if above is None:
            return [self.members.still_owned(chain.account.id)]
        _check_live(above)
        if chain.account.id in above.ids:
            raise Conflict("an account cannot be moved under itself", hint="name a parent outside its branch")
        self._check_room(above, height=self._height(chain.account, above.depth), one_more=True)
        return self.tree.check(above)

    def _height(self, account: Account, under: int) -> int:
        """How many levels the account and what is below it have; looked for no deeper than would matter."""
        deepest = 0
        for depth, _ in self.tree.iter_branch(account):
            deepest = max(deepest, depth)
            if under + deepest + 2 > self._settings.max_depth:
                break
        return deepest + 1

    def _check_room(self, above: Chain, *, height: int, one_more: bool) -> None:
        """Raises Conflict when a branch of this height would be too deep below ``above`` or one child too many; PlanLimit."""
        if above.depth + 1 + height > self._settings.max_depth:
            raise Conflict(f"accounts nest at most {self._settings.max_depth} deep", hint="put it higher up")
        most = self.limits.of(above).sub_accounts
        ceiling = self._settings.fan_out if most is None else min(most, self._settings.fan_out)
        there = sum(1 for _ in self._up_to(above.account.id, ceiling))
        if one_more and there >= ceiling:
            if most is not None and most <= self._settings.fan_out:
                raise PlanLimit(f"this account's plan holds {most} sub-accounts", hint="remove one, or take a larger plan")
            raise Conflict(f"an account has at most {ceiling} directly below it", hint="group them under one more")

    def _up_to(self, parent: str, limit: int) -> Iterator[Account]:
        for count, child in enumerate(iter_pages(lambda cursor: self.tree.children(parent, limit=500, cursor=cursor))):
            if count >= limit:
                return
            yield child

    def _new(self, name: str, parent: AccountId | None) -> Account:
        return Account(id=AccountId(self._desk.new_id("acc")), name=checked_name(name), created_at=self._desk.clock.now(), parent=parent)

    def _find_default_id(self) -> str | None:
        row = self._table.find("installation", "default")
        return str(row["account"]) if row is not None else None


def checked_name(name: str) -> str:
    """The name without space around it. Raises InputError for one that nobody could read."""
    text = name.strip()
    if not text:
        raise InputError("an account needs a name", field="name")
    if len(text) > 100 or not text.isprintable():
        raise InputError("an account's name has at most 100 printable characters", field="name")
    return text


def _check_live(chain: Chain) -> None:
    if chain.state is AccountState.TRASHED:
        raise NotFound(f"there is no account {chain.account.id!r}")


def _made(account: Account) -> Fact:
    return Fact(name="account.created", subject=account.id, about={"name": account.name})  # what is above is not for its own trail


def _nested(account: Account) -> Fact:
    """What the parent's trail is told."""
    return Fact(name="account.sub_account_created", subject=account.id, about={"name": account.name}, account=account.parent)


def _moved(old: Account, new: Account) -> Sequence[Fact]:
    """What the account's trail is told, and those of both ends; none of them where the other end is: it may be somebody else's."""
    facts = [Fact(name="account.moved", subject=new.id, about={"name": new.name})]
    for end, way in ((old.parent, "left"), (new.parent, "came")):
        if end is not None:
            facts.append(Fact(name="account.moved", subject=new.id, about={"name": new.name, "way": way}, account=end))
    return facts
