"""What the operating system said, in this program's words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from listbackup.base.errors import BackendError, OutOfSpace

_FULL = {errno.ENOSPC, errno.EDQUOT}
_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EINTR, errno.ESTALE, errno.ETIMEDOUT}
_HINTS = {
    errno.EACCES: "let this user read and write the data folder",
    errno.EPERM: "let this user read and write the data folder; it must be on a file system that has hard links",
    errno.ENOTSUP: "keep the data folder on a file system that has hard links",
    errno.EROFS: "the file system is mounted read-only: remount it for writing",
    errno.EIO: "the disk gave an error: look at its health before you go on",
    errno.ENOENT: "is the disk with the data folder mounted?",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}


@contextmanager
def translated(action: str, name: str) -> Iterator[None]:
    """Turns an OSError inside the block into OutOfSpace or BackendError: "cannot <action> <name>: …".

    A failed fsync is never retryable: the kernel may have dropped the bytes, and a second fsync would say that all is well.
    """
    try:
        yield
    except OSError as error:
        raise backend_error(error, action, name) from error


def backend_error(error: OSError, action: str, name: str) -> BackendError:
    """The BackendError of an OSError."""
    reason = (error.strerror or str(error)).lower()
    if error.errno in _FULL:
        return OutOfSpace(f"cannot {action} {name}: {reason}", hint="free some space and run the same again; nothing that was kept is lost")
    return BackendError(f"cannot {action} {name}: {reason}", retryable=error.errno in _PASSING, hint=_HINTS.get(error.errno or 0))
