"""The authorizers that a stage may put before its functions, mounted on a deployed gateway as ``authorizer = "request"`` and ``"jwt"`` have their routes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyotp
import pytest

from listbackup.api.services import public_routes_of, routes_of
from listbackup.testing.deployment import STAGE, Deployment, listbackup, settings
from listbackup.testing.identity import PASSWORD
from listbackup.testing.visitor import Browser

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(600)]

SERVICES = ("auth", "sources")
FORBIDDEN, UNAUTHORIZED = (403, {"message": "Forbidden"}), (401, {"message": "Unauthorized"})  # AWS's own words, which nobody can change


@pytest.fixture(scope="module")
def key(stage: Deployment) -> str:
    """An API key of somebody who came by themselves."""
    email, browser = "grace@example.com", stage.browser()
    browser.ok("POST", "/auth/register", {"email": email, "password": PASSWORD, "name": "Grace", "account_name": "Compilers"})
    browser.ok("POST", "/auth/verify", {"token": stage.token(email, "confirm"), "password": PASSWORD})
    browser.ok("POST", "/auth/login", {"email": email, "password": PASSWORD, "kind": "browser"})
    secret = browser.ok("POST", "/auth/mfa/setup")["secret"]
    recovery = browser.ok("POST", "/auth/mfa/verify", {"code": pyotp.TOTP(secret).now()})["recovery_codes"]
    browser.ok("POST", "/auth/step-up", {"factor": "recovery_code", "code": recovery[0]})
    return str(browser.ok("POST", "/api-keys", {"name": "tests", "scopes": ["read"]})["text"])


@contextmanager
def mounted(stage: Deployment, **authorization: str) -> Iterator[None]:
    """Before each operation that is not for everybody, as the templates do it (see the test of a redeployment); a whole deployment more would take a minute."""
    guard(stage, SERVICES, **authorization)
    try:
        yield
    finally:
        guard(stage, SERVICES, AuthorizationType="NONE")


def guarded_in(services: Sequence[str]) -> set[str]:
    """The keys of the routes that are not for everybody."""
    return {f"{method} {path}" for one in services for method, path in set(routes_of(one)) - set(public_routes_of(one))}


def guard(stage: Deployment, services: Sequence[str], **authorization: str) -> None:
    guarded, gateway = guarded_in(services), stage.aws.client("apigatewayv2")
    routes = [one["RouteId"] for one in routes_there(stage) if one["RouteKey"] in guarded]
    assert len(routes) == len(guarded)
    for route in routes:
        gateway.update_route(ApiId=stage.parameter("api-id"), RouteId=route, **authorization)


def routes_there(stage: Deployment) -> list[dict[str, Any]]:
    """As the gateway has them."""
    pages = stage.aws.client("apigatewayv2").get_paginator("get_routes").paginate(ApiId=stage.parameter("api-id"))
    return [one for page in pages for one in page["Items"]]


def come_in(stage: Deployment, owner: str, kind: str) -> tuple[Browser, str]:
    """The owner, with a session of this kind; the access token, where it is a program's."""
    browser = stage.browser()
    said = browser.ok("POST", "/auth/login", {"email": owner, "password": PASSWORD, "kind": kind})
    return browser, (said.get("tokens") or {}).get("access_token", "")


def asked(browser: Browser, path: str = "/sources") -> tuple[int, Any]:
    said = browser.ask("GET", path)
    return said.status, json.loads(said.raw)


def stays_open(stage: Deployment, owner: str) -> None:
    """What is for everybody: signing in, and being refused in our words."""
    nobody = stage.browser()
    assert nobody.ok("GET", "/auth/welcome")["needs_setup"] is False
    assert nobody.refused("POST", "/auth/login", {"email": owner, "password": "wrong wrong wrong"}) == (401, "sign_in_refused")


