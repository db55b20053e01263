"""OAuth 2 access tokens: renewed in time, by one thread, kept before they are used; a rotated refresh token is never sent twice at once.

Refresh at 80 % of the life, one POST without automatic repetition, the new tokens durable before their first use. Who else may want to renew the same tokens is
``Ground.renew``'s business (``services/connections/renewal.py``); a session without it is alone and only keeps what it got (``Ground.keep_secrets``).
Source: RFC 6749, 6819; TRUST-CASES section 6.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from listbackup.base.clock import iso, parse_iso
from listbackup.base.decode import from_json
from listbackup.base.errors import InputError, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Credentials, Ground
from listbackup.connectors.engine.facts_auth import OAuth2
from listbackup.connectors.engine.faults import Unsent
from listbackup.connectors.engine.template import Values, fill

if TYPE_CHECKING:
    from listbackup.connectors.engine.client import Answer

Post = Callable[[str, Mapping[str, str], bytes], "Answer"]
_AGAIN = timedelta(minutes=1)
_AT_MOST = 1024 * 1024  # a token answer is small


class Outcome(StrEnum):
    """What became of a refresh token that was sent."""

    REFUSED = "refused"  # the platform says that it is no good: it will never be
    NOT_NOW = "not_now"  # it was not heard, or the platform answers that it cannot now
    UNKNOWN = "unknown"  # it may be used up, and what came in its place is lost
    WRONG_CLIENT = "wrong_client"  # our application is refused, not the token


class NotGranted(PlatformError):
    """No token was granted."""

    def __init__(self, message: str, outcome: Outcome, *, hint: str, status: int | None = None) -> None:
        dead = outcome in (Outcome.REFUSED, Outcome.WRONG_CLIENT)
        super().__init__(message, fault=PlatformFault.NEEDS_REAUTH if dead else PlatformFault.UNREACHABLE, hint=hint, status=status)
        self.outcome = outcome


class Granted(msgspec.Struct):
    """A token answer (RFC 6749, 5.1); other fields are dropped."""

    access_token: str
    refresh_token: str | None = None
    expires_in: float | str | None = None


class _Refused(msgspec.Struct):
    error: str | None = None


class Refreshing:
    """The access token of one connection."""

    def __init__(self, facts: OAuth2, credentials: Credentials, ground: Ground, post: Post) -> None:
        self._facts, self._ground, self._post = facts, ground, post
        self._values = {**credentials.values, **{name: secret.reveal() for name, secret in credentials.secrets.items()}}
        self._lock = threading.Lock()
        self._access = credentials.text("access_token") or ""
        self._refresh = credentials.text("refresh_token") or ""
        self._renew_at = _instant(credentials.text("access_expires_at"))
        self._dead: PlatformError | None = None
        if facts.grant == "refresh_token" and not self._refresh and not self._access:
            raise InputError("there is no refresh token", field="refresh_token", hint="connect again and give one")

    def headers(self) -> Mapping[str, str]:
        """The access token, renewed first if it is about to end. Raises PlatformError (needs_reauth, unreachable)."""
        with self._lock:
            if not self._access:
                self._renew()
            elif self._renew_at is not None and self._ground.clock.now() >= self._renew_at and self._can_renew():
                self._renew_early()
            return self._shown()

    def query(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """Whether there is another token than the refused one: somebody renewed it meanwhile, or this call did."""
        with self._lock:
            if self._shown() == refused:
                if not self._can_renew():
                    return False
                self._renew()
            return True

    def _can_renew(self) -> bool:
        return self._facts.grant == "client_credentials" or bool(self._refresh)

    def _shown(self) -> Mapping[str, str]:
        return {self._facts.header: f"{self._facts.scheme} {self._access}".strip()}

    def _renew_early(self) -> None:
        """Renew before the end; a platform that cannot just now is asked again later, because what is at hand is good for a while yet."""
        try:
            self._renew()
        except NotGranted as error:
            if error.fault is PlatformFault.NEEDS_REAUTH:
                raise
            self._renew_at = self._ground.clock.now() + _AGAIN

    def _renew(self) -> None:
        if self._dead is not None:
            raise self._dead
        try:
            fresh = self._together() if self._ground.renew is not None else self._alone()
        except PlatformError as error:
            if error.fault is PlatformFault.NEEDS_REAUTH:
                self._dead = error  # a refused refresh token is not tried again: some platforms revoke everything on reuse
            raise
        self._access = fresh["access_token"].reveal()
        self._renew_at = _instant(fresh["access_expires_at"].reveal() if "access_expires_at" in fresh else None)
        self._refresh = fresh["refresh_token"].reveal() if "refresh_token" in fresh else self._refresh

    def _together(self) -> Mapping[str, Secret]:
        assert self._ground.renew is not None
        return self._ground.renew(self._access, self._send)

    def _alone(self) -> Mapping[str, Secret]:
        fresh = self._send(Secret(self._refresh))
        if "refresh_token" in fresh:
            self._refresh = fresh["refresh_token"].reveal()  # the old one is used up, whatever happens to the new one
        if self._ground.keep_secrets is not None:
            self._ground.keep_secrets(fresh)
        return fresh

    def _send(self, refresh: Secret | None) -> Mapping[str, Secret]:
        facts = self._facts
        form: dict[str, str] = {"grant_type": facts.grant}
        if facts.grant == "refresh_token":
            form["refresh_token"] = refresh.reveal() if refresh is not None else ""
        if facts.scope and (facts.grant == "client_credentials" or facts.authorize_url is None):
            form["scope"] = facts.scope  # of a grant that a person agreed to, all that was agreed is renewed
        granted = grant(facts, self._values, form, self._post)
        return tokens(granted, facts, self._ground.clock.now(), old=refresh)


def grant(facts: OAuth2, values: Values, form: Mapping[str, str], post: Post) -> Granted:
    """What the token endpoint grants for this form, asked once. Raises NotGranted, PlatformError (egress_denied)."""
    whole = {**form, **{name: fill(text, values) for name, text in facts.params.items()}}
    headers, body = as_client(facts, values, whole)
    try:
        answer = post(facts.token_url, headers, body)
    except Unsent as error:
        raise NotGranted(error.message, Outcome.NOT_NOW, hint=error.hint or "try again later") from None
    except PlatformError as error:
        if error.fault is PlatformFault.EGRESS_DENIED:
            raise
        raise NotGranted(error.message, Outcome.UNKNOWN, hint="try again later") from None
    return _granted(answer)


def as_client(facts: OAuth2, values: Values, form: Mapping[str, str]) -> tuple[Mapping[str, str], bytes]:
    """Headers and body of a form in the name of our application. A client without a secret names itself only."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    client, secret = fill(facts.client_id, values), fill(facts.client_secret, values)
    if facts.client_auth == "basic" and secret:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()
    else:
        form = {**form, "client_id": client, **({"client_secret": secret} if secret else {})}
    return headers, urlencode(form).encode()


