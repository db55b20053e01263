"""What an account is, and who belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listbackup.base.ids import AccountId, UserId
from listbackup.http.permission import Permission


class AccountState(StrEnum):
    """How far an account may be used, as far as it says itself: what lies above it counts too."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # looked at, and nothing else
    TRASHED = "trashed"  # as if it were not there, until it is restored or shredded


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer; ``parent`` is the account it nests in."""

    id: AccountId
    name: str
    created_at: datetime
    parent: AccountId | None = None
    version: int = 1
    suspended_at: datetime | None = None
    suspended_why: str | None = None
    trashed_at: datetime | None = None
    shred_at: datetime | None = None  # when the keys of a trashed account are destroyed
    is_shredding: bool = False  # it has begun, and cannot be taken back
    keys_gone: bool = False

    @property
    def state(self) -> AccountState:
        """What the account itself says."""
        if self.trashed_at is not None:
            return AccountState.TRASHED
        return AccountState.SUSPENDED if self.suspended_at is not None else AccountState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person's own role in one account. It counts in the whole branch below."""

    account: AccountId
    user: UserId
    role: str  # one of ``Role``, or a role of the account or of one above it
    joined_at: datetime
    added_by: str
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRole:
    """A role that an account made itself; it can be given in the account and below it."""

    id: str
    account: AccountId
    name: str
    permissions: tuple[Permission, ...]
    created_at: datetime
    version: int = 1
