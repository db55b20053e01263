"""The one table from what went wrong to the number that the shell sees. `docs/guides/exit-codes.md` is tested against it."""

from __future__ import annotations

from enum import IntEnum

from listbackup.base.errors import (
    BackendError,
    BusyError,
    InputError,
    Interrupted,
    KeyUnavailable,
    ListBackupError,
    NewerFormat,
    PlatformError,
    PlatformFault,
    StoreError,
)
from listbackup.cli.errors import OtherVersion, ServerRefuses, ServerUnreachable


class ExitCode(IntEnum):
    """What a script can tell apart."""

    OK = 0
    FAILED = 1
    INPUT = 2
    PARTIAL = 3
    NEEDS_REAUTH = 4
    UNREACHABLE = 5
    DAMAGED = 6
    BUSY = 7
    NO_SPACE = 8
    NEWER = 9
    KEY = 10
    INTERRUPTED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "everything asked for was done",
    ExitCode.FAILED: "it failed, for a reason that none of the other codes names",
    ExitCode.INPUT: "what was given cannot be used (a wrong argument, name, file or address); nothing was changed",
    ExitCode.PARTIAL: "it was done in part: some streams or records are missing, and the snapshot or report says which",
    ExitCode.NEEDS_REAUTH: "the platform, or the server, refuses the credentials: connect again, or sign in again",
    ExitCode.UNREACHABLE: "the platform, or the server, cannot be reached or gives answers that cannot be used: try again later",
    ExitCode.DAMAGED: "stored bytes are not what was written: see the runbook on a damaged store",
    ExitCode.BUSY: "another process is at work on the same source: wait for it, or cancel its run",
    ExitCode.NO_SPACE: "the disk or the bucket is full or does not answer; nothing was lost",
    ExitCode.NEWER: "another version of ListBackup wrote this data, or serves it: upgrade",
    ExitCode.KEY: "the key that opens this data is missing, wrong or was shredded",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C or a signal; the same command goes on where it stopped",
}

REMEDIES: dict[ExitCode, str] = {  # what to do where the error itself does not say it
    ExitCode.NEEDS_REAUTH: "give new credentials:  listbackup connect PLATFORM --name CONNECTION --again",
    ExitCode.UNREACHABLE: "see whether the address is right and answers, then run the same again",
    ExitCode.DAMAGED: "see what is damaged, and how it is mended:  listbackup check --read-data  (docs/runbooks/damaged-store.md)",
    ExitCode.BUSY: "wait for it, or stop its run:  listbackup runs cancel SOURCE",
    ExitCode.NO_SPACE: "see that the disk or the bucket has room and answers, then run the same again (docs/runbooks/disk-full.md)",
    ExitCode.NEWER: "upgrade ListBackup on this machine",
    ExitCode.KEY: "put the key back:  listbackup keys recovery-kit --restore KIT  (docs/runbooks/lost-key.md)",
}

_FAULTS: dict[PlatformFault, ExitCode] = {
    PlatformFault.UNREACHABLE: ExitCode.UNREACHABLE,
    PlatformFault.RATE_LIMITED: ExitCode.UNREACHABLE,
    PlatformFault.QUOTA_REACHED: ExitCode.UNREACHABLE,
    PlatformFault.BAD_ANSWER: ExitCode.UNREACHABLE,
    PlatformFault.NEEDS_REAUTH: ExitCode.NEEDS_REAUTH,
    PlatformFault.FORBIDDEN: ExitCode.NEEDS_REAUTH,
    PlatformFault.EGRESS_DENIED: ExitCode.INPUT,
    PlatformFault.REFUSED: ExitCode.FAILED,
    PlatformFault.GONE: ExitCode.FAILED,
}

_ERRORS: tuple[tuple[type[ListBackupError], ExitCode], ...] = (  # the first that fits: subclasses before their parents
    (KeyUnavailable, ExitCode.KEY),
    (NewerFormat, ExitCode.NEWER),
    (StoreError, ExitCode.DAMAGED),
    (BackendError, ExitCode.NO_SPACE),
    (BusyError, ExitCode.BUSY),
    (Interrupted, ExitCode.INTERRUPTED),
    (InputError, ExitCode.INPUT),
    (ServerUnreachable, ExitCode.UNREACHABLE),
    (ServerRefuses, ExitCode.NEEDS_REAUTH),
    (OtherVersion, ExitCode.NEWER),
)


def exit_code(error: ListBackupError) -> ExitCode:
    """The code that stands for this error."""
    if isinstance(error, PlatformError):
        return _FAULTS[error.fault]
    for kind, code in _ERRORS:
        if isinstance(error, kind):
            return code
    return ExitCode.FAILED
