"""RFC 9457 problems: one table from what went wrong to status and code, and never a detail of the inside.

What is foreign is answered like what is absent: every ``not_found`` has the same words, so that no id can be tried out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from listbackup.backends.identity.port import EmailNotVerified, Overloaded, SignInRefused, TooManyTries, WeakPassword
from listbackup.base.errors import (
    BackendError,
    BusyError,
    Conflict,
    Gone,
    InputError,
    Interrupted,
    ListBackupError,
    NotFound,
    NotMeant,
    OutOfSpace,
    PlatformError,
    PlatformFault,
    StoreError,
)
from listbackup.http.caller import AccountSuspended, MfaRequired, NotAllowed, NotSignedIn, PlanLimit, StepUpNeeded, WrongOrigin
from listbackup.http.versions import VersionGone

MEDIA_TYPE = "application/problem+json"
WAIT = timedelta(seconds=5)  # what to wait where nobody knows better
NO_USE = timedelta(hours=1)  # where waiting does not help at all


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one field; ``pointer`` is RFC 6901 into the body, or ``?name`` for a parameter."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemDetails:
    """The answer to a request that failed; ``code`` is stable, ``detail`` one sentence."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str | None = None
    errors: Sequence[FieldProblem] = field(default_factory=tuple)
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A row of the table. ``told`` whether the error's own sentence goes out, or only ``title``."""

    status: int
    code: str
    title: str
    told: bool = True


class Refused(ListBackupError):
    """What HTTP itself makes impossible: a body that is too large or not JSON, a wrong host, a version that is gone."""

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        errors: Sequence[FieldProblem] = (),
        retry_after: timedelta | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind, self.errors, self.retry_after = kind, tuple(errors), retry_after


MALFORMED = Kind(status=400, code="malformed", title="This is not what the API reads")
NO_ROUTE = Kind(status=404, code="not_found", title="There is no such thing, or it is not yours", told=False)
NO_METHOD = Kind(status=405, code="method_not_allowed", title="This cannot be done with this address")
TOO_LARGE = Kind(status=413, code="too_large", title="The body is too large")
MEDIA = Kind(status=415, code="unsupported_media_type", title="The body is not JSON")
WRONG_HOST = Kind(status=421, code="wrong_host", title="This server does not answer for that host")
WAY_BACK = Kind(status=400, code="way_back_broken", title="This way back from a sign-in page leads nowhere")
INVALID = Kind(status=422, code="invalid", title="Something in the request cannot be used")
RATE = Kind(status=429, code="rate_limited", title="Too many requests")
OVERLOADED = Kind(status=503, code="overloaded", title="This server is at its limit; ask again")
MAINTENANCE = Kind(status=503, code="maintenance", title="The installation is in maintenance: nothing can be changed for a while")
MAINTENANCE_WAIT = timedelta(seconds=60)
INTERNAL = Kind(status=500, code="internal", title="Something went wrong inside; the log has the details", told=False)

