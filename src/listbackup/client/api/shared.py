"""Models that several parts of the API use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from listbackup.client.words import Word


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
