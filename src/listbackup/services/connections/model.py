"""What a connection is. Its secrets are never part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from listbackup.base.ids import ConnectionId
from listbackup.connectors.engine.connector import AuthMethod


class ConnectionState(StrEnum):
    """Whether the credentials work, as far as we know."""

    UNTESTED = "untested"
    READY = "ready"
    UNREACHABLE = "unreachable"  # the platform did not answer the last test
    NEEDS_REAUTH = "needs_reauth"  # the platform refuses them: a person must give new ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Credentials for one site of a platform; ``secret_names`` says which secrets are kept, sealed, beside it."""

    id: ConnectionId
    name: str
    platform: str
    created_at: datetime
    method: AuthMethod = AuthMethod.KEY
    values: Mapping[str, str] = field(default_factory=dict)
    secret_names: tuple[str, ...] = ()
    state: ConnectionState = ConnectionState.UNTESTED
    site_name: str | None = None
    site_url: str | None = None
    tested_at: datetime | None = None
    message: str | None = None  # why it needs a person, or what the last test met
    client_id: str | None = None  # the application that was agreed to, where people agreed to one
    version: int = 1


def sayable(name: str, number: int) -> str:
    """The name as a connection can have it; from the second on with a number."""
    kept = " ".join("".join(c if c.isprintable() and c not in "@/" else " " for c in name).split()).lstrip("-")[:90].strip() or "connection"
    return kept if number == 1 else f"{kept} {number}"
