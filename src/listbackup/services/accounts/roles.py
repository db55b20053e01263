"""The roles that every account has, each a set of permissions; none of them includes ``system:operate``, which belongs to the installation's first account."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from listbackup.http.permission import READS, Permission


class Role(StrEnum):
    """What a member may be; besides these there are roles of an account's own (``rol_…``)."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    OPERATOR = "operator"
    VIEWER = "viewer"


_OWNER = frozenset(Permission) - {Permission.SYSTEM_OPERATE}
_RESTORES = frozenset({Permission.RESTORES_READ, Permission.RESTORES_PLAN, Permission.RESTORES_EXECUTE})

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: _OWNER,
    Role.ADMIN: _OWNER - {Permission.ACCOUNTS_DELETE},
    Role.MANAGER: _RESTORES
    | {
        Permission.ACCOUNTS_READ,
        Permission.MEMBERS_READ,
        Permission.INTEGRATIONS_READ,
        Permission.CONNECTIONS_READ,
        Permission.CONNECTIONS_MANAGE,
        Permission.SOURCES_READ,
        Permission.SOURCES_MANAGE,
        Permission.JOBS_READ,
        Permission.JOBS_MANAGE,
        Permission.RUNS_READ,
        Permission.RUNS_EXECUTE,
        Permission.SNAPSHOTS_READ,
        Permission.CONTENT_READ,
        Permission.EXPORTS_CREATE,
        Permission.RETENTION_MANAGE,
        Permission.ACTIVITY_READ,
    },
    Role.OPERATOR: (READS - {Permission.MEMBERS_READ})
    | _RESTORES
    | {Permission.CONTENT_READ, Permission.RUNS_EXECUTE, Permission.EXPORTS_CREATE},
    Role.VIEWER: READS,
}


def built_in(name: str) -> Role | None:
    """The role that every account has under this name, or None."""
    return Role(name) if name in frozenset(Role) else None
