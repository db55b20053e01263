"""Who we are, put on each request. Anything that is renewed is renewed once, however many threads ask."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Mapping
from typing import Protocol, assert_never

import msgspec

from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.connectors.engine.connector import Credentials, Ground
from listbackup.connectors.engine.facts_auth import ApiKey, Auth, Basic, Bearer, Headers, NoAuth, OAuth2, SignedJwt
from listbackup.connectors.engine.oauth import Post, Refreshing
from listbackup.connectors.engine.template import Values, fill


class Authority(Protocol):
    """Puts credentials on requests."""

    def headers(self) -> Mapping[str, str]:
        """The headers to send, fresh. Raises PlatformError when they cannot be renewed."""
        ...

    def query(self) -> Mapping[str, str]:
        """The query parameters to send."""
        ...

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """After a 401 for these headers: whether there are other ones now, so that asking again makes sense."""
        ...


class Fixed:
    """Credentials that do not change."""

    def __init__(self, *, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None) -> None:
        self._headers, self._query = dict(headers or {}), dict(query or {})
        for value in self._headers.values():
            if not value.isprintable() or not _latin(value):
                raise InputError(
                    "a credential has characters that a header cannot have", hint="look for a line break or quotes copied with it"
                )

    def headers(self) -> Mapping[str, str]:
        """The headers to send."""
        return self._headers

    def query(self) -> Mapping[str, str]:
        """The query parameters to send."""
        return self._query

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """Never."""
        return False


class Signing:
    """JWTs signed here, each used until shortly before it ends. Source: Ghost Admin API, token authentication (read 2026-11-21); RFC 7519."""

    def __init__(self, facts: SignedJwt, values: Values, clock: Clock) -> None:
        id_, _, secret = fill(facts.key, values).rpartition(":")
        self._facts, self._id, self._clock = facts, id_, clock
        self._secret = _secret(secret, facts.secret_encoding)
        self._claims = {name: fill(value, values) for name, value in facts.claims.items()}
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0

    def headers(self) -> Mapping[str, str]:
        """``Authorization`` with a token that is good for a while yet."""
        with self._lock:
            now = self._clock.now().timestamp()
            if now >= self._until or now < self._until - self._facts.lifetime_seconds:
                self._until = now + self._facts.lifetime_seconds * 0.8
                self._token = self._sign(int(now))
            return {"Authorization": f"{self._facts.scheme} {self._token}"}

    def query(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """Whether the refused token was an older one."""
        return self.headers() != refused

    def _sign(self, now: int) -> str:
        facts = self._facts
        head = {"alg": facts.algorithm, "typ": "JWT"} | ({"kid": self._id} if self._id else {})
        claims = {"iat": now, "exp": now + facts.lifetime_seconds, **self._claims}
        claims |= {"aud": facts.audience} if facts.audience else {}
        claims |= {"iss": facts.issuer} if facts.issuer else {}
        signed = f"{_b64(msgspec.json.encode(head))}.{_b64(msgspec.json.encode(claims))}"
        return f"{signed}.{_b64(hmac.new(self._secret, signed.encode(), getattr(hashlib, f'sha{facts.algorithm[2:]}')).digest())}"


def authority(facts: Auth, credentials: Credentials, ground: Ground, post: Post) -> Authority:
    """What these facts make of these credentials. Raises InputError for a missing or unusable one."""
    values = texts(credentials)
    match facts:
        case NoAuth():
            return Fixed()
        case ApiKey():
            key = {facts.name: _given(facts.value, values)}
            return Fixed(headers=key) if facts.place == "header" else Fixed(query=key)
        case Basic():
            pair = f"{_given(facts.username, values)}:{_given(facts.password, values)}"
            return Fixed(headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})
        case Bearer():
            return Fixed(headers={"Authorization": f"{facts.scheme} {_given(facts.token, values)}"})
        case Headers():
            return Fixed(headers={name: _given(value, values) for name, value in facts.headers.items()})
        case SignedJwt():
            return Signing(facts, values, ground.clock)
        case OAuth2():
            return Refreshing(facts, credentials, ground, post)
    assert_never(facts)


def texts(credentials: Credentials) -> dict[str, str]:
    """Every field of a connection, secrets revealed: for templates only."""
    return {**credentials.values, **{name: secret.reveal() for name, secret in credentials.secrets.items()}}


def _given(template: str, values: Values) -> str:
    return fill(template, values).strip()


def _secret(text: str, encoding: str) -> bytes:
    try:
        match encoding:
            case "hex":
                return bytes.fromhex(text)
            case "base64":
                return base64.b64decode(text, validate=True)
            case _:
                return text.encode()
    except ValueError:
        raise InputError("the signing key is not of the form ID:SECRET", hint="copy the whole key, with the colon in it") from None


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
