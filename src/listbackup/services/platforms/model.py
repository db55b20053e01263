"""What people are told of a platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from listbackup.connectors.engine.connector import AuthMethod, Capability, ConfigField


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformStream:
    """A stream as the platform offers it: what can be read, how changes and deletions are seen, what a restore can do and what that sets off."""

    name: str
    label: str
    key: Sequence[str]
    parent: str | None
    incremental: bool
    deletions: str  # ``feed``, ``flag``, ``trash``, ``listing``, ``never``
    attachments: bool
    append_only: bool
    restore: Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A third-party SaaS that can be connected, and what it asks for: ``config`` with a key, ``sign_in`` before people are sent to its sign-in page."""

    name: str
    label: str
    config: Sequence[ConfigField]
    methods: Sequence[AuthMethod] = (AuthMethod.KEY,)
    sign_in: Sequence[ConfigField] = ()
    tells_issuer: bool = False  # the sign-in page says who it is on the way back (RFC 9207)
    streams: Sequence[PlatformStream] = ()  # none where they depend on what is connected
