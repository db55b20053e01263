"""``client.integrations``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import AuthMethod
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, version_header


class Integration(Struct, frozen=True, kw_only=True):
    """What holds for a platform in an account. ``own`` is what the account says itself; the rest comes from the accounts above, the nearest
    first.
    """

    platform: str
    label: str
    available: bool
    enabled: bool
    allowed: bool
    methods: Sequence[AuthMethod]
    client_id: str | None
    has_client_secret: bool
    application_of: str | None
    calls_per_second: float | None
    redirect_uri: str | None
    own: Wanted
    version: int


class Wanted(Struct, frozen=True, kw_only=True):
    """What an account says of a platform itself; a field of None says nothing, and leaves what lies above to say it."""

    enabled: bool | None = None
    client_id: str | None = None
    calls_per_second: float | None = None


class IntegrationsApi:
    """The operations of ``integrations``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def delete(self, platform: str) -> None:
        """Say nothing any more: what the account above says holds again."""
        request = Request(method="DELETE", path=f"/v2/integrations/{part(platform)}")
        self._session.do(request)

    def get(self, platform: str) -> Integration:
        """What holds for a platform here."""
        request = Request(method="GET", path=f"/v2/integrations/{part(platform)}")
        return self._session.ask(Integration, request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[Integration]:
        """What this account may connect, and how."""
        request = Request(method="GET", path="/v2/integrations", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[Integration], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[Integration]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))

    def set(
        self,
        platform: str,
        *,
        enabled: bool | None | UnsetType = UNSET,
        client_id: str | None | UnsetType = UNSET,
        client_secret: str | None | UnsetType = UNSET,
        calls_per_second: float | None | UnsetType = UNSET,
        version: int | None = None,
    ) -> Integration:
        """Say what holds for a platform here: an own application, whether it may be connected, how fast."""
        request = Request(
            method="PUT",
            path=f"/v2/integrations/{part(platform)}",
            body=given({"enabled": enabled, "client_id": client_id, "client_secret": client_secret, "calls_per_second": calls_per_second}),
            headers={**version_header(version)},
        )
        return self._session.ask(Integration, request)
