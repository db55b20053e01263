"""The authorizer before the functions: whether a request's credential is known at all, so that who has none costs no function's time.

A REQUEST authorizer with simple responses. It judges what the door judges first, by the same code, and says no more than yes or no: who the caller is, in which account and
what they may do there is judged by the function itself, which believes nothing of what stands in the authorizer's context but for its log.
Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html, read 2026-11-21.
"""

from __future__ import annotations

import listbackup.base.compiled  # noqa: F401  before the modules whose classes it is for

# isort: split
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from listbackup.backends.identity.port import SignInRefused
from listbackup.base.log import log_context
from listbackup.base.secret import Secret
from listbackup.bootstrap.stage import Lazily, Stage
from listbackup.http.caller import NotSignedIn

if TYPE_CHECKING:
    from listbackup.bootstrap.system import System

COOKIE = "__Host-lb"  # as api/admission.py has it, whose import brings the whole door
KEY_PREFIX = "lbk_"
_NO = {"isAuthorized": False}


class Authorizer:
    """Called with a request, says whether its credential signs anybody in."""

    def __init__(self, system: System) -> None:
        self._system = system

    def __call__(self, event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        """The answer. What keeps it from knowing is raised: API Gateway then answers 500, and remembers nothing."""
        with log_context(invocation=str(getattr(context, "aws_request_id", "-"))):
            try:
                caller = self._recognise(event)
            except (NotSignedIn, SignInRefused):
                return _NO
        return {"isAuthorized": True, "context": {"caller": caller}} if caller is not None else _NO

    def _recognise(self, event: Mapping[str, Any]) -> str | None:
        headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        scheme, _, credential = headers.get("authorization", "").partition(" ")
        if scheme:
            return self._bearer(credential.strip()) if scheme.lower() == "bearer" else None
        cookie = _cookie(event.get("cookies") or [headers.get("cookie", "")])  # payload format 1.0 and the emulator leave them there
        return self._system.auth.authenticate(cookie)[1].id if cookie is not None else None

    def _bearer(self, credential: str) -> str | None:
        if credential.startswith(KEY_PREFIX):
            return self._system.api_keys.authenticate(Secret(credential)).id
        return self._system.auth.authenticate_bearer(credential)[1].id if credential else None


def _cookie(sent: list[str]) -> str | None:
    for one in sent:
        try:
            found = SimpleCookie(one).get(COOKIE)
        except CookieError:
            continue
        if found is not None:
            return found.value
    return None


def make(stage: Stage) -> Authorizer:
    """The authorizer as its environment says."""
    return Authorizer(stage.system())


handler = Lazily(make)
