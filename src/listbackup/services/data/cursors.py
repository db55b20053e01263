"""Opaque cursors that say where a listing goes on, and that belong to that listing alone."""

from __future__ import annotations

import base64
import binascii
import hashlib

import msgspec

from listbackup.base.decode import from_msgpack
from listbackup.base.errors import InputError

Place = list[str | int | float | bool | bytes | None]


def write_cursor(listing: str, place: Place) -> str:
    """The cursor of this place; ``listing`` is what was asked, whole, so that a cursor of another question is refused."""
    return base64.urlsafe_b64encode(_mark(listing) + msgspec.msgpack.encode(place)).decode().rstrip("=")


def read_cursor(listing: str, cursor: str, form: type[tuple[object, ...]]) -> tuple[object, ...]:
    """The place of ``write_cursor``, of this form. Raises InputError."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if raw[:4] != _mark(listing):
            raise _strange()
        return from_msgpack(raw[4:], form)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise _strange() from None


def _mark(listing: str) -> bytes:
    return hashlib.sha256(listing.encode("utf-8", "surrogatepass")).digest()[:4]


def _strange() -> InputError:
    return InputError("the cursor does not belong to this listing", field="cursor", hint="start again without a cursor")
