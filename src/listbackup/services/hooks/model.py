"""What a hook is. Its secret is shown once, when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A connection that hears from outside."""

    connection: str
    url: str | None  # where to send to; None where this server does not know its own address
    made_at: datetime
    former_until: datetime | None = None  # until when the secret before this one is good too
    started_at: datetime | None = None  # the last early runs
    due_at: datetime | None = None  # when what was heard becomes runs
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHook:
    """A hook with its secret, which is in this answer and nowhere else."""

    hook: Hook
    secret: str
