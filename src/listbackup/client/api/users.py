"""``client.users``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.session import Request, Session, given, version_header
from listbackup.client.words import Word


class EmailAgreed(Struct, frozen=True, kw_only=True):
    """Whether the address is changed: it is when both the old and the new one have agreed. Then every session has ended."""

    changed: bool


class Me(Struct, frozen=True, kw_only=True):
    """The person who calls."""

    id: str
    name: str
    email: str
    has_mfa: bool
    created_at: datetime
    settings: UserSettings
    version: int


class Theme(Word):
    """How the screens look."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class UserSettings(Struct, frozen=True, kw_only=True):
    """How a person likes the screens."""

    theme: Theme | None = None
    time_zone: str = "UTC"
    locale: str = "en"
    week_starts_on: int = 1


class UsersApi:
    """The operations of ``users``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def me(self) -> Me:
        """The person who calls."""
        request = Request(method="GET", path="/v2/users/me")
        return self._session.ask(Me, request)

    def me_email(self, *, email: str) -> None:
        """Ask for another address; both must agree by mail."""
        request = Request(method="POST", path="/v2/users/me/email", body=given({"email": email}))
        self._session.do(request)

    def me_email_confirm(self, *, token: str) -> EmailAgreed:
        """One of the two addresses agrees, by the mail's link."""
        request = Request(method="POST", path="/v2/users/me/email/confirm", body=given({"token": token}), signed=False)
        return self._session.ask(EmailAgreed, request)

    def me_settings(self) -> UserSettings:
        """How one likes the screens."""
        request = Request(method="GET", path="/v2/users/me/settings")
        return self._session.ask(UserSettings, request)

    def update_me(self, *, name: str, version: int | None = None) -> Me:
        """Change one's name."""
        request = Request(method="PATCH", path="/v2/users/me", body=given({"name": name}), headers={**version_header(version)})
        return self._session.ask(Me, request)

    def update_me_settings(
        self,
        *,
        theme: Theme | None | UnsetType = UNSET,
        time_zone: str | None | UnsetType = UNSET,
        locale: str | None | UnsetType = UNSET,
        week_starts_on: int | None | UnsetType = UNSET,
        version: int | None = None,
    ) -> UserSettings:
        """Change how one likes the screens."""
        request = Request(
            method="PATCH",
            path="/v2/users/me/settings",
            body=given({"theme": theme, "time_zone": time_zone, "locale": locale, "week_starts_on": week_starts_on}),
            headers={**version_header(version)},
        )
        return self._session.ask(UserSettings, request)
