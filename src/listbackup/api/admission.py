"""Who is let in, and into which account: the credential of a request, the account it chooses, and what the caller may do there.

A bearer credential is an API key (``lbk_…``) or an access token; without one the session's cookie is read. A cookie alone changes nothing: what is not a GET
needs the token that only our own pages know. An account that the caller has nothing to do with is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from listbackup.backends.identity.port import Client, Person, Session, SignInRefused
from listbackup.base.clock import Clock
from listbackup.base.errors import NotFound
from listbackup.base.ids import AccountId, is_id
from listbackup.base.secret import Secret
from listbackup.http.caller import (
    AccountSuspended,
    Authenticator,
    Caller,
    CallerKind,
    Members,
    MfaPolicy,
    MfaRequired,
    NotAllowed,
    NotSignedIn,
    StepUpNeeded,
    demand,
)
from listbackup.http.csrf import SAFE, csrf_token, judge_origin, judge_token
from listbackup.http.permission import BUNDLES, READS, Bundle, Permission, Signed
from listbackup.services.routing import Route

COOKIE, PLAIN_COOKIE = "__Host-lb", "lb"
KEY_PREFIX = "lbk_"
PRIVILEGED = BUNDLES[Bundle.ADMIN]  # what no person does by password alone

OF_AN_ACCOUNT = "/accounts/{account:acc}"  # such an address names the account itself, whatever the header says

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class People(Protocol):
    """The part of ``Auth`` that recognises people."""

    def authenticate(self, cookie: str) -> tuple[Person, Session]:
        """Who holds this cookie. Raises SignInRefused."""
        ...

    def authenticate_bearer(self, token: str) -> tuple[Person, Session]:
        """Who holds this access token. Raises SignInRefused."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The checks of every request, in the order in which ``Operation`` asks for them."""

    clock: Clock
    keys: Authenticator
    people: People
    members: Members
    policy: MfaPolicy
    is_suspended: Callable[[AccountId], bool]
    origins: frozenset[str] = frozenset()
    step_up: Callable[[], timedelta] = lambda: timedelta(minutes=10)

    def recognise(self, request: Request) -> Caller:
        """Who calls, not yet in any account. Raises NotSignedIn, WrongOrigin."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer" or not credential.strip():
                raise NotSignedIn("the Authorization header holds no bearer credential", hint="send  Authorization: Bearer …")
            return self._bearer(credential.strip())
        cookie = cookie_of(request)
        if cookie is None:
            raise NotSignedIn("there is no credential", hint="send an API key or an access token as  Authorization: Bearer …, or sign in")
        try:
            person, session = self.people.authenticate(cookie)
        except SignInRefused:
            raise NotSignedIn("the session has ended", hint="sign in again") from None
        if request.method not in SAFE:
            judge_token(cookie, request.headers.get("x-csrf-token"))
        return _person(person, session, CallerKind.COOKIE)

    def judge_page(self, request: Request, *, also_safe: bool = False) -> None:
        """Raises WrongOrigin for a change that a page of another origin asks for, whoever it says it is."""
        if also_safe or request.method not in SAFE:
            judge_origin(request.headers, scheme=request.url.scheme, origins=self.origins)

    def place(self, caller: Caller, request: Request, route: Route) -> Caller:
        """The caller in the account that the request chooses, with what they may do there. Raises NotFound for an account they have nothing to do with."""
        if not isinstance(route.access, Permission):
            return caller
        chosen = request.path_params["account"] if OF_AN_ACCOUNT in route.path else request.headers.get("x-account-id")
        if chosen is not None and not is_id(chosen, "acc"):
            raise NotFound(f"there is no account {chosen[:40]!r}")
        if caller.kind is CallerKind.KEY or caller.user is None:
            if chosen is None or chosen == caller.account:
                return caller
            reached = AccountId(chosen)
            return replace(caller, account=reached, permissions=self.keys.permissions(caller.id, reached))
        if chosen is not None:
            account = AccountId(chosen)
            return replace(caller, account=account, permissions=self.members.permissions(caller.user, account))
        home = self.members.at_home(caller.user)
        if home is None:
            raise NotAllowed("you belong to no account yet", hint="follow an invitation, or register with an account of your own")
        return replace(caller, account=home[0], permissions=home[1])

    def judge(self, caller: Caller, route: Route) -> None:
        """Whether the caller may do this now. Raises NotAllowed and its kin."""
        if route.access is Signed.PERSON and caller.kind is CallerKind.KEY:
            raise NotAllowed("this is for people, not for API keys", hint="sign in")
        if isinstance(route.access, Permission):
            self._judge_state(caller, route.access)
            demand(caller, route.access)
            self._judge_mfa(caller, route.access)
        if route.step_up and caller.kind is not CallerKind.KEY and not self._is_fresh(caller):
            raise StepUpNeeded

    def _judge_state(self, caller: Caller, permission: Permission) -> None:
        """Why a permission is missing: in a suspended account only those are left that look."""
        lacks = permission not in caller.permissions and permission not in READS
        if lacks and caller.account is not None and self.is_suspended(caller.account):
            raise AccountSuspended

    def _judge_mfa(self, caller: Caller, permission: Permission) -> None:
        if caller.kind is CallerKind.KEY or caller.has_mfa or caller.account is None:
            return
        if permission in PRIVILEGED or self.policy.require_mfa(caller.account):
            raise MfaRequired

    def _is_fresh(self, caller: Caller) -> bool:
        """Within so many minutes before now; or after, where the clock was set back: a proof from the future would be fresh until then."""
        return caller.proved_at is not None and abs(self.clock.now() - caller.proved_at) <= self.step_up()

    def _bearer(self, credential: str) -> Caller:
        if credential.startswith(KEY_PREFIX):
            return self.keys.authenticate(Secret(credential))
        try:
            person, session = self.people.authenticate_bearer(credential)
        except SignInRefused:
            raise NotSignedIn("the credential is not known, or is over", hint="sign in again, or make another API key") from None
        return _person(person, session, CallerKind.TOKEN)


def _person(person: Person, session: Session, kind: CallerKind) -> Caller:
    return Caller(
        id=session.id,
        actor=person.id,
        kind=kind,
        user=person.id,
        session=session.id,
        proved_at=session.proved_at,
        has_mfa=person.has_mfa,
    )


def client_of(request: Request) -> Client:
    """Where the request comes from, as far as this server sees; a proxy's word counts where the server was told to believe it."""
    return Client(address=request.client.host if request.client is not None else "", agent=request.headers.get("user-agent", "")[:200])


def cookie_of(request: Request) -> str | None:
    """The session's cookie. The plain name counts on this machine only: there a browser may have no way to keep the other one."""
    if "cookie" not in request.headers:
        return None
    found = request.cookies.get(COOKIE)
    return found if found is not None or not _is_local(request) else request.cookies.get(PLAIN_COOKIE)


def csrf_of(request: Request) -> str | None:
    """The token of the cookie that came along."""
    cookie = cookie_of(request)
    return csrf_token(cookie) if cookie is not None else None


def hand_cookie(response: Response, request: Request, cookie: str) -> None:
    """Give the session's cookie out, or take it back (empty). It ends with the browser; how long it is good the server knows."""
    local = _is_local(request)
    name = PLAIN_COOKIE if local else COOKIE
    age = None if cookie else 0
    response.set_cookie(name, cookie, max_age=age, path="/", secure=not local, httponly=True, samesite="lax")


def _is_local(request: Request) -> bool:
    """Plain HTTP on this very machine."""
    return request.url.scheme == "http" and (request.url.hostname or "") in _LOOPBACK
