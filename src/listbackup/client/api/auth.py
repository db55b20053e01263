"""``client.auth``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part
from listbackup.client.words import Word, unseen


class Admission(Word):
    """Who may register."""

    INVITED = "invited"
    OPEN = "open"


class CodesOut(Struct, frozen=True, kw_only=True):
    """Recovery codes, shown once."""

    recovery_codes: Sequence[str]

    __repr__ = unseen


class DiscoveryOut(Struct, frozen=True, kw_only=True):
    """Where the keys of access tokens are, in the form of OpenID Connect Discovery 1.0. There is no authorization endpoint: nobody signs in
    elsewhere with us.
    """

    issuer: str
    jwks_uri: str
    userinfo_endpoint: str
    response_types_supported: Sequence[str]
    subject_types_supported: Sequence[str]
    id_token_signing_alg_values_supported: Sequence[str]
    claims_supported: Sequence[str]


class Factor(Word):
    """What a person signed in with; each can be listed in ``Session.by``."""

    PASSWORD = "password"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"


class KeySetOut(Struct, frozen=True, kw_only=True):
    """A JSON Web Key Set (RFC 7517)."""

    keys: Sequence[Mapping[str, Any]]


class LoginOut(Struct, frozen=True, kw_only=True):
    """In (`signed_in`), or one step nearer (`second_step`). Browsers get the session as a cookie and send `csrf_token` with every change."""

    signed_in: bool
    user: str | None = None
    session: str | None = None
    must_set_up_mfa: bool = False
    csrf_token: str | None = None
    tokens: TokensOut | None = None
    second_step: StepOut | None = None

    __repr__ = unseen


class MadeOut(Struct, frozen=True, kw_only=True):
    """A new person. ``chooses_password``: there is none yet, a mail has the link by which it is chosen; otherwise they can sign in now."""

    user: str
    email: str
    chooses_password: bool = False


class MfaOut(Struct, frozen=True, kw_only=True):
    """What a person has besides a password."""

    totp: bool
    passkeys: int
    recovery_codes_left: int


class MfaSetupOut(Struct, frozen=True, kw_only=True):
    """A new seed, shown once: to type, as the text of a QR code, and as pictures of it."""

    secret: str
    uri: str
    qr_svg: str
    qr_png: str

    __repr__ = unseen


class OptionsOut(Struct, frozen=True, kw_only=True):
    """What goes into `navigator.credentials.create` or `.get` as `publicKey`."""

    public_key: Mapping[str, Any]


class PasskeyOut(Struct, frozen=True, kw_only=True):
    """A passkey; a suspicious one may have been copied and signs nobody in."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    backed_up: bool
    suspicious: bool


class ProvedOut(Struct, frozen=True, kw_only=True):
    """The session's proof is fresh until `step_up_until`; a browser got a new cookie with it."""

    proved_at: datetime
    step_up_until: datetime
    csrf_token: str | None = None

    __repr__ = unseen


class SessionKind(Word):
    """Who holds it."""

    BROWSER = "browser"
    PROGRAM = "program"


class SessionOut(Struct, frozen=True, kw_only=True):
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


class StatusOut(Struct, frozen=True, kw_only=True):
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

    __repr__ = unseen


class StepOut(Struct, frozen=True, kw_only=True):
    """The password was right; one of these factors is the second step, until `expires_at`."""

    ticket: str
    factors: Sequence[Factor]
    expires_at: datetime

    __repr__ = unseen


