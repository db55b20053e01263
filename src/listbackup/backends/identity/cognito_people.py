"""People over a user pool: rows here say who there is, the pool keeps the passwords and follows."""

from __future__ import annotations

from listbackup.backends.identity.cognito_users import UserPool, following
from listbackup.backends.identity.people import BuiltinPeople, taken
from listbackup.backends.identity.port import Person, Writes
from listbackup.base.errors import Conflict
from listbackup.base.ids import UserId


class CognitoPeople:
    """The port's ``People``: what ``rows`` says, done in the pool too. A user of the pool without a row here is nobody."""

    def __init__(self, rows: BuiltinPeople, pool: UserPool) -> None:
        self._rows, self._pool = rows, pool

    def find(self, user: str) -> Person | None:
        """See the port."""
        return self._rows.find(user)

    def find_by_email(self, email: str) -> Person | None:
        """See the port."""
        return self._rows.find_by_email(email)

    def create(self, user: UserId, email: str, password: str, *, is_verified: bool = False) -> tuple[Person, Writes]:
        """See the port. For an address that is taken the pool is asked as often as for one that is free, and keeps nothing."""
        if self._rows.find(user) is not None:  # made by a transaction whose answer was lost: what the pool has is theirs
            raise taken()
        try:
            person, writes = self._rows.create(user, email, password, is_verified=is_verified)
        except Conflict:
            self._pool.remove(user)
            raise
        self._pool.describe(user, email=person.email, is_verified=is_verified)
        return person, writes

    def verify_email(self, person: Person, password: str | None = None) -> tuple[Person, Writes]:
        """See the port."""
        return self._changed(self._rows.verify_email(person, password))

    def change_email(self, person: Person, email: str) -> tuple[Person, Writes]:
        """See the port."""
        return self._changed(self._rows.change_email(person, email))

    def check_password(self, email: str, password: str) -> Person:
        """See the port."""
        return self._rows.check_password(email, password)

    def set_password(self, person: Person, password: str, *, proves_email: bool = False) -> tuple[Person, Writes]:
        """See the port."""
        return self._changed(self._rows.set_password(person, password, proves_email=proves_email))

    def end_sessions(self, person: Person) -> tuple[Person, Writes]:
        """See the port."""
        changed = self._rows.end_sessions(person)
        with following():
            self._pool.sign_out(person.id)
        return changed

    def set_disabled(self, person: Person, disabled: bool) -> tuple[Person, Writes]:
        """See the port."""
        changed = self._rows.set_disabled(person, disabled)
        if not disabled:
            self._pool.set_enabled(person.id, True)
            return changed
        with following():
            self._pool.set_enabled(person.id, False)
            self._pool.sign_out(person.id)
        return changed

    def _changed(self, changed: tuple[Person, Writes]) -> tuple[Person, Writes]:
        """Told to the pool: the address as it is after this, and that every token is over."""
        person, _ = changed
        with following():
            self._pool.describe(person.id, email=person.email, is_verified=person.email_verified)
            self._pool.sign_out(person.id)
        return changed
