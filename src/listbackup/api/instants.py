"""Says in the document which texts are instants: msgspec leaves the format away where a datetime's type does not demand a zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import inspect


def mark_instants(answers: Iterable[Any], components: dict[str, Any]) -> None:
    """Gives every datetime of these types its ``format`` in the components that were made of them."""
    todo: list[Any] = list(inspect.multi_type_info(answers))
    seen: set[Any] = set()
    while todo:
        one = todo.pop()
        if isinstance(one, inspect.DataclassType | inspect.StructType):
            if one.cls in seen:
                continue
            seen.add(one.cls)
            _mark_fields(one, components)
        todo += _parts(one)


def _mark_fields(one: inspect.DataclassType | inspect.StructType, components: dict[str, Any]) -> None:
    names = {field.encode_name for field in one.fields}
    instants = [
        field.encode_name for field in one.fields if any(isinstance(part, inspect.DateTimeType) for part in _alternatives(field.type))
    ]
    for schema in components.values():
        properties = schema.get("properties", {})
        if instants and schema.get("title") == getattr(one.cls, "__name__", "") and set(properties) == names:
            for name in instants:
                _mark(properties[name])


def _alternatives(kind: Any) -> Iterator[Any]:
    yield from kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _parts(one: Any) -> Iterator[Any]:
    """The types inside this one."""
    match one:
        case inspect.UnionType(types=types):
            yield from types
        case inspect.DictType(key_type=key, value_type=value):
            yield from (key, value)
        case inspect.TupleType(item_types=types):
            yield from types
        case inspect.DataclassType(fields=fields) | inspect.StructType(fields=fields):
            yield from (field.type for field in fields)
        case _ if hasattr(one, "item_type"):
            yield one.item_type


def _mark(schema: dict[str, Any]) -> None:
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("type") == "string" and "format" not in one:
            one["format"] = "date-time"
