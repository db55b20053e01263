"""The sign-in page of the simulated CRM: a page to agree on, codes with PKCE, refresh tokens that are used once; a second use ends the grant.

Strict where real platforms are: a redirect must be of a registered address, a code is good once and for a minute, a verifier must fit, and a code or refresh
token that comes a second time kills every token of its grant (as Keap, Xero and Airtable do). ``agree`` is the person: without it the page waits for a click.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from listbackup.base.clock import Clock
from listbackup.testing.saas.wire import Request, Response

CLIENT_ID = "demo-app"
CODE_SECONDS = 60.0
_PAGE = """<!doctype html><title>Demo CRM</title><h1>Let {client} in?</h1><p>It asks for: {scope}</p>
<form method="post" action="/oauth/authorize?{query}"><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form>"""


@dataclass(slots=True, kw_only=True)
class _Grant:
    """What one person agreed to once."""

    number: int
    dead: bool = False
    refresh: str = ""  # the one that is good
    used: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class _Code:
    redirect: str
    challenge: str | None
    until: float
    grant: _Grant | None = None  # set once it was used


class SignInPage:
    """The authorization server beside the API."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self.client_secret = "sec_" + hashlib.sha256(f"app/{seed}".encode()).hexdigest()[:32]
        self.agree: bool | None = None  # True: agrees without a click; False: declines; None: asks
        self.token_seconds = 3600
        self.redirects: set[str] = set()  # registered addresses; empty: any on loopback
        self.issuer: str | None = None  # None: where the page is; a lie where a test sets one
        self.sent: Counter[str] = Counter()  # how often each refresh token came
        self.fail_next: list[str] = []  # for the next token requests: "lose" does the work and breaks off, "503" and "500" do nothing
        self.is_deaf = False  # revocations are answered with 503 and not heard
        self._codes: dict[str, _Code] = {}
        self._grants: list[_Grant] = []
        self._access: dict[str, tuple[_Grant, float]] = {}

    def answer(self, request: Request, base_url: str) -> Response:
        """What the pages under ``/oauth/`` say."""
        match request.method, request.path:
            case (("GET" | "POST"), "/oauth/authorize"):
                return self._authorize(request, base_url)
            case "POST", "/oauth/token":
                return self._token(request)
            case "POST", "/oauth/revoke":
                return self._revoke(request)
        return _error(404, "not_found")

    def accepts(self, bearer: str) -> bool:
        """Whether this access token is good now."""
        with self._lock:
            grant, until = self._access.get(bearer, (None, 0.0))
            return grant is not None and not grant.dead and self._clock.now().timestamp() < until

    def end_access(self) -> None:
        """Every access token ends now; refresh tokens stay good."""
        with self._lock:
            self._access = {token: (grant, 0.0) for token, (grant, _) in self._access.items()}

    def living_grants(self) -> int:
        """How many agreements still stand."""
        with self._lock:
            return sum(not grant.dead for grant in self._grants)

    # the page -------------------------------------------------------------------------------------------------------

    def _authorize(self, request: Request, base_url: str) -> Response:
        asked = dict(request.query)
        redirect = asked.get("redirect_uri", "")
        if asked.get("client_id") != CLIENT_ID or not self._knows(redirect):
            return _error(400, "invalid_request")  # never redirect where nobody registered
        if asked.get("response_type") != "code" or (asked.get("code_challenge") and asked.get("code_challenge_method") != "S256"):
            return self._back(redirect, {"error": "invalid_request"}, asked, base_url)
        decision = dict(parse_qsl(request.body.decode())).get("decision") if request.method == "POST" else None
        if decision is None and self.agree is None:
            page = _PAGE.format(client=CLIENT_ID, scope=html.escape(asked.get("scope", "")), query=html.escape(urlencode(asked)))
            return Response(body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
        if decision == "deny" or (decision is None and self.agree is False):
            return self._back(redirect, {"error": "access_denied", "error_description": "<b>No</b>, said somebody"}, asked, base_url)
        code = secrets.token_urlsafe(24)
        with self._lock:
            until = self._clock.now().timestamp() + CODE_SECONDS
            self._codes[code] = _Code(redirect=redirect, challenge=asked.get("code_challenge"), until=until)
        return self._back(redirect, {"code": code}, asked, base_url)

    def _knows(self, redirect: str) -> bool:
        return redirect in self.redirects if self.redirects else urlsplit(redirect).hostname in ("127.0.0.1", "localhost")

    def _back(self, redirect: str, told: Mapping[str, str], asked: Mapping[str, str], base_url: str) -> Response:
        query = {**told, **({"state": asked["state"]} if "state" in asked else {}), "iss": self.issuer or base_url}
        return Response(status=302, headers={"Location": f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(query)}"})

    # tokens ---------------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Response:
        form = dict(parse_qsl(request.body.decode()))
        if not self._is_client(request, form):
            return _error(401, "invalid_client")
        fault = self.fail_next.pop(0) if self.fail_next else None
        if fault in ("500", "503"):
            self.sent[form.get("refresh_token", "")] += 1
            return _error(int(fault), "temporarily_unavailable" if fault == "503" else "server_error")
        match form.get("grant_type"):
            case "authorization_code":
                given = self._by_code(form)
            case "refresh_token":
                given = self._by_refresh(form)
            case _:
                given = _error(400, "unsupported_grant_type")
        return Response(wire=b"") if fault == "lose" else given

    def _by_code(self, form: Mapping[str, str]) -> Response:
        with self._lock:
            code = self._codes.get(form.get("code", ""))
            if code is None or code.until < self._clock.now().timestamp() or code.redirect != form.get("redirect_uri"):
                return _error(400, "invalid_grant")
            if code.grant is not None:  # RFC 6749, 4.1.2: a code that comes twice ends what it gave
                code.grant.dead = True
                return _error(400, "invalid_grant")
            if code.challenge is not None and _challenge(form.get("code_verifier", "")) != code.challenge:
                return _error(400, "invalid_grant")
            code.grant = _Grant(number=len(self._grants))
            self._grants.append(code.grant)
            return self._given(code.grant)

    def _by_refresh(self, form: Mapping[str, str]) -> Response:
        token = form.get("refresh_token", "")
        with self._lock:
            self.sent[token] += 1
            grant = next((one for one in self._grants if token and (one.refresh == token or token in one.used)), None)
            if grant is None or grant.dead:
                return _error(400, "invalid_grant")
            if token in grant.used:
                grant.dead = True
                return _error(400, "invalid_grant")
            return self._given(grant)

    def _given(self, grant: _Grant) -> Response:
        if grant.refresh:
            grant.used.add(grant.refresh)
        grant.refresh, access = "rt_" + secrets.token_urlsafe(24), "at_" + secrets.token_urlsafe(24)
        self._access[access] = (grant, self._clock.now().timestamp() + self.token_seconds)
        told = {"access_token": access, "token_type": "Bearer", "expires_in": self.token_seconds, "refresh_token": grant.refresh}
        return Response(body=msgspec.json.encode({**told, "scope": "read write", "extra": "dropped"}), headers=dict(_JSON))

    def _revoke(self, request: Request) -> Response:
        if self.is_deaf:
            return _error(503, "temporarily_unavailable")
        form = dict(parse_qsl(request.body.decode()))
        if not self._is_client(request, form):
            return _error(401, "invalid_client")
        token = form.get("token", "")
        with self._lock:
            for grant in self._grants:
                if token and token == grant.refresh:
                    grant.dead = True
            self._access.pop(token, None)
        return Response(body=b"{}", headers=dict(_JSON))

    def _is_client(self, request: Request, form: Mapping[str, str]) -> bool:
        client, secret = form.get("client_id"), form.get("client_secret")
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            try:
                client, _, secret = base64.b64decode(sent).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
        return client == CLIENT_ID and secret == self.client_secret


_JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _error(status: int, code: str) -> Response:
    return Response(status=status, body=msgspec.json.encode({"error": code}), headers=dict(_JSON))
