"""Examples for the document, made from the schemas: what a field declares itself, else what its name, form or type suggests. The same for the same routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ID = "01kdvdna0012msxfg7t6sgfma3"
_DEEP = 6  # levels below which what may be left out is left out: schemas may contain themselves
_PREFIXES = {
    "account": "acc",
    "connection": "con",
    "job": "job",
    "parent": "acc",
    "restore": "rst",
    "role_id": "rol",
    "run": "run",
    "session": "ses",
    "snapshot": "snp",
    "source": "src",
    "user": "usr",
}
_BY_TAG = {
    "accounts": "acc",
    "activity": "act",
    "auth": "ses",
    "connections": "con",
    "jobs": "job",
    "restores": "rst",
    "runs": "run",
    "sources": "src",
    "users": "usr",
}
_WORDS: dict[str, Any] = {
    "access_token": "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoiYXQrand0In0.e30.c2lnbmF0dXJl",
    "actor": f"usr_{_ID}",
    "address": "203.0.113.7",
    "agent": "Mozilla/5.0",
    "code": "492039",
    "credential": {"id": "AQIDBA", "rawId": "AQIDBA", "type": "public-key", "response": {}},
    "cron": "0 3 * * *",
    "csrf_token": "2sX0m0rJw1k3mIY3e0m3b0Q0q6q0n9p2mJ7mJ9m3b0Q",
    "currency": "EUR",
    "email": "ada@example.com",
    "etag": '"3"',
    "expires_at": "2026-06-01T03:00:00Z",
    "from": f"snp_{_ID}",
    "issuer": "https://backup.example.org",
    "jwks_uri": "https://backup.example.org/.well-known/jwks.json",
    "locale": "en",
    "message": "3 streams were read",
    "name": "Customers",
    "next": None,
    "password": "seven brass kettles on a shelf",
    "platform": "demo-crm",
    "q": "ada",
    "qr_png": "data:image/png;base64,iVBORw0KGgo=",
    "qr_svg": "<svg/>",
    "reason": "asked by the auditors",
    "record": {"id": 7, "name": "Ada Lovelace"},
    "recovery_codes": ["mfra-2dqz-c3a4-k6tn-x5wy-7bse"],
    "refresh_token": "lbr_01kdvdna0012msxfg7t6sgfma3_0_2sX0m0rJw1k3mIY3e0m3b0Q0q6q0n9p2mJ7mJ9m3b0Q",
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "stream": "customers",
    "text": "lbk_live_7k3m9p2q_…",
    "ticket": "Qm3b0Q0q6q0n9p2mJ7mJ9m3b0Q2sX0m0rJw1k3mIY3e0",
    "time_zone": "Europe/Berlin",
    "to": f"snp_{_ID}",
    "token": "Qm3b0Q0q6q0n9p2mJ7mJ9m3b0Q2sX0m0rJw1k3mIY3e0",
    "uri": "otpauth://totp/ListBackup:ada%40example.com?secret=JBSWY3DPEHPK3PXP",
    "url": "https://crm.example.org",
    "version": 3,
}
_FORMATS = {
    "date": "2026-03-01",
    "date-time": "2026-03-01T03:00:00Z",
    "duration": "P7D",
    "email": "ada@example.com",
    "time": "03:00:00",
    "uri": "https://crm.example.org",
    "uuid": "018e0e1e-7f3b-7c6e-8a5b-2f9c3d4e5f60",
}


class Examples:
    """Examples of the schemas of one document."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: Mapping[str, Any], *, tag: str = "") -> Any:
        """A value of this schema."""
        return self._value(schema, "", tag, 0)

    def _value(self, schema: Mapping[str, Any], name: str, tag: str, depth: int) -> Any:
        said = _said(schema)
        if said is not None:
            return said
        if "$ref" in schema:
            return self._value(self._schemas[str(schema["$ref"]).rpartition("/")[2]], name, tag, depth)
        for word in ("anyOf", "oneOf", "allOf"):
            if word in schema:
                return self._choice(schema, schema[word], name, tag, depth)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        return self._plain(kind, schema, name, tag, depth)

    def _choice(self, schema: Mapping[str, Any], choices: list[Mapping[str, Any]], name: str, tag: str, depth: int) -> Any:
        """The first that is something; nothing, where nothing is usual and the rest is deep or long."""
        real = [one for one in choices if one.get("type") != "null"]
        optional = len(real) < len(choices)
        if name in _WORDS and _WORDS[name] is None and optional:
            return None
        if optional and depth >= _DEEP:
            return None
        return self._value(real[0], name, tag, depth)

    def _plain(self, kind: Any, schema: Mapping[str, Any], name: str, tag: str, depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, name, tag, depth)
            case "array":
                return self._array(schema, name, tag, depth)
            case "string":
                return _text(schema, name, tag)
            case "integer" | "number":
                return _number(schema, name)
            case "boolean":
                return True
            case None:
                return _WORDS.get(name, {"any": "thing"})
            case _:
                return None

    def _object(self, schema: Mapping[str, Any], name: str, tag: str, depth: int) -> Any:
        if isinstance(_WORDS.get(name), dict) and not schema.get("properties"):
            return _WORDS[name]
        needed = set(schema.get("required", ()))
        found = {
            key: self._value(one, key, tag, depth + 1)
            for key, one in schema.get("properties", {}).items()
            if depth < _DEEP or key in needed
        }
        more = schema.get("additionalProperties")
        if not found and isinstance(more, Mapping) and depth < _DEEP:
            keys = schema.get("propertyNames", {}).get("enum", ["customers"])
            return {keys[0]: self._value(more, keys[0], tag, depth + 1)}
        return found

    def _array(self, schema: Mapping[str, Any], name: str, tag: str, depth: int) -> Any:
        if isinstance(_WORDS.get(name), list):
            return _WORDS[name]
        if "prefixItems" in schema:
            return [self._value(one, name, tag, depth + 1) for one in schema["prefixItems"]]
        if depth >= _DEEP and not schema.get("minItems"):
            return []
        singular = name.removesuffix("s")
        return [self._value(schema.get("items") or {}, singular, tag, depth + 1) for _ in range(max(1, schema.get("minItems", 1)))]


