"""Members: who may do what in which account. A role counts in the account it was given in and in everything below it; never upwards, never sideways."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from listbackup.backends.table.port import Absent, Check, Delete, Equals, Exists, Item, Put, Scalar, Table, Write
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict, NotFound
from listbackup.base.ids import AccountId, UserId
from listbackup.base.paging import Page, iter_pages
from listbackup.http.caller import PlanLimit
from listbackup.http.permission import Permission
from listbackup.http.versions import VersionGone
from listbackup.services.accounts.acts import Acts
from listbackup.services.accounts.custom_roles import Roles, Weighed, swapped
from listbackup.services.accounts.limits import Limits
from listbackup.services.accounts.model import AccountState, Member
from listbackup.services.accounts.policies import Policies
from listbackup.services.accounts.roles import Role
from listbackup.services.accounts.standing import Standing
from listbackup.services.accounts.table import MEMBERSHIPS, TEAM_PEOPLE
from listbackup.services.accounts.tree import Chain, Tree
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

_MEMBER, _TEAM = "member/", "team/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role that somebody has in an account of a chain, by themselves or by a team, and the row that says so."""

    role: str
    permissions: frozenset[Permission]
    account: AccountId
    checks: Writes


class Members:
    """The people of all accounts (``http.caller.Members`` and more)."""

    def __init__(
        self, desk: Desk, tree: Tree, *, roles: Roles, policies: Policies, limits: Limits, installation: Callable[[], str | None]
    ) -> None:
        self._desk, self._tree, self._roles, self._policies, self._limits = desk, tree, roles, policies, limits
        self._installation = installation  # the account whose owners operate the installation
        self._table = desk.tables.open(MEMBERSHIPS)
        self._team_people = desk.tables.open(TEAM_PEOPLE)
        self._acts = Acts(desk)

    # what somebody may do

    def permissions(self, user: UserId, account: AccountId) -> frozenset[Permission]:
        """See ``http.caller.Members``. Raises NotFound without a relation; a suspended account gives only what looks."""
        return self.standing(user, account).usable

    def standing(self, user: UserId, account: str, *, in_trash: bool = False) -> Standing:
        """What this person may do in this account now. Raises NotFound without a relation, and for an account in the trash unless ``in_trash``."""
        return self.standing_in(self._tree.chain(account) if in_trash else self._tree.live(account), user, in_trash=in_trash)

    def standing_in(self, chain: Chain, user: UserId, *, in_trash: bool = False) -> Standing:
        """As ``standing``, where the account's chain is read already: what else was judged by it holds with the same checks."""
        account, grants = chain.account.id, self._grants(user, chain)
        if not grants:
            raise NotFound(f"there is no account {account!r}")
        roles = frozenset(grant.role for grant in grants)
        return Standing(
            actor=user,
            user=user,
            permissions=self._judged(chain, grants, roles),
            roles=roles,
            is_suspended=chain.state is AccountState.SUSPENDED,
            checks=[*self._tree.check(chain), *_evidence(grants)],
            renew=lambda: self.standing(user, account, in_trash=in_trash),
        )

    def machine_standing(self, chain: Chain) -> Standing:
        """What whoever sits at the machine may do here by a key of theirs: as an owner of the account, its policy included."""
        roles = frozenset({Role.OWNER.value})
        grant = Grant(role=Role.OWNER, permissions=self._roles.permissions(Role.OWNER, chain), account=chain.account.id, checks=())
        return Standing(actor="machine", permissions=self._judged(chain, [grant], roles), roles=roles, checks=self._tree.check(chain))

    def _judged(self, chain: Chain, grants: Sequence[Grant], roles: frozenset[str]) -> frozenset[Permission]:
        """What the grants come to here: less what the policy keeps for other roles, and with the installation's own where it belongs."""
        allowed = frozenset().union(*(grant.permissions for grant in grants))
        if chain.account.id != self._installation():
            allowed -= {Permission.SYSTEM_OPERATE}
        elif Role.OWNER.value in roles:
            allowed |= {Permission.SYSTEM_OPERATE}
        may_restore = self._policies.of(chain).policy.may_restore
        if may_restore is not None and not roles & set(may_restore):
            allowed -= {Permission.RESTORES_EXECUTE}
        return allowed

    def _grants(self, user: UserId, chain: Chain) -> Sequence[Grant]:
        """Every role that this person has in an account of the chain. A team counts while its person belongs to the team's own account."""
        found, belongs = [], set[str]()
        for account in chain.accounts:
            row = self._table.find(account.id, _MEMBER + user)
            if row is not None:
                belongs.add(account.id)
                found.append(self._grant(row, chain))
        for team, of in self._teams(user):
            if of in belongs:
                rows = (self._table.find(account.id, _TEAM + team) for account in chain.accounts)
                in_it = (self._team_people, Check(pk=team, sk=user, if_=Exists()))
                found += [self._grant(row, chain, in_it) for row in rows if row is not None]
        return found

    def _grant(self, row: Item, chain: Chain, *also: tuple[Table, Write]) -> Grant:
        role = str(row["role"])
        check = (self._table, Check(pk=str(row["pk"]), sk=str(row["sk"]), if_=Equals({"version": row["version"]})))
        checks = [check, *self._roles.evidence(role), *also]  # of the role before what it gives
        return Grant(role=role, permissions=self._roles.permissions(role, chain), account=AccountId(str(row["pk"])), checks=checks)

    def _teams(self, user: str) -> Iterator[tuple[str, str]]:
        for row in iter_pages(lambda cursor: self._team_people.query(user, index="by_user", cursor=cursor)):
            yield str(row["pk"]), str(row["account"])

    def is_privileged(self, user: UserId) -> bool:
        """Whether this person is an owner or administrator anywhere, also by a team: their sessions are shorter."""
        mighty = {Role.OWNER.value, Role.ADMIN.value}
        rows = itertools.chain(self._rows_of(user), *(self._rows_of_team(team) for team, _ in self._teams(user)))
        return any(str(row["role"]) in mighty for row in rows)

    # where somebody works

    def home(self, user: UserId) -> AccountId | None:
        """The account that this person chose last, or else the first they belong to; None for somebody who belongs nowhere."""
        found = self.at_home(user)
        return found[0] if found is not None else None

    def at_home(self, user: UserId) -> tuple[AccountId, frozenset[Permission]] | None:
        """See ``http.caller.Members``: asked with each request of a person, so it reads no more than it must."""
        for account in self._wanted(user):
            try:
                return AccountId(account), self.permissions(user, AccountId(account))
            except NotFound:
                continue
        return None

    def _wanted(self, user: UserId) -> Iterator[str]:
        row = self._table.find(user, "home")
        if row is not None:
            yield str(row["account"])
        yield from self.entries(user)

    def switch(self, user: UserId, account: str) -> None:
        """This person works in this account from now on, unless another is named. Raises NotFound."""
        who = self.standing(user, account)
        self._desk.commit(who.scope(account), [self.home_write(user, account)], Fact(name="account.switched_to", subject=account))

    def home_write(self, user: str, account: str) -> tuple[Table, Write]:
        """The write by which this person works in this account."""
        return self._table, Put(item={"pk": user, "sk": "home", "account": account})

    def reaches(self, user: UserId, account: str) -> bool:
        """Whether this person may do anything in this account now."""
        try:
            self.standing(user, account)
        except NotFound:
            return False
        return True

    def entries(self, user: UserId) -> Sequence[AccountId]:
        """The accounts in which this person has a role of their own or by a team, in order of id: with what is below them, all that they reach."""
        found = {str(row["pk"]) for row in self._rows_of(user)}
        for team, _ in self._teams(user):
            found |= {str(row["pk"]) for row in self._rows_of_team(team)}
        return [AccountId(one) for one in sorted(found)]

    def _rows_of(self, user: str) -> Iterator[Item]:
        return iter_pages(lambda cursor: self._table.query(user, index="by_user", cursor=cursor))

    def _rows_of_team(self, team: str) -> Iterator[Item]:
        return iter_pages(lambda cursor: self._table.query(team, index="by_team", cursor=cursor))

    # who belongs to an account

    def list(self, account: str, *, limit: int = 100, cursor: str | None = None) -> Page[Member]:
        """Who has a role of their own in this account, in order of id."""
        page = self._table.query(account, prefix=_MEMBER, limit=limit, cursor=cursor)
        return Page(items=[_read(row) for row in page.items], next_cursor=page.next_cursor)

    def find(self, account: str, user: str) -> Member | None:
        """This person's own role in this account, or None."""
        row = self._table.find(account, _MEMBER + user) if user else None
        return _read(row) if row is not None else None

    def get(self, account: str, user: str) -> Member:
        """This person's own role in this account. Raises NotFound."""
        found = self.find(account, user)
        if found is None:
            raise NotFound(f"there is no user {user[:40]!r} in this account")
        return found

    def owners(self, account: str) -> Sequence[Member]:
        """The owners of this account itself."""
        every = iter_pages(lambda cursor: self.list(account, cursor=cursor))
        return [member for member in every if member.role == Role.OWNER.value]

    def count(self, account: str) -> tuple[int, int]:
        """How many owners and how many members an account has itself."""
        return _counted(self._table.find(account, "tally"))

    def joining(
        self, chain: Chain, user: UserId, role: str, *, by: Standing, is_first: bool = False
    ) -> tuple[Member, Writes, Sequence[Fact]]:
        """What makes this person a member, for a transaction of the caller's; ``is_first`` only while the account has no owner.

        Raises Conflict (they are one, or somebody owns it), InputError (no such role), NotAllowed, PlanLimit.
        """
        offered = self._roles.offer(role, chain)
        by.demand_to_give(offered.permissions)
        account = chain.account.id
        if self.find(account, user) is not None:
            raise Conflict("this person belongs to the account already", hint="change their role instead")
        most, tally = self._limits.of(chain).members, self._table.find(account, "tally")
        if is_first and _counted(tally)[0]:  # judged by the reading that the write demands: of two at once one is the first
            raise Conflict("this installation has an owner", hint="ask them for an invitation")
        if most is not None and _counted(tally)[1] >= most:
            raise PlanLimit(f"this account's plan holds {most} members", hint="remove one, or take a larger plan")
        member = Member(account=account, user=user, role=role, joined_at=self._desk.clock.now(), added_by=by.actor)
        writes = [
            (self._table, Put(item=_item(member), if_=Absent())),
            self._tally(account, tally, owners=int(role == Role.OWNER.value), members=1),
            *offered.take,
            *by.checks,
        ]
        return member, writes, [member_fact("added", member)]

    def add(self, account: str, user: UserId, role: str, *, by: Standing) -> Member:
        """A new member. Raises as ``joining``, NotFound."""
        return self._acts.do(
            lambda: self.joining(self._tree.live(account), user, role, by=by.now(Permission.MEMBERS_MANAGE)), by.scope(account)
        )

    def set_role(self, account: str, user: str, role: str, *, by: Standing, version: int | None = None) -> Member:
        """The member with another role. Raises NotFound, InputError, NotAllowed (above one's own), Conflict (the last owner), VersionGone."""

        def attempt() -> tuple[Member, Writes, Sequence[Fact]]:
            who, chain, old = by.now(Permission.MEMBERS_MANAGE), self._tree.live(account), self.get(account, user)
            if version is not None and version != old.version:
                raise VersionGone(f"the membership is version {old.version} by now, not {version}", hint="read it again and repeat")
            wanted = self._roles.offer(role, chain)  # a role that is not there is said before anything of whoever asks
            had = self._roles.weigh(old.role, chain)
            who.demand_to_give(had.permissions)
            who.demand_to_give(wanted.permissions)
            new = replace(old, role=role, version=old.version + 1)
            owners = int(role == Role.OWNER.value) - int(old.role == Role.OWNER.value)
            writes = [
                (self._table, Put(item=_item(new), if_=Equals({"version": old.version}))),
                self._owners_left(chain, owners),
                *swapped(old.role, had, role, wanted),
                *who.checks,
            ]
            return new, writes, [Fact(name="member.role_changed", subject=new.user, about={"role": role, "before": old.role})]

        return self._acts.do(attempt, by.scope(account))

    def remove(self, account: str, user: str, *, by: Standing) -> None:
        """The person belongs to the account and its teams no more. Raises NotFound, NotAllowed (they may do more than the remover), Conflict (the last owner)."""

        def attempt() -> tuple[None, Writes, Sequence[Fact]]:
            who, chain, old = by.now(Permission.MEMBERS_MANAGE), self._tree.live(account), self.get(account, user)
            had = self._roles.weigh(old.role, chain)
            who.demand_to_give(had.permissions)
            return None, [*self._leaving(chain, old, had), *who.checks], [member_fact("removed", old)]

        self._acts.do(attempt, by.scope(account))

    def leave(self, user: UserId, account: str) -> None:
        """The person leaves of their own will. Raises NotFound, Conflict (the last owner)."""

        def attempt() -> tuple[None, Writes, Sequence[Fact]]:
            old, chain = self.get(account, user), self._tree.live(account)
            return None, self._leaving(chain, old, self._roles.weigh(old.role, chain)), [member_fact("left", old)]

        self._acts.do(attempt, Scope(account=AccountId(account), actor=user))

    def touched(self, member: Member) -> tuple[Table, Write]:
        """The write that moves the membership on without changing it: what was found out about it must still hold."""
        return self._table, Put(item=_item(replace(member, version=member.version + 1)), if_=Equals({"version": member.version}))

    def still_owned(self, account: str) -> tuple[Table, Write]:
        """The check that an account that is to stand alone has an owner of its own. Raises Conflict when it has none."""
        owners, members = self.count(account)
        if owners == 0:
            raise Conflict("an account at the top needs an owner of its own", hint="make somebody its owner first")
        return self._table, Check(pk=account, sk="tally", if_=Equals({"owners": owners, "members": members}))

    def _leaving(self, chain: Chain, member: Member, had: Weighed) -> Writes:
        teams = [(self._team_people, Delete(pk=team, sk=member.user)) for team, of in self._teams(member.user) if of == member.account]
        return [
            (self._table, Delete(pk=member.account, sk=_MEMBER + member.user, if_=Equals({"version": member.version}))),
            self._owners_left(chain, -int(member.role == Role.OWNER.value), members=-1),
            *had.let_go,
            *teams,
        ]

    def _owners_left(self, chain: Chain, owners: int, *, members: int = 0) -> tuple[Table, Write]:
        """The tally's write. Raises Conflict when nobody would own the account: a sub-account is owned from above too."""
        account = chain.account.id
        seen = self._table.find(account, "tally")  # read once: what is judged is what the write demands
        if owners < 0 and not chain.depth and _counted(seen)[0] + owners < 1:
            raise Conflict("an account has an owner at all times, and this is the last", hint="make somebody else an owner first")
        return self._tally(account, seen, owners=owners, members=members)

    def _tally(self, account: str, seen: Item | None, *, owners: int, members: int) -> tuple[Table, Write]:
        had_owners, had_members = _counted(seen)
        item: dict[str, Scalar] = {"pk": account, "sk": "tally", "owners": had_owners + owners, "members": had_members + members}
        return self._table, Put(item=item, if_=Equals({"owners": had_owners, "members": had_members}) if seen is not None else Absent())


def member_fact(happened: str, member: Member) -> Fact:
    """``member.added``, ``.removed``, ``.left``."""
    return Fact(name=f"member.{happened}", subject=member.user, about={"role": member.role})


def _evidence(grants: Sequence[Grant]) -> Writes:
    """The rows without which the grants would come to less."""
    checks: list[tuple[Table, Write]] = []
    covered: frozenset[Permission] = frozenset()
    for grant in sorted(grants, key=lambda one: -len(one.permissions)):
        if not grant.permissions <= covered or not checks:
            covered |= grant.permissions
            checks += grant.checks
    return checks


def _item(member: Member) -> dict[str, Scalar]:
    doc = msgspec.json.encode(member).decode()
    return {
        "pk": member.account,
        "sk": _MEMBER + member.user,
        "user": member.user,
        "role": member.role,
        "version": member.version,
        "doc": doc,
    }


def _read(row: Item) -> Member:
    return from_json(str(row["doc"]), Member)


def _counted(tally: Item | None) -> tuple[int, int]:
    """How many owners and how many members a tally tells of."""
    return (_int(tally, "owners"), _int(tally, "members")) if tally is not None else (0, 0)


def _int(row: Item, name: str) -> int:
    value = row[name]
    assert isinstance(value, int)
    return value
