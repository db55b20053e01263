"""api: the gateway that all services share, and where it is found. Who is let in is asked of a function of ``auth``, which must know the public address."""

from __future__ import annotations

import json

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53

from listbackup_infra import values
from listbackup_infra.alarms import alarm
from listbackup_infra.function import retention
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan

_LINE = {
    "at": "$context.requestTime",
    "request": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "ms": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "address": "$context.identity.sourceIp",
    "refused": "$context.authorizer.error",
    "failed": "$context.integrationErrorMessage",
}


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """The gateway."""
    api = gateway.CfnApi(
        stack,
        "Api",
        name=stage.names.prefix,
        protocol_type="HTTP",
        description=f"ListBackup {stage.name}",
        disable_execute_api_endpoint=bool(stage.api_domain),
        cors_configuration=_cors(stage),
    )
    _stage(stack, stage, api)
    if stage.identity == "cognito":
        _jwt_authorizer(stack, stage, api)
    url = f"https://{stage.api_domain}" if stage.api_domain else api.attr_api_endpoint
    if stage.api_domain:
        _domain(stack, stage, api)
    values.give(stack, stage, values.API, api.ref)
    values.give(stack, stage, values.API_URL, url)
    if not stage.web:  # else the web app's address is the public one
        values.give(stack, stage, values.PUBLIC_URL, url)
    _watch(stack, stage, api)


def _cors(stage: Stage) -> gateway.CfnApi.CorsProperty | None:
    """Pages of other origins; the web app itself is of the same one."""
    if not stage.cors_origins:
        return None
    return gateway.CfnApi.CorsProperty(
        allow_origins=list(stage.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "idempotency-key", "if-match", "last-event-id", "x-account-id", "x-request-id"],
        expose_headers=["etag", "location", "retry-after", "x-request-id"],
        max_age=600,
    )


def _stage(stack: Stack, stage: Stage, api: gateway.CfnApi) -> None:
    """One gateway stage, changed as soon as a route is; every request leaves a line without anything that a caller sent but the address."""
    log = logs.LogGroup(
        stack,
        "AccessLog",
        log_group_name=f"/aws/apigateway/{stage.names.prefix}",
        retention=retention(stage.log_days),
        removal_policy=RemovalPolicy.DESTROY,
    )
    gateway.CfnStage(
        stack,
        "Stage",
        api_id=api.ref,
        stage_name="$default",
        auto_deploy=True,
        # No metrics of each route: six for each of some 200 routes, at 30 cents a month, and nothing looks at them. Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html, read 2026-11-21.
        default_route_settings=gateway.CfnStage.RouteSettingsProperty(throttling_burst_limit=stage.burst, throttling_rate_limit=stage.rate),
        access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(destination_arn=log.log_group_arn, format=json.dumps(_LINE)),
    )


def _jwt_authorizer(stack: Stack, stage: Stage, api: gateway.CfnApi) -> None:
    """Lets the gateway check access tokens of the user pool by itself, for stages where nothing else is used (``authorizer = "jwt"``)."""
    pool = values.take(stack, stage, values.USER_POOL)
    authorizer = gateway.CfnAuthorizer(
        stack,
        "JwtAuthorizer",
        api_id=api.ref,
        name=f"{stage.names.prefix}-tokens",
        authorizer_type="JWT",
        identity_source=["$request.header.Authorization"],
        jwt_configuration=gateway.CfnAuthorizer.JWTConfigurationProperty(
            issuer=f"https://cognito-idp.{stack.region}.amazonaws.com/{pool}", audience=[values.take(stack, stage, values.USER_POOL_CLIENT)]
        ),
    )
    values.give(stack, stage, values.JWT_AUTHORIZER, authorizer.ref)


def _domain(stack: Stack, stage: Stage, api: gateway.CfnApi) -> None:
    domain = gateway.CfnDomainName(
        stack,
        "Domain",
        domain_name=stage.api_domain,
        domain_name_configurations=[
            gateway.CfnDomainName.DomainNameConfigurationProperty(
                certificate_arn=stage.api_certificate, endpoint_type="REGIONAL", security_policy="TLS_1_2"
            )
        ],
    )
    mapping = gateway.CfnApiMapping(stack, "Mapping", api_id=api.ref, domain_name=domain.ref, stage="$default")
    mapping.add_resource_dependency(domain)
    if stage.hosted_zone_id:
        route53.CfnRecordSet(
            stack,
            "DomainRecord",
            hosted_zone_id=stage.hosted_zone_id,
            name=stage.api_domain,
            type="A",
            alias_target=route53.CfnRecordSet.AliasTargetProperty(
                dns_name=domain.attr_regional_domain_name, hosted_zone_id=domain.attr_regional_hosted_zone_id
            ),
        )


def _watch(stack: Stack, stage: Stage, api: gateway.CfnApi) -> None:
    from aws_cdk import aws_cloudwatch as cloudwatch

    named = [cloudwatch.CfnAlarm.DimensionProperty(name="ApiId", value=api.ref)]
    alarm(
        stack,
        stage,
        "api-5xx",
        "the gateway answered with 5xx",
        above=10,
        times=2,
        of=3,
        namespace="AWS/ApiGateway",
        metric_name="5xx",
        statistic="Sum",
        dimensions=named,
    )
    alarm(
        stack, stage, "api-slow", "one answer in a hundred took more than 5 seconds", above=5000, times=3, of=3,
        namespace="AWS/ApiGateway", metric_name="Latency", extended_statistic="p99", dimensions=named,
    )  # fmt: skip


STACK = Plan(name="api", about="the shared gateway, its authorizers, its address", build=build, needs=("core",))
