"""Who calls, for which account, and what they may do.

``Authenticator`` is the port: API keys stand behind it (``services/accounts``), and sessions and tokens of people can stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from listbackup.base.errors import ListBackupError
from listbackup.base.ids import AccountId
from listbackup.base.secret import Secret


class Access(StrEnum):
    """What a route asks for, and what a caller has. Nothing includes anything else: a key that may write has to be given ``read`` too."""

    READ = "read"  # look at everything, content of records included
    WRITE = "write"  # connections, sources, jobs, runs, holds
    RESTORE = "restore"  # write records back to a platform, and take that back
    ADMIN = "admin"  # API keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who proved who they are. ``id`` names the credential (an API key's id), ``actor`` is what the activity trail shows."""

    id: str
    actor: str
    account: AccountId
    has: frozenset[Access]


class NotSignedIn(ListBackupError):
    """There is no credential, or none that holds."""


class NotAllowed(ListBackupError):
    """The credential holds, and does not reach this far."""


class Authenticator(Protocol):
    """Tells who a credential belongs to."""

    def authenticate(self, bearer: Secret) -> Caller:
        """The caller of this bearer credential. Raises NotSignedIn."""
        ...


def demand(caller: Caller, access: Access) -> None:
    """Raises NotAllowed for a caller without this access."""
    if access not in caller.has:
        raise NotAllowed(f"this needs the scope {access.value!r}", hint="use a key that has it")
