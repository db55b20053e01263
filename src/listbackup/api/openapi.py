"""The OpenAPI 3.1 document, made from the routes: what is not declared there does not exist."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from listbackup import __version__
from listbackup.api.admission import OF_AN_ACCOUNT
from listbackup.api.examples import Examples, example_id
from listbackup.api.instants import mark_instants
from listbackup.api.paths import full_path
from listbackup.api.words import TAGS, describe
from listbackup.http.permission import Permission, Signed
from listbackup.http.problem import MEDIA_TYPE, ProblemDetails, all_kinds
from listbackup.services.routing import Chunks, Route, Stream, Text

_PATH_PART = re.compile(r"\{(\w+)(?::(\w+))?\}")
_REF = "#/components/schemas/{name}"
_HEADERS: dict[str, Any] = {
    "RateLimit-Limit": {"description": "How many requests at once.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "How many are left now.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Until all are there again [s].", "schema": {"type": "integer"}},
    "Retry-After": {"description": "Do not ask before [s].", "schema": {"type": "integer"}},
}
_FILES = {"application/jsonl": '{"id":7,"name":"Ada Lovelace"}\n', "text/csv": "id,name\r\n7,Ada Lovelace\r\n"}
_ACCOUNT: dict[str, Any] = {
    "name": "X-Account-Id",
    "in": "header",
    "required": False,
    "description": "The account to work in; else the key's own, or the one that the person chose last.",
    "schema": {"type": "string", "pattern": "^acc_"},
}
_REPEAT: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same request sent again with it within a day creates nothing and gets the first answer.",
    "schema": {"type": "string", "maxLength": 200},
}
_VERSION: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that was read; when the thing was changed since, nothing is done (412).",
    "schema": {"type": "string"},
}
_SCHEMES = {
    "apiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "lbk_…", "description": "An API key."},
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A person's access token, good for 15 minutes.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-lb", "description": "A person's browser session."},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "Beside the cookie, for everything but GET."},
}


def openapi(routes: Sequence[Route]) -> dict[str, Any]:
    """The document of these routes, the same for the same routes."""
    answers = [route.answers for route in routes if route.answers not in (None, Text, Stream, Chunks)]
    shown, components = msgspec.json.schema_components([*answers, ProblemDetails], ref_template=_REF)
    mark_instants(answers, components)
    bodies = [route.body for route in routes if route.body is not None]
    references, read = models_json_schema(
        [(body, "validation") for body in dict.fromkeys(bodies)], ref_template="#/components/schemas/{model}"
    )
    named = {name: one for route in routes for name, one in _query_schema(route.query).get("$defs", {}).items()}
    found = dict(sorted({**components, **named, **read.get("$defs", {})}.items()))
    describe(found, asked=frozenset({*named, *read.get("$defs", {})}))
    examples = Examples(found)
    schemas = iter(shown)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        schema = next(schemas) if route.answers not in (None, Text, Stream, Chunks) else None
        paths.setdefault(plain_path(full_path(route)), {})[route.method.lower()] = _operation(
            route, schema, references[route.body, "validation"] if route.body is not None else None, examples
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ListBackup",
            "version": __version__,
            "summary": "Point-in-time copies of the data you hold in SaaS platforms, and the way back.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": TAGS[tag]} for tag in sorted({route.tag for route in routes})],
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "headers": _HEADERS,
            "responses": {str(status): _bad(status) for status in sorted({kind.status for kind in all_kinds()})},
            "schemas": found,
            "securitySchemes": _SCHEMES,
        },
    }


def plain_path(path: str) -> str:
    """The path with its parts by name only."""
    return _PATH_PART.sub(r"{\1}", path)


def operation_id(route: Route) -> str:
    """A name for programs: ``get_sources_source``."""
    return "_".join([route.method.lower(), *re.findall(r"[A-Za-z0-9]+", plain_path(route.path))])


def statuses(route: Route) -> Sequence[int]:
    """Every status that this operation can answer with a problem."""
    found = {400, 405, 421, 500, 503, *route.problems}
    found |= {429}
    found |= {401, 403, 404} if route.access is not None else set()
    found |= {403} if route.method != "GET" else set()  # a page of another origin
    found |= {404} if "{" in route.path else set()
    found |= {413, 422}  # a body or a parameter that nobody reads is refused too
    found |= {415} if route.body is not None else set()
    found |= {409} if route.method != "GET" else set()
    found |= {412} if route.versioned else set()
    return sorted(found)


def _operation(route: Route, schema: Mapping[str, Any] | None, body: Mapping[str, Any] | None, examples: Examples) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
        "security": _security(route),
        "x-permission": route.access.value if route.access is not None else "public",
        **({"x-step-up": True} if route.step_up else {}),
        "parameters": [*_path_parameters(route), *_query_parameters(route.query), *_header_parameters(route)],
        "responses": {
            str(route.status): _good(route, schema, examples),
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses(route)},
            **{str(status): _good(route, schema, examples) for status in route.also},
        },
    }
    if route.reads_raw:
        found["requestBody"] = {"content": {"application/json": {"schema": {}, "example": {"id": 7}}}}
    if body is not None:  # by pydantic's own reference: two rooms may have a body of one name
        content = {"application/json": {"schema": body, "example": examples.of(body, tag=route.tag)}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _security(route: Route) -> list[dict[str, list[str]]]:
    """Each of these alone is enough."""
    if route.access is None:
        return []
    cookie: dict[str, list[str]] = {"session": []} if route.method == "GET" else {"session": [], "csrf": []}
    people = [{"accessToken": list[str]()}, cookie]
    return people if route.access is Signed.PERSON else [{"apiKey": []}, *people]


def _good(route: Route, schema: Mapping[str, Any] | None, examples: Examples) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-Id": {"schema": {"type": "string"}}}
    headers |= {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS if name.startswith("RateLimit")}
    if route.versioned:
        headers["ETag"] = {"schema": {"type": "string"}}
    if route.answers is Stream:
        return {
            "description": "A stream of server-sent events.",
            "headers": headers,
            "content": {"text/event-stream": {"example": 'id: 17\nevent: activity\ndata: {"action":"run:started"}\n\n'}},
        }
    if route.answers is Chunks:
        return {
            "description": "A file.",
            "headers": headers,
            "content": {media: {"schema": {"type": "string"}, "example": _FILES.get(media, "…")} for media in route.media},
        }
    if route.answers is Text:
        return {
            "description": "Text.",
            "headers": headers,
            "content": {"text/plain": {"schema": {"type": "string"}, "example": "some lines\n"}},
        }
    if schema is None:
        return {"description": "Done.", "headers": headers}
    content = {"application/json": {"schema": schema, "example": examples.of(schema, tag=route.tag)}}
    return {"description": "Done.", "headers": headers, "content": content}


def _bad(status: int) -> dict[str, Any]:
    kinds = [kind for kind in all_kinds() if kind.status == status]
    example = {
        "type": f"urn:listbackup:problem:{kinds[0].code}",
        "title": kinds[0].title,
        "status": status,
        "code": kinds[0].code,
        "detail": kinds[0].title,
        "hint": None,
        "errors": [],
        "request_id": example_id("req"),
    }
    headers: dict[str, Any] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}} if status in (429, 503) else {}
    headers |= {"WWW-Authenticate": {"schema": {"type": "string"}}} if status == 401 else {}
    return {
        "description": "; ".join(sorted(kind.code for kind in kinds)) or "A problem.",
        **({"headers": headers} if headers else {}),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}, "example": example}},
    }


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", **({"pattern": f"^{kind}_"} if len(kind) == 3 else {})}}
        for name, kind in _PATH_PART.findall(route.path)
    ]


def _query_schema(query: type[BaseModel] | None) -> dict[str, Any]:
    return query.model_json_schema(ref_template="#/components/schemas/{model}") if query is not None else {}


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    schema = _query_schema(query)
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, **_told(one), "schema": one}
        for name, one in schema.get("properties", {}).items()
    ]


def _told(schema: Mapping[str, Any]) -> dict[str, str]:
    """What a field says of itself, where readers of parameters look; of a thing that may be left out it stands one deeper."""
    parts = [schema, *schema.get("anyOf", ())]
    return next(({"description": part["description"]} for part in parts if "description" in part), {})


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if isinstance(route.access, Permission) and OF_AN_ACCOUNT not in route.path:
        found.append(_ACCOUNT)
    if route.repeatable:
        found.append(_REPEAT)
    if route.versioned and route.method != "GET":
        found.append(_VERSION)
    return found
