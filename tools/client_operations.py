"""Methods of the Python client from the operations of ``openapi.json``: what they are called, and their text.

A name depends on nothing but method, path, tag and kind of answer of its own operation, so that a new route never renames another's method.
``NAMES`` is for those that the rule makes ugly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from client_schemas import Schema, Schemas, argument, docstring

NAMES: dict[str, str] = {  # "METHOD path" -> the method's name
    "GET /v2/snapshots/{snapshot}/streams": "streams",
    "GET /v2/snapshots/{snapshot}/streams/{stream}/records": "records",
    "GET /v2/snapshots/{snapshot}/streams/{stream}/records/{key}": "record",
    "GET /v2/snapshots/{snapshot}/streams/{stream}/records/{key}/history": "history",
    "GET /v2/sources/{source}/snapshots": "snapshots",
    "GET /v2/snapshots": "newest_snapshots",
    "GET /v2/snapshots/{snapshot}": "snapshot",
    "GET /v2/sources/{source}/retention/preview": "preview_retention",
    "GET /v2/sources/{source}/prune/preview": "preview_prune",
    "POST /v2/sources/{source}/prune": "prune",
    "GET /v2/sources/{source}/prune": "last_prune",
    "POST /v2/sources/{source}/expire": "expire",
    "POST /v2/snapshots/{snapshot}/undelete": "undelete",
    "POST /v2/snapshots/{snapshot}/hold": "hold",
    "DELETE /v2/snapshots/{snapshot}/hold": "release",
    "POST /v2/snapshots/{snapshot}/trust": "trust",
    "POST /v2/snapshots/{snapshot}/verify": "verify",
    "POST /v2/sources/{source}/sync": "sync",
    "POST /v2/jobs/{job}/run": "run_job",
    "GET /v2/jobs/{job}/runs": "of_job",
    "POST /v2/hooks/{connection}": "deliver_hook",
    "POST /v2/sources/{source}/retention/preview": "try_retention",
    "GET /v2/sources/{source}/retention": "retention",
    "PUT /v2/sources/{source}/retention": "set_retention",
    "GET /v2/sources/{source}/coverage": "coverage",
    "GET /v2/sources/{source}/recoverability": "recoverability",
    "GET /v2/snapshots/{snapshot}/verification": "verification",
    "GET /v2/snapshots/{snapshot}/streams/{stream}/records/{key}/fields": "record_fields",
    "GET /v2/snapshots/{snapshot}/streams/{stream}/records/{key}/references": "record_references",
    "GET /v2/data/files": "list",
    "GET /v2/data/files/{file}": "get",
    "GET /v2/data/tree": "tree",
    "POST /v2/data/files/search": "search",
    "POST /v2/data/files/{file}/download-url": "create_download_url",
    "POST /v2/auth/setup": "setup",
    "GET /v2/accounts/{account}/invitations": "list",
    "POST /v2/accounts/{account}/invitations": "create",
    "DELETE /v2/accounts/{account}/invitations/{invitation}": "delete",
    "POST /v2/accounts/{account}/invitations/{invitation}/resend": "resend",
    "POST /v2/accounts/switch": "switch_account",
    "DELETE /v2/users/me/accounts/{account}": "leave_account",
    "POST /v2/auth/passkeys/register": "register_passkey",
}
VERBS = {"GET": "get", "POST": "create", "PUT": "set", "PATCH": "update", "DELETE": "delete"}
JSON = "application/json"
EVENTS = "text/event-stream"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    tag: str
    said: Mapping[str, Any]

    @property
    def answer(self) -> tuple[str, Schema] | None:
        """Media type and schema of the good answer, if it has a body."""
        good = next(one for status, one in sorted(self.said["responses"].items()) if status.startswith("2"))
        content = good.get("content", {})
        if len(content) > 1:  # one of several forms of a file
            return "application/octet-stream", {}
        return next(((media, one.get("schema", {})) for media, one in content.items()), None)

    @property
    def creates(self) -> bool:
        """Whether it makes something new."""
        return "201" in self.said["responses"]

    def parameters(self, place: str) -> Sequence[Mapping[str, Any]]:
        """The parameters of the path, the query or the header."""
        return [one for one in self.said.get("parameters", ()) if one["in"] == place]

    def has_header(self, name: str) -> bool:
        """Whether it reads this header."""
        return any(one["name"].lower() == name.lower() for one in self.parameters("header"))

    @property
    def body(self) -> tuple[str, Schema] | None:
        """Media type and schema of the body, if it reads one."""
        content = self.said.get("requestBody", {}).get("content", {})
        return next(((media, one.get("schema", {})) for media, one in content.items()), None)


def operations(document: Mapping[str, Any]) -> Sequence[Operation]:
    """Every operation, by path and method."""
    return [
        Operation(method=method.upper(), path=path, tag=said["tags"][0], said=said)
        for path, methods in sorted(document["paths"].items())
        for method, said in sorted(methods.items())
    ]


def method_name(operation: Operation, schemas: Schemas) -> str:
    """``list``, ``get``, ``create`` … of the tag's own things; below them, what the path says behind them."""
    named = NAMES.get(f"{operation.method} {operation.path}")
    if named is not None:
        return named
    parts = [one for one in operation.path.split("/") if one and one != "v2"]
    words = [re.sub(r"\W", "_", one).strip("_") for one in parts if not one.startswith("{")]
    if words and _same(words[0], operation.tag):
        words = words[1:]
    of_one = bool(parts) and parts[-1].startswith("{")
    rest = "_".join(words)
    if not rest:
        listed = operation.answer is not None and schemas.page_of(operation.answer[1]) is not None
        return "list" if operation.method == "GET" and not of_one and listed else VERBS[operation.method]
    if operation.method == "GET" and not of_one:
        return argument(rest)
    if operation.method == "POST" and not of_one and not operation.creates:
        return argument(rest)
    return f"{VERBS[operation.method]}_{_one(rest) if of_one or operation.creates else rest}"


