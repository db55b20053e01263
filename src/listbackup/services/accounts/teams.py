"""Teams: people of an account who have roles together, in the account and anywhere below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from listbackup.backends.table.port import Absent, Delete, Equals, Exists, Item, Put, Scalar
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict, NotFound
from listbackup.base.ids import AccountId, UserId, is_id
from listbackup.base.paging import Page, iter_pages
from listbackup.http.permission import Permission
from listbackup.services.accounts.acts import Act, Acts
from listbackup.services.accounts.custom_roles import swapped
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.standing import Standing
from listbackup.services.accounts.table import MEMBERSHIPS, TEAM_PEOPLE, TEAMS
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import NamedRows, check_name
from listbackup.services.scope import Scope

MOST_TEAMS = 30  # of one person
MOST_ROLES = 100  # of one team


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Some people of one account."""

    id: str
    account: AccountId
    name: str
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRole:
    """A role that a team has in an account of its branch."""

    team: str
    account: AccountId
    role: str
    version: int = 1


class Teams:
    """The teams of all accounts."""

    def __init__(self, desk: Desk, accounts: Accounts) -> None:
        self._desk, self._accounts, self._members = desk, accounts, accounts.members
        self._people, self._table = desk.tables.open(TEAM_PEOPLE), desk.tables.open(MEMBERSHIPS)
        self._acts = Acts(desk)

    def create(self, account: str, name: str, *, by: Standing) -> Team:
        """A new team. Raises NotFound, InputError, Conflict (the name is taken), NotAllowed."""
        check_name(name, "team")
        rows = self._rows(account)

        def attempt() -> Act[Team]:
            who, chain = by.now(Permission.MEMBERS_MANAGE), self._accounts.tree.live(account)
            team = Team(id=self._desk.new_id("tea"), account=chain.account.id, name=name, created_at=self._desk.clock.now())
            return team, [*rows.insert(team), *who.checks], [_fact("created", team)]

        return self._acts.do(attempt, by.scope(account))

    def list(self, account: str, *, limit: int = 100, cursor: str | None = None) -> Page[Team]:
        """The account's teams, oldest first."""
        return self._rows(account).page(limit=limit, cursor=cursor)

    def get(self, account: str, team: str) -> Team:
        """The account's team of this id. Raises NotFound."""
        found = self._rows(account).find(team) if is_id(team, "tea") else None
        if found is None:
            raise NotFound(f"there is no team {team[:40]!r}")
        return found

    def rename(self, account: str, team: str, name: str, *, by: Standing, version: int | None = None) -> Team:
        """The team under another name. Raises NotFound, InputError, Conflict, VersionGone, NotAllowed."""
        check_name(name, "team")
        rows = self._rows(account)

        def attempt() -> Act[Team]:
            who = by.now(Permission.MEMBERS_MANAGE)
            self.get(account, team)
            old = rows.get_version(team, version)
            new, writes = rows.change(old, replace(old, name=name))
            return new, [*writes, *who.checks], [_fact("renamed", new)]

        return self._acts.do(attempt, by.scope(account))

    def delete(self, account: str, team: str, *, by: Standing) -> None:
        """The team and its roles are no more. Raises NotFound, NotAllowed (it may do more than the remover)."""
        found = self.get(account, team)
        for role in self.roles(account, team):
            self.take_role(account, team, role.account, by=by)

        def attempt() -> Act[None]:
            who, old = by.now(Permission.MEMBERS_MANAGE), self.get(account, team)
            if self.roles(account, team):
                raise Conflict("the team was given a role meanwhile", hint="look again and repeat")
            return None, [*self._rows(account).remove(old), *who.checks], [_fact("deleted", old)]

        self._acts.do(attempt, by.scope(account))
        for row in list(iter_pages(lambda cursor: self._people.query(found.id, cursor=cursor))):
            self._people.delete(found.id, str(row["sk"]))

    # its people

    def people(self, account: str, team: str, *, limit: int = 100, cursor: str | None = None) -> Page[UserId]:
        """Who is in it, in order of id. Raises NotFound."""
        page = self._people.query(self.get(account, team).id, limit=limit, cursor=cursor)
        return Page(items=[UserId(str(row["sk"])) for row in page.items], next_cursor=page.next_cursor)

    def add(self, account: str, team: str, user: str, *, by: Standing) -> None:
        """This member of the account is in the team. Raises NotFound (no member), Conflict (is in it, or in too many), NotAllowed (the team may do more than the adder)."""

        def attempt() -> Act[None]:
            who, found, member = by.now(Permission.MEMBERS_MANAGE), self.get(account, team), self._members.get(account, user)
            chain = self._accounts.tree.live(account)
            for role in self.roles(account, team):
                who.demand_to_give(self._accounts.roles.permissions(role.role, self._accounts.tree.chain(role.account)))
            if self._people.find(found.id, user) is not None:
                raise Conflict("this person is in the team already")
            if len(self._people.query(user, index="by_user", limit=MOST_TEAMS).items) >= MOST_TEAMS:
                raise Conflict(f"a person is in at most {MOST_TEAMS} teams")
            row: dict[str, Scalar] = {"pk": found.id, "sk": user, "user": user, "account": account}
            still = self._rows(account).change(found, found)[1]
            writes = [(self._people, Put(item=row, if_=Absent())), self._members.touched(member), *still]
            return None, [*writes, *self._accounts.tree.check(chain), *who.checks], [_fact("person_added", found, user=user)]

        self._acts.do(attempt, by.scope(account))

    def remove(self, account: str, team: str, user: str, *, by: Standing) -> None:
        """This person is in the team no more. Raises NotFound, NotAllowed."""

        def attempt() -> Act[None]:
            who, found = by.now(Permission.MEMBERS_MANAGE), self.get(account, team)
            if self._people.find(found.id, user) is None:
                raise NotFound(f"there is no user {user[:40]!r} in this team")
            for role in self.roles(account, team):
                who.demand_to_give(self._accounts.roles.permissions(role.role, self._accounts.tree.chain(role.account)))
            gone = Delete(pk=found.id, sk=user, if_=Exists())
            return None, [(self._people, gone), *who.checks], [_fact("person_removed", found, user=user)]

        self._acts.do(attempt, by.scope(account))

    # its roles

    def roles(self, account: str, team: str) -> Sequence[TeamRole]:
        """Where it has which role. Raises NotFound."""
        found = self.get(account, team)
        return [_read(row) for row in iter_pages(lambda cursor: self._table.query(found.id, index="by_team", cursor=cursor))]

    def give_role(self, account: str, team: str, where: str, role: str, *, by: Standing) -> TeamRole:
        """The team has this role, and no other, in ``where``: its own account or one below. ``by`` stands in ``where``. Raises NotFound, InputError, NotAllowed, Conflict."""

        def attempt() -> Act[TeamRole]:
            who, found, chain = by.now(Permission.MEMBERS_MANAGE), self.get(account, team), self._accounts.tree.live(where)
            if found.account not in chain.ids:
                raise NotFound(f"there is no account {where!r}")
            offered = self._accounts.roles.offer(role, chain)
            who.demand_to_give(offered.permissions)
            row = self._table.find(where, f"team/{team}")
            old = _read(row) if row is not None else None
            had = self._accounts.roles.weigh(old.role, chain) if old is not None else None
            if had is not None:
                who.demand_to_give(had.permissions)
            elif len(self.roles(account, team)) >= MOST_ROLES:
                raise Conflict(f"a team has roles in at most {MOST_ROLES} accounts", hint="give it one further up")
            new = TeamRole(team=found.id, account=chain.account.id, role=role, version=old.version + 1 if old is not None else 1)
            kept = Put(item=_item(new), if_=Equals({"version": old.version}) if old is not None else Absent())
            count = swapped(old.role if old is not None else None, had, role, offered)
            still = self._rows(account).change(found, found)[1]
            writes = [(self._table, kept), *count, *still, *self._accounts.tree.check(chain), *who.checks]
            return new, writes, [_fact("role_given", found, role=role, where=where)]

        return self._acts.do(attempt, by.scope(where))

    def take_role(self, account: str, team: str, where: str, *, by: Standing) -> None:
        """The team has no role in ``where`` any more. Raises NotFound, NotAllowed."""

        def attempt() -> Act[None]:
            who, found = by.now(Permission.MEMBERS_MANAGE), self.get(account, team)
            row = self._table.find(where, f"team/{team}")
            if row is None:
                raise NotFound(f"the team has no role in {where!r}")
            old = _read(row)
            had = self._accounts.roles.weigh(old.role, self._accounts.tree.chain(where))
            who.demand_to_give(had.permissions)
            gone = Delete(pk=where, sk=f"team/{team}", if_=Equals({"version": old.version}))
            writes = [(self._table, gone), *had.let_go, *who.checks]
            return None, writes, [_fact("role_taken", found, role=old.role, where=where)]

        self._acts.do(attempt, by.scope(where))

    def _rows(self, account: str) -> NamedRows[Team]:
        scope = Scope(account=AccountId(account), actor="teams")
        return NamedRows(self._desk.open(TEAMS, scope), Team, noun="team", prefix="tea")


def _fact(happened: str, team: Team, **about: str | None) -> Fact:
    """``team.created``, ``.renamed``, ``.deleted``, ``.person_added``, ``.person_removed``, ``.role_given``, ``.role_taken``."""
    return Fact(name=f"team.{happened}", subject=team.id, about={"name": team.name, **about})


def _item(role: TeamRole) -> dict[str, Scalar]:
    doc = msgspec.json.encode(role).decode()
    return {"pk": role.account, "sk": f"team/{role.team}", "team": role.team, "role": role.role, "version": role.version, "doc": doc}


def _read(row: Item) -> TeamRole:
    return from_json(str(row["doc"]), TeamRole)
