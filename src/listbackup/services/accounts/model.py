"""What an account is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from listbackup.base.ids import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer; ``parent`` is the account it nests in."""

    id: AccountId
    name: str
    created_at: datetime
    parent: AccountId | None = None
    version: int = 1