def test_our_authorizer_lets_in_keys_sessions_and_tokens_and_nobody_else(stage: Deployment, owner: str, key: str) -> None:
    person, _ = come_in(stage, owner, "browser")
    _, token = come_in(stage, owner, "program")
    with mounted(stage, AuthorizationType="CUSTOM", AuthorizerId=stage.parameter("api-authorizer-id")):
        for credential in (key, token):
            assert asked(stage.browser(credential=credential))[0] == 200
        assert asked(person)[0] == 200
        for credential in (f"{key[:-4]}0000", f"{token[:-4]}AAAA", "nonsense"):
            assert asked(stage.browser(credential=credential)) == FORBIDDEN
        assert asked(stage.browser()) == FORBIDDEN
        assert "code" in asked(stage.browser(credential=key), "/auth/sessions")[1], "the door goes on judging what a key may do"
        stays_open(stage, owner)
        person.ok("POST", "/auth/logout")
        assert asked(stage.browser(credential=token))[0] == 200
        assert asked(person) == FORBIDDEN, "nothing is remembered"
    assert asked(stage.browser())[1]["code"] == "not_signed_in"


def test_the_gateways_own_authorizer_lets_in_access_tokens_of_the_pool_and_nothing_else(stage: Deployment, owner: str, key: str) -> None:
    person, _ = come_in(stage, owner, "browser")
    _, token = come_in(stage, owner, "program")
    with mounted(stage, AuthorizationType="JWT", AuthorizerId=stage.parameter("api-jwt-authorizer-id")):
        assert asked(stage.browser(credential=token))[0] == 200
        for credential in (key, f"{token[:-4]}AAAA", "nonsense"):
            assert asked(stage.browser(credential=credential)) == UNAUTHORIZED
        assert asked(person) == asked(stage.browser()) == UNAUTHORIZED
        stays_open(stage, owner)


def test_a_redeployment_puts_our_authorizer_where_the_template_says(stage: Deployment, key: str, tmp_path: Path) -> None:
    """One service of the stage, deployed again by the command with ``authorizer = "request"``."""
    words = ("--stage", STAGE, "sources", "--endpoint-url", stage.emulator.endpoint, "--yes", *settings(), "--set", "authorizer=request")
    try:
        listbackup(stage.emulator, tmp_path, "deploy", *words)
        mounted = {one["RouteKey"]: one.get("AuthorizerId") for one in routes_there(stage) if one["AuthorizationType"] == "CUSTOM"}
        assert mounted == dict.fromkeys(guarded_in(["sources"]), stage.parameter("api-authorizer-id"))
        assert asked(stage.browser(credential=key))[0] == 200
        assert asked(stage.browser()) == FORBIDDEN
        assert asked(stage.browser(), "/jobs")[1]["code"] == "not_signed_in", "of another service, which was not deployed again"
    finally:
        guard(stage, ["sources"], AuthorizationType="NONE")


def test_our_authorizer_answers_the_event_that_aws_documents(stage: Deployment, owner: str, key: str) -> None:
    """With its cookies apart from its headers, as the emulator does not send them."""
    person, _ = come_in(stage, owner, "browser")
    cookies = [f"{name}={value}" for name, value in person.cookies.items()]
    assert stage.invoke("authorizer", event(cookies=cookies))["isAuthorized"] is True
    assert stage.invoke("authorizer", event(authorization=f"Bearer {key}"))["isAuthorized"] is True
    for said in (event(), event(cookies=["__Host-lb=nobody"]), event(authorization="Bearer lbk_nobody")):
        assert stage.invoke("authorizer", said) == {"isAuthorized": False}


def event(*, cookies: list[str] | None = None, **headers: str) -> dict[str, object]:
    """Payload format 2.0. Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html, read 2026-11-21."""
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef123/$default/GET/v2/sources",
        "identitySource": None,
        "routeKey": "GET /v2/sources",
        "rawPath": "/v2/sources",
        "rawQueryString": "",
        "cookies": cookies or [],
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "http": {"method": "GET", "path": "/v2/sources", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "agent"},
            "requestId": "id",
            "routeKey": "GET /v2/sources",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
    }
