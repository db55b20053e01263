"""Sign-in as it goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from listbackup.backends.identity.port import Factor, Passkey, Person, Session, SessionKind
from listbackup.base.errors import InputError
from listbackup.http.paging import Body
from listbackup.services.auth.model import SecondStep, SignedIn

Email = Annotated[str, Field(min_length=3, max_length=320, description="An address.", examples=["ada@example.com"])]
Password = Annotated[str, Field(min_length=1, max_length=1024, description="A password.", examples=["seven brass kettles on a shelf"])]
Token = Annotated[str, Field(min_length=1, max_length=200, description="What stands behind `#token=` in the link of the mail.")]
Kind = Annotated[
    SessionKind,
    Field(description="`browser` answers with a cookie that no script can read, `program` with an access token and a refresh token."),
]
Code = Annotated[str, Field(min_length=1, max_length=100, description="A one-time code or a recovery code.", examples=["492039"])]
Credential = Annotated[dict[str, Any], Field(description="What `navigator.credentials` gave, as JSON (`PublicKeyCredential.toJSON()`).")]


class Resend(Body):
    """Who waits for a link."""

    email: Email


class LoginIn(Body):
    """Who comes in."""

    email: Email
    password: Password
    kind: Kind = SessionKind.PROGRAM


class SecondStepIn(Body):
    """The second step of a sign-in."""

    ticket: Annotated[str, Field(min_length=1, max_length=200, description="`second_step.ticket` of the first step.")]
    factor: Annotated[Factor, Field(description="`totp` or `recovery_code`; a passkey signs in by itself.", examples=["totp"])]
    code: Code
    kind: Kind = SessionKind.PROGRAM


class RefreshIn(Body):
    """A refresh token; it is good once."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=200)]


class ResetIn(Body):
    """A new password, with the link's token."""

    token: Token
    password: Password


class PasswordIn(Body):
    """A new password, with the old one."""

    old: Password
    new: Password


class CodeIn(Body):
    """The first code of a new seed."""

    code: Code


class ProofIn(Body):
    """A factor, shown now: `password` (people without a second factor), `code`, or a passkey's `credential`."""

    factor: Annotated[Factor, Field(examples=["totp"])]
    password: Password | None = None
    code: Code | None = None
    credential: Credential | None = None

    def proof(self) -> str:
        """What belongs to the factor. Raises InputError."""
        by = {Factor.PASSWORD: self.password, Factor.TOTP: self.code, Factor.RECOVERY_CODE: self.code}
        found = json.dumps(self.credential) if self.factor is Factor.PASSKEY and self.credential is not None else by.get(self.factor)
        if found is None:
            wanted = {Factor.PASSWORD: "password", Factor.PASSKEY: "credential"}.get(self.factor, "code")
            raise InputError(f"the factor {self.factor.value} needs {wanted}", field=wanted)
        return found


class PasskeyIn(Body):
    """A passkey that a browser made."""

    credential: Credential
    name: Annotated[str, Field(min_length=1, max_length=100, description="What its owner calls it.", examples=["laptop"])]


class PasskeyLoginIn(Body):
    """A passkey's answer."""

    credential: Credential
    kind: Kind = SessionKind.PROGRAM


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensOut:
    """For programs; `refresh_token` is good once and is replaced with each refresh."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime
    token_type: str = "Bearer"  # noqa: S105 - a kind of token


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOut:
    """The password was right; one of these factors is the second step, until `expires_at`."""

    ticket: str = field(repr=False)
    factors: Sequence[Factor]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginOut:
    """In (`signed_in`), or one step nearer (`second_step`). Browsers get the session as a cookie and send `csrf_token` with every change."""

    signed_in: bool
    user: str | None = None
    session: str | None = None
    must_set_up_mfa: bool = False
    csrf_token: str | None = None
    tokens: TokensOut | None = None
    second_step: StepOut | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOut:
    """Who calls, and how fresh their proof is. For an API key the fields of a person are null."""

    kind: str
    user: str | None = None
    email: str | None = None
    session: str | None = None
    factors: Sequence[Factor] = ()
    has_mfa: bool = False
    proved_at: datetime | None = None
    step_up_until: datetime | None = None
    expires_at: datetime | None = None
    csrf_token: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedOut:
    """The session's proof is fresh until `step_up_until`; a browser got a new cookie with it."""

    proved_at: datetime
    step_up_until: datetime
    csrf_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOut:
    """A living session."""

    id: str
    kind: SessionKind
    factors: Sequence[Factor]
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaOut:
    """What a person has besides a password."""

    totp: bool
    passkeys: int
    recovery_codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaSetupOut:
    """A new seed, shown once: to type, as the text of a QR code, and as pictures of it."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr_svg: str = field(repr=False)
    qr_png: str = field(repr=False)  # a data: URL


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesOut:
    """Recovery codes, shown once."""

    recovery_codes: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyOut:
    """A passkey; a suspicious one may have been copied and signs nobody in."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    backed_up: bool
    suspicious: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsOut:
    """What goes into `navigator.credentials.create` or `.get` as `publicKey`."""

    public_key: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySetOut:
    """A JSON Web Key Set (RFC 7517)."""

    keys: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryOut:
    """Where the keys of access tokens are, in the form of OpenID Connect Discovery 1.0. There is no authorization endpoint: nobody signs in elsewhere with us."""

    issuer: str
    jwks_uri: str
    userinfo_endpoint: str
    response_types_supported: Sequence[str]
    subject_types_supported: Sequence[str]
    id_token_signing_alg_values_supported: Sequence[str]
    claims_supported: Sequence[str]


def show_login(entered: SignedIn | SecondStep, csrf_token: str | None) -> LoginOut:
    """What a sign-in came to."""
    if isinstance(entered, SecondStep):
        return LoginOut(signed_in=False, second_step=StepOut(ticket=entered.ticket, factors=entered.factors, expires_at=entered.expires_at))
    tokens = entered.tokens
    return LoginOut(
        signed_in=True,
        user=entered.person.id,
        session=entered.session.id,
        must_set_up_mfa=entered.must_set_up_mfa,
        csrf_token=csrf_token,
        tokens=TokensOut(
            access_token=tokens.access,
            refresh_token=tokens.refresh,
            expires_at=tokens.expires_at,
            refresh_expires_at=tokens.refresh_expires_at,
        )
        if tokens is not None
        else None,
    )


def show_session(session: Session, current: str | None) -> SessionOut:
    """A session as it goes out."""
    return SessionOut(
        id=session.id,
        kind=session.kind,
        factors=session.by,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
        agent=session.agent,
        address=session.address,
        current=session.id == current,
    )


def show_status(kind: str, person: Person, session: Session, step_up: timedelta, *, csrf_token: str | None) -> StatusOut:
    """A person who is signed in."""
    return StatusOut(
        kind=kind,
        user=person.id,
        email=person.email,
        session=session.id,
        factors=session.by,
        has_mfa=person.has_mfa,
        proved_at=session.proved_at,
        step_up_until=session.proved_at + step_up,
        expires_at=session.expires_at,
        csrf_token=csrf_token,
    )


def show_passkey(passkey: Passkey) -> PasskeyOut:
    """A passkey as it goes out."""
    return PasskeyOut(
        id=passkey.id,
        name=passkey.name,
        created_at=passkey.created_at,
        used_at=passkey.used_at,
        backed_up=passkey.backed_up,
        suspicious=passkey.suspicious,
    )
