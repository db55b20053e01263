"""One-time codes: the TOTP factor with its own memory of what was used, and recovery codes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from listbackup.backends.identity.opaque import digest
from listbackup.backends.identity.people import BuiltinPeople
from listbackup.backends.identity.port import Person, SignInRefused, TooManyTries, TotpSetup, Writes
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.table import PEOPLE
from listbackup.backends.identity.tickets import Purpose, Ticket, Tickets
from listbackup.backends.identity.totp import SEED_BYTES, STEP_SECONDS, base32, find_step, step_of, uri_of
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Absent, ConditionFailed, Delete, Equals, Exists, Item, Put, Scalar, Tables, Update, Write
from listbackup.base.clock import Clock, from_unix_ms, unix_ms
from listbackup.base.errors import BusyError, Conflict
from listbackup.base.paging import iter_pages

RECOVERY_CODES = 10
RECOVERY_BYTES = 15  # 120 bits: 24 characters of base 32

_SETUP = timedelta(minutes=30)
_CODE_TRIES = 200
_AHEAD = timedelta(days=1)  # what was noted for later than this was noted by a clock that was wrong: nobody waits until it is right


class BuiltinCodes:
    """The rows ``totp`` and ``recovery/…`` of a person in the table ``PEOPLE``."""

    def __init__(
        self,
        tables: Tables,
        people: BuiltinPeople,
        tickets: Tickets,
        keys: KeyScope,
        clock: Clock,
        settings: IdentitySettings,
        *,
        new_seed: Callable[[Person], bytes] = lambda _: secrets.token_bytes(SEED_BYTES),
    ) -> None:
        self._table, self._new_seed = tables.open(PEOPLE), new_seed
        self._people, self._tickets, self._keys, self._clock, self._figures = people, tickets, keys, clock, settings

    def begin(self, person: Person) -> tuple[TotpSetup, Writes]:
        """See the port. Raises Conflict while another seed is in force."""
        if person.has_totp:
            raise Conflict("one-time codes are set up already", hint="remove them first")
        seed = self._new_seed(person)
        note = self._sealed(person, seed).hex()
        ticket = Ticket(purpose=Purpose.TOTP_SETUP, user=person.id, generation=person.generation, note=note)
        _, writes = self._tickets.make(ticket, _SETUP, token=person.id)
        return TotpSetup(secret=base32(seed), uri=uri_of(seed, issuer=self._figures.product, email=person.email)), writes

    def confirm(self, person: Person, code: str) -> tuple[Person, Sequence[str], Writes]:
        """See the port."""
        ticket, used = self._tickets.use(Purpose.TOTP_SETUP, person.id)
        sealed = bytes.fromhex(ticket.note)
        step = find_step(self._open(person, sealed), code, self._clock.now(), after=0)
        if step is None:
            raise SignInRefused("the code is not right", hint="wait for the next one; the device's clock must be right")
        row: dict[str, Scalar] = {"pk": person.id, "sk": "totp", "sealed": sealed, "last_step": step, "tries": 0, "locked_ms": 0}
        shown, renewed = self.renew_recovery_codes(person)
        newer, changed = self._people.change(person, replace(person, has_totp=True, generation=person.generation + 1))
        return newer, shown, [*used, (self._table, Put(item=row, if_=Absent())), *renewed, *changed]

    def remove(self, person: Person) -> tuple[Person, Writes]:
        """See the port."""
        newer, changed = self._people.change(person, replace(person, has_totp=False, generation=person.generation + 1))
        factor = Delete(pk=person.id, sk="totp", if_=Exists())
        return newer, [*changed, *((self._table, one) for one in (factor, *self._recovery_gone(person)))]

    def clear(self, person: Person) -> Writes:
        """See the port."""
        gone = [Delete(pk=person.id, sk="totp"), *self._recovery_gone(person)]
        return [*((self._table, one) for one in gone), *self._tickets.void(Purpose.TOTP_SETUP, person.id)]

    def check(self, person: Person, code: str) -> Writes:
        """See the port."""
        row = self._count_try(person)
        sealed, last = row["sealed"], row["last_step"]
        assert isinstance(sealed, bytes)
        assert isinstance(last, int)
        now = self._clock.now()
        is_ahead = last > step_of(now) + _AHEAD // timedelta(seconds=STEP_SECONDS)
        step = find_step(self._open(person, sealed), code, now, after=0 if is_ahead else last)
        if step is None:
            raise SignInRefused("the code is not right, or was used already", hint="wait for the next one")
        used = {"last_step": step, "tries": 0, "locked_ms": 0}
        return [(self._table, Update(pk=person.id, sk="totp", set=used, if_=Equals({"last_step": last})))]

    def renew_recovery_codes(self, person: Person) -> tuple[Sequence[str], Writes]:
        """See the port."""
        codes = [base32(secrets.token_bytes(RECOVERY_BYTES)).lower() for _ in range(RECOVERY_CODES)]
        writes: list[Write] = [*self._recovery_gone(person)]
        writes += [Put(item={"pk": person.id, "sk": _recovery_key(code)}, if_=Absent()) for code in codes]
        shown = ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]
        return shown, [(self._table, write) for write in writes]

    def check_recovery_code(self, person: Person, code: str) -> Writes:
        """See the port. 120 bits are not guessed, so tries are not counted here; the rim counts requests."""
        key = _recovery_key("".join(c for c in code.lower() if c not in "- ")) if len(code) <= 100 else "recovery/-"
        if self._table.find(person.id, key) is None:
            raise SignInRefused("the recovery code is not right, or was used already", hint="each works once: take another one")
        return [(self._table, Delete(pk=person.id, sk=key, if_=Exists()))]

    def count_recovery_codes(self, person: Person) -> int:
        """See the port."""
        return len(self._recovery_rows(person))

    def _count_try(self, person: Person) -> Item:
        """The factor's row with this try counted. Raises TooManyTries, SignInRefused (there is no such factor)."""
        for _ in range(_CODE_TRIES):
            row = self._table.find(person.id, "totp")
            if row is None:
                raise SignInRefused("one-time codes are not set up")
            tries, locked_ms, now_ms = _int(row["tries"]), _int(row["locked_ms"]), unix_ms(self._clock.now())
            if now_ms < locked_ms <= now_ms + _AHEAD // timedelta(milliseconds=1):
                wait = from_unix_ms(locked_ms) - self._clock.now()
                raise TooManyTries("too many wrong codes", retry_after=wait, hint="wait, or use a recovery code or a passkey")
            tries = 1 if locked_ms else tries + 1
            lock = now_ms + self._figures.code_lock // timedelta(milliseconds=1) if tries >= self._figures.code_tries else 0
            as_read = Equals({"tries": row["tries"], "locked_ms": locked_ms, "last_step": row["last_step"]})
            try:
                return self._table.update(Update(pk=person.id, sk="totp", set={"tries": tries, "locked_ms": lock}, if_=as_read))
            except ConditionFailed:  # another try was counted at this moment
                continue
        raise BusyError("too many codes at once", hint="try one at a time")

    def _recovery_gone(self, person: Person) -> list[Delete]:
        return [Delete(pk=person.id, sk=str(row["sk"])) for row in self._recovery_rows(person)]

    def _recovery_rows(self, person: Person) -> list[Item]:
        return list(iter_pages(lambda cursor: self._table.query(person.id, prefix="recovery/", cursor=cursor)))

    def _sealed(self, person: Person, seed: bytes) -> bytes:
        return seal_field(self._keys, seed, context=(PEOPLE.name, person.id, "totp"))

    def _open(self, person: Person, sealed: bytes) -> bytes:
        return open_field(self._keys, sealed, context=(PEOPLE.name, person.id, "totp"))


def _recovery_key(code: str) -> str:
    return f"recovery/{digest(code)}"


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
