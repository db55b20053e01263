"""What every schedule adapter agrees on."""

from __future__ import annotations

from datetime import timedelta

from listbackup.base.errors import InputError


def check_key(key: str) -> None:
    """Raises InputError for what cannot be a key."""
    if not key:
        raise InputError("an entry of the schedule has a key", field="key")


def check_claim(limit: int, lease: timedelta) -> None:
    """Raises InputError for what cannot be asked."""
    if limit < 1:
        raise InputError("at least one entry is claimed", field="limit")
    if lease <= timedelta():
        raise InputError("a lease is longer than nothing", field="lease")
