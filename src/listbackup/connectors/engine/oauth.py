"""OAuth 2 access tokens: renewed in time, by one thread, kept before they are used; a rotated refresh token is never sent twice.

The refresh protocol is that of TRUST-CASES section 6 as far as one process goes: refresh at 80 % of the life, one POST without automatic repetition, the
new tokens durable (``Ground.keep_secrets``) before their first use. Two processes are told apart by ``keep_secrets``, which is a compare-and-set.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from listbackup.base.clock import iso, parse_iso
from listbackup.base.errors import InputError, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.client import Answer
from listbackup.connectors.engine.connector import Credentials, Ground
from listbackup.connectors.engine.facts_auth import OAuth2
from listbackup.connectors.engine.faults import unreachable
from listbackup.connectors.engine.template import fill

Post = Callable[[str, Mapping[str, str], bytes], Answer]
_AT_MOST = 1024 * 1024  # a token answer is small


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
            if not self._access or (self._renew_at is not None and self._ground.clock.now() >= self._renew_at):
                self._renew()
            return self._shown()

    def query(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """Whether there is another token than the refused one: somebody renewed it meanwhile, or this call did."""
        with self._lock:
            if self._shown() == refused:
                if self._facts.grant == "refresh_token" and not self._refresh:
                    return False
                self._renew()
            return True

    def _shown(self) -> Mapping[str, str]:
        return {self._facts.header: f"{self._facts.scheme} {self._access}".strip()}

    def _renew(self) -> None:
        if self._dead is not None:
            raise self._dead
        try:
            granted = self._granted(self._ask())
        except PlatformError as error:
            if error.fault is PlatformFault.NEEDS_REAUTH:
                self._dead = error  # a refused refresh token is not tried again: some platforms revoke everything on reuse
            raise
        life = timedelta(seconds=_seconds(granted.expires_in, self._facts.lifetime_seconds))
        renew_at = self._ground.clock.now() + max(life * 0.8, life - timedelta(minutes=5))
        refresh = granted.refresh_token or self._refresh
        kept = {"access_token": Secret(granted.access_token), "access_expires_at": Secret(iso(renew_at))}
        if refresh:
            kept["refresh_token"] = Secret(refresh)
        self._refresh = refresh  # the old one is used up, whatever happens to the new one
        if self._ground.keep_secrets is not None:
            self._ground.keep_secrets(kept)
        self._access, self._renew_at = granted.access_token, renew_at

    def _ask(self) -> Answer:
        facts, values = self._facts, self._values
        form = {"grant_type": facts.grant, **{name: fill(text, values) for name, text in facts.params.items()}}
        if facts.grant == "refresh_token":
            form["refresh_token"] = self._refresh
        if facts.scope:
            form["scope"] = facts.scope
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        client, secret = fill(facts.client_id, values), fill(facts.client_secret, values)
        if facts.client_auth == "basic":
            headers["Authorization"] = "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()
        else:
            form |= {"client_id": client, "client_secret": secret}
        return self._post(fill(facts.token_url, values), headers, urlencode(form).encode())

    def _granted(self, answer: Answer) -> Granted:
        if answer.status == 200 and len(answer.body) <= _AT_MOST:
            try:
                granted = msgspec.json.decode(answer.body, type=Granted)
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                raise unreachable("the token answer cannot be understood", hint="try again later") from None
            if granted.access_token and granted.access_token.isprintable():
                return granted
        if answer.status in (400, 401, 403) and _error(answer.body) != "temporarily_unavailable":
            raise PlatformError(
                "the platform no longer accepts the refresh token",
                fault=PlatformFault.NEEDS_REAUTH,
                hint="connect again: listbackup connect",
                status=answer.status,
            )
        raise unreachable(f"no access token was granted (status {answer.status})", hint="try again later", status=answer.status)


def _error(body: bytes) -> str | None:
    try:
        return msgspec.json.decode(body[:_AT_MOST], type=_Refused).error
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
