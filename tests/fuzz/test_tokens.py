"""Tokens that were tampered with, borrowed or made up sign nobody in, and break nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from listbackup.backends.identity.access_tokens import BuiltinAccessTokens
from listbackup.backends.identity.port import Client, SessionKind, SignInRefused, TokenReused
from listbackup.backends.identity.table import SIGNING_KEYS
from listbackup.testing.authenticator import SoftAuthenticator
from listbackup.testing.identity import Doors, doors

HOUSE = doors()
PERSON = HOUSE.person()
ENTERED = HOUSE.sign_in(kind=SessionKind.PROGRAM)
BROWSER = HOUSE.sign_in()
assert ENTERED.tokens is not None
assert BROWSER.cookie is not None
TOKENS, COOKIE = ENTERED.tokens, BROWSER.cookie


def coded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def parts() -> tuple[dict[str, object], dict[str, object], str]:
    header, payload, signature = TOKENS.access.split(".")
    read = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload)]
    return read[0], read[1], signature


def signed(header: dict[str, object], payload: dict[str, object]) -> str:
    """As our own key would sign it."""
    tokens = HOUSE.identity.access_tokens
    key = tokens._believed()[-1].key
    bare = jwt.encode({"alg": "Ed25519", "kid": key.kid}, {}, key, algorithms=["Ed25519"])
    assert bare
    raw = base64.urlsafe_b64decode(str(key.as_dict(private=True)["d"]) + "==")
    text = f"{coded(header)}.{coded(payload)}"
    return f"{text}.{coded(Ed25519PrivateKey.from_private_bytes(raw).sign(text.encode()))}"


def tricks() -> Iterator[tuple[str, str]]:
    header, payload, signature = parts()
    body = coded(payload)
    public = HOUSE.identity.access_tokens.key_set()["keys"][0]  # type: ignore[index]
    for none in ("none", "None", "NONE", "nOnE"):
        yield f"alg {none}", f"{coded(header | {'alg': none})}.{body}."
        yield f"alg {none} with a signature", f"{coded(header | {'alg': none})}.{body}.{signature}"
    for secret in (public["x"].encode(), json.dumps(public).encode(), base64.urlsafe_b64decode(public["x"] + "=="), b""):
        text = f"{coded(header | {'alg': 'HS256'})}.{body}"
        yield "HS256 with the public key", f"{text}.{coded(hmac.digest(secret, text.encode(), hashlib.sha256))}"
    for alg in ("EdDSA", "RS256", "RS512", "ES256", "HS512", "Ed448", ""):
        yield f"alg {alg}", signed(header | {"alg": alg}, payload)
    for extra in ("crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc", "cty"):
        yield f"header {extra}", signed(header | {extra: ["b64"] if extra == "crit" else public}, payload)
    for kid in ("", "key_0", "../../dev/null", "' OR 1=1 --", "access", None, 1, ["x"]):
        yield f"kid {kid}", signed(header | {"kid": kid}, payload)
    for typ in ("JWT", "id+jwt", "", None):
        yield f"typ {typ}", signed(header | {"typ": typ}, payload)
    for name in ("alg", "kid", "typ"):
        yield f"no {name}", signed({key: value for key, value in header.items() if key != name}, payload)
    for name in ("iss", "aud", "sub", "sid", "iat", "exp", "token_use"):
        yield f"no {name}", signed(header, {key: value for key, value in payload.items() if key != name})
    others = {
        "iss": ["http://evil"],
        "aud": ["other", ["listbackup"], ""],
        "token_use": ["id", "refresh", "", None],
        "sub": [None, 1],
        "sid": [None, {}],
    }
    for name, values in others.items():
        for value in values:
            yield f"{name} {value}", signed(header, payload | {name: value})
    for exp in (0, 1, -1, 10**30, "9999999999", None, 1e308, int(HOUSE.clock.now().timestamp())):
        yield f"exp {exp}", signed(header, payload | {"exp": exp})
    for iat in (10**11, -(10**18), "now", None):
        yield f"iat {iat}", signed(header, payload | {"iat": iat})
    stranger = OKPKey.generate_key("Ed25519", {"kid": str(header["kid"])}, private=True)
    yield "another key", jwt.encode(header, payload, stranger, algorithms=["Ed25519"])
    yield "no signature", f"{coded(header)}.{body}."
    yield "cut", TOKENS.access[:-1]
    yield "longer", TOKENS.access + "A"
    yield "padded", TOKENS.access + "="
    yield "four parts", TOKENS.access + ".x"
    yield "a list", f"{coded(header)}.{coded([1])}.{signature}"
    yield "deep", f"{coded(b'[' * 2000)}.{body}.{signature}"
    yield "long", "a" * 5000 + f".{body}.{signature}"
    yield "a cookie", COOKIE
    yield "a refresh token", TOKENS.refresh


TRICKS = list(tricks())


@pytest.mark.parametrize("token", [token for _, token in TRICKS], ids=[name for name, _ in TRICKS])
def test_a_trick_signs_nobody_in(token: str) -> None:
    with pytest.raises(SignInRefused):
        HOUSE.auth.authenticate_bearer(token)


def test_the_token_that_was_tampered_with_was_good() -> None:
    header, payload, _ = parts()
    assert HOUSE.auth.authenticate_bearer(TOKENS.access)[0].id == PERSON.id
    assert HOUSE.auth.authenticate_bearer(signed(header, payload))[0].id == PERSON.id


def test_a_token_of_another_installation_or_audience_is_a_stranger_s() -> None:
    house = HOUSE
    for figures in (replace(house.ground.figures, issuer="http://other"), replace(house.ground.figures, audience="other")):
        other = BuiltinAccessTokens(house.tables, house.identity.access_tokens._keys, house.clock, figures)
        token, _ = other.issue(TOKENS.session)
        with pytest.raises(SignInRefused):
            house.auth.authenticate_bearer(token)


def test_a_replaced_key_is_believed_until_its_last_token_has_ended() -> None:
    house = doors()
    house.person()
    entered = house.sign_in(kind=SessionKind.PROGRAM)
    assert entered.tokens is not None
    house.identity.access_tokens.rotate()
    assert house.auth.authenticate_bearer(entered.tokens.access)
    assert len(house.identity.access_tokens.key_set()["keys"]) == 2  # type: ignore[arg-type]
    house.clock.advance(timedelta(minutes=17))
    assert len(house.identity.access_tokens.key_set()["keys"]) == 1  # type: ignore[arg-type]
    house.identity.access_tokens.rotate()
    assert len(house.tables.open(SIGNING_KEYS).query("access").items) == 2


ANYTHING = st.one_of(
    st.text(max_size=300),
    st.sampled_from([TOKENS.access, TOKENS.refresh, COOKIE]).flatmap(
        lambda token: st.builds(
            lambda at, put, gone: token[:at] + put + token[at + gone :],
            st.integers(0, len(token)),
            st.text(max_size=3),
            st.integers(0, 3),
        )
    ),
)


@given(token=ANYTHING)
@settings(max_examples=1500, deadline=None)
def test_no_mangled_token_signs_in_or_raises_anything_else(token: str) -> None:
    for read in (HOUSE.auth.authenticate_bearer, HOUSE.auth.authenticate, HOUSE.identity.sessions.refresh, HOUSE.auth.verify_email):
        if token in (TOKENS.access, TOKENS.refresh, COOKIE):
            continue
        with pytest.raises(SignInRefused) as refused:
            read(token)
        assert not isinstance(refused.value, TokenReused)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.binary(max_size=40).map(coded),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = ["id", "rawId", "type", "clientDataJSON", "attestationObject", "authenticatorData", "signature", "response"]


def mangled(answer: str, name: str, value: object) -> str:
    said = json.loads(answer)
    (said if name in said else said["response"])[name] = value
    return json.dumps(said)


@pytest.fixture(scope="module")
def house() -> Doors:
    return doors()


@given(name=st.sampled_from(_NAMES), value=JSON, text=st.text(max_size=50))
@settings(max_examples=200, deadline=None)
def test_no_mangled_answer_of_a_passkey_signs_in_or_raises_anything_else(house: Doors, name: str, value: object, text: str) -> None:
    key, client = SoftAuthenticator(), Client()
    answers = [text, mangled(key.get(house.auth.begin_passkey(client)), name, value)]
    for answer in answers:
        with pytest.raises(SignInRefused):
            house.auth.finish_passkey(answer, client, kind=SessionKind.BROWSER)


@given(name=st.sampled_from([name for name in _NAMES if name not in ("rawId", "authenticatorData", "signature")]), value=JSON)
@settings(max_examples=200, deadline=None)
def test_no_mangled_registration_is_kept_or_raises_anything_else(name: str, value: object) -> None:
    passkeys = HOUSE.identity.passkeys
    options, writes = passkeys.begin_registration(PERSON)
    HOUSE.tables.transact(writes)
    answer = mangled(SoftAuthenticator().create(options), name, value)
    with pytest.raises(SignInRefused):
        passkeys.finish_registration(PERSON, answer, name="x")