_KINDS: tuple[tuple[type[ListBackupError], Kind], ...] = (  # the first that fits: subclasses before their parents
    (NotSignedIn, Kind(status=401, code="not_signed_in", title="Who calls is not known")),
    (EmailNotVerified, Kind(status=401, code="email_not_verified", title="The address is not verified yet")),
    (SignInRefused, Kind(status=401, code="sign_in_refused", title="This signs nobody in")),
    (PlanLimit, Kind(status=402, code="plan_limit", title="The account's plan holds no more")),
    (StepUpNeeded, Kind(status=403, code="step_up_required", title="This needs a fresh proof of who you are")),
    (MfaRequired, Kind(status=403, code="mfa_required", title="This needs a second factor")),
    (AccountSuspended, Kind(status=403, code="account_suspended", title="The account is suspended")),
    (WrongOrigin, Kind(status=403, code="wrong_origin", title="This request does not come from one of our pages")),
    (TooManyTries, Kind(status=429, code="too_many_tries", title="Too many tries")),
    (WeakPassword, Kind(status=422, code="weak_password", title="Others would guess this password")),
    (Overloaded, OVERLOADED),
    (NotAllowed, Kind(status=403, code="not_allowed", title="This credential does not reach this far")),
    (NotFound, NO_ROUTE),
    (VersionGone, Kind(status=412, code="version_gone", title="It was changed since it was read")),
    (Conflict, Kind(status=409, code="conflict", title="It stands in the way of what is there")),
    (Gone, Kind(status=410, code="gone", title="It was used, taken back, or is too old")),
    (NotMeant, Kind(status=400, code="not_meant", title="This was meant for somebody else")),
    (InputError, INVALID),
    (BusyError, Kind(status=409, code="busy", title="Somebody else is at work on it")),
    (
        OutOfSpace,
        Kind(status=503, code="no_space", title="This server's disk or bucket is full; its operator has to make room", told=False),
    ),
    (BackendError, Kind(status=503, code="unavailable", title="This server's database or storage does not answer; ask again", told=False)),
    (StoreError, Kind(status=500, code="store", title="The kept copies cannot be read; the operator has to look", told=False)),
    (Interrupted, Kind(status=503, code="stopping", title="This server is being stopped; ask again", told=False)),
)
_FAULTS: dict[PlatformFault, Kind] = {
    PlatformFault.UNREACHABLE: Kind(status=502, code="platform_unreachable", title="The platform cannot be reached"),
    PlatformFault.BAD_ANSWER: Kind(status=502, code="platform_bad_answer", title="The platform's answer cannot be used"),
    PlatformFault.REFUSED: Kind(status=502, code="platform_refused", title="The platform refused"),
    PlatformFault.GONE: Kind(status=502, code="platform_gone", title="The platform says it is gone"),
    PlatformFault.RATE_LIMITED: Kind(status=503, code="platform_rate_limited", title="The platform wants to be left alone for a while"),
    PlatformFault.QUOTA_REACHED: Kind(
        status=503, code="platform_quota_reached", title="Our share of the calls that the platform grants is used for now"
    ),
    PlatformFault.NEEDS_REAUTH: Kind(status=409, code="needs_reauth", title="The platform refuses the credentials: give new ones"),
    PlatformFault.FORBIDDEN: Kind(status=409, code="platform_forbidden", title="The credentials do not reach this far on the platform"),
    PlatformFault.EGRESS_DENIED: Kind(status=422, code="egress_denied", title="That address is not one this server may speak to"),
}


def kind_of(error: Exception) -> Kind:
    """The row of the table for this error; whatever nobody thought of is ``internal``."""
    if isinstance(error, Refused):
        return error.kind
    if isinstance(error, PlatformError):
        return _FAULTS[error.fault]
    return next((kind for cause, kind in _KINDS if isinstance(error, cause)), INTERNAL)


def problem_of(error: Exception, request_id: str) -> ProblemDetails:
    """The problem that goes out for this error."""
    kind = kind_of(error)
    told = kind.told and isinstance(error, ListBackupError)
    detail = str(error) if told else kind.title
    hint = error.hint if told and isinstance(error, ListBackupError) else None
    return ProblemDetails(
        type=f"urn:listbackup:problem:{kind.code}",
        title=kind.title,
        status=kind.status,
        code=kind.code,
        detail=detail,
        hint=hint,
        errors=_fields(error),
        request_id=request_id,
    )


def headers_of(error: Exception) -> dict[str, str]:
    """The headers that belong to this error: ``Retry-After`` [s], ``WWW-Authenticate``."""
    kind = kind_of(error)
    headers = {"cache-control": "no-store"}
    if kind.status == 401:
        headers["www-authenticate"] = 'Bearer realm="listbackup"'
    if kind.status in (429, 503):
        wait = getattr(error, "retry_after", None) or (NO_USE if isinstance(error, TooManyTries) else WAIT)
        headers["retry-after"] = str(max(1, math.ceil(wait.total_seconds())))
    return headers


def encode_problem(problem: ProblemDetails) -> bytes:
    """The body."""
    return msgspec.json.encode(problem)


def _fields(error: Exception) -> Sequence[FieldProblem]:
    if isinstance(error, Refused):
        return error.errors
    if (
        isinstance(error, InputError) and kind_of(error).told and error.field is not None
    ):  # a field within a field: "timetable/cron"; a parameter: "?cursor"
        pointer = error.field if error.field.startswith("?") else "/" + error.field
        return (FieldProblem(pointer=pointer, message=error.message),)
    return ()


def all_kinds() -> Sequence[Kind]:
    """Every kind of problem there is, for the documentation."""
    own = (MALFORMED, NO_METHOD, TOO_LARGE, MEDIA, WRONG_HOST, RATE, MAINTENANCE, INTERNAL, WAY_BACK)
    return sorted({*own, *(kind for _, kind in _KINDS), *_FAULTS.values()}, key=lambda kind: (kind.status, kind.code))
