"""What a sign-in comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from listbackup.backends.identity.port import Factor, Person, Session, SignInRefused, Tokens
from listbackup.base.errors import InputError


class EmailNotVerified(SignInRefused):
    """The password is right, and nobody has shown yet that the address is this person's."""

    def __init__(self) -> None:
        super().__init__("the address is not verified yet", hint="follow the link in the mail, or ask for another one")


class StepUpNeeded(InputError):
    """The session is good, and what was asked for needs a factor shown within the last 10 minutes."""

    def __init__(self) -> None:
        super().__init__("this needs a fresh proof that it is you", hint="enter a code or use a passkey, then repeat")


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
