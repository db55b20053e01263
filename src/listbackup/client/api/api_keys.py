"""``client.api_keys``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import Permission
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part
from listbackup.client.words import Word, unseen


class Bundle(Word):
    """Words for many permissions at once, for API keys. Together they are everything; none includes another."""

    READ = "read"
    WRITE = "write"
    RESTORE = "restore"
    ADMIN = "admin"


class KeyMade(Struct, frozen=True, kw_only=True):
    """A new API key with its text."""

    key: KeyShown
    text: str

    __repr__ = unseen


class KeyShown(Struct, frozen=True, kw_only=True):
    """An API key; its text is shown once, when it is made. ``user`` None: it was made at the machine itself."""

    id: str
    name: str
    scopes: Sequence[Permission]
    reach: Reach
    created_at: datetime
    created_by: str
    user: str | None
    expires_at: datetime
    rotated_at: datetime | None
    old_until: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class Reach(Word):
    """How far a key reaches."""

    ACCOUNT = "account"
    BRANCH = "branch"


class ApiKeysApi:
    """The operations of ``api_keys``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(
        self,
        *,
        name: str,
        scopes: Sequence[Bundle | Permission] | UnsetType = UNSET,
        days: int | UnsetType = UNSET,
        reach: Reach | UnsetType = UNSET,
    ) -> KeyMade:
        """Make an API key; its text is in this answer and nowhere else."""
        request = Request(method="POST", path="/v2/api-keys", body=given({"name": name, "scopes": scopes, "days": days, "reach": reach}))
        return self._session.ask(KeyMade, request)

    def delete(self, key: str) -> None:
        """Revoke an API key."""
        request = Request(method="DELETE", path=f"/v2/api-keys/{part(key)}")
        self._session.do(request)

    def get(self, key: str) -> KeyShown:
        """An API key."""
        request = Request(method="GET", path=f"/v2/api-keys/{part(key)}")
        return self._session.ask(KeyShown, request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[KeyShown]:
        """The account's API keys."""
        request = Request(method="GET", path="/v2/api-keys", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[KeyShown], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[KeyShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))

    def rotate(self, key: str, *, grace_hours: int | UnsetType = UNSET) -> KeyMade:
        """Give a key a new text; the old one opens for a while yet."""
        request = Request(method="POST", path=f"/v2/api-keys/{part(key)}/rotate", body=given({"grace_hours": grace_hours}))
        return self._session.ask(KeyMade, request)
