"""Accounts and API keys as they go over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body
from listbackup.http.permission import Bundle, Permission
from listbackup.services.accounts.api_keys import LONGEST_LIFE, ApiKey, NewApiKey


class NewKey(Body):
    """An API key to be made."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["nightly report"])]
    scopes: Annotated[
        tuple[Bundle | Permission, ...],
        Field(min_length=1, max_length=40, description="Permissions, or words for many: read, write, restore, admin."),
    ] = (Bundle.READ,)
    days: Annotated[int, Field(ge=1, le=LONGEST_LIFE.days)] = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShown:
    """An API key; its text is shown once, when it is made."""

    id: str
    name: str
    scopes: Sequence[Permission]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMade:
    """A new API key with its text."""

    key: KeyShown
    text: str


def show_key(key: ApiKey) -> KeyShown:
    """The key as it goes out."""
    return KeyShown(
        id=key.id,
        name=key.name,
        scopes=key.permissions,
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        used_at=key.used_at,
    )


def show_new(new: NewApiKey) -> KeyMade:
    """The key with its text, the one time it goes out."""
    return KeyMade(key=show_key(new.key), text=new.text.reveal())
