"""The user pool as it must be, told once: tests make theirs from this, and so does the stack that is deployed.

Source: CreateUserPool and CreateUserPoolClient (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/, read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from listbackup.backends.identity.cognito_trigger import ATTRIBUTE
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.base.errors import InputError

PROOF = ATTRIBUTE.removeprefix("custom:")  # by which ``cognito_trigger`` knows that this program asks
TRIGGER_HANDLER = "listbackup.backends.identity.cognito_trigger.handler"
TRIGGERS = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")

_SHORTEST_ACCESS, _LONGEST_ACCESS = timedelta(minutes=5), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolClient:
    """The one app client. It has a secret, so nobody but this program signs anybody in through it."""

    name: str = "listbackup"
    has_secret: bool = True
    flows: tuple[str, ...] = ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
    access: timedelta = timedelta(minutes=15)
    refresh: timedelta = timedelta(days=90)
    challenge: timedelta = timedelta(minutes=3)  # the shortest there is
    hides_who_exists: bool = True  # PreventUserExistenceErrors
    can_revoke: bool = True  # EnableTokenRevocation: tokens say their ``origin_jti``
    writes: tuple[str, ...] = (
        "nickname",
    )  # what a token's holder may change: nothing that is read here (none at all would mean everything)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """One user pool. Whoever signs in is named by the id that people have here; the address is a copy, for who looks at the pool."""

    client: PoolClient = field(default_factory=PoolClient)
    self_sign_up: bool = False  # people are made by this program, which asks for an invitation or shows the address to be theirs
    recovers_by_itself: bool = False  # AccountRecovery ``admin_only``: passwords are reset by our links
    usernames_by: tuple[str, ...] = ()  # neither UsernameAttributes nor AliasAttributes: the address signs in through us alone
    case_sensitive: bool = True
    password_length: int = 43  # of what ``cognito_passwords`` makes of a password; what people choose is judged by ``check_policy``
    password_kinds: tuple[str, ...] = ()  # nothing is asked about kinds of characters
    mfa: str = "OPTIONAL"
    totp: bool = True
    sms: bool = False
    attributes: Mapping[str, int] = field(default_factory=lambda: {PROOF: 128})  # custom strings and their greatest lengths
    triggers: tuple[str, ...] = TRIGGERS  # all three are the one function ``TRIGGER_HANDLER``
    operations: tuple[str, ...] = (  # what the program's role may ask of this pool; RevokeToken and GetTokensFromRefreshToken and the like ask for no permission
        "AdminCreateUser", "AdminDeleteUser", "AdminDeleteUserAttributes", "AdminDisableUser", "AdminEnableUser", "AdminGetUser", "AdminInitiateAuth", "AdminRespondToAuthChallenge",
        "AdminSetUserMFAPreference", "AdminSetUserPassword", "AdminUpdateUserAttributes", "AdminUserGlobalSignOut", "DescribeUserPoolClient",
    )  # fmt: skip


def pool_settings(figures: IdentitySettings = IdentitySettings()) -> PoolSettings:
    """The pool for these figures. Raises InputError for lifetimes that Cognito does not have."""
    if not _SHORTEST_ACCESS <= figures.access <= _LONGEST_ACCESS:
        raise InputError("access tokens of a user pool last 5 minutes to a day", field="access")
    return PoolSettings(client=PoolClient(access=figures.access, refresh=figures.refresh_absolute))
