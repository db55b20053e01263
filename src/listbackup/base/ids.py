"""Ids with readable prefixes, made from the operating system's randomness and sortable by the time they were made."""

from __future__ import annotations

import re
import secrets
from typing import NewType

AccountId = NewType("AccountId", str)
UserId = NewType("UserId", str)
ConnectionId = NewType("ConnectionId", str)
SourceId = NewType("SourceId", str)
JobId = NewType("JobId", str)
RunId = NewType("RunId", str)
SnapshotId = NewType("SnapshotId", str)
RestoreId = NewType("RestoreId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)  # two characters at once: every request gets an id
_SHAPE = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}")


def new_id(prefix: str, unix_ms: int) -> str:
    """A fresh id: ``prefix_`` + 10 characters of time [ms since 1970 UTC] + 16 of randomness (80 bits).

    Ids of one prefix sort by time. Source: the layout of ULID (github.com/ulid/spec), in lower case.
    """
    return f"{prefix}_{_base32(unix_ms, 10)}{_base32(secrets.randbits(80), 16)}"


def first_id(prefix: str, unix_ms: int) -> str:
    """The least id that can be made with this prefix at this instant [ms since 1970 UTC]: older ones sort before it."""
    return f"{prefix}_{_base32(unix_ms, 10)}{_ALPHABET[0] * 16}"


def is_id(text: str, prefix: str) -> bool:
    """Whether ``text`` has the shape of an id with this prefix."""
    return text.startswith(prefix + "_") and _SHAPE.fullmatch(text) is not None


def _base32(number: int, width: int) -> str:
    """``width`` characters, an even number of them."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * (width - 2), -1, -10)])
