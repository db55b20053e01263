"""``client.users``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType, field

from listbackup.client.api.shared import AccountShown, Permission
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, version_header
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


class MemberDetail(Struct, frozen=True, kw_only=True):
    """A person of the account, and all that they may do in it: by this role, by teams, and from above."""

    member: MemberShown
    roles: Sequence[str]
    permissions: Sequence[Permission]


class MemberShown(Struct, frozen=True, kw_only=True):
    """A person of the account."""

    user: str
    name: str
    email: str
    has_mfa: bool
    role: str
    joined_at: datetime
    version: int


class MyAccount(Struct, frozen=True, kw_only=True):
    """An account of one's own, with the roles one has in it."""

    account: AccountShown
    roles: Sequence[str]
    is_current: bool


class Theme(Word):
    """How the screens look."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class UserSettings(Struct, frozen=True, kw_only=True):
    """How a person likes the screens."""

    theme: Theme = field(default_factory=lambda: Theme("system"))
    time_zone: str = "UTC"
    locale: str = "en"
    week_starts_on: int = 1


class UsersApi:
    """The operations of ``users``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def delete(self, user: str) -> None:
        """Remove a person from the account; the last owner stays."""
        request = Request(method="DELETE", path=f"/v2/users/{part(user)}")
        self._session.do(request)

    def get(self, user: str) -> MemberDetail:
        """A person of the account, and what they may do in it."""
        request = Request(method="GET", path=f"/v2/users/{part(user)}")
        return self._session.ask(MemberDetail, request)

    def leave_account(self, account: str) -> None:
        """Leave an account."""
        request = Request(method="DELETE", path=f"/v2/users/me/accounts/{part(account)}")
        self._session.do(request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[MemberShown]:
        """Who has a role in the account itself."""
        request = Request(method="GET", path="/v2/users", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[MemberShown], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[MemberShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))

    def me(self) -> Me:
        """The person who calls."""
        request = Request(method="GET", path="/v2/users/me")
        return self._session.ask(Me, request)

    def me_accounts(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[MyAccount]:
        """The accounts one has a role in."""
        request = Request(method="GET", path="/v2/users/me/accounts", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[MyAccount], request)

    def iter_me_accounts(self, *, limit: int | UnsetType = UNSET) -> Iterator[MyAccount]:
        """Every item of ``me_accounts``, page after page."""
        return every(lambda cursor: self.me_accounts(limit=limit, cursor=cursor))

    def me_email(self, *, email: str) -> None:
        """Ask for another address; both must agree by mail."""
        request = Request(method="POST", path="/v2/users/me/email", body=given({"email": email}))
        self._session.do(request)

    def me_email_confirm(self, *, token: str, password: str | None | UnsetType = UNSET) -> EmailAgreed:
        """One of the two addresses agrees, by the mail's link."""
        request = Request(
            method="POST", path="/v2/users/me/email/confirm", body=given({"token": token, "password": password}), signed=False
        )
        return self._session.ask(EmailAgreed, request)

    def me_settings(self) -> UserSettings:
        """How one likes the screens."""
        request = Request(method="GET", path="/v2/users/me/settings")
        return self._session.ask(UserSettings, request)

    def search(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, q: str) -> Page[MemberShown]:
        """People of the account by a part of their name or address; a page may hold fewer than asked for."""
        request = Request(method="GET", path="/v2/users/search", query={"cursor": cursor, "limit": limit, "q": q})
        return self._session.ask(Page[MemberShown], request)

    def iter_search(self, *, limit: int | UnsetType = UNSET, q: str) -> Iterator[MemberShown]:
        """Every item of ``search``, page after page."""
        return every(lambda cursor: self.search(limit=limit, q=q, cursor=cursor))

    def switch_account(self, *, account: str) -> None:
        """Work in this account where no other is named."""
        request = Request(method="POST", path="/v2/accounts/switch", body=given({"account": account}))
        self._session.do(request)

    def update(self, user: str, *, role: str, version: int | None = None) -> MemberShown:
        """Give a person another role; never more than one's own."""
        request = Request(method="PATCH", path=f"/v2/users/{part(user)}", body=given({"role": role}), headers={**version_header(version)})
        return self._session.ask(MemberShown, request)

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
