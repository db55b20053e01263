"""What the user pool's adapter knows without asking the pool."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from listbackup.backends.aws_client import Aws, AwsRefused, translated
from listbackup.backends.identity.cognito_passwords import CognitoPasswords
from listbackup.backends.identity.cognito_pool import TRIGGER_HANDLER, pool_settings
from listbackup.backends.identity.cognito_trigger import ATTRIBUTE
from listbackup.backends.identity.cognito_users import PoolTokens, UserPool, is_locked
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.base.errors import InputError
from listbackup.testing.clock import ManualClock


def passwords(pepper: bytes = b"pepper") -> CognitoPasswords:
    pool = UserPool(Aws(region="eu-central-1"), pool="eu-central-1_x", client="client", key=bytes(32), clock=ManualClock())
    return CognitoPasswords(pool, pepper)


def test_the_pool_keeps_a_proof_of_one_length_that_depends_on_everything() -> None:
    said = {
        passwords().proof(salt, password)
        for salt in ("one", "two")
        for password in ("", " kettle", "kettle", "kettle ", "x" * 5000, "\ud800", "Ångström")
    }
    assert len(said) == 14
    assert {len(proof) for proof in said} == {pool_settings().password_length}
    assert passwords(b"other").proof("one", "kettle") not in said


def test_the_same_characters_are_the_same_password_however_they_are_composed() -> None:
    assert passwords().proof("salt", "A\u030angstro\u0308m") == passwords().proof("salt", "Ångström")


def test_the_pool_is_told_once_for_all_figures() -> None:
    figures = IdentitySettings()
    settings = pool_settings(figures)
    assert (settings.client.access, settings.client.refresh) == (figures.access, figures.refresh_absolute)
    assert (settings.self_sign_up, settings.recovers_by_itself, settings.mfa, settings.client.has_secret) == (
        False,
        False,
        "OPTIONAL",
        True,
    )
    assert list(settings.attributes) == [ATTRIBUTE.removeprefix("custom:")]
    assert settings.client.writes
    assert not set(settings.client.writes) & {"email", "email_verified", ATTRIBUTE}
    module, _, name = TRIGGER_HANDLER.rpartition(".")
    assert callable(getattr(__import__(module, fromlist=[name]), name))


def test_the_role_may_ask_what_is_asked_and_nothing_else() -> None:
    source = Path(inspect.getsourcefile(UserPool) or "").read_text()
    asked = set(re.findall(r'"((?:admin|describe)_[a-z_]+)"', source))
    assert {"".join(part.capitalize() for part in one.split("_")).replace("Mfa", "MFA") for one in asked} == set(pool_settings().operations)


@pytest.mark.parametrize("access", [timedelta(minutes=4), timedelta(days=2)])
def test_lifetimes_that_a_pool_does_not_have_are_refused(access: timedelta) -> None:
    with pytest.raises(InputError):
        pool_settings(replace(IdentitySettings(), access=access))


@pytest.mark.parametrize(
    ("code", "message", "locked"),
    [
        ("NotAuthorizedException", "Password attempts exceeded", True),
        ("NotAuthorizedException", "Incorrect username or password.", False),
        ("TooManyRequestsException", "Password attempts exceeded", False),
    ],
)
def test_a_locked_user_is_told_from_a_wrong_password(code: str, message: str, locked: bool) -> None:
    """The emulator (ministack 1.5.33) locks nobody."""
    said = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    refused = translated(ClientError(said, "AdminInitiateAuth"), "check a password")  # type: ignore[arg-type]
    assert isinstance(refused, AwsRefused)
    assert is_locked(refused) is locked


def test_tokens_are_not_shown() -> None:
    assert "secret" not in repr(PoolTokens(access="secret", refresh="secret"))


def test_the_pool_is_found_at_its_region_or_at_an_endpoint() -> None:
    at_home = UserPool(Aws(region="eu-central-1"), pool="p", client="c", key=b"", clock=ManualClock())
    elsewhere = UserPool(Aws(region="eu-central-1", endpoint="http://127.0.0.1:1"), pool="p", client="c", key=b"", clock=ManualClock())
    home = "https://cognito-idp.eu-central-1.amazonaws.com/p"
    assert (at_home.issuer, at_home.keys_url) == (home, f"{home}/.well-known/jwks.json")
    assert (elsewhere.issuer, elsewhere.keys_url) == (home, "http://127.0.0.1:1/p/.well-known/jwks.json")