def tokens(granted: Granted, facts: OAuth2, now: datetime, *, old: Secret | None) -> Mapping[str, Secret]:
    """What is kept of a grant: the access token, when to renew it, the refresh token (the old one where no new one came)."""
    life = timedelta(seconds=_seconds(granted.expires_in, facts.lifetime_seconds))
    renew_at = now + max(life * 0.8, life - timedelta(minutes=5))
    kept = {"access_token": Secret(granted.access_token), "access_expires_at": Secret(iso(renew_at))}
    refresh = Secret(granted.refresh_token) if granted.refresh_token else old
    if refresh is not None and refresh.reveal():
        kept["refresh_token"] = refresh
    return kept


def _granted(answer: Answer) -> Granted:
    status, said = answer.status, _error(answer.body)
    if status == 200 and len(answer.body) <= _AT_MOST:
        try:
            granted = from_json(answer.body, Granted)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            granted = None
        if granted is not None and granted.access_token and granted.access_token.isprintable():
            return granted
        if said is None:
            raise NotGranted("the token answer cannot be understood", Outcome.UNKNOWN, hint="try again later", status=status)
    if said in ("invalid_client", "unauthorized_client"):
        message = "the platform does not know our application, or not with this secret"
        raise NotGranted(message, Outcome.WRONG_CLIENT, hint="check client id and secret of the integration", status=status)
    if status in (200, 400, 401, 403) and said != "temporarily_unavailable":
        message = "the platform no longer accepts the refresh token"
        raise NotGranted(message, Outcome.REFUSED, hint="connect again: listbackup connect", status=status)
    outcome = Outcome.NOT_NOW if status == 429 or status >= 500 or said == "temporarily_unavailable" else Outcome.UNKNOWN
    raise NotGranted(f"no access token was granted (status {status})", outcome, hint="try again later", status=status)


def _error(body: bytes) -> str | None:
    try:
        return from_json(body[:_AT_MOST], _Refused).error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _seconds(value: float | str | None, default: int) -> float:
    try:
        seconds = float(value) if value is not None else float(default)
    except ValueError:
        seconds = float(default)
    return min(max(seconds, 1.0), 10 * 365 * 86_400.0) if seconds == seconds else float(default)


def _instant(text: str | None) -> datetime | None:
    try:
        return parse_iso(text) if text else None
    except ValueError:
        return None
