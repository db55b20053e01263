"""What every queue adapter agrees on: limits and names."""

from __future__ import annotations

from datetime import timedelta

from listbackup.backends.queue.port import LeaseLost
from listbackup.base.errors import InputError

MAX_RECEIVES = 5
DEDUP_WINDOW = timedelta(minutes=5)
MAX_BODY_BYTES = 256 * 1024


def check_send(group: str, body: bytes, delay: timedelta) -> None:
    """Raises InputError for what the queue does not take."""
    if not group:
        raise InputError("a message belongs to a group", field="group")
    if len(body) > MAX_BODY_BYTES:
        raise InputError(f"a message holds at most {MAX_BODY_BYTES} bytes, not {len(body)}", field="body")
    if delay < timedelta():
        raise InputError("a delay is not negative", field="delay")


def check_receive(limit: int, lease: timedelta) -> None:
    """Raises InputError for what cannot be asked."""
    if limit < 1:
        raise InputError("at least one message is received", field="limit")
    check_lease(lease)


def check_lease(lease: timedelta) -> None:
    """Raises InputError for a lease that is over before it begins."""
    if lease <= timedelta():
        raise InputError("a lease is longer than nothing", field="lease")


def lease_lost() -> LeaseLost:
    """The error for a receipt that is no longer good."""
    return LeaseLost("the message is no longer leased to this receiver", hint="stop working on it; another receiver has it or it is done")
