"""Canonical JSON: the form in which two records are compared, never the form in which one is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec


def canonical(raw: bytes, volatile: Sequence[tuple[str, ...]] = ()) -> bytes:
    """The record with sorted keys, no white space, numbers as written, and the volatile paths left out.

    Two records with the same canonical form say the same thing. Raises ValueError on what is not JSON.
    A path is a tuple of object keys; ``*`` stands for every element of an array.
    """
    return _written(raw, volatile, _number)


def comparable(raw: bytes, volatile: Sequence[tuple[str, ...]] = ()) -> bytes:
    """As ``canonical``; the record itself where that is not JSON: then only the very same bytes say the same thing."""
    try:
        return canonical(raw, volatile)
    except ValueError:
        return raw


def have_same_values(one: bytes, other: bytes) -> bool:
    """Whether two JSON texts say the same with other escapes, spaces, orders of names, or digits that change no number (1.0 and 1.00); False where that cannot be told."""
    try:
        return _written(one, (), _valued) == _written(other, (), _valued)
    except ValueError:
        return False


def _written(raw: bytes, volatile: Sequence[tuple[str, ...]], number: Callable[[str], Any]) -> bytes:
    try:
        value = json.loads(raw, parse_float=number, parse_int=number, parse_constant=_no_number)
        for path in volatile:
            _drop(value, path)
        return msgspec.json.encode(value, order="sorted")
    except RecursionError:
        raise ValueError("nested too deep") from None


def _valued(text: str) -> Any:
    """The number as one of all its spellings, exactly."""
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole.removeprefix("-") + fraction).lstrip("0")
    kept = digits.rstrip("0")
    if not kept:
        return msgspec.Raw(b"0")
    power = int(exponent or 0) - len(fraction) + len(digits) - len(kept)
    return msgspec.Raw(f"{'-' if whole.startswith('-') else ''}{kept}e{power}".encode())


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
