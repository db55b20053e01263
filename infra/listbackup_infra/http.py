"""Routes of the shared gateway: the operations of one service, all answered by its one function."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_lambda as lambda_

from listbackup.api.services import public_routes_of, routes_of
from listbackup_infra import values
from listbackup_infra.function import Job, make_function
from listbackup_infra.rights import Rights
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground

HTTP_SECONDS = 29  # the gateway waits for 30


def serve(stack: Stack, stage: Stage, ground: Ground, service: str, rights: Rights, *, authorizer: str | None = None) -> None:
    """The function of a service and the routes that lead to it. ``authorizer`` is the id of one in this very stack."""
    job = Job(
        name=service,
        handler="listbackup.api.lambda_http.handler",
        folder="http",
        rights=rights,
        seconds=HTTP_SECONDS,
        memory_mb=stage.http_memory_mb,
        says={"LISTBACKUP_SERVICE": service, **_handouts(stack, stage, rights)},
    )
    mount(stack, stage, service, make_function(stack, stage, ground, job), authorizer=authorizer)


def _handouts(stack: Stack, stage: Stage, rights: Rights) -> dict[str, str]:
    return {"HANDOUT_BUCKET": values.take(stack, stage, values.HANDOUT_BUCKET)} if rights.hands_out else {}


def mount(stack: Stack, stage: Stage, service: str, function: lambda_.Function, *, authorizer: str | None = None) -> None:
    """Every operation of the service, with the authorizer before those that somebody must be signed in for."""
    api = values.take(stack, stage, values.API)
    integration = gateway.CfnIntegration(
        stack,
        f"Integration-{service}",
        api_id=api,
        integration_type="AWS_PROXY",
        integration_uri=function.function_arn,
        payload_format_version="2.0",
        timeout_in_millis=30_000,
    )
    lambda_.CfnPermission(
        stack,
        f"Gateway-{service}",
        action="lambda:InvokeFunction",
        function_name=function.function_name,
        principal="apigateway.amazonaws.com",
        # of this gateway alone; one for each of its routes would outgrow the 20 KB that a function's policy has
        source_arn=stack.format_arn(service="execute-api", resource=api, resource_name="*/*"),
    )
    public = set(public_routes_of(service))
    for method, path in routes_of(service):
        gateway.CfnRoute(
            stack,
            f"Route {method} {path}",
            api_id=api,
            route_key=f"{method} {path}",
            target=f"integrations/{integration.ref}",
            **({"authorization_type": "NONE"} if (method, path) in public else _authorized(stack, stage, authorizer)),
        )


def _authorized(stack: Stack, stage: Stage, authorizer: str | None) -> dict[str, str]:
    """Nobody at the gateway, unless the stage says so: its refusals are 403 without a word, and a browser must see a 401 to lead somebody to the sign-in page
    (docs/decisions/0332)."""
    match stage.authorizer:
        case "jwt":
            return {"authorization_type": "JWT", "authorizer_id": values.take(stack, stage, values.JWT_AUTHORIZER)}
        case "request":
            return {"authorization_type": "CUSTOM", "authorizer_id": authorizer or values.take(stack, stage, values.AUTHORIZER)}
        case _:
            return {"authorization_type": "NONE"}
