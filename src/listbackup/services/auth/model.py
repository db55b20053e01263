"""What a sign-in comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from listbackup.backends.identity.port import Factor, Person, Session, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody is in: with a cookie (browsers) or with tokens (programs)."""

    person: Person
    session: Session
    cookie: str | None = field(default=None, repr=False)
    tokens: Tokens | None = None
    must_set_up_mfa: bool = False  # what this person may do asks for a second factor, and there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStep:
    """The password was right; ``ticket`` and one of these factors sign in until ``expires_at``. A passkey needs no ticket: it signs in by itself."""

    ticket: str = field(repr=False)
    factors: tuple[Factor, ...]
    expires_at: datetime
