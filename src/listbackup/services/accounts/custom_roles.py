"""Roles: those that every account has, and those that an account made itself, which can be given in it and everywhere below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from listbackup.backends.table.port import Absent, Check, Delete, Equals, Item, Put, Scalar, Table, Update, Write
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.base.ids import is_id
from listbackup.base.paging import iter_pages
from listbackup.http.permission import Permission
from listbackup.http.versions import VersionGone
from listbackup.services.accounts.acts import Acts
from listbackup.services.accounts.model import CustomRole
from listbackup.services.accounts.roles import ROLES, built_in
from listbackup.services.accounts.standing import Standing
from listbackup.services.accounts.table import ROLES_TABLE
from listbackup.services.accounts.tree import Chain, Tree
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes, check_name
from listbackup.services.scope import AccountTable
from listbackup.services.turns import turn

MOST_ROLES = 100  # of one account


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A role as it was read: what it gives, and the writes that count one more or one fewer who has it; they fail when the role is another by then."""

    permissions: frozenset[Permission]
    take: Writes = ()
    let_go: Writes = ()


class Roles:
    """The roles of all accounts."""

    def __init__(self, desk: Desk, tree: Tree) -> None:
        self._desk, self._tree, self._acts = desk, tree, Acts(desk)
        self._table = desk.tables.open(ROLES_TABLE)

    def permissions(self, role: str, chain: Chain) -> frozenset[Permission]:
        """What this role gives at the lower end of the chain: nothing when it is not a role of there (any more)."""
        own = built_in(role)
        if own is not None:
            return ROLES[own]
        found = self._find(role)
        return frozenset(found.permissions) if found is not None and found.account in chain.ids else frozenset()

    def evidence(self, role: str) -> Writes:
        """The check that a role of an account's own making is as it is now: to be asked for before ``permissions``."""
        row = self._table.find(role, "role") if built_in(role) is None else None
        return [(self._table, Check(pk=role, sk="role", if_=Equals({"version": row["version"]})))] if row is not None else []

    def weigh(self, role: str, chain: Chain) -> Weighed:
        """A role that somebody has at the lower end of the chain: it gives nothing when it is not a role of there (any more)."""
        own = built_in(role)
        if own is not None:
            return Weighed(permissions=ROLES[own])
        found = self._find(role)
        if found is None:
            return Weighed(permissions=frozenset())
        gives = frozenset(found.permissions) if found.account in chain.ids else frozenset[Permission]()
        return Weighed(permissions=gives, take=[self._counted(found, 1)], let_go=[self._counted(found, -1)])

    def offer(self, role: str, chain: Chain) -> Weighed:
        """As ``weigh``, for a role that is to be given. Raises InputError for one that is not there."""
        weighed = self.weigh(role, chain)
        if not weighed.permissions:
            raise InputError(
                f"there is no role {role[:40]!r}", field="role", hint="owner, admin, manager, operator, viewer, or a role's id"
            )
        return weighed

    def create(self, account: str, name: str, permissions: Iterable[Permission], *, by: Standing) -> CustomRole:
        """A new role. Raises InputError, Conflict (the name is taken), NotAllowed (more than one's own)."""
        check_name(name, "role")
        wanted = _ordered(permissions)

        def attempt() -> tuple[CustomRole, Writes, Sequence[Fact]]:
            who = by.now(Permission.ROLES_MANAGE)
            who.demand_to_give(wanted)
            chain, mine = self._tree.live(account), turn(AccountTable(self._table, by.scope(account)), "roles")
            if len(self.own(account)) >= MOST_ROLES:
                raise Conflict(f"an account has at most {MOST_ROLES} roles of its own", hint="remove one that nobody has")
            made = CustomRole(
                id=self._desk.new_id("rol"),
                account=chain.account.id,
                name=name,
                permissions=wanted,
                created_at=self._desk.clock.now(),
            )
            self._check_free(made)
            writes = [(self._table, Put(item=_item(made, 0), if_=Absent())), self._take_name(made), mine, *who.checks]
            return made, writes, [role_fact("created", made)]

        return self._acts.do(attempt, by.scope(account))

    def own(self, account: str) -> Sequence[CustomRole]:
        """The roles that this account made, oldest first."""
        return [_read(row) for row in iter_pages(lambda cursor: self._table.query(account, index="by_account", cursor=cursor))]

    def list(self, account: str) -> Sequence[CustomRole]:
        """The roles that can be given here: the account's own, then those of the accounts above it. Raises NotFound."""
        return [role for above in self._tree.live(account).accounts for role in self.own(above.id)]

    def get(self, account: str, role: str) -> CustomRole:
        """A role that can be given here. Raises NotFound."""
        found = self._find(role)
        if found is None or found.account not in self._tree.live(account).ids:
            raise NotFound(f"there is no role {role!r}")
        return found

    def change(
        self,
        account: str,
        role: str,
        *,
        by: Standing,
        name: str | None = None,
        permissions: Iterable[Permission] | None = None,
        version: int | None = None,
    ) -> CustomRole:
        """The account's own role with these changes, which everybody who has it feels at once. Raises NotFound, NotAllowed, Conflict, VersionGone."""
        if name is not None:
            check_name(name, "role")

        def attempt() -> tuple[CustomRole, Writes, Sequence[Fact]]:
            who = by.now(Permission.ROLES_MANAGE)
            row, old = self._own(account, role)
            if version is not None and version != old.version:
                raise VersionGone(f"the role is version {old.version} by now, not {version}", hint="read it again and repeat")
            who.demand_to_give(old.permissions)
            wanted = _ordered(permissions) if permissions is not None else old.permissions
            who.demand_to_give(wanted)
            new = replace(old, name=name or old.name, permissions=wanted, version=old.version + 1)
            uses = row["uses"]
            assert isinstance(uses, int)
            writes: list[tuple[Table, Write]] = [
                (self._table, Put(item=_item(new, uses), if_=Equals({"version": old.version, "uses": uses}))),
                *who.checks,
            ]
            if _folded(new.name) != _folded(old.name):
                self._check_free(new)
                writes += [self._take_name(new), self._free_name(old)]
            return new, writes, [role_fact("changed", new)]

        return self._acts.do(attempt, by.scope(account))

    def delete(self, account: str, role: str, *, by: Standing) -> None:
        """The role is no more. Raises NotFound, Conflict while somebody has it."""

        def attempt() -> tuple[None, Writes, Sequence[Fact]]:
            who = by.now(Permission.ROLES_MANAGE)
            row, old = self._own(account, role)
            who.demand_to_give(old.permissions)
            if row["uses"] != 0:
                raise Conflict(f"the role {old.name!r} is given to {row['uses']!r}", hint="give them another role first")
            gone = Delete(pk=old.id, sk="role", if_=Equals({"version": old.version, "uses": 0}))
            return None, [(self._table, gone), self._free_name(old), *who.checks], [role_fact("deleted", old)]

        self._acts.do(attempt, by.scope(account))

    def _own(self, account: str, role: str) -> tuple[Item, CustomRole]:
        row = self._table.find(role, "role") if is_id(role, "rol") else None
        if row is None or row["account"] != account:
            raise NotFound(f"there is no role {role!r}")
        return row, _read(row)

    def _find(self, role: str) -> CustomRole | None:
        row = self._table.find(role, "role") if is_id(role, "rol") else None
        return _read(row) if row is not None else None

    def _counted(self, role: CustomRole, by: int) -> tuple[Table, Write]:
        return self._table, Update(pk=role.id, sk="role", add={"uses": by}, if_=Equals({"version": role.version}))

    def _check_free(self, role: CustomRole) -> None:
        if self._table.find(role.account, f"name/{_folded(role.name)}") is not None or built_in(_folded(role.name)) is not None:
            raise Conflict(f"a role named {role.name!r} exists already", hint="choose another name")

    def _take_name(self, role: CustomRole) -> tuple[Table, Write]:
        return self._table, Put(item={"pk": role.account, "sk": f"name/{_folded(role.name)}", "id": role.id}, if_=Absent())

    def _free_name(self, role: CustomRole) -> tuple[Table, Write]:
        return self._table, Delete(pk=role.account, sk=f"name/{_folded(role.name)}")


def swapped(old: str | None, had: Weighed | None, new: str, wanted: Weighed) -> Writes:
    """The writes for who has ``new`` instead of what they had, if anything."""
    return [] if old == new else [*(had.let_go if had is not None else ()), *wanted.take]


def role_fact(happened: str, role: CustomRole) -> Fact:
    """``role.created``, ``.changed``, ``.deleted``."""
    return Fact(name=f"role.{happened}", subject=role.id, about={"name": role.name, "permissions": " ".join(role.permissions)})


def _ordered(permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    wanted = set(permissions)
    if not wanted:
        raise InputError("a role allows something", field="permissions")
    return tuple(one for one in Permission if one in wanted)


def _folded(name: str) -> str:
    return name.casefold()


def _item(role: CustomRole, uses: int) -> dict[str, Scalar]:
    doc = msgspec.json.encode(role).decode()
    return {"pk": role.id, "sk": "role", "account": role.account, "version": role.version, "uses": uses, "doc": doc}


def _read(row: Item) -> CustomRole:
    return from_json(str(row["doc"]), CustomRole)
