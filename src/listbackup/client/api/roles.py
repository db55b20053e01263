"""``client.roles``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import Permission
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header, version_header


class RoleShown(Struct, frozen=True, kw_only=True):
    """A role that can be given. ``account`` None: every account has it, or it was made above what the caller reaches."""

    id: str
    name: str
    permissions: Sequence[Permission]
    account: str | None
    version: int | None


class RolesApi:
    """The operations of ``roles``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, *, name: str, permissions: Sequence[Permission], idempotency_key: str | None = None) -> RoleShown:
        """Make a role of some permissions; never more than one's own."""
        request = Request(
            method="POST",
            path="/v2/roles",
            body=given({"name": name, "permissions": permissions}),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(RoleShown, request)

    def delete(self, role: str) -> None:
        """Delete a role that nobody has."""
        request = Request(method="DELETE", path=f"/v2/roles/{part(role)}")
        self._session.do(request)

    def get(self, role: str) -> RoleShown:
        """A role."""
        request = Request(method="GET", path=f"/v2/roles/{part(role)}")
        return self._session.ask(RoleShown, request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[RoleShown]:
        """The roles that can be given here."""
        request = Request(method="GET", path="/v2/roles", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[RoleShown], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[RoleShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))

    def update(
        self,
        role: str,
        *,
        name: str | None | UnsetType = UNSET,
        permissions: Sequence[Permission] | None | UnsetType = UNSET,
        version: int | None = None,
    ) -> RoleShown:
        """Change a role, for everybody who has it."""
        request = Request(
            method="PATCH",
            path=f"/v2/roles/{part(role)}",
            body=given({"name": name, "permissions": permissions}),
            headers={**version_header(version)},
        )
        return self._session.ask(RoleShown, request)
