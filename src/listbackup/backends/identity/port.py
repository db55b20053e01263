"""The identity port: who signs in, by what, and for how long.

Contract
- A method that changes something returns the ``Writes`` that make it so, for the caller's own transaction, together with the event that tells of it. Nothing has happened
  before that transaction; when it raises ``ConditionFailed`` somebody else was faster: ask again (``services.desk`` has the loop). An adapter
  whose truth lies elsewhere does the act when it is asked, can be asked twice, and returns what it keeps here besides. When that transaction never happens, what was asked for is
  not in force; what was in force before may be over (a password that signs nobody in until it is set again): it fails closed.
- What counts tries (passwords, codes) counts the try before it looks, by itself and durably, so that many tries at once are many tries.
- Whatever is wrong with a credential (shape, age, owner, signature) is ``SignInRefused`` with one sentence for all: the difference is nobody's business.
- Nothing that signs in is kept readable: passwords as argon2id, tokens and links as SHA-256, seeds and signing keys sealed, refresh tokens not at all.
Source: docs/design/identity.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias

from listbackup.backends.table.port import Table, Write
from listbackup.base.errors import BusyError, InputError
from listbackup.base.ids import UserId

Writes: TypeAlias = Sequence[tuple[Table, Write]]


class SignInRefused(InputError):
    """These credentials sign nobody in: unknown, wrong, expired, used or revoked."""

    def __init__(self, message: str = "this does not sign anybody in", *, hint: str | None = "sign in again") -> None:
        super().__init__(message, hint=hint)


class EmailNotVerified(SignInRefused):
    """The password is right, and nobody has shown yet that the address is this person's."""

    def __init__(self) -> None:
        super().__init__("the address is not verified yet", hint="follow the link in the mail, or ask for another one")


class TooManyTries(InputError):
    """Too many tries; ``retry_after`` says how long to wait (None: waiting does not help, the password must be reset)."""

    def __init__(self, message: str, *, retry_after: timedelta | None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint or "wait, then try again")
        self.retry_after = retry_after


class TokenReused(SignInRefused):
    """A refresh token that was replaced came again: somebody has a copy. Its ``session`` must be ended and its person told."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session


class WeakPassword(InputError):
    """The password is one that others would guess, or too short."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint, field="password")


class Overloaded(BusyError):
    """As many passwords as this machine may hash at once are being hashed: try again in a second."""


class Factor(StrEnum):
    """What a person signed in with; each can be listed in ``Session.by``."""

    PASSWORD = "password"  # noqa: S105 - the name of a factor
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who may sign in. ``generation`` grows when all sessions must end; a session of an earlier one is dead."""

    id: UserId
    email: str  # as typed; ``email_key`` is what is compared
    created_at: datetime
    email_verified: bool = False
    disabled: bool = False
    has_totp: bool = False
    passkeys: int = 0
    generation: int = 1
    password_at: datetime | None = None  # when the password was set
    version: int = 1

    @property
    def has_mfa(self) -> bool:
        """Whether a password alone does not sign this person in."""
        return self.has_totp or self.passkeys > 0


class SessionKind(StrEnum):
    """Who holds it."""

    BROWSER = "browser"  # an opaque token in a cookie
    PROGRAM = "program"  # access tokens and a refresh token that rotates


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in that lasts. ``proved_at`` is when a factor was last shown: what is dangerous asks for one of the last 10 minutes."""

    id: str
    user: UserId
    kind: SessionKind
    by: tuple[Factor, ...]
    created_at: datetime
    seen_at: datetime
    proved_at: datetime
    expires_at: datetime
    generation: int
    agent: str = ""  # what the client calls itself, at most 200 characters
    address: str = ""
    counter: int = 0  # how often the refresh token was replaced
    rotated_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a program is handed. The access token is good until ``expires_at``; the refresh token once."""

    access: str
    refresh: str
    expires_at: datetime
    refresh_expires_at: datetime
    session: Session

    def __repr__(self) -> str:
        return f"Tokens(***, session={self.session.id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a good access token says."""

    user: UserId
    session: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Where a request comes from, as the HTTP rim saw it."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpSetup:
    """A new one-time-code seed, shown once: to type, and as the text that a QR code holds."""

    secret: str  # base 32
    uri: str  # otpauth://

    def __repr__(self) -> str:
        return "TotpSetup(***)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A registered passkey; ``id`` is the credential's id in base64url."""

    id: str
    user: UserId
    name: str
    created_at: datetime
    public_key: bytes
    sign_count: int
    used_at: datetime | None = None
    backed_up: bool = False
    suspicious: bool = False  # its counter went back once: there may be a copy
    version: int = 1


class People(Protocol):
    """Who there is, and their passwords."""

    def find(self, user: str) -> Person | None:
        """The person of this id, or None."""
        ...

    def find_by_email(self, email: str) -> Person | None:
        """The person with this address, or None."""
        ...

    def create(self, user: UserId, email: str, password: str, *, is_verified: bool = False) -> tuple[Person, Writes]:
        """A person, with an address that is verified or not yet. Raises WeakPassword, Conflict (the address is taken), Overloaded."""
        ...

    def verify_email(self, person: Person, password: str | None = None) -> tuple[Person, Writes]:
        """The address is this person's, and so is what they sign in with from now on: this password, or none yet. Whatever was set before the address was shown
        counts for nothing, sessions too; clear factors in the same transaction. Raises WeakPassword, Overloaded."""
        ...

    def change_email(self, person: Person, email: str) -> tuple[Person, Writes]:
        """Another address, verified; every session ends. Raises Conflict when it is taken."""
        ...

    def check_password(self, email: str, password: str) -> Person:
        """The person, at the same cost whether there is one or not; a hash with other parameters than today's is renewed. Raises SignInRefused, Overloaded."""
        ...

    def set_password(self, person: Person, password: str, *, proves_email: bool = False) -> tuple[Person, Writes]:
        """Another password; every session ends. A link to the address ``proves_email``: for who had not shown that before, as ``verify_email``. Raises WeakPassword, Overloaded."""
        ...

    def end_sessions(self, person: Person) -> tuple[Person, Writes]:
        """Every session of this person is dead."""
        ...

    def set_disabled(self, person: Person, disabled: bool) -> tuple[Person, Writes]:
        """Nobody signs in as this person any more, or again."""
        ...