class TokensOut(Struct, frozen=True, kw_only=True):
    """For programs; `refresh_token` is good once and is replaced with each refresh."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    refresh_expires_at: datetime
    token_type: str = "Bearer"

    __repr__ = unseen


class WelcomeOut(Struct, frozen=True, kw_only=True):
    """What somebody who is not signed in may know: how one comes in here."""

    needs_setup: bool
    registration: Admission


class AuthApi:
    """The operations of ``auth``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def delete_passkey(self, passkey: str) -> None:
        """Remove a passkey, in a session that showed a second factor."""
        request = Request(method="DELETE", path=f"/v2/auth/passkeys/{part(passkey)}")
        self._session.do(request)

    def delete_session(self, session: str) -> None:
        """End one of one's sessions."""
        request = Request(method="DELETE", path=f"/v2/auth/sessions/{part(session)}")
        self._session.do(request)

    def delete_sessions(self, *, keep_current: bool | UnsetType = UNSET) -> None:
        """End all of one's sessions."""
        request = Request(method="DELETE", path="/v2/auth/sessions", query={"keep_current": keep_current})
        self._session.do(request)

    def login(self, *, email: str, password: str, kind: SessionKind | UnsetType = UNSET) -> LoginOut:
        """Sign in with address and password."""
        request = Request(
            method="POST", path="/v2/auth/login", body=given({"email": email, "password": password, "kind": kind}), signed=False
        )
        return self._session.ask(LoginOut, request)

    def login_second_step(self, *, ticket: str, factor: Factor, code: str, kind: SessionKind | UnsetType = UNSET) -> LoginOut:
        """Sign in: the second factor."""
        request = Request(
            method="POST",
            path="/v2/auth/login/second-step",
            body=given({"ticket": ticket, "factor": factor, "code": code, "kind": kind}),
            signed=False,
        )
        return self._session.ask(LoginOut, request)

    def logout(self) -> None:
        """Sign out: this session ends."""
        request = Request(method="POST", path="/v2/auth/logout")
        self._session.do(request)

    def mfa(self) -> MfaOut:
        """One's second factors."""
        request = Request(method="GET", path="/v2/auth/mfa")
        return self._session.ask(MfaOut, request)

    def mfa_disable(
        self,
        *,
        factor: Factor,
        password: str | None | UnsetType = UNSET,
        code: str | None | UnsetType = UNSET,
        credential: Mapping[str, Any] | None | UnsetType = UNSET,
    ) -> None:
        """Remove one-time codes, with a second factor."""
        request = Request(
            method="POST",
            path="/v2/auth/mfa/disable",
            body=given({"factor": factor, "password": password, "code": code, "credential": credential}),
        )
        self._session.do(request)

    def mfa_recovery_codes(self) -> CodesOut:
        """New recovery codes; the old are void."""
        request = Request(method="POST", path="/v2/auth/mfa/recovery-codes")
        return self._session.ask(CodesOut, request)

    def mfa_setup(self) -> MfaSetupOut:
        """A seed for one-time codes; it counts for nothing before its first code."""
        request = Request(method="POST", path="/v2/auth/mfa/setup")
        return self._session.ask(MfaSetupOut, request)

    def mfa_verify(self, *, code: str) -> CodesOut:
        """The first code: one-time codes are in force."""
        request = Request(method="POST", path="/v2/auth/mfa/verify", body=given({"code": code}))
        return self._session.ask(CodesOut, request)

    def passkeys(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[PasskeyOut]:
        """One's passkeys."""
        request = Request(method="GET", path="/v2/auth/passkeys", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[PasskeyOut], request)

    def iter_passkeys(self, *, limit: int | UnsetType = UNSET) -> Iterator[PasskeyOut]:
        """Every item of ``passkeys``, page after page."""
        return every(lambda cursor: self.passkeys(limit=limit, cursor=cursor))

    def passkeys_login(self, *, credential: Mapping[str, Any], kind: SessionKind | UnsetType = UNSET) -> LoginOut:
        """Sign in with a passkey alone."""
        request = Request(method="POST", path="/v2/auth/passkeys/login", body=given({"credential": credential, "kind": kind}), signed=False)
        return self._session.ask(LoginOut, request)

    def passkeys_options(self) -> OptionsOut:
        """What a browser asks its passkeys, to sign in or to step up."""
        request = Request(method="POST", path="/v2/auth/passkeys/options", signed=False)
        return self._session.ask(OptionsOut, request)

    def passkeys_register_options(self) -> OptionsOut:
        """What a browser needs to make a passkey."""
        request = Request(method="POST", path="/v2/auth/passkeys/register/options")
        return self._session.ask(OptionsOut, request)

    def password_change(self, *, old: str, new: str) -> None:
        """A new password; every other session ends."""
        request = Request(method="POST", path="/v2/auth/password/change", body=given({"old": old, "new": new}))
        self._session.do(request)

    def password_forgot(self, *, email: str) -> None:
        """A link to choose a new password, by mail; the answer is always the same."""
        request = Request(method="POST", path="/v2/auth/password/forgot", body=given({"email": email}), signed=False)
        self._session.do(request)

    def password_reset(self, *, token: str, password: str) -> None:
        """A new password by the mail's link."""
        request = Request(method="POST", path="/v2/auth/password/reset", body=given({"token": token, "password": password}), signed=False)
        self._session.do(request)

    def refresh(self, *, refresh_token: str) -> TokensOut:
        """New tokens for a refresh token."""
        request = Request(method="POST", path="/v2/auth/refresh", body=given({"refresh_token": refresh_token}), signed=False)
        return self._session.ask(TokensOut, request)

    def register(
        self, *, email: str, password: str, name: str, account_name: str | UnsetType = UNSET, invitation: str | None | UnsetType = UNSET
    ) -> None:
        """Register; a mail says how to go on, and the answer is always the same."""
        request = Request(
            method="POST",
            path="/v2/auth/register",
            body=given({"email": email, "password": password, "name": name, "account_name": account_name, "invitation": invitation}),
            signed=False,
        )
        self._session.do(request)

    def register_passkey(self, *, credential: Mapping[str, Any], name: str) -> PasskeyOut:
        """Keep a passkey that a browser made."""
        request = Request(method="POST", path="/v2/auth/passkeys/register", body=given({"credential": credential, "name": name}))
        return self._session.ask(PasskeyOut, request)

    def sessions(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[SessionOut]:
        """One's living sessions, newest first."""
        request = Request(method="GET", path="/v2/auth/sessions", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[SessionOut], request)

    def iter_sessions(self, *, limit: int | UnsetType = UNSET) -> Iterator[SessionOut]:
        """Every item of ``sessions``, page after page."""
        return every(lambda cursor: self.sessions(limit=limit, cursor=cursor))

    def setup(self, *, code: str, email: str, password: str, name: str) -> MadeOut:
        """Make the first owner, with the code that the console shows."""
        request = Request(
            method="POST",
            path="/v2/auth/setup",
            body=given({"code": code, "email": email, "password": password, "name": name}),
            signed=False,
        )
        return self._session.ask(MadeOut, request)

    def status(self) -> StatusOut:
        """Who is signed in."""
        request = Request(method="GET", path="/v2/auth/status")
        return self._session.ask(StatusOut, request)

    def step_up(
        self,
        *,
        factor: Factor,
        password: str | None | UnsetType = UNSET,
        code: str | None | UnsetType = UNSET,
        credential: Mapping[str, Any] | None | UnsetType = UNSET,
    ) -> ProvedOut:
        """Show a factor again, for what is dangerous."""
        request = Request(
            method="POST",
            path="/v2/auth/step-up",
            body=given({"factor": factor, "password": password, "code": code, "credential": credential}),
        )
        return self._session.ask(ProvedOut, request)

    def verify(self, *, token: str, password: str | None | UnsetType = UNSET) -> MadeOut:
        """Show that an address is one's own, by the mail's link."""
        request = Request(method="POST", path="/v2/auth/verify", body=given({"token": token, "password": password}), signed=False)
        return self._session.ask(MadeOut, request)

    def verify_resend(self, *, email: str) -> None:
        """Another link, if this address waits for one."""
        request = Request(method="POST", path="/v2/auth/verify/resend", body=given({"email": email}), signed=False)
        self._session.do(request)

    def welcome(self) -> WelcomeOut:
        """How one comes in here."""
        request = Request(method="GET", path="/v2/auth/welcome", signed=False)
        return self._session.ask(WelcomeOut, request)

    def well_known_jwks_json(self) -> KeySetOut:
        """The public keys of access tokens."""
        request = Request(method="GET", path="/.well-known/jwks.json", signed=False)
        return self._session.ask(KeySetOut, request)

    def well_known_openid_configuration(self) -> DiscoveryOut:
        """Who signs access tokens, and where the keys are."""
        request = Request(method="GET", path="/.well-known/openid-configuration", signed=False)
        return self._session.ask(DiscoveryOut, request)
