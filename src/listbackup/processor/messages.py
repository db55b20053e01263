"""What lies on the queues: ids only; everything else is read anew by whoever receives it, so that a forged or stale message gives no power."""

from __future__ import annotations

import msgspec

from listbackup.base.decode import from_json


class RunMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Carry out this run of this account; ``attempt`` is the one it was sent for."""

    account: str
    run: str
    job: str | None = None
    attempt: int = 1


def encode(message: RunMessage) -> bytes:
    """The message's bytes."""
    return msgspec.json.encode(message)


def decode(body: bytes) -> RunMessage:
    """The message of these bytes. Raises msgspec.ValidationError."""
    return from_json(body, RunMessage)
