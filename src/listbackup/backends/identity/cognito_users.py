"""The user pool, in this program's words: one method for each thing that is asked of it.

Users of the pool are named by the ids that people have here. Every call may be made twice; what passes by itself is tried again by the one retry loop.
Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/ (each operation's page, read 2026-11-21).
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused, ask
from listbackup.backends.identity.cognito_trigger import ATTRIBUTE, proof_of
from listbackup.backends.identity.opaque import mac
from listbackup.backends.identity.port import SignInRefused, TooManyTries
from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError
from listbackup.base.secret import Secret

_REFUSED = {"NotAuthorizedException", "UserNotFoundException", "UserNotConfirmedException", "PasswordResetRequiredException"}
_WRONG_CODE = {"CodeMismatchException", "EnableSoftwareTokenMFAException", "ExpiredCodeException"}
_LONGEST_LOCK = timedelta(minutes=15)
_PROOF_SECONDS = 300
_TRIES = 4  # at the turn of two windows one may overwrite the other's proof


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTokens:
    """What the pool gave for somebody. The refresh token never leaves this program."""

    access: str
    refresh: str

    def __repr__(self) -> str:
        return "PoolTokens(***)"


class UserPool:
    """One user pool through its one app client; ``key`` (32 bytes, the same in every process) makes the proofs by which it knows us. Safe to share between threads."""

    def __init__(self, aws: Aws, *, pool: str, client: str, key: bytes, clock: Clock) -> None:
        self.pool, self.client, self._key = pool, client, key
        self.issuer = f"https://cognito-idp.{aws.region}.amazonaws.com/{pool}"
        self.keys_url = f"{aws.endpoint or f'https://cognito-idp.{aws.region}.amazonaws.com'}/{pool}/.well-known/jwks.json"
        self._aws, self._clock = aws, clock
        self._secret: Secret | None = None

    # people

    def set_password(self, user: str, password: str) -> None:
        """From now on this is what the user's password is; the user is made when there is none."""
        said = {"UserPoolId": self.pool, "Username": user, "Password": password, "Permanent": True}
        try:
            self._ask("admin_set_user_password", "set a password", **said)
        except AwsRefused as error:
            if error.code != "UserNotFoundException":
                raise
            self._create(user)
            self._ask("admin_set_user_password", "set a password", **said)

    def is_password(self, user: str, password: str) -> bool:
        """Whether it is. The tokens that the pool gives for a right one are thrown away: nobody is in before our own second step.

        Raises TooManyTries while the pool has locked the user: our own throttle waits longer than it does, so that happens after a reset that forgave the tries here alone.
        """
        parameters = {"USERNAME": user, "PASSWORD": password, "SECRET_HASH": self._hash_for(user)}
        try:
            answer = self._ask(
                "admin_initiate_auth", "check a password", **self._here, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=parameters
            )
        except AwsRefused as error:
            if is_locked(error):
                raise TooManyTries("too many wrong passwords", retry_after=_LONGEST_LOCK) from None
            if error.code in _REFUSED:
                return False
            raise
        return bool(answer.get("AuthenticationResult")) or answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA"

    def describe(self, user: str, *, email: str, is_verified: bool) -> None:
        """The copy of the address that the pool holds; none of an address that it does not take for one (``a@localhost``)."""
        said = {"email": email, "email_verified": "true" if is_verified else "false"}
        attributes = [{"Name": name, "Value": value} for name, value in said.items()]
        try:
            self._about("admin_update_user_attributes", "describe a user", user, UserAttributes=attributes)
        except AwsRefused as error:
            if error.code != "InvalidParameterException":
                raise
            self._about("admin_delete_user_attributes", "describe a user", user, UserAttributeNames=list(said))

    def set_enabled(self, user: str, is_enabled: bool) -> None:
        """Whether the pool signs this user in."""
        self._about("admin_enable_user" if is_enabled else "admin_disable_user", "enable or disable a user", user)

    def sign_out(self, user: str) -> None:
        """Every token of this user is revoked."""
        self._about("admin_user_global_sign_out", "sign a user out", user)

    def remove(self, user: str) -> None:
        """There is no such user any more."""
        self._about("admin_delete_user", "remove a user", user)

    # tokens

    def open(self, user: str) -> PoolTokens:
        """Tokens for somebody whom this program knows to be there. Raises SignInRefused when the pool knows of no such user, or disabled them."""
        for attempt in range(_TRIES):
            try:
                return self._answered(user, self._prove(user))
            except AwsRefused as error:
                if error.code not in _REFUSED:
                    raise
            self._clock.sleep(0.05 * 2**attempt)
        raise SignInRefused

    def renew(self, refresh: str) -> str:
        """Another access token. Raises SignInRefused: revoked, too old, or the user is disabled."""
        try:
            answer = self._ask(
                "get_tokens_from_refresh_token",
                "renew a token",
                RefreshToken=refresh,
                ClientId=self.client,
                ClientSecret=self._client_secret(),
            )
        except AwsRefused as error:
            if error.code in _REFUSED or error.code == "RefreshTokenReuseException":
                raise SignInRefused from None
            raise
        return str(answer["AuthenticationResult"]["AccessToken"])

    def revoke(self, refresh: str) -> None:
        """This refresh token and the access tokens that came of it are worthless."""
        self._ask("revoke_token", "revoke a token", Token=refresh, ClientId=self.client, ClientSecret=self._client_secret())

    # one-time codes

    def new_seed(self, user: str) -> bytes:
        """A new seed for one-time codes; it counts for nothing before ``enrol``."""
        answer = self._ask("associate_software_token", "begin one-time codes", AccessToken=self.open(user).access)
        text = str(answer["SecretCode"])
        return base64.b32decode(text + "=" * (-len(text) % 8))

    def enrol(self, user: str, code: str) -> None:
        """From now on the pool asks for a code besides a password. Raises SignInRefused (wrong code)."""
        try:
            self._ask("verify_software_token", "set up one-time codes", AccessToken=self.open(user).access, UserCode=code.replace(" ", ""))
        except AwsRefused as error:
            if error.code not in _WRONG_CODE or not self._asks_for_codes(user):  # asked a second time: the code was used up by the first
                raise _refusal(error) from None
        self.set_codes(user, True)

    def set_codes(self, user: str, is_asked: bool) -> None:
        """Whether the pool asks for a code besides a password."""
        self._about(
            "admin_set_user_mfa_preference",
            "choose the second factor",
            user,
            SoftwareTokenMfaSettings={"Enabled": is_asked, "PreferredMfa": is_asked},
        )

    # within

    def _prove(self, user: str) -> str:
        """The answer to the pool's question about this user. Whoever asks for the same user within these minutes has the same one, so that nobody spoils another's."""
        window = int(self._clock.now().timestamp()) // _PROOF_SECONDS
        answer = mac(self._key, f"{user}/{window}")
        attributes = [{"Name": ATTRIBUTE, "Value": proof_of(answer, (window + 2) * _PROOF_SECONDS)}]
        self._ask("admin_update_user_attributes", "prove a user", **self._named(user), UserAttributes=attributes)
        return answer

    def _answered(self, user: str, secret: str) -> PoolTokens:
        """Through the pool's custom challenge, see ``cognito_trigger``."""
        known = {"USERNAME": user, "SECRET_HASH": self._hash_for(user)}
        asked = self._ask("admin_initiate_auth", "ask for tokens", **self._here, AuthFlow="CUSTOM_AUTH", AuthParameters=known)
        answer = self._ask(
            "admin_respond_to_auth_challenge",
            "ask for tokens",
            **self._here,
            ChallengeName="CUSTOM_CHALLENGE",
            Session=asked["Session"],
            ChallengeResponses={**known, "ANSWER": secret},
        )
        given = answer.get("AuthenticationResult")
        if not given:
            besides = answer.get("ChallengeName")
            raise BackendError(f"the user pool asks for {besides} besides", hint="is its trigger the one that was deployed?")
        return PoolTokens(access=str(given["AccessToken"]), refresh=str(given["RefreshToken"]))

    def _create(self, user: str) -> None:
        unknown = secrets.token_urlsafe(32)  # nobody's: replaced at once
        try:
            self._ask("admin_create_user", "make a user", **self._named(user), MessageAction="SUPPRESS", TemporaryPassword=unknown)
        except AwsRefused as error:
            if error.code != "UsernameExistsException":
                raise

    def _asks_for_codes(self, user: str) -> bool:
        return "SOFTWARE_TOKEN_MFA" in self._ask("admin_get_user", "read a user", **self._named(user)).get("UserMFASettingList", [])

    def _about(self, operation: str, what: str, user: str, **said: Any) -> None:
        """Asks it; a user that is not there needs nothing (removed by hand in the pool: a new password makes them again)."""
        try:
            self._ask(operation, what, **self._named(user), **said)
        except AwsRefused as error:
            if error.code != "UserNotFoundException":
                raise

    @property
    def _here(self) -> dict[str, str]:
        return {"UserPoolId": self.pool, "ClientId": self.client}

    def _named(self, user: str) -> dict[str, str]:
        return {"UserPoolId": self.pool, "Username": user}

    def _hash_for(self, user: str) -> str:
        raw = hmac.digest(self._client_secret().encode(), (user + self.client).encode(), "sha256")
        return base64.b64encode(raw).decode()

    def _client_secret(self) -> str:
        """Asked of the pool once, so that it stands in no configuration."""
        if self._secret is None:
            answer = self._ask("describe_user_pool_client", "read the app client", **self._here)
            self._secret = Secret(str(answer["UserPoolClient"]["ClientSecret"]))
        return self._secret.reveal()

    def _ask(self, operation: str, what: str, **said: Any) -> Mapping[str, Any]:
        client = self._aws.client("cognito-idp")
        return ask(lambda: dict(getattr(client, operation)(**said)), what, clock=self._clock)


@contextmanager
def following() -> Iterator[None]:
    """For what rows here decide and the pool only follows: that it cannot be reached for now keeps nobody signed in."""
    try:
        yield
    except BackendError as error:
        if not error.retryable:
            raise


def is_locked(error: AwsRefused) -> bool:
    """Whether the pool answered without looking at the password. It has no code of its own for that.

    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior (read 2026-11-21).
    """
    return error.code == "NotAuthorizedException" and "attempts exceeded" in str(error.answer.get("Error", {}).get("Message", ""))


def _refusal(error: AwsRefused) -> Exception:
    if error.code in _WRONG_CODE:
        return SignInRefused("the code is not right", hint="wait for the next one; the device's clock must be right")
    return error
