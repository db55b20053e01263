"""One error, one number."""

from __future__ import annotations

import inspect

import pytest

from listbackup.base import errors
from listbackup.base.errors import ListBackupError, PlatformError, PlatformFault
from listbackup.cli.exit_codes import MEANINGS, REMEDIES, ExitCode, exit_code
from listbackup.cli.runs_view import _REASONS
from listbackup.processor.verdict import verdict

PLAIN = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ListBackupError) and kind is not PlatformError]


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
def test_every_error_has_a_number_that_is_not_success(kind: type[ListBackupError]) -> None:
    assert exit_code(kind("it failed")) in set(ExitCode) - {ExitCode.OK, ExitCode.PARTIAL}


def test_what_a_person_can_do_about_is_never_told_without_saying_what() -> None:
    itself = {ExitCode.OK, ExitCode.PARTIAL, ExitCode.FAILED, ExitCode.INPUT, ExitCode.INTERRUPTED}  # said with each, or nothing to do
    assert set(REMEDIES) == set(ExitCode) - itself


@pytest.mark.parametrize("fault", list(PlatformFault))
def test_every_fault_of_a_platform_has_a_number(fault: PlatformFault) -> None:
    assert exit_code(PlatformError("no", fault=fault)) is not ExitCode.OK


@pytest.mark.parametrize("kind", [kind for kind in PLAIN if kind is not ListBackupError], ids=lambda kind: kind.__name__)
def test_a_run_that_failed_by_an_error_ends_with_the_errors_number(kind: type[ListBackupError]) -> None:
    error = kind("it failed")
    assert _REASONS[verdict(error).reason] is exit_code(error)


@pytest.mark.parametrize("fault", [fault for fault in PlatformFault if fault not in (PlatformFault.REFUSED, PlatformFault.GONE)])
def test_a_run_that_failed_by_a_fault_ends_with_the_faults_number(fault: PlatformFault) -> None:
    error = PlatformError("no", fault=fault)
    assert _REASONS[verdict(error).reason] is exit_code(error)


def test_every_number_has_a_meaning() -> None:
    assert set(MEANINGS) == set(ExitCode)
