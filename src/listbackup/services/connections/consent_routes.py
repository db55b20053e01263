"""Sign-in pages of platforms over HTTP: away, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

from listbackup.base.errors import InputError, NotFound, PlatformError
from listbackup.base.ids import AccountId
from listbackup.http.caller import Caller, CallerKind, NotAllowed, demand
from listbackup.http.permission import Permission, Signed
from listbackup.http.problem import WAY_BACK, Refused
from listbackup.services.accounts import Accounts
from listbackup.services.connections.consent import Begun, BroughtBack, Came, Consents, Declined, WayBackBroken
from listbackup.services.connections.model import Connection
from listbackup.services.connections.schema import NewSignIn, SignInParameters, WayBack, hidden
from listbackup.services.routing import Answer, Call, Route, changing
from listbackup.services.scope import Scope

AFTERWARDS = "/connections"  # the page of the web app where people find out what became of it


def consent_routes(consents: Consents, accounts: Accounts) -> Sequence[Route]:
    """Who begins is signed in, and who comes back is the same: a browser by its session, a program by its key."""
    enter = partial(_enter, accounts)

    def start(call: Call) -> Answer:
        asked = call.body(NewSignIn)
        if asked.redirect is not None and call.caller.kind is CallerKind.COOKIE:
            raise InputError("a browser comes back to this server", field="redirect")
        begun = consents.start(
            call.scope,
            call.path["platform"],
            holder=_holder(call.caller),
            values=asked.values,
            secrets=hidden(asked.secrets),
            name=asked.name,
            reconnect=call.query(SignInParameters).reconnect,
            redirect=asked.redirect,
            may_show=partial(_demand_application, accounts, call),
        )
        return Answer(content=begun)

    def finish(call: Call) -> Answer:
        return _finish(consents, enter, call)

    back = Route(
        method="GET",
        path="/oauth/callback",
        summary="Where a platform's sign-in page leads back to",
        access=Signed.ANY,
        handle=finish,
        query=WayBack,
        answers=Connection,
        problems=(400, 502),
    )
    return [
        changing(
            "POST",
            "/connections/oauth/{platform}/start",
            "Begin to connect through a platform's sign-in page",
            Permission.CONNECTIONS_MANAGE,
            start,
            body=NewSignIn,
            query=SignInParameters,
            answers=Begun,
        ),
        back,
        Route(
            method=back.method,
            path="/oauth/callback/{platform}",
            summary="The same for platforms that do not say on the way back who they are",
            access=back.access,
            handle=finish,
            query=WayBack,
            answers=Connection,
            problems=back.problems,
        ),
    ]


def _finish(consents: Consents, enter: Callable[[Caller, str], Scope], call: Call) -> Answer:
    """What became of it as JSON; a browser is sent on to the web app instead, with a code and never with words of the platform."""
    given, is_browser = call.query(WayBack), call.caller.kind is CallerKind.COOKIE
    back = BroughtBack(state=given.state, code=given.code, issuer=given.iss, error=given.error, path=call.path.get("platform"))
    try:
        came = consents.finish(back, holder=_holder(call.caller), enter=partial(enter, call.caller))
    except WayBackBroken as error:
        if is_browser and isinstance(error, Declined):
            return _onward({"failed": error.code})
        raise Refused(WAY_BACK, error.message, hint=error.hint) from None
    except PlatformError as error:
        if is_browser:
            return _onward({"failed": error.fault.value})
        raise
    return _came(came, is_browser=is_browser)


def _came(came: Came, *, is_browser: bool) -> Answer:
    if is_browser:
        return _onward({"repaired" if came.repaired else "connected": came.connection.id})
    return Answer(content=came.connection, version=came.connection.version)


def _onward(told: dict[str, str]) -> Answer:
    return Answer(status=303, location=f"{AFTERWARDS}?{urlencode(told)}")


def _holder(caller: Caller) -> str:
    return f"{caller.kind.value}/{caller.session or caller.id}"


def _demand_application(accounts: Accounts, call: Call, account: AccountId) -> None:
    """Only who may set an account's application may have its secret shown to a host that they name; it could be their own. Raises NotAllowed."""
    caller = call.caller
    if account != call.scope.account:
        held = frozenset[Permission]()
        if caller.user is not None:
            with suppress(NotFound):
                held = accounts.members.permissions(caller.user, account)
        caller = replace(caller, permissions=held)
    if Permission.INTEGRATIONS_MANAGE not in caller.permissions:
        message = "the application's secret would be shown to a site that you name"
        raise NotAllowed(
            message, hint="ask somebody who manages the application to connect this site; you can repair the connection afterwards"
        )


def _enter(accounts: Accounts, caller: Caller, account: str) -> Scope:
    """The account, if the caller may still connect things there. Raises NotFound, NotAllowed."""
    if caller.user is None and caller.account != account:
        raise NotFound(f"there is no account {account!r}")
    held = caller.permissions if caller.user is None else accounts.members.permissions(caller.user, accounts.get(account).id)
    demand(replace(caller, permissions=held), Permission.CONNECTIONS_MANAGE)
    return accounts.enter(account, actor=caller.actor)
