"""An item as the bytes of one SQL value, which tell when they are not what was written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from listbackup.backends.table.port import Scalar
from listbackup.base.errors import DamagedError

_TAG_BYTES = 8


def pack_item(table: str, item: Mapping[str, Scalar]) -> bytes:
    """The item as msgpack behind a tag over it and the table's name. Against accidents; who can write to the file can make tags."""
    body = msgspec.msgpack.encode(item)
    return _tag(table, body) + body


def unpack_item(table: str, packed: bytes) -> dict[str, Scalar]:
    """The item that was packed for this table. Raises DamagedError."""
    if isinstance(packed, bytes) and packed[:_TAG_BYTES] == _tag(table, packed[_TAG_BYTES:]):
        item = msgspec.msgpack.decode(packed[_TAG_BYTES:])
        if isinstance(item, dict):
            return item
    raise damaged_item(table)


def damaged_item(table: str) -> DamagedError:
    """The error for an item that is not what, or not where, it was written."""
    return DamagedError(f"an item of the table {table} is damaged", where=table, hint="restore the data folder's database from a copy")


def _tag(table: str, body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_TAG_BYTES, person=b"table item", key=table.encode()[:64]).digest()
