"""Which records of a stream a source keeps: a few comparisons on fields, all of which must hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from listbackup.base.decode import from_platform
from listbackup.connectors.engine.record import Json


class FilterOp(StrEnum):
    """How a field is compared with the value."""

    EQUALS = "="
    DIFFERS = "!="
    ABOVE = ">"
    BELOW = "<"
    CONTAINS = "~"
    PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """``field`` is a path of object keys joined by dots. Numbers are compared as numbers when both sides are; anything else as text."""

    field: str
    op: FilterOp
    value: str = ""

    def keeps(self, record: Json) -> bool:
        """Whether the comparison holds for this record."""
        found = value_at(record, self.field.split("."))
        if self.op is FilterOp.PRESENT:
            return found is not None and found != ""
        if self.op is FilterOp.DIFFERS:
            return _text(found) != self.value
        if found is None:
            return False
        match self.op:
            case FilterOp.EQUALS:
                return _text(found) == self.value
            case FilterOp.CONTAINS:
                return any(self.value in _text(one) for one in (found if isinstance(found, list) else [found]))
            case FilterOp.ABOVE:
                return _order(found, self.value) > 0
            case FilterOp.BELOW:
                return _order(found, self.value) < 0


def keeps(filters: Sequence[Filter], raw: bytes) -> bool:
    """Whether a record passes all filters; one that is not JSON passes, so that nothing is left out by mistake."""
    if not filters:
        return True
    try:
        record: Json = from_platform(raw)
    except (msgspec.DecodeError, RecursionError):  # nested deeper than can be followed here
        return True
    return all(one.keeps(record) for one in filters)


def value_at(record: Json, path: Sequence[str]) -> Json:
    """What stands at this path of object keys; None where it leads nowhere."""
    for name in path:
        if not isinstance(record, dict):
            return None
        record = record.get(name)
    return record


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _order(found: Json, value: str) -> int:
    try:
        left, right = float(_text(found)), float(value)
    except ValueError:
        return (_text(found) > value) - (_text(found) < value)
    return (left > right) - (left < right)
