"""What accounts offer over HTTP: their people, roles and teams, in the account that the request chooses."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.services.accounts.calls import acting, sliced
from listbackup.services.accounts.model import CustomRole, Member
from listbackup.services.accounts.people_schema import (
    ChangedMember,
    ChangedRole,
    ChangedTeam,
    MemberDetail,
    MemberShown,
    MyAccount,
    NewRole,
    NewTeam,
    RoleShown,
    SearchUsers,
    TeamMate,
    TeamMateShown,
    TeamRoleIn,
    TeamRoleShown,
    TeamShown,
)
from listbackup.services.accounts.roles import ROLES, Role
from listbackup.services.accounts.schema import Chosen, show_account
from listbackup.services.accounts.teams import Team
from listbackup.services.accounts.tenancy import Tenancy
from listbackup.services.routing import Answer, Call, Route, changing, mine, reading

_TEAM = "/teams/{team:tea}"


def member_routes(tenancy: Tenancy) -> Sequence[Route]:
    """Who belongs to the account, and to which accounts one belongs oneself."""
    return [*_own(tenancy), *_members(tenancy)]


def _members(tenancy: Tenancy) -> Sequence[Route]:
    members = tenancy.accounts.members

    def show(member: Member) -> MemberShown:
        return _member(tenancy, member)

    def list_(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(members.list(call.scope.account, limit=page.limit, cursor=page.cursor), show))

    def search(call: Call) -> Answer:
        asked = call.query(SearchUsers)
        page = members.list(call.scope.account, limit=asked.limit, cursor=asked.cursor)
        wanted = asked.q.casefold()
        found = [one for one in map(show, page.items) if wanted in one.name.casefold() or wanted in one.email.casefold()]
        return Answer(content=Listing(items=found, next=page.next_cursor))

    def get(call: Call) -> Answer:
        member = members.get(call.scope.account, call.path["user"])
        standing = members.standing(member.user, call.scope.account)
        usable = [one for one in Permission if one in standing.usable]
        detail = MemberDetail(member=show(member), roles=sorted(standing.roles), permissions=usable)
        return Answer(content=detail, version=member.version)

    def change(call: Call) -> Answer:
        asked = call.body(ChangedMember)
        by = acting(tenancy, call)
        member = members.set_role(call.scope.account, call.path["user"], asked.role, by=by, version=call.version)
        return Answer(content=show(member), version=member.version)

    def remove(call: Call) -> Answer:
        members.remove(call.scope.account, call.path["user"], by=acting(tenancy, call))
        return Answer()

    read, manage, one = Permission.MEMBERS_READ, Permission.MEMBERS_MANAGE, "/users/{user:usr}"
    return [
        reading("/users/search", "People of the account by a part of their name or address; a page may hold fewer than asked for", read, search, Listing[MemberShown], SearchUsers),
        reading("/users", "Who has a role in the account itself", read, list_, Listing[MemberShown], PageParameters),
        reading(one, "A person of the account, and what they may do in it", read, get, MemberDetail, versioned=True),
        changing("PATCH", one, "Give a person another role; never more than one's own", manage, change, step_up=True, body=ChangedMember, answers=MemberShown, versioned=True),
        changing("DELETE", one, "Remove a person from the account; the last owner stays", manage, remove, step_up=True, status=204, problems=(409,)),
    ]  # fmt: skip


def _own(tenancy: Tenancy) -> Sequence[Route]:
    accounts, members = tenancy.accounts, tenancy.accounts.members

    def own(call: Call) -> Answer:
        user, page = call.caller.user, call.query(PageParameters)
        assert user is not None
        current = members.home(user)
        mine = {*members.entries(user), *([current] if current is not None else [])}  # the current one may be reached from above
        entries = sliced(sorted(one for one in mine if members.reaches(user, one)), str, page)
        shown = []
        for entry in entries.items:
            chain = accounts.tree.live(entry)
            is_parent_known = chain.account.parent is not None and members.reaches(user, chain.account.parent)
            account = show_account(chain.account, chain.state, parent=is_parent_known)
            shown.append(MyAccount(account=account, roles=sorted(members.standing(user, entry).roles), is_current=entry == current))
        return Answer(content=Listing(items=shown, next=entries.next_cursor))

    def leave(call: Call) -> Answer:
        assert call.caller.user is not None
        members.leave(call.caller.user, call.path["account"])
        return Answer()

    def switch(call: Call) -> Answer:
        assert call.caller.user is not None
        members.switch(call.caller.user, call.body(Chosen).account)
        return Answer()

    return [
        mine("GET", "/users/me/accounts", "The accounts one has a role in", own, query=PageParameters, answers=Listing[MyAccount]),
        mine("DELETE", "/users/me/accounts/{account:acc}", "Leave an account", leave, status=204, problems=(404, 409)),
        mine("POST", "/accounts/switch", "Work in this account where no other is named", switch, body=Chosen, status=204, problems=(404,)),
    ]  # fmt: skip


def _member(tenancy: Tenancy, member: Member) -> MemberShown:
    card = tenancy.directory.find(member.user)
    return MemberShown(
        user=member.user,
        name=card.name if card is not None else "",
        email=card.email if card is not None else "",
        has_mfa=card.has_mfa if card is not None else False,
        role=member.role,
        joined_at=member.joined_at,
        version=member.version,
    )


def role_routes(tenancy: Tenancy) -> Sequence[Route]:
    """Roles: those that every account has, and those made here or above."""
    roles = tenancy.accounts.roles

    def list_(call: Call) -> Answer:
        here = call.scope.account
        every = [*map(_everybodys, Role), *(_role(role, here) for role in roles.list(here))]
        return Answer(content=listing(sliced(every, lambda one: one.id, call.query(PageParameters)), lambda one: one))

    def create(call: Call) -> Answer:
        asked = call.body(NewRole)
        made = roles.create(call.scope.account, asked.name, asked.permissions, by=acting(tenancy, call))
        return Answer(content=_role(made, call.scope.account), version=made.version, location=f"/v2/roles/{made.id}")

    def get(call: Call) -> Answer:
        found = roles.get(call.scope.account, call.path["role"])
        return Answer(content=_role(found, call.scope.account), version=found.version)

    def change(call: Call) -> Answer:
        asked = call.body(ChangedRole)
        new = roles.change(
            call.scope.account,
            call.path["role"],
            by=acting(tenancy, call),
            name=asked.name,
            permissions=asked.permissions,
            version=call.version,
        )
        return Answer(content=_role(new, call.scope.account), version=new.version)

    def delete(call: Call) -> Answer:
        roles.delete(call.scope.account, call.path["role"], by=acting(tenancy, call))
        return Answer()

    read, manage, one = Permission.MEMBERS_READ, Permission.ROLES_MANAGE, "/roles/{role:rol}"
    return [
        reading("/roles", "The roles that can be given here", read, list_, Listing[RoleShown], PageParameters),
        changing("POST", "/roles", "Make a role of some permissions; never more than one's own", manage, create, step_up=True, body=NewRole, answers=RoleShown, status=201, repeatable=True),
        reading(one, "A role", read, get, RoleShown, versioned=True),
        changing("PATCH", one, "Change a role, for everybody who has it", manage, change, step_up=True, body=ChangedRole, answers=RoleShown, versioned=True),
        changing("DELETE", one, "Delete a role that nobody has", manage, delete, step_up=True, status=204, problems=(409,)),
    ]  # fmt: skip


def _everybodys(role: Role) -> RoleShown:
    permissions = [one for one in Permission if one in ROLES[role]]
    return RoleShown(id=role, name=role, permissions=permissions, account=None, version=None)


def _role(role: CustomRole, here: str) -> RoleShown:
    return RoleShown(
        id=role.id,
        name=role.name,
        permissions=role.permissions,
        account=role.account if role.account == here else None,
        version=role.version,
    )


def team_routes(tenancy: Tenancy) -> Sequence[Route]:
    """Teams of the account: their people, and their roles in it and below."""
    return [*_teams(tenancy), *_mates(tenancy), *_team_roles(tenancy)]


def _teams(tenancy: Tenancy) -> Sequence[Route]:
    teams = tenancy.teams

    def show(team: Team) -> TeamShown:
        return TeamShown(id=team.id, name=team.name, created_at=team.created_at, version=team.version)

    def list_(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(teams.list(call.scope.account, limit=page.limit, cursor=page.cursor), show))

    def create(call: Call) -> Answer:
        made = teams.create(call.scope.account, call.body(NewTeam).name, by=acting(tenancy, call))
        return Answer(content=show(made), version=made.version, location=f"/v2/teams/{made.id}")

    def get(call: Call) -> Answer:
        found = teams.get(call.scope.account, call.path["team"])
        return Answer(content=show(found), version=found.version)

    def rename(call: Call) -> Answer:
        new = teams.rename(
            call.scope.account, call.path["team"], call.body(ChangedTeam).name, by=acting(tenancy, call), version=call.version
        )
        return Answer(content=show(new), version=new.version)

    def delete(call: Call) -> Answer:
        teams.delete(call.scope.account, call.path["team"], by=acting(tenancy, call))
        return Answer()

    read, manage = Permission.MEMBERS_READ, Permission.MEMBERS_MANAGE
    return [
        reading("/teams", "The account's teams", read, list_, Listing[TeamShown], PageParameters),
        changing("POST", "/teams", "Make a team", manage, create, body=NewTeam, answers=TeamShown, status=201, repeatable=True),
        reading(_TEAM, "A team", read, get, TeamShown, versioned=True),
        changing("PATCH", _TEAM, "Rename a team", manage, rename, body=ChangedTeam, answers=TeamShown, versioned=True),
        changing("DELETE", _TEAM, "Delete a team with its roles", manage, delete, step_up=True, status=204),
    ]


def _mates(tenancy: Tenancy) -> Sequence[Route]:
    teams = tenancy.teams

    def people(call: Call) -> Answer:
        page = call.query(PageParameters)
        found = teams.people(call.scope.account, call.path["team"], limit=page.limit, cursor=page.cursor)
        return Answer(content=listing(found, lambda user: _mate(tenancy, user)))

    def add(call: Call) -> Answer:
        user = call.body(TeamMate).user
        teams.add(call.scope.account, call.path["team"], user, by=acting(tenancy, call))
        return Answer(content=_mate(tenancy, user))

    def remove(call: Call) -> Answer:
        teams.remove(call.scope.account, call.path["team"], call.path["user"], by=acting(tenancy, call))
        return Answer()

    read, manage, people_of = Permission.MEMBERS_READ, Permission.MEMBERS_MANAGE, f"{_TEAM}/members"
    return [
        reading(people_of, "Who is in a team", read, people, Listing[TeamMateShown], PageParameters),
        changing("POST", people_of, "Put a person of the account into a team", manage, add, step_up=True, body=TeamMate, answers=TeamMateShown, status=201),
        changing("DELETE", f"{people_of}/{{user:usr}}", "Take a person out of a team", manage, remove, status=204),
    ]  # fmt: skip


def _team_roles(tenancy: Tenancy) -> Sequence[Route]:
    teams = tenancy.teams

    def roles(call: Call) -> Answer:
        every = [TeamRoleShown(account=role.account, role=role.role) for role in teams.roles(call.scope.account, call.path["team"])]
        return Answer(content=listing(sliced(every, lambda one: one.account, call.query(PageParameters)), lambda one: one))

    def give(call: Call) -> Answer:
        where = call.path["where"]
        by = tenancy.authority.of(call.caller.actor, where)
        given = teams.give_role(call.scope.account, call.path["team"], where, call.body(TeamRoleIn).role, by=by)
        return Answer(content=TeamRoleShown(account=given.account, role=given.role))

    def take(call: Call) -> Answer:
        where = call.path["where"]
        teams.take_role(call.scope.account, call.path["team"], where, by=tenancy.authority.of(call.caller.actor, where))
        return Answer()

    read, manage, there = Permission.MEMBERS_READ, Permission.MEMBERS_MANAGE, f"{_TEAM}/roles/{{where:acc}}"
    return [
        reading(f"{_TEAM}/roles", "In which accounts a team has which role", read, roles, Listing[TeamRoleShown], PageParameters),
        changing("PUT", there, "Give a team a role in the account or one below", manage, give, step_up=True, body=TeamRoleIn, answers=TeamRoleShown),
        changing("DELETE", there, "Take a team's role in an account", manage, take, status=204),
    ]  # fmt: skip


def _mate(tenancy: Tenancy, user: str) -> TeamMateShown:
    card = tenancy.directory.find(user)
    return TeamMateShown(user=user, name=card.name if card is not None else "", email=card.email if card is not None else "")
