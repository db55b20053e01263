"""What auth offers over HTTP: coming in, staying in, going out, and the password."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from listbackup.backends.identity.port import Person
from listbackup.base.paging import Page
from listbackup.http.caller import CallerKind
from listbackup.http.csrf import csrf_token
from listbackup.http.paging import Listing, PageParameters, Parameters, listing
from listbackup.http.permission import Signed
from listbackup.services.auth.calls import held
from listbackup.services.auth.factor_routes import factor_routes
from listbackup.services.auth.model import SecondStep, SignedIn
from listbackup.services.auth.schema import (
    DiscoveryOut,
    KeySetOut,
    LoginIn,
    LoginOut,
    PasskeyLoginIn,
    PasswordIn,
    ProofIn,
    ProvedOut,
    RefreshIn,
    Resend,
    ResetIn,
    SecondStepIn,
    SessionOut,
    StatusOut,
    TokensOut,
    show_login,
    show_session,
    show_status,
)
from listbackup.services.auth.service import Auth
from listbackup.services.routing import Answer, Call, Route, mine, public

Settle = Callable[[Person], object]

_KEYS_KEPT_FOR = timedelta(minutes=5)


class EndParameters(Parameters):
    """Which sessions end."""

    keep_current: Annotated[bool, Field(description="All but the one that asks.")] = False


def routes(auth: Auth, *, settle: Settle = lambda _: None) -> Sequence[Route]:
    """Sign-in and everything about it; ``settle`` is told of everybody who comes in."""
    return [*_coming_in(auth, settle), *_staying_in(auth), *_going_out(auth), *_passwords(auth), *factor_routes(auth), *_well_known(auth)]


def _coming_in(auth: Auth, settle: Settle) -> Sequence[Route]:
    def entered(found: SignedIn | SecondStep) -> Answer:
        if isinstance(found, SecondStep):
            return Answer(content=show_login(found, None))
        settle(found.person)
        return Answer(content=show_login(found, csrf_token(found.cookie) if found.cookie else None), cookie=found.cookie)

    def login(call: Call) -> Answer:
        asked = call.body(LoginIn)
        return entered(auth.login(asked.email, asked.password, call.client, kind=asked.kind))

    def second_step(call: Call) -> Answer:
        asked = call.body(SecondStepIn)
        return entered(auth.second_step(asked.ticket, asked.factor, asked.code, call.client, kind=asked.kind))

    def passkey(call: Call) -> Answer:
        asked = call.body(PasskeyLoginIn)
        return entered(auth.finish_passkey(json.dumps(asked.credential), call.client, kind=asked.kind))

    return [
        public("/auth/login", "Sign in with address and password", login, body=LoginIn, answers=LoginOut, problems=(401,)),
        public("/auth/login/second-step", "Sign in: the second factor", second_step, body=SecondStepIn, answers=LoginOut, problems=(401,)),
        public("/auth/passkeys/login", "Sign in with a passkey alone", passkey, body=PasskeyLoginIn, answers=LoginOut, problems=(401,)),
    ]


def _staying_in(auth: Auth) -> Sequence[Route]:
    def refresh(call: Call) -> Answer:
        tokens = auth.refresh(call.body(RefreshIn).refresh_token)
        return Answer(
            content=TokensOut(
                access_token=tokens.access,
                refresh_token=tokens.refresh,
                expires_at=tokens.expires_at,
                refresh_expires_at=tokens.refresh_expires_at,
            )
        )

    def status(call: Call) -> Answer:
        if call.caller.kind is CallerKind.KEY:
            return Answer(content=StatusOut(kind=CallerKind.KEY.value, account=call.caller.account))
        person, session = held(auth, call)
        return Answer(content=show_status(call.caller.kind.value, person, session, auth.step_up_lasts, csrf_token=call.csrf))

    def step_up(call: Call) -> Answer:
        person, session = held(auth, call)
        asked = call.body(ProofIn)
        found = auth.step_up(person, session, asked.factor, asked.proof(), call.client)
        proved = found.session.proved_at
        token = csrf_token(found.cookie) if found.cookie else None
        return Answer(content=ProvedOut(proved_at=proved, step_up_until=proved + auth.step_up_lasts, csrf_token=token), cookie=found.cookie)

    return [
        public("/auth/refresh", "New tokens for a refresh token", refresh, body=RefreshIn, answers=TokensOut, problems=(401,)),
        Route(method="GET", path="/auth/status", summary="Who is signed in", access=Signed.ANY, handle=status, answers=StatusOut),
        mine("POST", "/auth/step-up", "Show a factor again, for what is dangerous", step_up, body=ProofIn, answers=ProvedOut),
    ]


def _going_out(auth: Auth) -> Sequence[Route]:
    def logout(call: Call) -> Answer:
        auth.logout(held(auth, call)[1])
        return Answer(cookie="")

    def sessions(call: Call) -> Answer:
        person, session = held(auth, call)
        page = call.query(PageParameters)
        alive = [one for one in auth.sessions(person) if page.cursor is None or one.id < page.cursor]
        more = alive[page.limit - 1].id if len(alive) > page.limit else None
        return Answer(content=listing(Page(items=alive[: page.limit], next_cursor=more), lambda one: show_session(one, session.id)))

    def revoke(call: Call) -> Answer:
        person, session = held(auth, call)
        auth.revoke(person, call.path["session"])
        return Answer(cookie="" if call.path["session"] == session.id else None)

    def revoke_all(call: Call) -> Answer:
        person, session = held(auth, call)
        if call.query(EndParameters).keep_current:
            auth.end_other_sessions(person, session)
            return Answer()
        auth.end_sessions(person.id, why="asked by the person")
        return Answer(cookie="")

    one = "/auth/sessions/{session:ses}"
    return [
        mine("POST", "/auth/logout", "Sign out: this session ends", logout, status=204),
        mine("GET", "/auth/sessions", "One's living sessions, newest first", sessions, query=PageParameters, answers=Listing[SessionOut]),
        mine("DELETE", one, "End one of one's sessions", revoke, status=204),
        mine("DELETE", "/auth/sessions", "End all of one's sessions", revoke_all, query=EndParameters, status=204),
    ]


def _passwords(auth: Auth) -> Sequence[Route]:
    def forgot(call: Call) -> Answer:
        auth.passwords.forgot(call.body(Resend).email, call.client)
        return Answer()

    def reset(call: Call) -> Answer:
        asked = call.body(ResetIn)
        auth.passwords.reset(asked.token, asked.password, call.client)
        return Answer()

    def change(call: Call) -> Answer:
        person, session = held(auth, call)
        asked = call.body(PasswordIn)
        auth.passwords.change(person, session, asked.old, asked.new, call.client)
        return Answer()

    return [
        public("/auth/password/forgot", "A link to choose a new password, by mail; the answer is always the same", forgot, body=Resend, status=204),
        public("/auth/password/reset", "A new password by the mail's link", reset, body=ResetIn, status=204, problems=(401,)),
        mine("POST", "/auth/password/change", "A new password; every other session ends", change, body=PasswordIn, status=204, step_up=True),
    ]  # fmt: skip


def _well_known(auth: Auth) -> Sequence[Route]:
    def keys(_: Call) -> Answer:
        return Answer(content=auth.key_set(), keep_for=_KEYS_KEPT_FOR)

    def discovery(_: Call) -> Answer:
        here, signer = auth.issuer, auth.signer
        return Answer(
            content=DiscoveryOut(
                issuer=signer.issuer,
                jwks_uri=f"{here}/.well-known/jwks.json",
                userinfo_endpoint=f"{here}/v2/users/me",
                response_types_supported=[],
                subject_types_supported=["public"],
                id_token_signing_alg_values_supported=[signer.algorithm],
                claims_supported=signer.claims,
            ),
            keep_for=_KEYS_KEPT_FOR,
        )

    well = "/.well-known"
    return [
        Route(method="GET", path=f"{well}/jwks.json", summary="The public keys of access tokens", access=None, handle=keys, answers=KeySetOut, at_root=True),
        Route(method="GET", path=f"{well}/openid-configuration", summary="Who signs access tokens, and where the keys are", access=None, handle=discovery, answers=DiscoveryOut, at_root=True),
    ]  # fmt: skip
