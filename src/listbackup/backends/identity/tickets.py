"""Tickets: what is used once and soon: links sent by mail, the second step of a sign-in, challenges of passkeys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import msgspec

from listbackup.backends.identity.opaque import digest, new_secret
from listbackup.backends.identity.port import SignInRefused, Writes
from listbackup.backends.identity.table import TICKETS
from listbackup.backends.table.port import Delete, Equals, Put, Scalar, Tables
from listbackup.base.clock import Clock, unix_ms
from listbackup.base.decode import from_json


class Purpose(StrEnum):
    """What a ticket is for; one of another purpose is none."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose
    CHANGE_EMAIL_OLD = "change_email_old"
    CHANGE_EMAIL_NEW = "change_email_new"
    SECOND_STEP = "second_step"
    TOTP_SETUP = "totp_setup"
    PASSKEY_REGISTRATION = "passkey_registration"
    PASSKEY_SIGN_IN = "passkey_sign_in"
    SET_UP = "set_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a token stands for."""

    purpose: Purpose
    user: str = ""
    email: str = ""
    generation: int = 0  # of the person when it was made
    note: str = ""
    ends_ms: int = 0


class Tickets:
    """Tickets in the table ``TICKETS``, by the hash of their token."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._table = tables.open(TICKETS)
        self._clock = clock

    def make(self, ticket: Ticket, lasts: timedelta, *, token: str | None = None) -> tuple[str, Writes]:
        """A token of 256 bits (or the one given) for this, and the write that makes it good."""
        token = token or new_secret()
        ends = self._clock.now() + lasts
        doc = msgspec.json.encode(replace(ticket, ends_ms=unix_ms(ends))).decode()
        row: dict[str, Scalar] = {"pk": _key(ticket.purpose, token), "sk": "ticket", "doc": doc, "ends": int(ends.timestamp()) + 1}
        return token, [(self._table, Put(item=row))]

    def find(self, purpose: Purpose, token: str) -> Ticket | None:
        """What it stands for, or None when there is none, it ended, or it was used."""
        row = self._table.find(_key(purpose, token), "ticket")
        ticket = from_json(str(row["doc"]), Ticket) if row is not None else None
        return ticket if ticket is not None and unix_ms(self._clock.now()) < ticket.ends_ms else None

    def use(self, purpose: Purpose, token: str) -> tuple[Ticket, Writes]:
        """What it stands for, and the write that uses it up: of many transactions with it one succeeds. Raises SignInRefused."""
        ticket = self.find(purpose, token)
        if ticket is None:
            raise SignInRefused("this link or step was used already, or is too old", hint="ask for a new one")
        as_read = Equals({"doc": msgspec.json.encode(ticket).decode()})
        return ticket, [(self._table, Delete(pk=_key(purpose, token), sk="ticket", if_=as_read))]

    def void(self, purpose: Purpose, token: str) -> Writes:
        """The write that makes the token worthless."""
        return [(self._table, Delete(pk=_key(purpose, token), sk="ticket"))]


def _key(purpose: Purpose, token: str) -> str:
    return f"{purpose.value}/{digest(token)}"
