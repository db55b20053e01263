"""One-time codes over a user pool: the pool makes the seed and asks for codes at its own door; the same seed, sealed here, keeps what the pool does not promise:
one code works once, tries are counted before they are looked at, and a code can be asked for at any time, not only after a password."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.backends.identity.codes import BuiltinCodes
from listbackup.backends.identity.cognito_users import UserPool
from listbackup.backends.identity.port import Person, TotpSetup, Writes


class CognitoCodes:
    """The port's ``OneTimeCodes``: what ``rows`` says, told to the pool where a factor comes or goes. ``rows`` gets its seeds from the pool."""

    def __init__(self, rows: BuiltinCodes, pool: UserPool) -> None:
        self._rows, self._pool = rows, pool

    def begin(self, person: Person) -> tuple[TotpSetup, Writes]:
        """See the port."""
        return self._rows.begin(person)

    def confirm(self, person: Person, code: str) -> tuple[Person, Sequence[str], Writes]:
        """See the port."""
        confirmed = self._rows.confirm(person, code)
        self._pool.enrol(person.id, code)
        return confirmed

    def remove(self, person: Person) -> tuple[Person, Writes]:
        """See the port."""
        removed = self._rows.remove(person)
        self._pool.set_codes(person.id, False)
        return removed

    def clear(self, person: Person) -> Writes:
        """See the port."""
        self._pool.set_codes(person.id, False)
        return self._rows.clear(person)

    def check(self, person: Person, code: str) -> Writes:
        """See the port."""
        return self._rows.check(person, code)

    def renew_recovery_codes(self, person: Person) -> tuple[Sequence[str], Writes]:
        """See the port."""
        return self._rows.renew_recovery_codes(person)

    def check_recovery_code(self, person: Person, code: str) -> Writes:
        """See the port."""
        return self._rows.check_recovery_code(person, code)

    def count_recovery_codes(self, person: Person) -> int:
        """See the port."""
        return self._rows.count_recovery_codes(person)
