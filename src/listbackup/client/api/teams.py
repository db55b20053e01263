"""``client.teams``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header, version_header


class TeamMateShown(Struct, frozen=True, kw_only=True):
    """A person of a team."""

    user: str
    name: str
    email: str


class TeamRoleShown(Struct, frozen=True, kw_only=True):
    """What a team is in an account."""

    account: str
    role: str


class TeamShown(Struct, frozen=True, kw_only=True):
    """A team."""

    id: str
    name: str
    created_at: datetime
    version: int


class TeamsApi:
    """The operations of ``teams``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, *, name: str, idempotency_key: str | None = None) -> TeamShown:
        """Make a team."""
        request = Request(
            method="POST", path="/v2/teams", body=given({"name": name}), headers={**repeat_header(idempotency_key)}, repeatable=True
        )
        return self._session.ask(TeamShown, request)

    def create_member(self, team: str, *, user: str) -> TeamMateShown:
        """Put a person of the account into a team."""
        request = Request(method="POST", path=f"/v2/teams/{part(team)}/members", body=given({"user": user}))
        return self._session.ask(TeamMateShown, request)

    def delete(self, team: str) -> None:
        """Delete a team with its roles."""
        request = Request(method="DELETE", path=f"/v2/teams/{part(team)}")
        self._session.do(request)

    def delete_member(self, team: str, user: str) -> None:
        """Take a person out of a team."""
        request = Request(method="DELETE", path=f"/v2/teams/{part(team)}/members/{part(user)}")
        self._session.do(request)

    def delete_role(self, team: str, where: str) -> None:
        """Take a team's role in an account."""
        request = Request(method="DELETE", path=f"/v2/teams/{part(team)}/roles/{part(where)}")
        self._session.do(request)

    def get(self, team: str) -> TeamShown:
        """A team."""
        request = Request(method="GET", path=f"/v2/teams/{part(team)}")
        return self._session.ask(TeamShown, request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[TeamShown]:
        """The account's teams."""
        request = Request(method="GET", path="/v2/teams", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[TeamShown], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[TeamShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))

    def members(self, team: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[TeamMateShown]:
        """Who is in a team."""
        request = Request(method="GET", path=f"/v2/teams/{part(team)}/members", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[TeamMateShown], request)

    def iter_members(self, team: str, *, limit: int | UnsetType = UNSET) -> Iterator[TeamMateShown]:
        """Every item of ``members``, page after page."""
        return every(lambda cursor: self.members(team, limit=limit, cursor=cursor))

    def roles(self, team: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[TeamRoleShown]:
        """In which accounts a team has which role."""
        request = Request(method="GET", path=f"/v2/teams/{part(team)}/roles", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[TeamRoleShown], request)

    def iter_roles(self, team: str, *, limit: int | UnsetType = UNSET) -> Iterator[TeamRoleShown]:
        """Every item of ``roles``, page after page."""
        return every(lambda cursor: self.roles(team, limit=limit, cursor=cursor))

    def set_role(self, team: str, where: str, *, role: str) -> TeamRoleShown:
        """Give a team a role in the account or one below."""
        request = Request(method="PUT", path=f"/v2/teams/{part(team)}/roles/{part(where)}", body=given({"role": role}))
        return self._session.ask(TeamRoleShown, request)

    def update(self, team: str, *, name: str, version: int | None = None) -> TeamShown:
        """Rename a team."""
        request = Request(method="PATCH", path=f"/v2/teams/{part(team)}", body=given({"name": name}), headers={**version_header(version)})
        return self._session.ask(TeamShown, request)