def named(operations: Sequence[Operation], schemas: Schemas) -> Mapping[str, Operation]:
    """The operations of one tag by the names of their methods. Of two that want one name, the one farther from the tag's own path has its ``operationId``."""
    found: dict[str, Operation] = {}
    for one in sorted(operations, key=_distance):
        name = method_name(one, schemas)
        found[one.said["operationId"] if name in found else name] = one
    return dict(sorted(found.items()))


def _distance(operation: Operation) -> tuple[bool, int, str, str]:
    words = operation.path.split("/")[2:]
    return not _same(words[0], operation.tag), len(words), operation.path, operation.method


def _same(word: str, tag: str) -> bool:
    return word.replace("-", "_") == tag.replace("-", "_")


def _one(words: str) -> str:
    """The singular of a plural noun."""
    if words.endswith("ies"):
        return words[:-3] + "y"
    return words[:-1] if words.endswith("s") and not words.endswith("ss") else words


class MethodText:
    """Writes the method of one operation."""

    def __init__(self, operation: Operation, name: str, schemas: Schemas) -> None:
        self._operation, self._name, self._schemas = operation, name, schemas
        self._path = [one["name"] for one in operation.parameters("path")]
        events = (operation.answer or ("", {}))[0] == EVENTS
        self._query = [one for one in operation.parameters("query") if not (events and one["name"] == "last_event_id")]  # goes as a header
        body = operation.body
        self._properties = self._flat(body[1]) if body is not None and body[0] == JSON else None
        self._taken = {*map(argument, self._path)}

    def text(self) -> str:
        """The method, and beside it the iterator over all pages where it answers one."""
        _, schema = self._operation.answer or ("", {})
        page = self._schemas.items_of(schema)
        if page is None or not any(one["name"] == "cursor" for one in self._query):
            return self._method()
        return self._method() + "\n\n" + self._iterator(self._schemas.annotation(page))

    def _method(self) -> str:
        extra, call, answers = self._ending()
        positional = [f"{argument(one)}: str" for one in self._path]
        keywords = [*self._query_arguments(), *self._body_arguments(), *self._header_arguments(), *extra]
        signature = ", ".join(["self", *positional, *(["*", *keywords] if keywords else [])])
        lines = [f"    def {self._name}({signature}) -> {answers}:", docstring(self._operation.said["summary"] + ".", " " * 8)]
        return "\n".join([*lines, *self._request(), f"        {call}"])

    def _iterator(self, item: str) -> str:
        positional = [f"{argument(one)}: str" for one in self._path]
        keywords = [one for one in self._query_arguments() if not one.startswith("cursor:")]
        signature = ", ".join(["self", *positional, *(["*", *keywords] if keywords else [])])
        names = [
            *map(argument, self._path),
            *(f"{argument(one['name'])}={argument(one['name'])}" for one in self._query if one["name"] != "cursor"),
        ]
        call = ", ".join([*names, "cursor=cursor"])
        called = "iter" if self._name == "list" else f"iter_{self._name}"
        about = f"Every item of ``{self._name}``, page after page."
        return "\n".join(
            [
                f"    def {called}({signature}) -> Iterator[{item}]:",
                docstring(about, " " * 8),
                f"        return every(lambda cursor: self.{self._name}({call}))",
            ]
        )

    def _query_arguments(self) -> list[str]:
        return [self._argument(one["name"], one["schema"], one.get("required", False)) for one in self._query]

    def _body_arguments(self) -> list[str]:
        body = self._operation.body
        if body is None:
            return []
        if self._properties is not None:
            needed = self._schemas[_ref(body[1])].get("required", [])
            return sorted(
                (self._argument(name, one, name in needed, own=self._body_name(name)) for name, one in self._properties.items()),
                key=lambda text: "= UNSET" in text,
            )
        return [f"body: {self._schemas.annotation(body[1])}"] if body[0] == JSON else ["content: bytes", f"media_type: str = {body[0]!r}"]

    def _header_arguments(self) -> list[str]:
        found = []
        if self._operation.has_header("If-Match"):
            found.append("version: int | None = None")
        if self._operation.has_header("Idempotency-Key"):
            found.append("idempotency_key: str | None = None")
        return found

    def _argument(self, name: str, schema: Schema, needed: bool, own: str | None = None) -> str:
        kind, called = self._schemas.annotation(schema), own or argument(name)
        return f"{called}: {kind}" if needed else f"{called}: {kind} | UnsetType = UNSET"

    def _body_name(self, name: str) -> str:
        """A field's argument; one that a part of the path or a header has already is ``new_``."""
        plain = argument(name)
        taken = {*self._taken, *(argument(one["name"]) for one in self._query), "version", "idempotency_key"}
        return f"new_{plain}" if plain in taken else plain

    def _flat(self, schema: Schema) -> Mapping[str, Schema] | None:
        """The fields of a body that is one plain object; None for another."""
        name = _ref(schema)
        if not name or self._schemas[name].get("type") != "object" or "properties" not in self._schemas[name]:
            return None
        found: Mapping[str, Schema] = self._schemas[name]["properties"]
        return found

    def _request(self) -> list[str]:
        """The lines that make the request."""
        one = self._operation
        path = re.sub(r"\{(\w+)\}", lambda match: "{part(" + argument(match[1]) + ")}", one.path)
        parts = [f'method="{one.method}"', f'path=f"{path}"' if self._path else f'path="{path}"']
        if self._query:
            parts.append("query={" + ", ".join(f'"{q["name"]}": {argument(q["name"])}' for q in self._query) + "}")
        body = one.body
        if self._properties is not None:
            parts.append("body=given({" + ", ".join(f'"{name}": {self._body_name(name)}' for name in self._properties) + "})")
        elif body is not None:
            parts.append("body=body" if body[0] == JSON else "body=content")
        headers = []
        if one.has_header("If-Match"):
            headers.append("**version_header(version)")
        if one.has_header("Idempotency-Key"):
            headers.append("**repeat_header(idempotency_key)")
        if body is not None and body[0] != JSON:
            headers.append('"content-type": media_type')
        if headers:
            parts.append("headers={" + ", ".join(headers) + "}")
        if one.has_header("Idempotency-Key"):
            parts.append("repeatable=True")
        if not one.said.get("security"):
            parts.append("signed=False")
        return [f"        request = Request({', '.join(parts)})"]

    def _ending(self) -> tuple[list[str], str, str]:
        """Arguments of its own, the call, and what the method answers."""
        answer = self._operation.answer
        if answer is None:
            return [], "self._session.do(request)", "None"
        media, schema = answer
        if media == JSON:
            kind = self._schemas.annotation(schema)
            concrete = kind.replace("Mapping[", "dict[").replace("Sequence[", "list[")  # an abstract class is no type to be read
            return [], f"return self._session.ask({concrete}, request)", kind
        if media == EVENTS:
            extra = ["last_event_id: str | None = None", "heartbeats: bool = False"]
            return extra, "return self._session.events(request, last_event_id=last_event_id, heartbeats=heartbeats)", "Events"
        if media.startswith("text/") and media != "text/csv":
            return [], "return self._session.text(request)", "str"
        return [], "return self._session.download(request)", "Download"


def _ref(schema: Schema) -> str:
    found: str = schema.get("$ref", "")
    return found.rpartition("/")[2]
