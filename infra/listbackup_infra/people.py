"""The user pool, as ``backends/identity/cognito_pool.py`` says it must be."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_

from listbackup.backends.identity.cognito_pool import TRIGGER_HANDLER, PoolClient, PoolSettings, pool_settings
from listbackup_infra import values
from listbackup_infra.function import Job, make_function
from listbackup_infra.rights import Rights
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground


def make_people(stack: Stack, stage: Stage, ground: Ground) -> None:
    """The pool, its one client, and the function that it asks before it lets somebody in without a password."""
    wanted = pool_settings()
    job = Job(name="proof", handler=TRIGGER_HANDLER, folder="worker", rights=Rights(), seconds=5, memory_mb=256, alone=True)
    trigger = make_function(stack, stage, ground, job)
    pool = _pool(stack, stage, wanted, trigger.function_arn)
    lambda_.CfnPermission(
        stack,
        "PoolAsksProof",
        action="lambda:InvokeFunction",
        function_name=trigger.function_name,
        principal="cognito-idp.amazonaws.com",
        source_arn=pool.attr_arn,
    )
    client = _client(stack, wanted.client, pool)
    values.give(stack, stage, values.USER_POOL, pool.ref)
    values.give(stack, stage, values.USER_POOL_CLIENT, client.ref)


def _pool(stack: Stack, stage: Stage, wanted: PoolSettings, trigger: str) -> cognito.CfnUserPool:
    pool = cognito.CfnUserPool(
        stack,
        "People",
        user_pool_name=stage.names.prefix,
        deletion_protection="ACTIVE" if stage.keep else "INACTIVE",
        username_attributes=list(wanted.usernames_by) or None,
        username_configuration=cognito.CfnUserPool.UsernameConfigurationProperty(case_sensitive=wanted.case_sensitive),
        admin_create_user_config=cognito.CfnUserPool.AdminCreateUserConfigProperty(allow_admin_create_user_only=not wanted.self_sign_up),
        account_recovery_setting=None if wanted.recovers_by_itself else _admin_recovers(),
        policies=cognito.CfnUserPool.PoliciesProperty(password_policy=_passwords(wanted)),
        mfa_configuration=wanted.mfa,
        enabled_mfas=[name for name, there in (("SOFTWARE_TOKEN_MFA", wanted.totp), ("SMS_MFA", wanted.sms)) if there],
        schema=[
            cognito.CfnUserPool.SchemaAttributeProperty(
                name=name,
                attribute_data_type="String",
                mutable=True,
                string_attribute_constraints=cognito.CfnUserPool.StringAttributeConstraintsProperty(
                    min_length="0", max_length=str(longest)
                ),
            )
            for name, longest in wanted.attributes.items()
        ],
        lambda_config=cognito.CfnUserPool.LambdaConfigProperty(**{_TRIGGERS[name]: trigger for name in wanted.triggers}),
    )
    pool.apply_removal_policy(RemovalPolicy.RETAIN if stage.keep else RemovalPolicy.DESTROY)
    return pool


_TRIGGERS = {
    "DefineAuthChallenge": "define_auth_challenge",
    "CreateAuthChallenge": "create_auth_challenge",
    "VerifyAuthChallengeResponse": "verify_auth_challenge_response",
}


def _admin_recovers() -> cognito.CfnUserPool.AccountRecoverySettingProperty:
    return cognito.CfnUserPool.AccountRecoverySettingProperty(
        recovery_mechanisms=[cognito.CfnUserPool.RecoveryOptionProperty(name="admin_only", priority=1)]
    )


def _passwords(wanted: PoolSettings) -> cognito.CfnUserPool.PasswordPolicyProperty:
    kinds = {"require_" + kind: kind in wanted.password_kinds for kind in ("lowercase", "uppercase", "numbers", "symbols")}
    return cognito.CfnUserPool.PasswordPolicyProperty(minimum_length=wanted.password_length, **kinds)


def _client(stack: Stack, wanted: PoolClient, pool: cognito.CfnUserPool) -> cognito.CfnUserPoolClient:
    return cognito.CfnUserPoolClient(
        stack,
        "PeopleClient",
        user_pool_id=pool.ref,
        client_name=wanted.name,
        generate_secret=wanted.has_secret,
        explicit_auth_flows=list(wanted.flows),
        access_token_validity=_minutes(wanted.access),
        id_token_validity=_minutes(wanted.access),
        refresh_token_validity=_minutes(wanted.refresh),
        auth_session_validity=_minutes(wanted.challenge),
        token_validity_units=cognito.CfnUserPoolClient.TokenValidityUnitsProperty(
            **dict.fromkeys(("access_token", "id_token", "refresh_token"), "minutes")
        ),
        prevent_user_existence_errors="ENABLED" if wanted.hides_who_exists else "LEGACY",
        enable_token_revocation=wanted.can_revoke,
        write_attributes=list(wanted.writes),
    )


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60
