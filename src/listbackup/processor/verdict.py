"""An error as a run states it: a stable code, one sentence, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from listbackup.base.errors import (
    BackendError,
    BusyError,
    Conflict,
    DamagedError,
    Interrupted,
    KeyUnavailable,
    ListBackupError,
    NewerFormat,
    NotFound,
    OutOfSpace,
    PlatformError,
    PlatformFault,
    StoreError,
)

_HINTS = {
    PlatformFault.UNREACHABLE: "check that the platform is up and the address is right; the next run goes on by itself",
    PlatformFault.RATE_LIMITED: "the run goes on when the platform allows it",
    PlatformFault.QUOTA_REACHED: "the next run goes on where this one stopped",
    PlatformFault.NEEDS_REAUTH: "give new credentials to the connection, then run again",
    PlatformFault.FORBIDDEN: "give the connection's user the right to read this, or leave the stream out of the source",
    PlatformFault.BAD_ANSWER: "nothing was deleted because of it; the next run reads everything anew",
    PlatformFault.EGRESS_DENIED: "the address is not one that may be spoken to from here",
}
_CODES: tuple[tuple[type[ListBackupError], str], ...] = (
    (Interrupted, "interrupted"),
    (BusyError, "busy"),
    (OutOfSpace, "out_of_space"),
    (KeyUnavailable, "key_unavailable"),
    (NewerFormat, "newer_format"),
    (DamagedError, "damaged"),
    (StoreError, "store"),
    (BackendError, "backend"),
    (NotFound, "not_found"),
    (Conflict, "conflict"),
    (ListBackupError, "input"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is written into the run's row."""

    reason: str
    message: str
    hint: str | None


def verdict(error: ListBackupError) -> Verdict:
    """The code, the sentence and the hint of an error."""
    if isinstance(error, PlatformError):
        return Verdict(reason=error.fault.value, message=error.message, hint=error.hint or _HINTS.get(error.fault))
    code = next(code for kind, code in _CODES if isinstance(error, kind))
    return Verdict(reason=code, message=error.message, hint=error.hint)
