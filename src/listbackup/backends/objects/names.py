"""Which names an object may have; every adapter asks here first."""

from __future__ import annotations

import re

from listbackup.base.errors import InputError

MAX_NAME = 512
_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]+"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")
_PREFIX = re.compile(rf"(?:{_PART}/)*[A-Za-z0-9._-]*")


def check_name(name: str) -> str:
    """The name itself. Raises InputError unless it has the port's shape."""
    if len(name) > MAX_NAME or _NAME.fullmatch(name) is None:
        raise InputError(f"{name[:80]!r} is not a name an object may have", hint="parts of A-Z a-z 0-9 . _ - joined by /", field="name")
    return name


def check_prefix(prefix: str) -> str:
    """The prefix itself (empty: everything). Raises InputError unless a name may begin so."""
    if len(prefix) > MAX_NAME or _PREFIX.fullmatch(prefix) is None:
        raise InputError(
            f"{prefix[:80]!r} is not how an object's name may begin", hint="parts of A-Z a-z 0-9 . _ - joined by /", field="prefix"
        )
    return prefix


def check_range(start: int, length: int | None) -> None:
    """Raises InputError for a negative start or length."""
    if start < 0 or (length is not None and length < 0):
        raise InputError(f"a range of {length} bytes from {start} is none", field="start")
