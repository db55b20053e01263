"""Items as DynamoDB holds them, and back.

A text is an S, a whole number an N, a truth value a BOOL, bytes a B. A None is no attribute but its name in the string set ``~none``: an attribute of an index must be
text or absent, and a number can be added to what is absent. A name that is empty or begins with ``~`` has one ``~`` in front. ``~write`` tells who wrote last, for a write
that is tried again because its first answer was lost. Source: AWS, "Supported data types and naming rules in Amazon DynamoDB" (read 2026-11-21).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, assert_never

from listbackup.backends.table.port import Item, Scalar, TableSpec
from listbackup.backends.table.rules import checked_item, expiry
from listbackup.base.errors import DamagedError, InputError

NONE = "~none"
WRITE = "~write"
_TOKEN_BYTES = 16

Wire = dict[str, Any]  # attribute name to {"S": …}, {"N": …}, …


def new_token() -> bytes:
    """What tells one write from every other."""
    return secrets.token_bytes(_TOKEN_BYTES)


def pack_item(spec: TableSpec, item: Item, *, token: bytes | None = None) -> Wire:
    """The item as DynamoDB takes it. Raises InputError when the table cannot hold it."""
    checked = checked_item(spec, item)
    check_index_attributes(spec, checked)
    packed = {wire_name(name): wire(value) for name, value in checked.items() if value is not None}
    nothing = sorted(wire_name(name) for name, value in checked.items() if value is None)
    if nothing:
        packed[NONE] = {"SS": nothing}
    if token is not None:
        packed[WRITE] = {"B": token}
    return packed


def unpack_item(spec: TableSpec, packed: Mapping[str, Any]) -> dict[str, Scalar]:
    """The item that was packed. Raises DamagedError where it holds what this program never wrote."""
    item: dict[str, Scalar] = {}
    try:
        for name in packed.get(NONE, {}).get("SS", ()):
            item[_plain_name(name)] = None
        for name, value in packed.items():
            if name not in (NONE, WRITE):
                item[_plain_name(name)] = _plain(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedError(
            f"an item of the table {spec.name} holds what was never written there",
            where=spec.name,
            hint="restore the table to a point in time",
        ) from error
    return item


def is_alive(spec: TableSpec, item: Item, now: int) -> bool:
    """Whether the item has not expired at ``now`` [whole s since 1970 UTC, rounded down]."""
    expires_at = expiry(spec, item)
    return expires_at is None or expires_at > now


def wire(value: Scalar) -> dict[str, Any]:
    """One value, which is not None."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case None:
            raise AssertionError("None is no attribute")
    assert_never(value)


def wire_name(name: str) -> str:
    """The attribute's name in DynamoDB, which knows no empty one; ours begin with ~."""
    return f"~{name}" if not name or name.startswith("~") else name


def check_index_attributes(spec: TableSpec, attributes: Item) -> None:
    """Raises InputError for an attribute of an index that is neither a text that can stand there nor None: DynamoDB takes no other, in the index or not."""
    for index in spec.indexes:
        for name, limit in ((index.pk, 2048), (index.sk, 1024)):
            value = attributes.get(name)
            if value is not None and (not isinstance(value, str) or not 0 < len(value.encode()) <= limit):
                raise InputError(f"{name} is a text of 1 to {limit} bytes", field=name)


def _plain_name(name: str) -> str:
    return name[1:] if name.startswith("~") else name


def _plain(value: Mapping[str, Any]) -> Scalar:
    [(kind, held)] = value.items()
    if kind == "N":
        return int(held)
    if kind == "B":
        return bytes(held)
    if kind == "S" and isinstance(held, str):
        return held
    if kind == "BOOL" and isinstance(held, bool):
        return held
    raise ValueError(kind)
