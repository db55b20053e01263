"""Models that several parts of the API use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence

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
