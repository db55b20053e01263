"""Nested records as columns: one pass finds the columns of a stream and what they hold, a second writes the rows.

- An object's fields become columns ``address.city``; an array becomes one column with its JSON text.
- A column's kind is the narrowest that holds all its values: bool, integer, number, text. Integers beyond 64 bits, and columns whose kinds disagree, are text.
- Beyond ``MAX_COLUMNS`` columns, objects are no longer taken apart: each top-level field is one column with JSON text.
- Columns come in the order in which they were first met, the key's fields first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from listbackup.base.decode import from_platform

MAX_COLUMNS = 1000
_MAX_DEPTH = 16
_INT64 = 2**63

Cell: TypeAlias = str | int | float | bool | None


class Kind(StrEnum):
    """What all values of a column are."""

    NOTHING = "nothing"
    BOOL = "bool"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name and what it holds."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a stream; ``taken_apart`` says whether nested objects are columns of their own."""

    columns: tuple[Column, ...]
    taken_apart: bool = True

    def row(self, raw: bytes) -> list[Cell]:
        """The record's cells in the order of the columns."""
        cells = flat(raw, taken_apart=self.taken_apart)
        return [as_kind(cells.get(column.name), column.kind) for column in self.columns]


def shape_of(raws: Iterable[bytes], *, first: Sequence[str] = ()) -> Shape:
    """The columns of these records. Memory grows with the columns, not with the records."""
    apart: dict[str, Kind] = {}
    whole: dict[str, Kind] = {}
    for raw in raws:
        record = _decoded(raw)
        if len(apart) <= MAX_COLUMNS:
            _widen(apart, _flattened(record, taken_apart=True))
        _widen(whole, _flattened(record, taken_apart=False))
    taken_apart = len(apart) <= MAX_COLUMNS
    found = apart if taken_apart else whole
    names = [*(name for name in first if name in found), *(name for name in found if name not in first)]
    return Shape(tuple(Column(name, found[name]) for name in names), taken_apart)


def flat(raw: bytes, *, taken_apart: bool = True) -> Mapping[str, Cell]:
    """The record's cells by column name."""
    return dict(_flattened(_decoded(raw), taken_apart=taken_apart))


def as_kind(value: Cell, kind: Kind) -> Cell:
    """The value as its column holds it."""
    if value is None or kind is Kind.NOTHING:
        return None
    if kind is Kind.TEXT and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if kind is Kind.NUMBER:
        return float(value)
    return value


def _decoded(raw: bytes) -> Any:
    try:
        return from_platform(raw)
    except (msgspec.DecodeError, RecursionError):  # nested deeper than can be followed here
        return {"record": raw.decode("utf-8", "replace")}


def _flattened(record: Any, *, taken_apart: bool) -> Iterator[tuple[str, Cell]]:
    if not isinstance(record, dict):
        yield "record", _cell(record)
        return
    for name, value in record.items():
        if taken_apart and isinstance(value, dict) and value:
            yield from _nested(str(name), value, 1)
        else:
            yield str(name), _cell(value)


def _nested(prefix: str, value: dict[str, Any], depth: int) -> Iterator[tuple[str, Cell]]:
    for name, inner in value.items():
        path = f"{prefix}.{name}"
        if isinstance(inner, dict) and inner and depth < _MAX_DEPTH:
            yield from _nested(path, inner, depth + 1)
        else:
            yield path, _cell(inner)


def _cell(value: Any) -> Cell:
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    if isinstance(value, int) and not isinstance(value, bool) and not -_INT64 <= value < _INT64:
        return str(value)
    cell: Cell = value
    return cell


def _widen(kinds: dict[str, Kind], cells: Iterable[tuple[str, Cell]]) -> None:
    for name, value in cells:
        have, new = kinds.get(name, Kind.NOTHING), _kind(value)
        if have is not new:
            kinds[name] = _both(have, new)
        elif name not in kinds:
            kinds[name] = new


def _kind(value: Cell) -> Kind:
    if value is None:
        return Kind.NOTHING
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int):
        return Kind.INTEGER
    return Kind.NUMBER if isinstance(value, float) else Kind.TEXT


def _both(one: Kind, other: Kind) -> Kind:
    if Kind.NOTHING in (one, other):
        return other if one is Kind.NOTHING else one
    if one is other:
        return one
    return Kind.NUMBER if {one, other} == {Kind.INTEGER, Kind.NUMBER} else Kind.TEXT
