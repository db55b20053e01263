"""Who signs in, and what is kept of each one's password."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from dataclasses import replace

import msgspec

from listbackup.backends.identity.passwords import PasswordKeeper, check_policy
from listbackup.backends.identity.port import Person, SignInRefused, Writes
from listbackup.backends.identity.table import PEOPLE
from listbackup.backends.table.port import Absent, ConditionFailed, Delete, Equals, Item, Put, Scalar, Table, Tables, Update
from listbackup.base.clock import Clock
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict, InputError
from listbackup.base.ids import UserId

_ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f\"<>(),;:\\\[\]]{1,64}@[^\s@\x00-\x1f\x7f\"<>(),;:\\\[\]/]{1,253}")


def check_email(email: str) -> str:
    """The address as it is kept. Raises InputError for what no mail could be sent to safely."""
    text = unicodedata.normalize("NFC", email.strip()) if len(email) <= 320 else ""
    if len(text) > 254 or _ADDRESS.fullmatch(text) is None or any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text):
        raise InputError("this is not an e-mail address", hint="one like ada@example.com", field="email")
    return text


def email_key(email: str) -> str:
    """What two spellings of one address share: capitals do not matter, every other letter does. "groß" and "gross" are two people's (docs/decisions/0394)."""
    return unicodedata.normalize("NFC", check_email(email).lower())


def _former_key(email: str) -> str:
    """The key of rows that were written while ß was read as ss."""
    return unicodedata.normalize("NFC", check_email(email).casefold())


_NO_HASH = ""  # no password is right


class BuiltinPeople:
    """People and passwords in the table ``PEOPLE``."""

    def __init__(self, tables: Tables, passwords: PasswordKeeper, clock: Clock, *, product: str) -> None:
        self._table: Table = tables.open(PEOPLE)
        self._passwords, self._clock, self._product = passwords, clock, product

    def find(self, user: str) -> Person | None:
        """See the port."""
        row = self._table.find(user, "person") if user else None
        return _read(row) if row is not None else None

    def find_by_email(self, email: str) -> Person | None:
        """See the port. What is no address is nobody's."""
        try:
            found = self._found(email)
        except InputError:
            return None
        return found[1] if found is not None else None

    def create(self, user: UserId, email: str, password: str, *, is_verified: bool = False) -> tuple[Person, Writes]:
        """See the port."""
        address = check_email(email)
        check_policy(password, email=address, product=self._product, has_mfa=False)
        kept = self._passwords.keep(user, password)  # before the address is looked for: a taken one costs the same
        took = self._take(address, user)
        now = self._clock.now()
        person = Person(id=user, email=address, created_at=now, email_verified=is_verified, password_at=now)
        row: dict[str, Scalar] = {"pk": user, "sk": "person", "version": 1, "doc": _doc(person), "hash": kept}
        return person, [(self._table, Put(item=row, if_=Absent())), *took]

    def verify_email(self, person: Person, password: str | None = None) -> tuple[Person, Writes]:
        """See the port."""
        if password is None:
            return self.change(person, replace(_own(person), password_at=None), hash=_NO_HASH)
        check_policy(password, email=person.email, product=self._product, has_mfa=False)
        kept = self._passwords.keep(person.id, password)
        return self.change(person, replace(_own(person), password_at=self._clock.now()), hash=kept)

    def change_email(self, person: Person, email: str) -> tuple[Person, Writes]:
        """See the port."""
        address = check_email(email)
        new, writes = self.change(person, replace(person, email=address, email_verified=True, generation=person.generation + 1))
        if email_key(address) == email_key(person.email):
            return new, writes
        left = self._found(person.email)
        pk = left[0] if left is not None else _row(email_key(person.email))
        freed = Delete(pk=pk, sk="email", if_=Equals({"user": person.id}))
        return new, [*writes, (self._table, freed), *self._take(address, person.id)]

    def check_password(self, email: str, password: str) -> Person:
        """See the port."""
        person = self.find_by_email(email)
        row = self._table.find(person.id, "person") if person is not None else None
        kept = str(row["hash"]) or None if row is not None else None
        matches = self._passwords.matches(person.id if person is not None else None, kept, password)
        if not matches or person is None or kept is None or person.disabled:
            raise SignInRefused("the address or the password is not right", hint="try again, or reset the password")
        if self._passwords.is_outdated(kept):
            with contextlib.suppress(ConditionFailed):  # the password was changed just now: that one is new anyway
                renewed = {"hash": self._passwords.keep(person.id, password)}
                self._table.update(Update(pk=person.id, sk="person", set=renewed, if_=Equals({"hash": kept})))
        return person

    def set_password(self, person: Person, password: str, *, proves_email: bool = False) -> tuple[Person, Writes]:
        """See the port."""
        new = _own(person) if proves_email and not person.email_verified else replace(person, generation=person.generation + 1)
        check_policy(password, email=person.email, product=self._product, has_mfa=new.has_mfa)
        kept = self._passwords.keep(person.id, password)
        return self.change(person, replace(new, password_at=self._clock.now()), hash=kept)

    def end_sessions(self, person: Person) -> tuple[Person, Writes]:
        """See the port."""
        return self.change(person, replace(person, generation=person.generation + 1))

    def set_disabled(self, person: Person, disabled: bool) -> tuple[Person, Writes]:
        """See the port."""
        return self.change(person, replace(person, disabled=disabled, generation=person.generation + 1))

    def change(self, old: Person, new: Person, **columns: Scalar) -> tuple[Person, Writes]:
        """``new`` with the next version, and the write that succeeds only if ``old`` is still what is kept."""
        newer = replace(new, version=old.version + 1)
        kept: dict[str, Scalar] = {"version": newer.version, "doc": _doc(newer), **columns}
        return newer, [(self._table, Update(pk=old.id, sk="person", set=kept, if_=Equals({"version": old.version})))]

    def _found(self, email: str) -> tuple[str, Person] | None:
        """Whose this address is, and the row that says so. Raises InputError for what is no address."""
        key = email_key(email)
        for pk in dict.fromkeys((_row(key), _row(_former_key(email)))):
            row = self._table.find(pk, "email")
            person = self.find(str(row["user"])) if row is not None else None
            if person is not None and email_key(person.email) == key:
                return pk, person
        return None

    def _take(self, email: str, user: UserId) -> Writes:
        """The writes that make the address this person's. Raises Conflict where it is somebody's."""
        if self._found(email) is not None:
            raise taken()
        pk = _row(email_key(email))
        mine: Item = {"pk": pk, "sk": "email", "user": user}
        row = self._table.find(pk, "email")
        other = self.find(str(row["user"])) if row is not None else None
        if row is None:
            return [(self._table, Put(item=mine, if_=Absent()))]
        if other is None:
            raise taken()
        # a former row makes way for the address that is spelled so
        own: Item = {"pk": _row(email_key(other.email)), "sk": "email", "user": other.id}
        return [(self._table, Put(item=own, if_=Absent())), (self._table, Put(item=mine, if_=Equals({"user": other.id})))]


def _row(key: str) -> str:
    return f"email/{key}"


def _own(person: Person) -> Person:
    """The person whose address it is, at last: what somebody set before that is not theirs."""
    return replace(person, email_verified=True, has_totp=False, passkeys=0, generation=person.generation + 1)


def taken() -> Conflict:
    """Somebody has this address."""
    return Conflict("somebody signs in with this address already", hint="sign in, or take another address", field="email")


def _doc(person: Person) -> str:
    return msgspec.json.encode(person).decode()


def _read(row: Item) -> Person:
    return from_json(str(row["doc"]), Person)
