"""``client.platforms``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import AuthMethod, Capability
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, part


class ConfigField(Struct, frozen=True, kw_only=True):
    """A value a person gives to connect: what the form and ``listbackup connect`` ask for."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str | None = None
    help: str = ""


class Platform(Struct, frozen=True, kw_only=True):
    """A third-party SaaS that can be connected, and what it asks for: ``config`` with a key, ``sign_in`` before people are sent to its
    sign-in page.
    """

    name: str
    label: str
    config: Sequence[ConfigField]
    methods: Sequence[AuthMethod] = ()
    sign_in: Sequence[ConfigField] = ()
    tells_issuer: bool = False
    streams: Sequence[PlatformStream] = ()


class PlatformStream(Struct, frozen=True, kw_only=True):
    """A stream as the platform offers it: what can be read, how changes and deletions are seen, what a restore can do and what that sets off."""

    name: str
    label: str
    key: Sequence[str]
    parent: str | None
    incremental: bool
    deletions: str
    attachments: bool
    append_only: bool
    restore: Capability


class PlatformsApi:
    """The operations of ``platforms``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, platform: str) -> Platform:
        """A platform and what it asks for."""
        request = Request(method="GET", path=f"/v2/platforms/{part(platform)}")
        return self._session.ask(Platform, request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[Platform]:
        """Platforms that can be connected."""
        request = Request(method="GET", path="/v2/platforms", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[Platform], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[Platform]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))
