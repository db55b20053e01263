"""``client.invitations``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header
from listbackup.client.words import Word


class InvitationShown(Struct, frozen=True, kw_only=True):
    """An invitation; its token stands in the letter and nowhere else."""

    id: str
    email: str
    role: str
    state: InvitationState
    invited_by: str
    created_at: datetime
    sent_at: datetime
    expires_at: datetime


class InvitationState(Word):
    """What became of it."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REVOKED = "revoked"


class Joined(Struct, frozen=True, kw_only=True):
    """The account that an invitation led into."""

    account: str
    role: str


class InvitationsApi:
    """The operations of ``invitations``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def accept(self, *, token: str) -> Joined:
        """Join the account that a letter invites to."""
        request = Request(method="POST", path="/v2/invitations/accept", body=given({"token": token}))
        return self._session.ask(Joined, request)

    def create(self, account: str, *, email: str, role: str, idempotency_key: str | None = None) -> InvitationShown:
        """Invite somebody by mail; good for 72 hours, once, for that address."""
        request = Request(
            method="POST",
            path=f"/v2/accounts/{part(account)}/invitations",
            body=given({"email": email, "role": role}),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(InvitationShown, request)

    def delete(self, account: str, invitation: str) -> None:
        """Take an invitation back."""
        request = Request(method="DELETE", path=f"/v2/accounts/{part(account)}/invitations/{part(invitation)}")
        self._session.do(request)

    def list(self, account: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[InvitationShown]:
        """The account's invitations, newest first."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}/invitations", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[InvitationShown], request)

    def iter(self, account: str, *, limit: int | UnsetType = UNSET) -> Iterator[InvitationShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(account, limit=limit, cursor=cursor))

    def resend(self, account: str, invitation: str) -> InvitationShown:
        """Send another letter; the one before is void."""
        request = Request(method="POST", path=f"/v2/accounts/{part(account)}/invitations/{part(invitation)}/resend")
        return self._session.ask(InvitationShown, request)
