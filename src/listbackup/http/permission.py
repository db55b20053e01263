"""What may be done, as names ``area:verb``: routes ask for one, roles and API keys are sets of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """One thing that may be done in an account. None includes another."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_MANAGE = "accounts:manage"
    ACCOUNTS_DELETE = "accounts:delete"
    MEMBERS_READ = "members:read"
    MEMBERS_MANAGE = "members:manage"
    ROLES_MANAGE = "roles:manage"
    POLICIES_MANAGE = "policies:manage"
    API_KEYS_MANAGE = "api-keys:manage"
    INTEGRATIONS_READ = "integrations:read"
    INTEGRATIONS_MANAGE = "integrations:manage"
    CONNECTIONS_READ = "connections:read"
    CONNECTIONS_MANAGE = "connections:manage"
    SOURCES_READ = "sources:read"
    SOURCES_MANAGE = "sources:manage"
    JOBS_READ = "jobs:read"
    JOBS_MANAGE = "jobs:manage"
    RUNS_READ = "runs:read"
    RUNS_EXECUTE = "runs:execute"
    SNAPSHOTS_READ = "snapshots:read"  # that there are copies, of what and how much
    CONTENT_READ = "content:read"  # what stands in them
    EXPORTS_CREATE = "exports:create"  # take content away as files: gives all that content:read shows
    RESTORES_READ = "restores:read"
    RESTORES_PLAN = "restores:plan"
    RESTORES_EXECUTE = "restores:execute"
    RETENTION_MANAGE = "retention:manage"
    ERASURES_EXECUTE = "erasures:execute"
    ACTIVITY_READ = "activity:read"
    ACTIVITY_EXPORT = "activity:export"
    SYSTEM_OPERATE = "system:operate"


class Signed(StrEnum):
    """What a route asks for that stands in no account."""

    PERSON = "person"  # somebody who signed in
    ANY = "any"  # somebody who signed in, or an API key


class Bundle(StrEnum):
    """Words for many permissions at once, for API keys. Together they are everything; none includes another."""

    READ = "read"  # look at everything, content of records included, and take it away as files
    WRITE = "write"  # connections, sources, jobs, runs, holds
    RESTORE = "restore"  # write records back to a platform, and take that back
    ADMIN = "admin"  # the account itself, its people and keys


_WRITE = frozenset(
    {
        Permission.INTEGRATIONS_MANAGE,
        Permission.CONNECTIONS_MANAGE,
        Permission.SOURCES_MANAGE,
        Permission.JOBS_MANAGE,
        Permission.RUNS_EXECUTE,
        Permission.RETENTION_MANAGE,
    }
)
_LOOK = frozenset(one for one in Permission if one.endswith(":read"))
_READ = _LOOK | {Permission.EXPORTS_CREATE}
_RESTORE = frozenset({Permission.RESTORES_PLAN, Permission.RESTORES_EXECUTE})
BUNDLES: dict[Bundle, frozenset[Permission]] = {
    Bundle.READ: _READ,
    Bundle.WRITE: _WRITE,
    Bundle.RESTORE: _RESTORE,
    Bundle.ADMIN: frozenset(Permission) - _READ - _WRITE - _RESTORE,
}
READS = _LOOK - {Permission.CONTENT_READ}  # what a suspended account's people may still do

Asked = Permission | Signed


def expand(words: Iterable[str]) -> tuple[Permission, ...]:
    """The permissions that these names and words stand for, in the order of the list. Raises ValueError for one that is neither."""
    found: set[Permission] = set()
    for word in words:
        found |= BUNDLES[Bundle(word)] if word in frozenset(Bundle) else {Permission(word)}
    return tuple(one for one in Permission if one in found)


def shown(permissions: Iterable[Permission]) -> str:
    """A set of permissions in few words: whole bundles by their word, the rest by name."""
    left, words = set(permissions), []
    for bundle, inside in BUNDLES.items():
        if inside <= left:
            words.append(bundle.value)
            left -= inside
    return " ".join([*words, *(one.value for one in Permission if one in left)])
