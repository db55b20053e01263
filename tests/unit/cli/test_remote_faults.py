"""An error that went over the wire ends a command with the number that it ends with beside the data."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from listbackup.base.errors import (
    BackendError,
    BusyError,
    Conflict,
    DamagedError,
    InputError,
    Interrupted,
    ListBackupError,
    NotFound,
    OutOfSpace,
    PlatformError,
    PlatformFault,
    StoreError,
)
from listbackup.cli.exit_codes import ExitCode, exit_code
from listbackup.cli.remote.faults import raise_here
from listbackup.client.problems import problem_of
from listbackup.http.caller import NotAllowed, NotSignedIn
from listbackup.http.problem import MEDIA_TYPE, RATE, Refused
from listbackup.http.problem import problem_of as problem_there

SAME: list[ListBackupError] = [
    InputError("a", hint="b"),
    NotFound("a"),
    Conflict("a", hint="b"),
    BusyError("a"),
    OutOfSpace("a"),
    BackendError("a", retryable=True),
    StoreError("a"),
    DamagedError("a"),
    Interrupted("a"),
    ListBackupError("a"),
    *(PlatformError("a", fault=fault, hint="b") for fault in PlatformFault),
]


def over_the_wire(error: Exception) -> ListBackupError:
    """What the command line raises for an error of the server."""
    said = problem_there(error, "req_1")
    problem = problem_of(said.status, MEDIA_TYPE, msgspec.json.encode(said), None)
    with pytest.raises(ListBackupError) as raised:
        raise_here(problem, "https://backup.example.org")
    return raised.value


@pytest.mark.parametrize("error", SAME, ids=lambda error: f"{type(error).__name__} {getattr(error, 'fault', '')}")
def test_the_number_is_the_same(error: ListBackupError) -> None:
    assert exit_code(over_the_wire(error)) is exit_code(error)


@pytest.mark.parametrize(
    "error", [InputError("too long", hint="shorten it"), Conflict("taken"), PlatformError("away", fault=PlatformFault.UNREACHABLE)]
)
def test_the_sentence_and_the_hint_are_the_same(error: ListBackupError) -> None:
    found = over_the_wire(error)
    assert (found.message, found.hint) == (error.message, error.hint)


def test_what_nobody_thought_of_names_the_request_for_the_operator() -> None:
    found = over_the_wire(KeyError("secret"))
    assert (exit_code(found), "req_1" in (found.hint or ""), "secret" in str(found)) == (ExitCode.FAILED, True, False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotSignedIn("who"), ExitCode.NEEDS_REAUTH),
        (NotAllowed("not so far"), ExitCode.NEEDS_REAUTH),
        (Refused(RATE, "too many", retry_after=timedelta(hours=1)), ExitCode.UNREACHABLE),
    ],
)
def test_what_only_a_server_says_has_a_number_too(error: ListBackupError, code: ExitCode) -> None:
    found = over_the_wire(error)
    assert exit_code(found) is code
    assert "https://backup.example.org" in found.message
