"""The post: letters are kept, sealed, in the same transaction as what they tell of, and sent afterwards until somebody took them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.mail.port import Letter, Mail, MailShut, as_message
from listbackup.backends.table.port import (
    Absent,
    ConditionFailed,
    Delete,
    Equals,
    IndexSpec,
    Item,
    Put,
    Scalar,
    Tables,
    TableSpec,
    Update,
    Write,
)
from listbackup.base.clock import unix_ms
from listbackup.base.decode import from_json
from listbackup.base.errors import BackendError, InputError, StoreError
from listbackup.base.ids import AccountId
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

POST = TableSpec(
    name="post",
    indexes=(IndexSpec(name="by_due", pk="queue", sk="due"),),
    about="letters that wait to be sent, sealed: they hold links that prove an address",
)
MOST_TRIES = 12  # the last one about a day after the first
MOST_TRIES_SHUT = 700  # while no letter is taken at all: about a week

_QUEUE = "post"
_log = logging.getLogger(__name__)
_IN_HAND = timedelta(minutes=5)  # longer than a mail server is waited for
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=4)
_LONGEST_SHUT = timedelta(minutes=15)  # somebody is mending it
_LOOKED_AT = 500  # letters, to say how many wait


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    to: str
    subject: str
    text: str
    is_void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why nobody takes our letters, and how many wait, some hundreds at most."""

    why: str
    letters: int


class Post:
    """Letters of the installation; ``keys`` is the installation's scope."""

    def __init__(self, desk: Desk, mail: Mail, keys: KeyScope) -> None:
        self._desk, self._mail, self._keys = desk, mail, keys
        self._table = desk.tables.open(POST)

    def write(self, *, to: str, subject: str, text: str, is_void: bool = False) -> Writes:
        """The write that posts a letter. A void one costs what another costs and is thrown away: nobody can time whether an address is known."""
        id_ = self._desk.new_id("ltr")
        letter = _Sealed(to=to, subject=subject, text=text, is_void=is_void)
        if not is_void:
            as_message(
                Letter(id=id_, to=to, subject=subject, text=text), sender="listbackup@localhost"
            )  # refused now rather than when it is sent
        sealed = seal_field(self._keys, msgspec.json.encode(letter), context=(POST.name, id_, "sealed"))
        row: dict[str, Scalar] = {"pk": id_, "sk": "letter", "queue": _QUEUE, "due": self._due(timedelta(0)), "tries": 0, "sealed": sealed}
        return [(self._table, Put(item=row, if_=Absent()))]

    def dispatch(self, *, limit: int = 100) -> int:
        """Sends what is due, oldest first; how many letters were taken. What is refused for now comes later; what is refused for good is told as ``letter.refused``.

        While no letter is taken at all, whoever it is for, one is tried at a time and the others wait untouched.
        """
        due, sent = self._table.query(_QUEUE, index="by_due", before=self._due(timedelta(milliseconds=1)), limit=limit), 0
        for row in due.items:
            try:
                sent += self._send(row)
            except MailShut:
                break
        return sent

    def _send(self, row: Item) -> bool:
        id_, tries = str(row["pk"]), row["tries"]
        assert isinstance(tries, int)
        mine: dict[str, Scalar] = {"due": self._due(_IN_HAND), "tries": tries + 1}
        try:
            self._table.update(Update(pk=id_, sk="letter", set=mine, if_=Equals({"due": row["due"], "tries": tries})))
        except ConditionFailed:  # another process has it in hand
            return False
        sealed = row["sealed"]
        assert isinstance(sealed, bytes)
        try:
            letter = from_json(open_field(self._keys, sealed, context=(POST.name, id_, "sealed")), _Sealed)
            if not letter.is_void:
                self._mail.send(Letter(id=id_, to=letter.to, subject=letter.subject, text=letter.text))
        except MailShut as error:
            self._refused(id_, tries + 1, error)
            raise
        except (
            BackendError,
            InputError,
            StoreError,
        ) as error:  # an address that cannot be sent to, or bytes that nobody can read, are refused for good
            self._refused(id_, tries + 1, error)
            return False
        self._table.delete(id_, "letter")
        return not letter.is_void

    def _refused(self, id_: str, tries: int, error: BackendError | InputError | StoreError) -> None:
        is_shut = isinstance(error, MailShut)
        if isinstance(error, BackendError) and error.retryable and tries < (MOST_TRIES_SHUT if is_shut else MOST_TRIES):
            wait = min(_FIRST_WAIT * 2 ** min(tries - 1, 20), _LONGEST_SHUT if is_shut else _LONGEST_WAIT)
            self._table.update(Update(pk=id_, sk="letter", set={"due": self._due(wait), "shut": error.message if is_shut else None}))
            if is_shut:
                _log.error("no letter is taken: %s (%s)", error.message, error.hint)
            return
        fact = Fact(name="letter.refused", subject=id_, about={"why": error.message, "tries": tries})
        gone: Write = Delete(pk=id_, sk="letter")
        self._desk.commit(installation("post"), [(self._table, gone)], fact)

    def _due(self, wait: timedelta) -> str:
        return f"{unix_ms(self._desk.clock.now() + wait):015d}"


def trouble(tables: Tables) -> Trouble | None:
    """Why letters wait though all is well with them, or None; asks for no key."""
    waiting = tables.open(POST).query(_QUEUE, index="by_due", limit=_LOOKED_AT).items
    shut = [str(row["shut"]) for row in waiting if row.get("shut")]
    return Trouble(why=shut[0], letters=len(waiting)) if shut else None


def installation(actor: str) -> Scope:
    """Where acts are told that belong to no account and no person."""
    return Scope(account=AccountId("installation"), actor=actor)
