"""What a server says went wrong, as the errors that the same thing raises beside the data: so commands, exit codes and sentences are the same."""

from __future__ import annotations

from typing import NoReturn

from listbackup.base.errors import (
    BackendError,
    BusyError,
    Conflict,
    InputError,
    Interrupted,
    ListBackupError,
    NotFound,
    OutOfSpace,
    PlatformError,
    PlatformFault,
    StoreError,
)
from listbackup.cli.errors import ServerRefuses, ServerUnreachable
from listbackup.client.problems import Absent, Clash, Invalid, NotAllowed, NotSignedIn, Problem, VersionGone

_FAULTS = {
    "platform_unreachable": PlatformFault.UNREACHABLE,
    "platform_bad_answer": PlatformFault.BAD_ANSWER,
    "platform_refused": PlatformFault.REFUSED,
    "platform_gone": PlatformFault.GONE,
    "platform_rate_limited": PlatformFault.RATE_LIMITED,
    "platform_quota_reached": PlatformFault.QUOTA_REACHED,
    "needs_reauth": PlatformFault.NEEDS_REAUTH,
    "platform_forbidden": PlatformFault.FORBIDDEN,
    "egress_denied": PlatformFault.EGRESS_DENIED,
}
_CODES: dict[str, type[ListBackupError]] = {
    "busy": BusyError,
    "no_space": OutOfSpace,
    "unavailable": BackendError,
    "store": StoreError,
    "stopping": Interrupted,
}


def raise_here(problem: Problem, server: str) -> NoReturn:
    """Raises the error that stands for it here."""
    raise _here(problem, server) from problem


def _here(problem: Problem, server: str) -> ListBackupError:
    message, hint = problem.message, problem.hint
    if problem.code in _FAULTS:
        return PlatformError(message, fault=_FAULTS[problem.code], hint=hint, retry_after=problem.retry_after)
    if problem.code in _CODES:
        return _CODES[problem.code](message, hint=hint)
    match problem:
        case NotSignedIn():
            return ServerRefuses(
                f"{server} does not let us in: {message}", hint=hint or f"sign in with:  listbackup --server {server} login"
            )
        case NotAllowed() if problem.code == "step_up_required":
            return ServerRefuses(
                f"{server} wants to see again that it is you: {message}", hint=f"sign in, then repeat:  listbackup --server {server} login"
            )
        case NotAllowed():
            return ServerRefuses(f"{server} refuses: {message}", hint=hint)
        case Absent():
            return NotFound(message, hint=hint)
        case Clash() | VersionGone():
            return Conflict(message, hint=hint)
        case Invalid():
            return InputError(message, hint=hint, field=_field(problem))
    if problem.status in (429, 502, 503, 504):
        return ServerUnreachable(f"{server} has no time for us: {message}", hint=hint or "try again later")
    if problem.status >= 500:
        return ListBackupError(f"{server} failed: {message}", hint=hint or f"its operator finds it in the log under {problem.request_id}")
    return ListBackupError(message, hint=hint)


def _field(problem: Problem) -> str | None:
    return problem.errors[0].pointer.lstrip("/?") if problem.errors else None
