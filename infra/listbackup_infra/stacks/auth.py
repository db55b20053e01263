"""auth: signing in and registering, and who is let in everywhere else."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_lambda as lambda_

from listbackup_infra import access, values
from listbackup_infra.function import Job, make_function
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """Two functions."""
    authorizer = _request_authorizer(stack, stage, ground)
    serve(stack, stage, ground, "auth", access.HTTP["auth"], authorizer=authorizer)


def _request_authorizer(stack: Stack, stage: Stage, ground: Ground) -> str:
    """Asks our own function, which knows API keys, sessions and tokens. Nothing is remembered: a key that was taken back opens nothing from then on."""
    api = values.take(stack, stage, values.API)
    job = Job(
        name="authorizer",
        handler="listbackup.api.lambda_authorizer.handler",
        folder="authorizer",
        rights=access.AUTHORIZER,
        seconds=10,
        memory_mb=stage.http_memory_mb,
    )
    function = make_function(stack, stage, ground, job)
    authorizer = gateway.CfnAuthorizer(
        stack,
        "Authorizer",
        api_id=api,
        name=f"{stage.names.prefix}-callers",
        authorizer_type="REQUEST",
        authorizer_uri=f"arn:{stack.partition}:apigateway:{stack.region}:lambda:path/2015-03-31/functions/{function.function_arn}/invocations",
        authorizer_payload_format_version="2.0",
        authorizer_result_ttl_in_seconds=0,
        enable_simple_responses=True,
        # none: whoever has a cookie has no other header. An emulator takes Authorization for the one when none is named, and refuses cookies
        identity_source=["$context.identity.sourceIp"] if stage.emulated is not None else None,
    )
    lambda_.CfnPermission(
        stack,
        "GatewayAuthorizer",
        action="lambda:InvokeFunction",
        function_name=function.function_name,
        principal="apigateway.amazonaws.com",
        source_arn=stack.format_arn(service="execute-api", resource=api, resource_name=f"authorizers/{authorizer.ref}"),
    )
    values.give(stack, stage, values.AUTHORIZER, authorizer.ref)
    return authorizer.ref


STACK = Plan(name="auth", about="signing in and registering", build=build, functions=("auth", "authorizer"), needs=("core", "api", "web"))
