"""Who calls, in which account, and what they may do there.

``Authenticator`` is the port for bearer credentials: API keys stand behind it (``services/accounts``), and sessions and tokens of people beside them (``api/admission.py``).
``Members`` and ``MfaPolicy`` are what is asked about people and accounts; ``services/accounts`` answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from listbackup.base.errors import ListBackupError
from listbackup.base.ids import AccountId, UserId
from listbackup.base.secret import Secret
from listbackup.http.permission import Permission


class CallerKind(StrEnum):
    """What somebody proved who they are with."""

    KEY = "key"  # an API key
    TOKEN = "token"  # noqa: S105 - a person's program, by an access token
    COOKIE = "cookie"  # a person's browser


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who proved who they are. ``id`` names the credential, ``actor`` is what the activity trail shows; ``permissions`` hold in ``account``."""

    id: str
    actor: str
    kind: CallerKind
    user: UserId | None = None
    session: str | None = None
    proved_at: datetime | None = None  # when a factor was last shown
    has_mfa: bool = False  # whether this person has a second factor
    account: AccountId | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)


class NotSignedIn(ListBackupError):
    """There is no credential, or none that holds."""


class NotAllowed(ListBackupError):
    """The credential holds, and does not reach this far."""


class MfaRequired(NotAllowed):
    """The account wants a second factor of its people, and this person has none."""

    def __init__(self) -> None:
        super().__init__("this account asks its people for a second factor", hint="set up one-time codes or a passkey, then repeat")


class StepUpNeeded(NotAllowed):
    """The session is good, and what was asked for needs a factor shown within the last 10 minutes."""

    def __init__(self) -> None:
        super().__init__("this needs a fresh proof that it is you", hint="enter a code or use a passkey, then repeat")


class WrongOrigin(NotAllowed):
    """The request was made by a page of somebody else's, or without the token that only our own pages know."""


class AccountSuspended(NotAllowed):
    """The account may be looked at and nothing else."""

    def __init__(self) -> None:
        super().__init__("this account is suspended: it can be looked at and not changed", hint="ask whoever runs the account above it")


class PlanLimit(ListBackupError):
    """The account's plan holds no more of this; the hint names what does."""


class Authenticator(Protocol):
    """Tells who a bearer credential belongs to."""

    def authenticate(self, bearer: Secret) -> Caller:
        """The caller of this bearer credential, in its own account. Raises NotSignedIn."""
        ...

    def permissions(self, key: str, account: AccountId) -> frozenset[Permission]:
        """What the credential of this id may do in another account. Raises NotFound beyond its reach."""
        ...


class Members(Protocol):
    """Who belongs to which account, and as what."""

    def permissions(self, user: UserId, account: AccountId) -> frozenset[Permission]:
        """What this person may do in this account. Raises NotFound without a relation; a suspended account gives only what looks."""
        ...

    def at_home(self, user: UserId) -> tuple[AccountId, frozenset[Permission]] | None:
        """The account this person works in when no other is named, and what they may do there."""
        ...

    def home(self, user: UserId) -> AccountId | None:
        """The account this person works in when no other is named."""
        ...


class MfaPolicy(Protocol):
    """What accounts ask of their people's sign-in."""

    def require_mfa(self, account: AccountId) -> bool:
        """Whether people need a second factor in this account."""
        ...


def demand(caller: Caller, permission: Permission) -> None:
    """Raises NotAllowed for a caller without this permission."""
    if permission not in caller.permissions:
        raise NotAllowed(f"this needs the permission {permission.value!r}", hint="use a credential that has it, or ask an owner for it")
