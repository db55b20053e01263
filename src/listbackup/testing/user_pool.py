"""A user pool as it is declared, made by hand where a test needs one: on the emulator, or in an account."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from listbackup.backends.aws_client import Aws
from listbackup.backends.identity.cognito_pool import TRIGGER_HANDLER, PoolClient, PoolSettings
from listbackup.base.clock import SystemClock
from listbackup.testing.clock import ManualClock

_PACKAGE = Path(__file__).parents[1]
_FILES = ("backends/identity/cognito_trigger.py", "base/clock.py")  # all that the function imports
_ROLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def pool_clock() -> ManualClock:
    """A clock that starts now, because the pool's own cannot be moved."""
    return ManualClock(SystemClock().now().replace(microsecond=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePool:
    """Its names."""

    pool: str
    client: str


@contextmanager
def function_role(aws: Aws, name: str) -> Iterator[str]:
    """A role that functions take and that may do nothing: its ARN. Gone afterwards."""
    iam = aws.client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_ROLE))
    try:
        yield str(made["Role"]["Arn"])
    finally:
        iam.delete_role(RoleName=name)


@contextmanager
def trigger(aws: Aws, name: str) -> Iterator[str]:
    """The function that the pool asks, as deployed by itself: its ARN. Gone afterwards."""
    functions = aws.client("lambda")
    with function_role(aws, name) as role:
        made = functions.create_function(
            FunctionName=name, Runtime="python3.11", Role=role, Handler=TRIGGER_HANDLER, Code={"ZipFile": _zipped()}, Timeout=5
        )
        functions.add_permission(
            FunctionName=name, StatementId="pool", Action="lambda:InvokeFunction", Principal="cognito-idp.amazonaws.com"
        )
        try:
            yield str(made["FunctionArn"])
        finally:
            functions.delete_function(FunctionName=name)


@contextmanager
def user_pool(aws: Aws, settings: PoolSettings, *, name: str, trigger: str) -> Iterator[MadePool]:
    """A pool with its client. Gone afterwards."""
    cognito = aws.client("cognito-idp")
    pool = str(cognito.create_user_pool(**_pool(settings, name, trigger))["UserPool"]["Id"])
    try:
        cognito.set_user_pool_mfa_config(
            UserPoolId=pool, SoftwareTokenMfaConfiguration={"Enabled": settings.totp}, MfaConfiguration=settings.mfa
        )
        client = cognito.create_user_pool_client(UserPoolId=pool, **_client(settings.client))["UserPoolClient"]["ClientId"]
        yield MadePool(pool=pool, client=str(client))
    finally:
        cognito.delete_user_pool(UserPoolId=pool)


def _pool(settings: PoolSettings, name: str, trigger: str) -> dict[str, Any]:
    kinds = {f"Require{kind}": kind in settings.password_kinds for kind in ("Uppercase", "Lowercase", "Numbers", "Symbols")}
    custom = [
        {
            "Name": attribute,
            "AttributeDataType": "String",
            "Mutable": True,
            "StringAttributeConstraints": {"MinLength": "0", "MaxLength": str(longest)},
        }
        for attribute, longest in settings.attributes.items()
    ]
    recovery = [{"Priority": 1, "Name": "verified_email" if settings.recovers_by_itself else "admin_only"}]
    return {
        "PoolName": name,
        "Policies": {"PasswordPolicy": {"MinimumLength": settings.password_length, **kinds}},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": not settings.self_sign_up},
        "AccountRecoverySetting": {"RecoveryMechanisms": recovery},
        "UsernameConfiguration": {"CaseSensitive": settings.case_sensitive},
        "Schema": custom,
        "LambdaConfig": dict.fromkeys(settings.triggers, trigger),
    }


def _client(client: PoolClient) -> dict[str, Any]:
    return {
        "ClientName": client.name,
        "GenerateSecret": client.has_secret,
        "ExplicitAuthFlows": list(client.flows),
        "AccessTokenValidity": client.access // timedelta(minutes=1),
        "IdTokenValidity": client.access // timedelta(minutes=1),
        "RefreshTokenValidity": client.refresh // timedelta(days=1),
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
        "AuthSessionValidity": client.challenge // timedelta(minutes=1),
        "PreventUserExistenceErrors": "ENABLED" if client.hides_who_exists else "LEGACY",
        "EnableTokenRevocation": client.can_revoke,
        "WriteAttributes": list(client.writes),
    }


def _zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in _FILES:
            archive.write(_PACKAGE / path, f"listbackup/{path}")
            for folder in Path("listbackup", path).parents:
                if folder.name and f"{folder}/__init__.py" not in archive.namelist():
                    archive.writestr(f"{folder}/__init__.py", "")
    return out.getvalue()
