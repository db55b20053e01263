"""Who is written to when a connection needs a person: the owners of its account, or of the nearest account above that has some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from listbackup.services.accounts import Accounts
from listbackup.services.connections import Connection, Letters
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

if TYPE_CHECKING:
    from listbackup.bootstrap.identity import Doors


class OwnerLetters:
    """Letters to owners; the doors of people are opened at the first letter, because most commands write none."""

    def __init__(self, accounts: Accounts, doors: Callable[[], Doors]) -> None:
        self._accounts, self._doors = accounts, doors

    def needs_reauth(self, scope: Scope, connection: Connection) -> Writes:
        """See ``Notices``."""
        doors = self._doors()
        letters = Letters(doors.post, owner_addresses(self._accounts, doors.users.address), web_url=doors.auth.issuer)
        return letters.needs_reauth(scope, connection)


def owner_addresses(accounts: Accounts, address_of: Callable[[str], str | None]) -> Callable[[str], Sequence[str]]:
    """The addresses of an account's owners."""

    def addresses(account: str) -> Sequence[str]:
        above: str | None = account
        while above is not None:
            found = [address for owner in accounts.members.owners(above) if (address := address_of(owner.user)) is not None]
            if found:
                return found
            above = accounts.get(above).parent
        return []

    return addresses
