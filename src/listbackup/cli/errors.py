"""What can go wrong between the command line and a server, beside what goes wrong behind it."""

from __future__ import annotations

from listbackup.base.errors import ListBackupError


class ServerUnreachable(ListBackupError):
    """The server cannot be reached, or has no time for us."""


class ServerRefuses(ListBackupError):
    """The server does not know the credential, or it does not reach this far."""


class OtherVersion(ListBackupError):
    """The server and this command line do not understand each other."""
