"""Errors, chosen by who must act.

ListBackupError
├── InputError          the caller: a wrong argument, file, name, credential form
│   ├── NotFound        the thing named does not exist (a foreign id is an absent id)
│   ├── Conflict        it exists already, or changed meanwhile
│   ├── Gone            it was good once: used up, taken back, or too old
│   └── NotMeant        it is good, and somebody else's
├── PlatformError       the platform: wait, re-authorise, or note it and go on (see ``PlatformFault``)
├── BusyError           somebody else holds the lease: wait, or take over when it has run out
├── StoreError          the copies themselves: page someone, never retry
│   ├── DamagedError    bytes that are not what was written
│   ├── KeyUnavailable  the key is missing, wrong, or shredded
│   └── NewerFormat     written by a newer version than this one
├── BackendError        the ground (disk, table, bucket): ``retryable`` is read by the one retry loop
│   └── OutOfSpace      the disk is full
└── Interrupted         the user or the clock said stop; what was done so far is kept and can be resumed

Every error carries one sentence that says what happened, and a ``hint`` that says what to do about it.
No error knows an HTTP status or an exit code: those are mapped in one place each (``http/problem.py``, ``cli/exit_codes.py``).
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class ListBackupError(Exception):
    """Anything that this program says on purpose."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(ListBackupError):
    """What the caller gave cannot be used; nothing was changed."""

    def __init__(self, message: str, *, hint: str | None = None, field: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.field = field


class NotFound(InputError):
    """The thing named does not exist, or belongs to somebody else."""


class Conflict(InputError):
    """The thing exists already, or changed since it was read."""


class Gone(InputError):
    """What was given was good once, or never: it is used up, taken back, or too old."""


class NotMeant(InputError):
    """What was given is good, and was meant for somebody else."""


class PlatformFault(StrEnum):
    """What the platform did, which decides what happens next."""

    UNREACHABLE = "unreachable"  # no connection, time-out, 5xx: retry, then try again at the next run
    RATE_LIMITED = "rate_limited"  # 429 and its cousins: wait as told
    QUOTA_REACHED = "quota_reached"  # our share of the calls it grants in an hour, a day, a month is used: go on when there is room
    NEEDS_REAUTH = "needs_reauth"  # 401, a dead refresh token: a person must reconnect
    FORBIDDEN = "forbidden"  # 403 on one stream: note it, go on with the others
    REFUSED = "refused"  # another 4xx: our request is wrong, or the record is
    GONE = "gone"  # 404/410 on a direct read
    BAD_ANSWER = "bad_answer"  # truncated, not JSON, loops, contradicts itself: never "complete"
    EGRESS_DENIED = "egress_denied"  # the address is not one we may speak to


class PlatformError(ListBackupError):
    """The platform failed us; ``fault`` says how, ``retry_after`` how long it asked us to wait."""

    def __init__(
        self,
        message: str,
        *,
        fault: PlatformFault,
        hint: str | None = None,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.fault = fault
        self.status = status
        self.retry_after = retry_after

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later without a person."""
        return self.fault in (PlatformFault.UNREACHABLE, PlatformFault.RATE_LIMITED, PlatformFault.BAD_ANSWER)


class BusyError(ListBackupError):
    """Another worker holds this; ``free_at`` tells when its lease runs out unless it is renewed."""


class StoreError(ListBackupError):
    """The kept copies are not as they must be."""


class DamagedError(StoreError):
    """Bytes differ from what was written; ``where`` names the object."""

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.where = where


class KeyUnavailable(StoreError):
    """The key that opens this is missing, wrong, or was shredded."""


class NewerFormat(StoreError):
    """A newer version wrote this; upgrade before opening it."""


class BackendError(ListBackupError):
    """The ground gave way; ``retryable`` tells the retry loop whether to try again."""

    def __init__(self, message: str, *, retryable: bool = False, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable


class OutOfSpace(BackendError):
    """The disk or the bucket's quota is full; nothing was lost, free space and run again."""


class Interrupted(ListBackupError):
    """Stopped on purpose at a checkpoint; run the same again to resume."""