class Sessions(Protocol):
    """What lasts after a sign-in."""

    def open_browser(self, person: Person, by: Sequence[Factor], client: Client, *, privileged: bool) -> tuple[str, Session, Writes]:
        """The cookie's token and its session; ``privileged`` people's end earlier."""
        ...

    def open_program(self, person: Person, by: Sequence[Factor], client: Client) -> tuple[str, Session, Writes]:
        """The first refresh token and its session."""
        ...

    def authenticate(self, token: str) -> tuple[Person, Session]:
        """Who holds this cookie. Raises SignInRefused."""
        ...

    def get_live(self, user: str, session: str) -> tuple[Person, Session]:
        """The session, when it is this person's and alive. Raises SignInRefused."""
        ...

    def refresh(self, token: str) -> tuple[str, Person, Session]:
        """The refresh token that replaces this one: the same one for everybody who asks within the grace. Raises SignInRefused, TokenReused."""
        ...

    def step_up(self, session: Session, by: Factor) -> tuple[str | None, Session, Writes]:
        """A factor was shown just now; the new cookie token, where the session is a browser's."""
        ...

    def keep(self, session: Session, person: Person) -> tuple[Session, Writes]:
        """The session outlives an end of all sessions: it moves into the person's new generation."""
        ...

    def end(self, session: Session) -> Writes:
        """The session is no more; fails when it was ended already."""
        ...

    def list(self, person: Person) -> Sequence[Session]:
        """The living ones, newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs access tokens (``iss``), how, and which claims they make."""

    issuer: str
    algorithm: str
    claims: tuple[str, ...]


class AccessTokens(Protocol):
    """Signed tokens for programs."""

    @property
    def signer(self) -> Signer:
        """What who verifies them must know besides the keys."""
        ...

    def issue(self, session: Session) -> tuple[str, datetime]:
        """A token and when it ends [UTC], for a session that is kept. Raises SignInRefused when whoever signs them ended it (none of the built-in ones does)."""
        ...

    def verify(self, token: str) -> Claims:
        """What the token says, when it is ours, for us, an access token and not expired. Raises SignInRefused."""
        ...

    def key_set(self) -> Mapping[str, object]:
        """The public keys as a JSON Web Key Set (RFC 7517)."""
        ...

    def renew(self) -> bool:
        """A new signing key when the youngest has signed for long enough; whether one was made. To be called now and then."""
        ...


class OneTimeCodes(Protocol):
    """TOTP (RFC 6238) and recovery codes."""

    def begin(self, person: Person) -> tuple[TotpSetup, Writes]:
        """A new seed that counts for nothing before it is confirmed; it replaces an earlier unconfirmed one."""
        ...

    def confirm(self, person: Person, code: str) -> tuple[Person, Sequence[str], Writes]:
        """The factor is in force: the recovery codes, shown once. Raises SignInRefused, TooManyTries."""
        ...

    def remove(self, person: Person) -> tuple[Person, Writes]:
        """The factor and its recovery codes are gone."""
        ...

    def clear(self, person: Person) -> Writes:
        """No seed, confirmed or not, and no recovery code is left; the person is changed by whoever asks."""
        ...

    def check(self, person: Person, code: str) -> Writes:
        """The writes that use the code up; they fail when it was used meanwhile. Raises SignInRefused, TooManyTries."""
        ...

    def renew_recovery_codes(self, person: Person) -> tuple[Sequence[str], Writes]:
        """New ones; the old are void."""
        ...

    def check_recovery_code(self, person: Person, code: str) -> Writes:
        """The writes that use the code up; they fail when it was used meanwhile. Raises SignInRefused, TooManyTries."""
        ...

    def count_recovery_codes(self, person: Person) -> int:
        """How many are left."""
        ...


class Passkeys(Protocol):
    """WebAuthn credentials."""

    def begin_registration(self, person: Person) -> tuple[str, Writes]:
        """What the browser's ``navigator.credentials.create`` needs, as JSON."""
        ...

    def finish_registration(self, person: Person, answer: str, *, name: str) -> tuple[Person, Passkey, Writes]:
        """The passkey that the browser's JSON answer proves. Raises SignInRefused, InputError."""
        ...

    def begin_sign_in(self) -> tuple[str, Writes]:
        """What ``navigator.credentials.get`` needs, as JSON; it names nobody."""
        ...

    def finish_sign_in(self, answer: str) -> tuple[Person, Passkey, Writes]:
        """Whose passkey answered. Raises SignInRefused."""
        ...

    def remove(self, person: Person, passkey: str) -> tuple[Person, Writes]:
        """Without this passkey. Raises NotFound."""
        ...

    def clear(self, person: Person) -> Writes:
        """No passkey is left; the person is changed by whoever asks."""
        ...

    def list(self, person: Person) -> Sequence[Passkey]:
        """This person's passkeys, oldest first."""
        ...


class Identity(Protocol):
    """All of it."""

    @property
    def people(self) -> People: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def access_tokens(self) -> AccessTokens: ...
    @property
    def codes(self) -> OneTimeCodes: ...
    @property
    def passkeys(self) -> Passkeys: ...
