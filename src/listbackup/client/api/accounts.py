"""``client.accounts``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part
from listbackup.client.words import Word


class Account(Struct, frozen=True, kw_only=True):
    """A customer; ``parent`` is the account it nests in."""

    id: str
    name: str
    created_at: datetime
    parent: str | None = None
    version: int = 1
    suspended_at: datetime | None = None
    suspended_why: str | None = None
    trashed_at: datetime | None = None
    shred_at: datetime | None = None
    is_shredding: bool = False


class Bundle(Word):
    """Words for many permissions at once, for API keys. Together they are everything; none includes another."""

    READ = "read"
    WRITE = "write"
    RESTORE = "restore"
    ADMIN = "admin"


class KeyMade(Struct, frozen=True, kw_only=True):
    """A new API key with its text."""

    key: KeyShown
    text: str


class KeyShown(Struct, frozen=True, kw_only=True):
    """An API key; its text is shown once, when it is made."""

    id: str
    name: str
    scopes: Sequence[Permission]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class Permission(Word):
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
    SNAPSHOTS_READ = "snapshots:read"
    CONTENT_READ = "content:read"
    EXPORTS_CREATE = "exports:create"
    RESTORES_READ = "restores:read"
    RESTORES_PLAN = "restores:plan"
    RESTORES_EXECUTE = "restores:execute"
    RETENTION_MANAGE = "retention:manage"
    ERASURES_EXECUTE = "erasures:execute"
    ACTIVITY_READ = "activity:read"
    ACTIVITY_EXPORT = "activity:export"
    SYSTEM_OPERATE = "system:operate"


class AccountsApi:
    """The operations of ``accounts``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def api_keys(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[KeyShown]:
        """The account's API keys."""
        request = Request(method="GET", path="/v2/api-keys", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[KeyShown], request)

    def iter_api_keys(self, *, limit: int | UnsetType = UNSET) -> Iterator[KeyShown]:
        """Every item of ``api_keys``, page after page."""
        return every(lambda cursor: self.api_keys(limit=limit, cursor=cursor))

    def create_api_key(
        self, *, name: str, scopes: Sequence[Bundle | Permission] | UnsetType = UNSET, days: int | UnsetType = UNSET
    ) -> KeyMade:
        """Make an API key; its text is in this answer and nowhere else."""
        request = Request(method="POST", path="/v2/api-keys", body=given({"name": name, "scopes": scopes, "days": days}))
        return self._session.ask(KeyMade, request)

    def delete_api_key(self, key: str) -> None:
        """Revoke an API key."""
        request = Request(method="DELETE", path=f"/v2/api-keys/{part(key)}")
        self._session.do(request)

    def get(self, account: str) -> Account:
        """The account."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}")
        return self._session.ask(Account, request)

    def get_api_key(self, key: str) -> KeyShown:
        """An API key."""
        request = Request(method="GET", path=f"/v2/api-keys/{part(key)}")
        return self._session.ask(KeyShown, request)
