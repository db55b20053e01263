"""Dotted paths, and the msgspec structs that are made from them: only what is asked for is decoded, the rest is skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.numbers import whole

ABSENT = msgspec.Raw()  # a field that was not there: zero bytes, which no JSON value has
Getter = Callable[[Any], Any]


def split(path: str) -> tuple[str, ...]:
    """The steps of a dotted path; ``""`` has none."""
    return tuple(path.split(".")) if path else ()


def header_of(place: str | None) -> str | None:
    """The header that a place names, in lower case, or None for a path."""
    return place[7:].strip().lower() if place is not None and place.startswith("header:") else None


class Shape:
    """A struct type with one leaf for each wanted path, and a getter for each leaf.

    A leaf that is absent, or whose parents are absent or null, reads as its default.
    """

    def __init__(self, leaves: Mapping[tuple[str, ...], tuple[Any, Any]]) -> None:
        self._leaves = dict(leaves)
        self.type = _struct(self._leaves)
        self.getters: dict[tuple[str, ...], Getter] = {path: _getter(path, self._leaves) for path in self._leaves}


def _names(leaves: Mapping[tuple[str, ...], tuple[Any, Any]]) -> list[str]:
    return list(dict.fromkeys(path[0] for path in leaves))


def _struct(leaves: Mapping[tuple[str, ...], tuple[Any, Any]]) -> Any:
    fields: list[Any] = []
    rename: dict[str, str] = {}
    for number, name in enumerate(_names(leaves)):
        below = {path[1:]: leaf for path, leaf in leaves.items() if path[0] == name}
        rename[f"f{number}"] = name
        if () in below:
            if len(below) > 1:
                raise ValueError(f"{name} is asked for both as a value and for what is inside it")
            kind, default = below[()]
            fields.append((f"f{number}", kind) if default is msgspec.NODEFAULT else (f"f{number}", kind, default))
        else:
            required = any(default is msgspec.NODEFAULT for _, default in below.values())
            inner = _struct(below)
            fields.append((f"f{number}", inner) if required else (f"f{number}", inner | None, None))
    return msgspec.defstruct("Shape", fields, rename=rename, frozen=True, gc=False, kw_only=True)


def _getter(path: tuple[str, ...], leaves: Mapping[tuple[str, ...], tuple[Any, Any]]) -> Getter:
    steps: list[str] = []
    within: Mapping[tuple[str, ...], tuple[Any, Any]] = leaves
    for name in path:
        steps.append(f"f{_names(within).index(name)}")
        within = {rest[1:]: leaf for rest, leaf in within.items() if rest[0] == name and len(rest) > 1}
    plain = attrgetter(".".join(steps))
    if len(steps) == 1:
        return plain
    default = leaves[path][1]

    def get(value: Any) -> Any:
        try:
            return plain(value)
        except AttributeError:  # a parent is null or was not there
            return default

    return get


def find(raw: bytes | msgspec.Raw, path: str) -> msgspec.Raw | None:
    """The exact bytes at a path, whose numeric steps are list indices; None if it is not there. Raises msgspec.DecodeError on bad JSON."""
    here = msgspec.Raw(raw) if isinstance(raw, bytes) else raw
    for step in split(path):
        try:
            if (index := whole(step)) is not None and bytes(here).lstrip()[:1] == b"[":
                here = from_json(here, list[msgspec.Raw])[index]
            else:
                here = from_json(here, dict[str, msgspec.Raw])[step]
        except (KeyError, IndexError, msgspec.ValidationError):
            return None
    return here
