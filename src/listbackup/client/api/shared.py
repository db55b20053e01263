"""Models that several parts of the API use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.words import Word


class AccountShown(Struct, frozen=True, kw_only=True):
    """An account. ``parent`` is shown to whoever reaches it; ``state`` counts what lies above too."""

    id: str
    name: str
    parent: str | None
    state: AccountState
    created_at: datetime
    suspended_why: str | None
    shred_at: datetime | None
    version: int


class AccountState(Word):
    """How far an account may be used, as far as it says itself: what lies above it counts too."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    TRASHED = "trashed"


class AuthMethod(Word):
    """How a person lets us in."""

    KEY = "key"
    OAUTH = "oauth"


class Capability(Struct, frozen=True, kw_only=True):
    """What restore can do with a stream on this platform."""

    create: bool = False
    update: bool = False
    delete: bool = False
    keeps_id: bool = False
    knows_repetitions: bool = False
    files: bool = False
    side_effects: Sequence[str] = ()


class ChangeKind(Word):
    """How a record differs between two snapshots."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class DownloadUrl(Struct, frozen=True, kw_only=True):
    """Where the bytes can be fetched, once, before ``ends_at``; without a credential, so hand it to nobody."""

    url: str
    ends_at: datetime


class ExportFormat(Word):
    """What the files are."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


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


class Policy(Struct, frozen=True, kw_only=True):
    """How many snapshots to keep: the last of each of the newest ``hourly`` hours, ``daily`` days, … that have one, whatever the gaps between
    them.

    The counts add up (a snapshot kept by one rule is kept). A policy without any rule keeps everything. ``min_good`` good snapshots stay
    whatever the rules say: complete, not suspect, and verified where enough are.
    """

    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within: timedelta | None = None
    last: int = 0
    min_good: int = 3
    time_zone: str = "UTC"


class PolicyIn(Struct, frozen=True, kw_only=True):
    """How many snapshots stay; the rules add up, and no rule at all keeps everything."""

    hourly: int | UnsetType = UNSET
    daily: int | UnsetType = UNSET
    weekly: int | UnsetType = UNSET
    monthly: int | UnsetType = UNSET
    yearly: int | UnsetType = UNSET
    last: int | UnsetType = UNSET
    within: timedelta | None | UnsetType = UNSET
    min_good: int | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET


class QuotaShown(Struct, frozen=True, kw_only=True):
    """What is left of our share of the calls that the platform grants a connection ``per`` hour, day or month. ``enough_at``: when a tenth of
    the share is free.
    """

    calls: int
    of: int
    per: str
    share: float
    enough_at: datetime
