"""Second factors over HTTP: one-time codes, recovery codes and passkeys. Whatever changes one asks for a fresh proof."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from listbackup.backends.identity.totp import qr_png, qr_svg
from listbackup.base.paging import Page
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.services.auth.calls import held
from listbackup.services.auth.schema import (
    CodeIn,
    CodesOut,
    MfaOut,
    MfaSetupOut,
    OptionsOut,
    PasskeyIn,
    PasskeyOut,
    ProofIn,
    show_passkey,
)
from listbackup.services.auth.service import Auth
from listbackup.services.routing import Answer, Call, Route, mine


def factor_routes(auth: Auth) -> Sequence[Route]:
    """What a person has besides a password."""
    return [*_codes(auth), *_passkeys(auth)]


def _codes(auth: Auth) -> Sequence[Route]:
    factors = auth.factors

    def show(call: Call) -> Answer:
        person, _ = held(auth, call)
        left = factors.count_recovery_codes(person)
        return Answer(content=MfaOut(totp=person.has_totp, passkeys=person.passkeys, recovery_codes_left=left))

    def setup(call: Call) -> Answer:
        found = factors.begin_totp(*held(auth, call))
        picture = base64.b64encode(qr_png(found.uri)).decode()
        shown = MfaSetupOut(secret=found.secret, uri=found.uri, qr_svg=qr_svg(found.uri), qr_png=f"data:image/png;base64,{picture}")
        return Answer(content=shown)

    def verify(call: Call) -> Answer:
        codes, _ = factors.confirm_totp(*held(auth, call), call.body(CodeIn).code)
        return Answer(content=CodesOut(recovery_codes=codes))

    def disable(call: Call) -> Answer:
        asked = call.body(ProofIn)
        factors.remove_totp(*held(auth, call), asked.factor, asked.proof())
        return Answer()

    def renew(call: Call) -> Answer:
        return Answer(content=CodesOut(recovery_codes=factors.renew_recovery_codes(*held(auth, call))))

    return [
        mine("GET", "/auth/mfa", "One's second factors", show, answers=MfaOut),
        mine("POST", "/auth/mfa/setup", "A seed for one-time codes; it counts for nothing before its first code", setup, answers=MfaSetupOut, step_up=True),
        mine("POST", "/auth/mfa/verify", "The first code: one-time codes are in force", verify, body=CodeIn, answers=CodesOut, step_up=True),
        mine("POST", "/auth/mfa/disable", "Remove one-time codes, with a second factor", disable, body=ProofIn, status=204, step_up=True),
        mine("POST", "/auth/mfa/recovery-codes", "New recovery codes; the old are void", renew, answers=CodesOut, step_up=True),
    ]  # fmt: skip


def _passkeys(auth: Auth) -> Sequence[Route]:
    factors = auth.factors

    def ask(call: Call) -> Answer:
        return Answer(content=OptionsOut(public_key=json.loads(auth.begin_passkey(call.client))))

    def begin(call: Call) -> Answer:
        return Answer(content=OptionsOut(public_key=json.loads(factors.begin_passkey(*held(auth, call)))))

    def register(call: Call) -> Answer:
        asked = call.body(PasskeyIn)
        passkey, _ = factors.finish_passkey(*held(auth, call), json.dumps(asked.credential), name=asked.name)
        return Answer(content=show_passkey(passkey))

    def show(call: Call) -> Answer:
        page = call.query(PageParameters)
        found = sorted(factors.passkeys(held(auth, call)[0]), key=lambda one: one.id)
        left = [one for one in found if page.cursor is None or one.id > page.cursor]
        more = left[page.limit - 1].id if len(left) > page.limit else None
        return Answer(content=listing(Page(items=left[: page.limit], next_cursor=more), show_passkey))

    def remove(call: Call) -> Answer:
        factors.remove_passkey(*held(auth, call), call.path["passkey"])
        return Answer()

    options = "/auth/passkeys/options"
    return [
        Route(method="POST", path=options, summary="What a browser asks its passkeys, to sign in or to step up", access=None, handle=ask, answers=OptionsOut),
        mine("POST", "/auth/passkeys/register/options", "What a browser needs to make a passkey", begin, answers=OptionsOut, step_up=True),
        mine("POST", "/auth/passkeys/register", "Keep a passkey that a browser made", register, body=PasskeyIn, answers=PasskeyOut, status=201, step_up=True),
        mine("GET", "/auth/passkeys", "One's passkeys", show, query=PageParameters, answers=Listing[PasskeyOut]),
        mine("DELETE", "/auth/passkeys/{passkey}", "Remove a passkey, in a session that showed a second factor", remove, status=204, step_up=True),
    ]  # fmt: skip
