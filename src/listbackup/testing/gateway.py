"""One route of API Gateway behind its JWT authorizer, for who must know whether it lets a token through."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from listbackup.backends.aws_client import Aws

_SAYS_WHO = """
def handler(event, context):
    return {"statusCode": 200, "body": event["requestContext"]["authorizer"]["jwt"]["claims"]["username"]}
"""
Get = Callable[[str], tuple[int, str]]  # a token → the status and who it was to the function behind


@contextmanager
def guarded_route(aws: Aws, *, name: str, role: str, issuer: str, audience: str) -> Iterator[Get]:
    """The way to ask it. Gone afterwards."""
    functions, gateway = aws.client("lambda"), aws.client("apigatewayv2")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", _SAYS_WHO)
    function = functions.create_function(
        FunctionName=name, Runtime="python3.11", Role=role, Handler="index.handler", Code={"ZipFile": archive.getvalue()}
    )["FunctionArn"]
    functions.add_permission(FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com")
    api = gateway.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    try:
        guard = gateway.create_authorizer(
            ApiId=api,
            Name="jwt",
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": issuer, "Audience": [audience]},
        )["AuthorizerId"]
        behind = gateway.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0")
        gateway.create_route(
            ApiId=api, RouteKey="GET /me", Target=f"integrations/{behind['IntegrationId']}", AuthorizationType="JWT", AuthorizerId=guard
        )
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        yield lambda token: _get(aws, api, token)
    finally:
        gateway.delete_api(ApiId=api)
        functions.delete_function(FunctionName=name)


def _get(aws: Aws, api: str, token: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"https://{api}.execute-api.{aws.region}.amazonaws.com/me"
    if aws.endpoint is not None:  # the emulator tells its APIs apart by the name that is asked for
        url = f"{aws.endpoint}/me"
        headers["Host"] = f"{api}.execute-api.localhost:{urlsplit(aws.endpoint).port}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:  # noqa: S310 - an address of our own making
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, json.dumps(refused.reason)
