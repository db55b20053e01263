"""Members, roles, teams, invitations and API keys as they go over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body, PageParameters
from listbackup.http.permission import Bundle, Permission
from listbackup.services.accounts.api_keys import LONGEST_GRACE, LONGEST_LIFE, ApiKey, NewApiKey, Reach
from listbackup.services.accounts.invitation_book import Invitation, InvitationState
from listbackup.services.accounts.schema import AccountShown

_ID = "[0-9a-hjkmnp-tv-z]{26}$"
RoleRef = Annotated[
    str, Field(min_length=1, max_length=40, description="owner, admin, manager, operator, viewer, or a role's id.", examples=["viewer"])
]
Title = Annotated[str, Field(min_length=1, max_length=100, description="Unique in the account, whatever the case.")]
Permissions = Annotated[tuple[Permission, ...], Field(min_length=1, max_length=40)]


class SearchUsers(PageParameters):
    """Whom to look for."""

    q: Annotated[str, Field(min_length=1, max_length=100, description="A part of a name or an address.")]


class ChangedMember(Body):
    """What a member is to be."""

    role: RoleRef


class NewRole(Body):
    """A role to be made."""

    name: Title
    permissions: Permissions


class ChangedRole(Body):
    """What is to be different of a role; what is left out stays."""

    name: Title | None = None
    permissions: Permissions | None = None


class NewTeam(Body):
    """A team to be made."""

    name: Title


class ChangedTeam(Body):
    """What is to be different of a team."""

    name: Title


class TeamMate(Body):
    """A member of the account who joins a team."""

    user: Annotated[str, Field(pattern=f"^usr_{_ID}", description="A user's id.")]


class TeamRoleIn(Body):
    """What a team is to be in an account."""

    role: RoleRef


class NewInvitation(Body):
    """Whom to invite, and as what."""

    email: Annotated[str, Field(min_length=3, max_length=320, examples=["ada@example.com"])]
    role: RoleRef


class Acceptance(Body):
    """What stands in the link of the letter."""

    token: Annotated[str, Field(min_length=1, max_length=200, description="What stands behind `#token=` in the link of the mail.")]


class NewKey(Body):
    """An API key to be made."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["nightly report"])]
    scopes: Annotated[
        tuple[Bundle | Permission, ...],
        Field(min_length=1, max_length=40, description="Permissions, or words for many: read, write, restore, admin."),
    ] = (Bundle.READ,)
    days: Annotated[int, Field(ge=1, le=LONGEST_LIFE.days)] = 90
    reach: Annotated[Reach, Field(strict=False, description="This account, or everything below it too.")] = Reach.ACCOUNT


class RotatedKey(Body):
    """How long the old text opens beside the new one."""

    grace_hours: Annotated[int, Field(ge=0, le=LONGEST_GRACE.days * 24)] = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberShown:
    """A person of the account."""

    user: str
    name: str
    email: str
    has_mfa: bool
    role: str
    joined_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDetail:
    """A person of the account, and all that they may do in it: by this role, by teams, and from above."""

    member: MemberShown
    roles: Sequence[str]
    permissions: Sequence[Permission]


@dataclass(frozen=True, slots=True, kw_only=True)
class MyAccount:
    """An account of one's own, with the roles one has in it."""

    account: AccountShown
    roles: Sequence[str]
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleShown:
    """A role that can be given. ``account`` None: every account has it, or it was made above what the caller reaches."""

    id: str
    name: str
    permissions: Sequence[Permission]
    account: str | None
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamShown:
    """A team."""

    id: str
    name: str
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRoleShown:
    """What a team is in an account."""

    account: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMateShown:
    """A person of a team."""

    user: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationShown:
    """An invitation; its token stands in the letter and nowhere else."""

    id: str
    email: str
    role: str
    state: InvitationState
    invited_by: str
    created_at: datetime
    sent_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The account that an invitation led into."""

    account: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShown:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMade:
    """A new API key with its text."""

    key: KeyShown
    text: str


def show_key(key: ApiKey) -> KeyShown:
    """The key as it goes out."""
    return KeyShown(
        id=key.id,
        name=key.name,
        scopes=key.permissions,
        reach=key.reach,
        created_at=key.created_at,
        created_by=key.created_by,
        user=key.user,
        expires_at=key.expires_at,
        rotated_at=key.rotated_at,
        old_until=key.old_until,
        revoked_at=key.revoked_at,
        used_at=key.used_at,
    )


def show_new(new: NewApiKey) -> KeyMade:
    """The key with its text, the one time it goes out."""
    return KeyMade(key=show_key(new.key), text=new.text.reveal())


def show_invitation(invitation: Invitation) -> InvitationShown:
    """The invitation as it goes out."""
    return InvitationShown(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        state=invitation.state,
        invited_by=invitation.invited_by,
        created_at=invitation.created_at,
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
    )
