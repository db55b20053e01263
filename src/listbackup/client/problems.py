"""What can go wrong with a request, as exceptions chosen by who must act.

ListBackupError
├── Problem             the server answered with an RFC 9457 problem: ``status``, a stable ``code``, ``errors`` that point at fields
│   ├── Invalid         400, 413, 415, 422: the request
│   ├── NotSignedIn     401: the credential is missing, wrong, or over
│   ├── PlanLimit       402: the plan holds no more of this
│   ├── NotAllowed      403: the credential does not reach this far
│   ├── Absent          404: there is no such thing, or it is not yours
│   ├── Clash           409: it stands in the way of what is there
│   ├── VersionGone     412: it was changed since it was read
│   ├── TooMany         429: ``retry_after`` says when to come back
│   └── ServerFault     5xx: the server, or (502) the platform behind it
├── Unreachable         no answer came: no connection, a time-out, a certificate that is not believed
└── UnreadableAnswer    an answer came that is not of this API
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from msgspec import Struct

from listbackup.base.decode import from_json
from listbackup.base.errors import ListBackupError


class FieldProblem(Struct, frozen=True, kw_only=True):
    """What is wrong with one field; ``pointer`` is RFC 6901 into the body, or ``?name`` for a parameter."""

    pointer: str
    message: str


class Said(Struct, frozen=True, kw_only=True):
    """The problem as the server sent it."""

    title: str = ""
    status: int = 0
    code: str = ""
    detail: str = ""
    hint: str | None = None
    errors: Sequence[FieldProblem] = ()
    request_id: str = ""


class Problem(ListBackupError):
    """The server refused, or failed. The message is its ``detail``."""

    def __init__(self, said: Said, *, retry_after: timedelta | None = None) -> None:
        super().__init__(said.detail or said.title or f"the server answered {said.status}", hint=said.hint)
        self.status, self.code, self.errors, self.request_id = said.status, said.code, tuple(said.errors), said.request_id
        self.retry_after = retry_after


class Invalid(Problem):
    """The request cannot be used."""


class NotSignedIn(Problem):
    """The credential is missing, wrong, or over."""


class PlanLimit(Problem):
    """The account's plan holds no more of this."""


class NotAllowed(Problem):
    """The credential does not reach this far."""


class Absent(Problem):
    """There is no such thing, or it is not yours."""


class Clash(Problem):
    """It stands in the way of what is there."""


class VersionGone(Problem):
    """It was changed since it was read."""


class TooMany(Problem):
    """Too many requests, also after waiting as the server said."""


class ServerFault(Problem):
    """The server or, with status 502, the platform behind it."""


class Unreachable(ListBackupError):
    """No answer came."""


class UnreadableAnswer(ListBackupError):
    """An answer came that is not of this API, or of another version of it."""


_KINDS: dict[int, type[Problem]] = {
    400: Invalid,
    401: NotSignedIn,
    402: PlanLimit,
    403: NotAllowed,
    404: Absent,
    409: Clash,
    412: VersionGone,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: TooMany,
}
MEDIA_TYPE = "application/problem+json"


def problem_of(status: int, media_type: str, raw: bytes, retry_after: timedelta | None) -> Problem:
    """The exception for an answer that is not a good one. Raises UnreadableAnswer where no ListBackup speaks."""
    try:
        said = from_json(raw, Said) if media_type == MEDIA_TYPE else None
    except msgspec.DecodeError:
        said = None
    if said is None:
        if status not in (429, 502, 503, 504):  # a proxy before the server says these by itself
            raise UnreadableAnswer(
                f"the answer ({status}) is not one of ListBackup's API", hint="is this the address of a ListBackup server?"
            )
        said = Said(status=status, code="no_answer", detail=f"the server is not there for requests at the moment ({status})")
    kind = ServerFault if status >= 500 else _KINDS.get(status, Problem)
    return kind(said, retry_after=retry_after)
