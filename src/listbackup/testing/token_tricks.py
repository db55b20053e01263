"""Access tokens that were tampered with, borrowed or made up (abuse 16): for whoever judges tokens, in the house or over HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey

from listbackup.backends.identity.access_tokens import BuiltinAccessTokens
from listbackup.backends.identity.port import Tokens
from listbackup.testing.identity import Doors


def coded(value: object) -> str:
    """As a part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def parts(token: str) -> tuple[dict[str, object], dict[str, object], str]:
    """Header, payload and signature of a token."""
    header, payload, signature = token.split(".")
    read = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload)]
    return read[0], read[1], signature


def signed(house: Doors, header: dict[str, object], payload: dict[str, object]) -> str:
    """As our own key would sign it."""
    ours = house.identity.access_tokens
    assert isinstance(ours, BuiltinAccessTokens)
    key = ours._believed()[-1].key
    raw = base64.urlsafe_b64decode(str(key.as_dict(private=True)["d"]) + "==")
    text = f"{coded(header)}.{coded(payload)}"
    return f"{text}.{coded(Ed25519PrivateKey.from_private_bytes(raw).sign(text.encode()))}"


def tricks(house: Doors, tokens: Tokens, cookie: str) -> Iterator[tuple[str, str]]:
    """A name and a token each, all of them refused: made from good ones of this house."""
    header, payload, signature = parts(tokens.access)
    body = coded(payload)
    public = house.identity.access_tokens.key_set()["keys"][0]  # type: ignore[index]
    for none in ("none", "None", "NONE", "nOnE"):
        yield f"alg {none}", f"{coded(header | {'alg': none})}.{body}."
        yield f"alg {none} with a signature", f"{coded(header | {'alg': none})}.{body}.{signature}"
    for secret in (public["x"].encode(), json.dumps(public).encode(), base64.urlsafe_b64decode(public["x"] + "=="), b""):
        text = f"{coded(header | {'alg': 'HS256'})}.{body}"
        yield "HS256 with the public key", f"{text}.{coded(hmac.digest(secret, text.encode(), hashlib.sha256))}"
    for alg in ("EdDSA", "RS256", "RS512", "ES256", "HS512", "Ed448", ""):
        yield f"alg {alg}", signed(house, header | {"alg": alg}, payload)
    for extra in ("crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc", "cty"):
        yield f"header {extra}", signed(house, header | {extra: ["b64"] if extra == "crit" else public}, payload)
    for kid in ("", "key_0", "../../dev/null", "' OR 1=1 --", "access", None, 1, ["x"]):
        yield f"kid {kid}", signed(house, header | {"kid": kid}, payload)
    for typ in ("JWT", "id+jwt", "", None):
        yield f"typ {typ}", signed(house, header | {"typ": typ}, payload)
    for name in ("alg", "kid", "typ"):
        yield f"no {name}", signed(house, {key: value for key, value in header.items() if key != name}, payload)
    for name in ("iss", "aud", "sub", "sid", "iat", "exp", "token_use"):
        yield f"no {name}", signed(house, header, {key: value for key, value in payload.items() if key != name})
    others: dict[str, list[object]] = {
        "iss": ["http://evil"],
        "aud": ["other", ["listbackup"], ""],
        "token_use": ["id", "refresh", "", None],
        "sub": [None, 1],
        "sid": [None, {}],
    }
    for name, values in others.items():
        for value in values:
            yield f"{name} {value}", signed(house, header, payload | {name: value})
    for exp in (0, 1, -1, 10**30, "9999999999", None, 1e308, int(house.clock.now().timestamp())):
        yield f"exp {exp}", signed(house, header, payload | {"exp": exp})
    for iat in (10**11, -(10**18), "now", None):
        yield f"iat {iat}", signed(house, header, payload | {"iat": iat})
    stranger = OKPKey.generate_key("Ed25519", {"kid": str(header["kid"])}, private=True)
    yield "another key", jwt.encode(header, payload, stranger, algorithms=["Ed25519"])
    yield "no signature", f"{coded(header)}.{body}."
    yield "cut", tokens.access[:-1]
    yield "longer", tokens.access + "A"
    yield "padded", tokens.access + "="
    yield "four parts", tokens.access + ".x"
    yield "a list", f"{coded(header)}.{coded([1])}.{signature}"
    yield "deep", f"{coded(b'[' * 2000)}.{body}.{signature}"
    yield "long", "a" * 5000 + f".{body}.{signature}"
    yield "a cookie", cookie
    yield "a refresh token", tokens.refresh
