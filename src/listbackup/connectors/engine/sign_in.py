"""A platform's own sign-in page: where a person is sent, how the code that comes back becomes tokens, how tokens are given back.

Every address is understood completely before it is used (``egress.py``), and tokens go to the addresses that the facts declare and nowhere else: redirects
of the token endpoint are not followed. Source: RFC 6749 4.1, 7636, 7009, 9207, 9700.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import urlencode, urljoin

from listbackup.base.errors import InputError, PlatformError
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import ConfigField, Ground
from listbackup.connectors.engine.egress import Resolver, Url, system_resolver
from listbackup.connectors.engine.facts import Api
from listbackup.connectors.engine.facts_auth import OAuth2
from listbackup.connectors.engine.oauth import NotGranted, Outcome, as_client, grant, tokens
from listbackup.connectors.engine.template import fill, holes

if TYPE_CHECKING:
    from listbackup.connectors.engine.client import Answer

TOKENS = ("access_token", "refresh_token", "access_expires_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What a platform declares of its sign-in page. ``asks`` is what must be known before anybody can be sent there."""

    api: Api
    facts: OAuth2
    asks: tuple[ConfigField, ...] = ()
    is_described: bool = False  # who connects says what the platform is, its addresses with it

    @property
    def wants_application(self) -> bool:
        """Whether client id and secret are those of the account's application, and not the connection's or the description's own."""
        known = {one.name for one in self.asks}
        return any("client_id" in holes(text) for text in (self.facts.client_id, self.facts.client_secret)) and "client_id" not in known

    @property
    def is_anywhere(self) -> bool:
        """Whether who connects chooses the host that is shown the application's secret."""
        return self.is_described or any(
            _is_open(one) for one in (self.api.base_url, self.facts.token_url, self.facts.revoke_url or "") if one
        )

    @property
    def issuer(self) -> str | None:
        """What ``iss`` of the way back must say, as declared (a template)."""
        return self.facts.issuer


def _is_open(address: str) -> bool:
    """Whether a value decides the host: all of it, or more than a name below a domain of the platform's own. A path has no say."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return not address.startswith("/") and bool(holes(address))
    authority = rest.partition("/")[0]
    return bool(holes(scheme + authority)) and (bool(holes(scheme)) or authority.rpartition("}")[2].count(".") < 2)


@runtime_checkable
class SignsIn(Protocol):
    """A connector whose platform may have a sign-in page."""

    def sign_in(self, values: Mapping[str, str]) -> SignIn | None:
        """The page, given these plain values; None where there is none. Raises InputError when the values cannot be used."""
        ...


_REVOKED = ("refresh_token", "access_token")  # in this order: the first is worth more


class Agreement:
    """One application at one platform's sign-in page."""

    def __init__(self, sign_in: SignIn, values: Mapping[str, str], secret: Secret, ground: Ground, *, resolver: Resolver = system_resolver):
        # what only looks at records never speaks to a platform, and loads none of this
        from listbackup.connectors.engine.client import Client
        from listbackup.connectors.engine.transport import base_url

        self._facts, self._ground = sign_in.facts, ground
        self._values: dict[str, object] = {**values, "client_secret": secret.reveal()}
        self._base = base_url(sign_in.api.base_url, self._values, allow_loopback=ground.allow_loopback)
        self._client = Client(ground.clock, allow_loopback=ground.allow_loopback, resolver=resolver).brief()
        self._page = self._endpoint(sign_in.facts.authorize_url or "")

    def page(self, *, state: str, challenge: str, redirect: str) -> str:
        """Where to send the person."""
        facts = self._facts
        asked = {"response_type": "code", "client_id": fill(facts.client_id, self._values), "redirect_uri": redirect, "state": state}
        asked |= {"scope": fill(facts.scope, self._values)} if facts.scope else {}
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256"} if facts.pkce else {}
        asked |= {name: fill(text, self._values) for name, text in facts.authorize_params.items()}
        return f"{self._page}{'&' if '?' in str(self._page) else '?'}{urlencode(asked)}"

    def issued_by(self, issuer: str | None) -> bool:
        """Whether ``iss`` of the way back is what it must be. Where none is declared, one that comes must be of the sign-in page's origin."""
        if self._facts.issuer is not None:
            declared = urljoin(str(self._base), fill(self._facts.issuer, self._values))
            return issuer is not None and issuer.rstrip("/") == declared.rstrip("/")
        return issuer is None or issuer.rstrip("/") == str(self._page.origin)

    def exchange(self, code: str, *, verifier: str, redirect: str) -> Mapping[str, Secret]:
        """The tokens for this code. Raises PlatformError; a refused code is an InputError."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        form |= {"code_verifier": verifier} if self._facts.pkce else {}
        try:
            granted = grant(self._facts, self._values, form, self._post)
        except NotGranted as error:
            if error.outcome is Outcome.REFUSED:
                raise InputError("the platform does not accept the code that it sent", hint="start again", field="code") from None
            raise
        return tokens(granted, self._facts, self._ground.clock.now(), old=None)

    def can_revoke(self, secrets: Mapping[str, Secret]) -> bool:
        """Whether there are tokens among these, and the platform has an address to tell it at."""
        return self._facts.revoke_url is not None and any(name in secrets for name in _REVOKED)

    def revoke(self, secrets: Mapping[str, Secret]) -> bool:
        """Whether the platform was told to forget the tokens; False where it has no address for that, or did not listen."""
        if self._facts.revoke_url is None:
            return False
        given = [(name, secrets[name].reveal()) for name in _REVOKED if name in secrets]
        try:
            told = [self._revoked(name, token) for name, token in given]  # each, also when an earlier one was not heard
        except PlatformError:
            return False
        return bool(told) and all(told)

    def close(self) -> None:
        """Close connections; idempotent."""
        self._client.close()

    def _revoked(self, kind: str, token: str) -> bool:
        headers, body = as_client(self._facts, self._values, {"token": token, "token_type_hint": kind})
        return self._post(self._facts.revoke_url or "", headers, body).status in (200, 204)

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        from listbackup.connectors.engine.client import Request

        return self._client.send(Request(url=self._endpoint(url), method="POST", headers=headers, body=body))

    def _endpoint(self, template: str) -> Url:
        from listbackup.connectors.engine.transport import endpoint

        return endpoint(template, self._base, self._values, allow_loopback=self._ground.allow_loopback)
