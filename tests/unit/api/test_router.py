"""The router finds what Starlette's would, without asking every pattern."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.routing import Router as Plain
from starlette.types import ASGIApp, Message

from listbackup.api.router import Address, Router

PATHS = (
    "/v2/things",
    "/v2/things/plan",
    "/v2/things/{thing}",
    "/v2/things/{thing}/parts",
    "/v2/others/{other}",
    "/.well-known/keys",
    "/v2/things/{thing}/parts/{key:path}/files",
    "/v2/things/{thing}/parts/{key:path}",
)
ASKED = (
    *("/v2/things", "/v2/things/plan", "/v2/things/a", "/v2/things/a/parts", "/v2/things/a/parts/b", "/v2/things/a/parts/b/c/d/e/f/g"),
    *(
        "/v2/things/a/parts/b/files",
        "/v2/things/a/parts/b/c/d/e/f/files",
        "/v2/things/a/parts/",
        "/v2/things/",
        "/v2/things/a/",
        "/v2/others",
    ),
    *("/v2/others/x", "/.well-known/keys", "/", "", "//", "/v2", "/v3/things", "/v2/things/a b", "/v2//things", "/v2/things/a/parts/b//c"),
)


def ours() -> ASGIApp:
    async def absent(_: Request) -> Response:
        return PlainTextResponse("none")

    return Router([Address(path=path, endpoint=_said(path)) for path in PATHS], sockets={}, absent=absent)


def plain() -> ASGIApp:
    app = Plain([Route(path, _said(path)) for path in PATHS], redirect_slashes=False)
    app.default = PlainTextResponse("none")
    return app


def _said(path: str) -> Any:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(f"{path} {request.path_params}")

    return endpoint


def ask(app: ASGIApp, path: str) -> bytes:
    sent = list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "query_string": b""}
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return bytes(sent[1]["body"])


@pytest.mark.parametrize("path", ASKED)
def test_every_path_goes_where_starlette_would_send_it(path: str) -> None:
    assert ask(ours(), path) == ask(plain(), path)


def test_an_address_that_begins_with_a_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with a parameter"):
        Router([Address(path="/{any}", endpoint=_said("x"))], sockets={}, absent=_said("none"))