def example_id(prefix: str) -> str:
    """An id of this prefix."""
    return f"{prefix}_{_ID}"


def _said(schema: Mapping[str, Any]) -> Any:
    """What the schema itself gives as an example."""
    if schema.get("examples"):
        return schema["examples"][0]
    for word in ("example", "const"):
        if word in schema:
            return schema[word]
    if schema.get("enum"):
        return next(one for one in schema["enum"] if one is not None)
    default = schema.get("default")
    return default if default not in (None, [], {}, "") else None


def _text(schema: Mapping[str, Any], name: str, tag: str) -> str:
    pattern, longest = schema.get("pattern"), int(schema.get("maxLength", 1000))
    shortest = int(schema.get("minLength", 0))
    own = _FORMATS.get(str(schema.get("format")))
    suggested = [
        own,
        _WORDS.get(name),
        example_id(_PREFIXES[name]) if name in _PREFIXES else None,
        example_id(_BY_TAG[tag]) if name == "id" and tag in _BY_TAG else None,
        *(example_id(found) for found in re.findall(r"\^?\(?([a-z]{3})_", pattern or "")),
        *_FORMATS.values(),
        "customers",
        "customers/7",
        "acme",
        "0",
        "a" * shortest,
    ]
    usable = [one for one in suggested if isinstance(one, str) and shortest <= len(one) <= longest and _fits(one, pattern)]
    return next((one for one in usable if one not in _FORMATS.values() or own is not None or pattern), "")


def _fits(text: str, pattern: str | None) -> bool:
    return pattern is None or re.search(pattern, text) is not None


def _number(schema: Mapping[str, Any], name: str) -> float:
    found = _WORDS.get(name, 1)
    value = found if isinstance(found, int) else 1
    least: float = schema["exclusiveMinimum"] + 1 if "exclusiveMinimum" in schema else schema.get("minimum", value)
    most: float = max(schema.get("maximum", value), least)
    return min(max(value, least), most)
