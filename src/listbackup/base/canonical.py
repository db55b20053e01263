"""Canonical JSON: the form in which two records are compared, never the form in which one is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec


def canonical(raw: bytes, volatile: Sequence[tuple[str, ...]] = ()) -> bytes:
    """The record with sorted keys, no white space, numbers as written, and the volatile paths left out.

    Two records with the same canonical form say the same thing. Raises ValueError on what is not JSON.
    A path is a tuple of object keys; ``*`` stands for every element of an array.
    """
    try:
        value = json.loads(raw, parse_float=_number, parse_int=_number, parse_constant=_no_number)
        for path in volatile:
            _drop(value, path)
        return msgspec.json.encode(value, order="sorted")
    except RecursionError:
        raise ValueError("nested too deep") from None


def comparable(raw: bytes, volatile: Sequence[tuple[str, ...]] = ()) -> bytes:
    """As ``canonical``; the record itself where that is not JSON: then only the very same bytes say the same thing."""
    try:
        return canonical(raw, volatile)
    except ValueError:
        return raw


def _number(text: str) -> Any:
    """The number as it was written, so that neither 18446744073709551616 nor 0.10 is rounded."""
    return msgspec.Raw(text.encode())


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _drop(value: Any, path: Sequence[str]) -> None:
    for parent in _walk(value, path[:-1]):
        if isinstance(parent, dict):
            parent.pop(path[-1], None)


def _walk(value: Any, path: Sequence[str]) -> Iterable[Any]:
    if not path:
        yield value
    elif path[0] == "*" and isinstance(value, list):
        for element in value:
            yield from _walk(element, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _walk(value[path[0]], path[1:])
