"""Every table that the product keeps, wherever it is declared: what a deployment makes, and what forgetting an account looks into.

The declarations are named here and loaded when they are asked for: a function that needs one service does not load the others. Only the declaration is taken, nothing that a
service does. A house test compares the list with the source.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence

from listbackup.backends.table.port import TableSpec

_DECLARED: Mapping[str, Sequence[str]] = {
    "backends.events.outbox": ["OUTBOX"],
    "backends.identity.table": ["PASSKEYS", "PEOPLE", "SESSIONS", "SIGNING_KEYS", "TICKETS", "TRIES"],
    "backends.schedule.tabled": ["SCHEDULE"],
    "backends.table.lease": ["LEASES"],
    "http.idempotency": ["REPEATS"],
    "services.accounts.table": [
        *("ACCOUNTS", "API_KEYS", "INVITATIONS", "MEMBERSHIPS", "POLICIES", "ROLES_TABLE", "TEAMS", "TEAM_PEOPLE", "USAGE"),
    ],
    "services.activity.table": ["ACTIVITY", "TRAILS"],
    "services.auth.devices": ["DEVICES"],
    "services.connections.table": ["CONNECTIONS", "CONNECTION_SECRETS", "QUOTAS", "RENEWALS", "REVOCATIONS", "SIGN_INS"],
    "services.data.orders": ["ERRANDS"],
    "services.data.table": ["PRUNES", "RESTORES", "RESTORE_IDS", "RESTORE_JOURNAL", "VERIFICATIONS"],
    "services.downloads.table": ["TICKETS"],
    "services.erasures.table": ["ERASURES", "ERASURE_LISTS"],
    "services.exports.table": ["EXPORTS"],
    "services.hooks.table": ["HOOKS", "HOOK_DELIVERIES"],
    "services.integrations.table": ["INTEGRATIONS"],
    "services.jobs.table": ["JOBS"],
    "services.post": ["POST"],
    "services.runs.table": ["RUNS", "RUN_LOGS", "RUN_MONTHS", "RUN_PROGRESS"],
    "services.sources.table": ["ERASED_KEYS", "SOURCES", "SOURCE_GROUPS"],
    "services.system.table": ["SYSTEM"],
    "services.users.table": ["EMAIL_CHANGES", "PROFILES", "REGISTRATIONS"],
    "store.ground": ["ROOTS"],
}
_KEYS: Mapping[str, Sequence[str]] = {"backends.keyring.key_records": ["ACCOUNT_KEYS"]}


def declared_tables() -> Sequence[TableSpec]:
    """All of them, by name."""
    return sorted([*account_tables(), *key_tables()], key=lambda spec: spec.name)


def account_tables() -> Sequence[TableSpec]:
    """Those that forget an account with everything else of it: all but the keys' own."""
    return _load(_DECLARED)


def key_tables() -> Sequence[TableSpec]:
    """Those of wrapped keys. The receipt of a shredded account stays in them, so no account is forgotten there."""
    return _load(_KEYS)


def _load(declared: Mapping[str, Sequence[str]]) -> Sequence[TableSpec]:
    specs = [getattr(importlib.import_module(f"listbackup.{module}"), name) for module, names in declared.items() for name in names]
    return sorted(specs, key=lambda spec: spec.name)
