"""Tokens that were tampered with, borrowed or made up sign nobody in, and break nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listbackup.backends.identity.access_tokens import BuiltinAccessTokens
from listbackup.backends.identity.port import Client, SessionKind, SignInRefused, TokenReused
from listbackup.backends.identity.table import SIGNING_KEYS
from listbackup.testing.authenticator import SoftAuthenticator
from listbackup.testing.identity import Doors, doors
from listbackup.testing.token_tricks import coded, parts, signed, tricks

HOUSE = doors()
PERSON = HOUSE.person()
ENTERED = HOUSE.sign_in(kind=SessionKind.PROGRAM)
BROWSER = HOUSE.sign_in()
assert ENTERED.tokens is not None
assert BROWSER.cookie is not None
TOKENS, COOKIE = ENTERED.tokens, BROWSER.cookie


TRICKS = list(tricks(HOUSE, TOKENS, COOKIE))


@pytest.mark.parametrize("token", [token for _, token in TRICKS], ids=[name for name, _ in TRICKS])
def test_a_trick_signs_nobody_in(token: str) -> None:
    with pytest.raises(SignInRefused):
        HOUSE.auth.authenticate_bearer(token)


def test_the_token_that_was_tampered_with_was_good() -> None:
    header, payload, _ = parts(TOKENS.access)
    assert HOUSE.auth.authenticate_bearer(TOKENS.access)[0].id == PERSON.id
    assert HOUSE.auth.authenticate_bearer(signed(HOUSE, header, payload))[0].id == PERSON.id


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
