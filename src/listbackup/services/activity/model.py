"""What a line of the trail is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Who did what to which thing, when. ``action`` is ``account:source:created``; ``hash`` covers the line and the hash before it (hex SHA-256)."""

    seq: int
    event: str
    at: datetime
    actor: str
    action: str
    subject: str
    about: Mapping[str, str | int | bool | None]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBreak:
    """Where the trail is not what was written."""

    seq: int
    message: str
