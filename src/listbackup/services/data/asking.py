"""What a listing of records can be asked: conditions on fields, an order, some fields only; and the fields of one record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from listbackup.base.decode import from_json, from_platform
from listbackup.base.errors import InputError
from listbackup.connectors.engine.record import Json
from listbackup.processor.filters import Filter, FilterOp, value_at

MAX_CONDITIONS = 20
_CONDITION = re.compile(r"(?P<field>[^=!<>~]{1,500}?)(?:(?P<op>!=|=|<|>|~)(?P<value>.*))?", re.DOTALL)
_SPLIT = re.compile(r"(?<!\\),")
_DEEP = 32
_HUGE = 1e300
SortKey = tuple[int, float, str]


def parse_filter(text: str) -> tuple[Filter, ...]:
    """``status=open,amount>100,owner.email~@example.org,phone``: all must hold; a name alone asks for its presence; a comma in a value is ``\\,``. Raises InputError."""
    parts = [part.replace("\\,", ",") for part in _SPLIT.split(text)]
    if len(parts) > MAX_CONDITIONS:
        raise InputError(f"at most {MAX_CONDITIONS} conditions at once", field="filter")
    return tuple(_condition(part) for part in parts)


def write_filter(conditions: Sequence[Filter]) -> str:
    """The text that ``parse_filter`` reads as these."""
    return ",".join(
        (one.field + ("" if one.op is FilterOp.PRESENT else one.op.value + one.value)).replace(",", "\\,") for one in conditions
    )


def _condition(text: str) -> Filter:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise InputError(
            f"{text[:80]!r} is no condition", field="filter", hint="write field=value, with =, !=, <, > or ~, or a field alone"
        )
    op = FilterOp(match["op"]) if match["op"] else FilterOp.PRESENT
    return Filter(field=match["field"].strip(), op=op, value=match["value"] or "")


def parse_fields(text: str) -> tuple[tuple[str, ...], ...]:
    """``id,name,owner.email`` as paths. Raises InputError."""
    paths = [tuple(part.strip().split(".")) for part in text.split(",")]
    if len(paths) > 200 or any(not step for path in paths for step in path):
        raise InputError("fields are up to 200 names joined by commas, their parts by dots", field="fields")
    return tuple(dict.fromkeys(paths))


def changed_fields(before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    """The names of the top fields that differ, sorted; empty where one side is missing or no object."""
    if before is None or after is None:
        return ()
    try:
        old, new = (from_json(raw, dict[str, msgspec.Raw]) for raw in (before, after))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ()
    names = old.keys() | new.keys()
    return tuple(sorted(name for name in names if name not in old or name not in new or bytes(old[name]) != bytes(new[name])))


def sort_key(raw: bytes, path: Sequence[str]) -> SortKey:
    """Where a record stands by this field: numbers, then texts, then what has none."""
    try:
        found = value_at(from_platform(raw), path)
    except (msgspec.DecodeError, RecursionError):
        return (3, 0.0, "")
    match found:
        case bool():
            return (0, float(found), "")
        case int() | float():
            return (0, float(max(min(found, _HUGE), -_HUGE)), "")
        case str():
            return (1, 0.0, found[:500])
        case None:
            return (3, 0.0, "")
        case _:
            return (2, 0.0, msgspec.json.encode(found).decode()[:500])


class FieldKind(StrEnum):
    """What stands in a field."""

    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    NULL = "null"
    EMPTY = "empty"  # an object or a list with nothing in it


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShown:
    """A field of a record: the path of names and positions that leads to it, and its value as text."""

    path: str
    kind: FieldKind
    value: str


def fields_of(raw: bytes, *, at_most: int = 2000) -> Sequence[FieldShown]:
    """The record's fields in the order in which they stand, down to plain values; the first ``at_most``."""
    try:
        value: Json = from_platform(raw)
    except (msgspec.DecodeError, RecursionError):
        return ()
    found = []
    for field in _walk("", value, 0):
        found.append(field)
        if len(found) >= at_most:
            break
    return found


def _walk(path: str, value: Json, depth: int) -> Iterator[FieldShown]:
    children: Mapping[str, Json] = {}
    if depth < _DEEP:
        if isinstance(value, dict):
            children = value
        elif isinstance(value, list):
            children = {str(index): one for index, one in enumerate(value)}
    if children:
        for name, below in children.items():
            yield from _walk(f"{path}.{name}" if path else name, below, depth + 1)
        return
    yield FieldShown(path=path, kind=_kind(value), value=value if isinstance(value, str) else msgspec.json.encode(value).decode())


def _kind(value: Json) -> FieldKind:
    match value:
        case str():
            return FieldKind.TEXT
        case bool():
            return FieldKind.BOOL
        case int() | float():
            return FieldKind.NUMBER
        case None:
            return FieldKind.NULL
        case _:
            return FieldKind.EMPTY
