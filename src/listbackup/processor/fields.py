"""Single fields of a record: taken out of it, and put into another, with every other byte as it was."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from listbackup.base.decode import from_json, mend
from listbackup.base.errors import InputError

MOST_FIELDS = 100
FieldPath = tuple[str, ...]


def field_paths(names: Sequence[str]) -> tuple[FieldPath, ...]:
    """``name`` and ``owner.email`` as paths, each once. Raises InputError."""
    paths = tuple(dict.fromkeys(tuple(name.split(".")) for name in names))
    if len(paths) > MOST_FIELDS or any(not step for path in paths for step in path):
        raise InputError(f"fields are up to {MOST_FIELDS} names, their parts joined by dots", field="fields")
    return paths


def find_field(raw: bytes, path: FieldPath) -> bytes | None:
    """The exact bytes of the field's value; None where the record has no such field."""
    for step in path:
        fields = _fields(raw)
        if fields is None or step not in fields:
            return None
        raw = bytes(fields[step])
    return raw


def with_fields(raw: bytes, kept: bytes, paths: Sequence[FieldPath]) -> bytes:
    """The record with these fields as ``kept`` has them; those that ``kept`` has not stay as they are. Raises InputError where the others would be lost."""
    if _fields(raw) is None:
        raise InputError("what is there now cannot be taken apart, so no single field of it is written", hint="restore it whole")
    for path in paths:
        value = find_field(kept, path)
        if value is not None:
            raw = _with(raw, path, value)
    return raw


def only_fields(raw: bytes, paths: Sequence[Sequence[str]]) -> bytes:
    """The record with these fields only, each with its exact bytes; one that is no object stays as it is."""
    tree: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        tree.setdefault(path[0], []).append(path[1:])
    fields = _fields(raw)
    if fields is None:
        return raw
    found = {}
    for name, below in tree.items():
        if name in fields:
            whole = any(not rest for rest in below)
            found[name] = fields[name] if whole else msgspec.Raw(only_fields(bytes(fields[name]), below))
    return msgspec.json.encode(found)


def _with(raw: bytes, path: FieldPath, value: bytes) -> bytes:
    if not path:
        return value
    fields = _fields(raw) or {}  # what was no object by now is one again
    inner = fields.get(path[0])
    fields[path[0]] = msgspec.Raw(_with(bytes(inner) if inner is not None else b"{}", path[1:], value))
    return msgspec.json.encode(fields)


def _fields(raw: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return from_json(raw, dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        mended = mend(raw)
        return _of_mended(raw, mended) if mended != raw else None


def _of_mended(raw: bytes, mended: bytes) -> dict[str, msgspec.Raw] | None:
    from listbackup.connectors.engine.page import same_places  # few records hold half a surrogate pair

    try:
        fields = from_json(mended, dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return dict(zip(fields, map(msgspec.Raw, same_places(raw, mended, fields.values())), strict=True))
