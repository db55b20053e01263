"""``client.connections``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import UNSET, Raw, Struct, UnsetType, field

from listbackup.client.api.shared import AuthMethod
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header, version_header
from listbackup.client.words import Word, unseen


class Begun(Struct, frozen=True, kw_only=True):
    """Where to send the person."""

    url: str
    expires_at: datetime


class Connection(Struct, frozen=True, kw_only=True):
    """Credentials for one site of a platform; ``secret_names`` says which secrets are kept, sealed, beside it."""

    id: str
    name: str
    platform: str
    created_at: datetime
    method: AuthMethod = field(default_factory=lambda: AuthMethod("key"))
    values: Mapping[str, str] = field(default_factory=dict)
    secret_names: Sequence[str] = ()
    state: ConnectionState = field(default_factory=lambda: ConnectionState("untested"))
    site_name: str | None = None
    site_url: str | None = None
    tested_at: datetime | None = None
    message: str | None = None
    client_id: str | None = None
    version: int = 1


class ConnectionState(Word):
    """Whether the credentials work, as far as we know."""

    NEEDS_REAUTH = "needs_reauth"
    READY = "ready"
    UNREACHABLE = "unreachable"
    UNTESTED = "untested"


class Hook(Struct, frozen=True, kw_only=True):
    """A connection that hears from outside."""

    connection: str
    url: str | None
    made_at: datetime
    former_until: datetime | None = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    version: int = 1


class NewHook(Struct, frozen=True, kw_only=True):
    """A hook with its secret, which is in this answer and nowhere else."""

    hook: Hook
    secret: str

    __repr__ = unseen


class ConnectionsApi:
    """The operations of ``connections``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(
        self,
        *,
        platform: str,
        name: str,
        values: Mapping[str, str] | UnsetType = UNSET,
        secrets: Mapping[str, str] | UnsetType = UNSET,
        test: bool | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> Connection:
        """Connect a site of a platform."""
        request = Request(
            method="POST",
            path="/v2/connections",
            body=given({"platform": platform, "name": name, "values": values, "secrets": secrets, "test": test}),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(Connection, request)

    def create_hook(self, connection: str) -> NewHook:
        """Let a connection hear from outside, or give its hook another secret; it is in this answer and nowhere else."""
        request = Request(method="POST", path=f"/v2/connections/{part(connection)}/hook")
        return self._session.ask(NewHook, request)

    def delete(self, connection: str, *, force: bool | UnsetType = UNSET) -> None:
        """Forget a connection and its secrets, here and at the platform."""
        request = Request(method="DELETE", path=f"/v2/connections/{part(connection)}", query={"force": force})
        self._session.do(request)

    def delete_hook(self, connection: str) -> None:
        """Hear nothing any more."""
        request = Request(method="DELETE", path=f"/v2/connections/{part(connection)}/hook")
        self._session.do(request)

    def deliver_hook(self, connection: str, *, body: Raw) -> None:
        """Say, signed, that something changed at the platform: a run comes soon."""
        request = Request(method="POST", path=f"/v2/hooks/{part(connection)}", body=body, signed=False)
        self._session.do(request)

    def get(self, connection: str) -> Connection:
        """A connection."""
        request = Request(method="GET", path=f"/v2/connections/{part(connection)}")
        return self._session.ask(Connection, request)

    def get_oauth_callback(
        self,
        platform: str,
        *,
        state: str | UnsetType = UNSET,
        code: str | None | UnsetType = UNSET,
        iss: str | None | UnsetType = UNSET,
        error: str | None | UnsetType = UNSET,
    ) -> Connection:
        """The same for platforms that do not say on the way back who they are."""
        request = Request(
            method="GET", path=f"/v2/oauth/callback/{part(platform)}", query={"state": state, "code": code, "iss": iss, "error": error}
        )
        return self._session.ask(Connection, request)

    def hook(self, connection: str) -> Hook:
        """A connection's hook."""
        request = Request(method="GET", path=f"/v2/connections/{part(connection)}/hook")
        return self._session.ask(Hook, request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[Connection]:
        """The connections."""
        request = Request(method="GET", path="/v2/connections", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[Connection], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[Connection]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))

    def oauth_callback(
        self,
        *,
        state: str | UnsetType = UNSET,
        code: str | None | UnsetType = UNSET,
        iss: str | None | UnsetType = UNSET,
        error: str | None | UnsetType = UNSET,
    ) -> Connection:
        """Where a platform's sign-in page leads back to."""
        request = Request(method="GET", path="/v2/oauth/callback", query={"state": state, "code": code, "iss": iss, "error": error})
        return self._session.ask(Connection, request)

    def oauth_start(
        self,
        platform: str,
        *,
        reconnect: str | None | UnsetType = UNSET,
        name: str | None | UnsetType = UNSET,
        values: Mapping[str, str] | UnsetType = UNSET,
        secrets: Mapping[str, str] | UnsetType = UNSET,
        redirect: str | None | UnsetType = UNSET,
    ) -> Begun:
        """Begin to connect through a platform's sign-in page."""
        request = Request(
            method="POST",
            path=f"/v2/connections/oauth/{part(platform)}/start",
            query={"reconnect": reconnect},
            body=given({"name": name, "values": values, "secrets": secrets, "redirect": redirect}),
        )
        return self._session.ask(Begun, request)

    def rotate(
        self, connection: str, *, values: Mapping[str, str] | UnsetType = UNSET, secrets: Mapping[str, str] | UnsetType = UNSET
    ) -> Connection:
        """Give new credentials, tested before the old ones go."""
        request = Request(
            method="POST", path=f"/v2/connections/{part(connection)}/rotate", body=given({"values": values, "secrets": secrets})
        )
        return self._session.ask(Connection, request)

    def test(self, connection: str) -> Connection:
        """Ask the platform who we are."""
        request = Request(method="POST", path=f"/v2/connections/{part(connection)}/test")
        return self._session.ask(Connection, request)

    def update(self, connection: str, *, name: str, version: int | None = None) -> Connection:
        """Rename a connection."""
        request = Request(
            method="PATCH", path=f"/v2/connections/{part(connection)}", body=given({"name": name}), headers={**version_header(version)}
        )
        return self._session.ask(Connection, request)
