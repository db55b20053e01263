"""Which operations belong to which service: what a deployment mounts on one function each. Nothing is opened to know it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from listbackup.api.door import Tally
from listbackup.api.paths import full_path
from listbackup.api.rooms import SERVICES, House, every_route
from listbackup.base.errors import InputError
from listbackup.services.routing import Route

_OPEN = re.compile(r"\{(\w+):path\}.*")  # what may hold slashes stands last there, and takes in whatever comes behind it
DOCUMENT = "/v2/openapi.json"
DOCUMENTED_BY = "system"  # whose function answers the document of all


def service_names() -> Sequence[str]:
    """Every service, in the order of the document."""
    return tuple(SERVICES)


def routes_of(service: str) -> Sequence[tuple[str, str]]:
    """The operations of a service as API Gateway's HTTP APIs name them: ``("GET", "/v2/runs/{run}")``, ``{key+}`` where the rest may hold slashes.

    Raises InputError for a service that there is not. Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html, read 2026-11-21.
    """
    return _named(service, _routes(service))


def public_routes_of(service: str) -> Sequence[tuple[str, str]]:
    """Those of a service that nobody signs in for: no authorizer stands before them."""
    return _named(service, [route for route in _routes(service) if route.access is None])


def _routes(service: str) -> Sequence[Route]:
    if service not in SERVICES:
        raise InputError(f"there is no service {service!r}", hint="there are: " + ", ".join(SERVICES))
    return every_route(cast(House, _Plan()), cast(Any, _Plan()), Tally(), of=(service,))


def _named(service: str, routes: Sequence[Route]) -> Sequence[tuple[str, str]]:
    own = [(route.method, _OPEN.sub(r"{\1+}", full_path(route))) for route in routes]
    return list(dict.fromkeys([*own, ("GET", DOCUMENT)] if service == DOCUMENTED_BY else own))


class _Plan:
    """A house as it is drawn: every room has its name, and nobody can do anything in it."""

    def __getattr__(self, _: str) -> _Plan:
        return self

    def __call__(self, *_: object, **__: object) -> _Plan:
        return self
