"""Tokens that nobody keeps any more, and that the platform has not been told of yet: it is told again until it listens."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Absent, ConditionFailed, Delete, Equals, Item, Put, Scalar, Update
from listbackup.base.clock import iso, parse_iso
from listbackup.base.decode import from_json
from listbackup.base.errors import KeyUnavailable, ListBackupError
from listbackup.base.ids import AccountId
from listbackup.base.secret import Secret
from listbackup.services.connections.events import revocation_fact
from listbackup.services.connections.model import Connection
from listbackup.services.connections.table import REVOCATIONS
from listbackup.services.desk import Desk
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

if TYPE_CHECKING:
    from listbackup.services.connections.reach import Reach
    from listbackup.services.connections.vault import Keys

FIRST, LONGEST, GIVEN_UP = timedelta(minutes=5), timedelta(hours=6), timedelta(days=7)

_WAITING = "waiting"
_TICK = timedelta(milliseconds=1)  # what is due at this very moment is due
_IN_HAND = timedelta(minutes=10)  # should this process die while it asks, another takes it up then

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leftover:
    connection: Connection
    tokens: Mapping[str, str]


class Revocations:
    """The tokens of an account that are to be given back. They lie sealed until the platform was told, or for a week."""

    def __init__(self, desk: Desk, keys: Keys, reach: Reach) -> None:
        self._desk, self._keys, self._reach = desk, keys, reach
        self._table = desk.tables.open(REVOCATIONS)

    def writes(self, scope: Scope, connection: Connection, tokens: Mapping[str, Secret]) -> Writes:
        """The write by which the platform is told later; for the transaction that forgets the tokens."""
        now, key = self._desk.clock.now(), self._desk.new_id("rvk")
        leftover = _Leftover(connection=connection, tokens={name: secret.reveal() for name, secret in tokens.items()})
        sealed = seal_field(self._keys.for_account(scope.account), msgspec.json.encode(leftover), context=_context(key))
        row: dict[str, Scalar] = {
            "pk": scope.account,
            "sk": key,
            "sealed": sealed,
            "queue": _WAITING,
            "due": iso(now + FIRST),
            "tries": 1,
            "until": iso(now + GIVEN_UP),
        }
        return [(self._table, Put(item=row, if_=Absent()))]

    def tick(self, *, limit: int = 20) -> int:
        """Tell the platforms what is due; how many listened. Any number of processes may tick: each row is claimed by one."""
        due = self._table.query(_WAITING, index="by_due", before=iso(self._desk.clock.now() + _TICK), limit=limit)
        return sum(self._try(row) for row in due.items)

    def _try(self, row: Item) -> bool:
        """One that fails holds up no other."""
        try:
            return self._tell(row)
        except ListBackupError as error:
            _log.warning("tokens of %s are given back later: %s", row["pk"], error)
        return False

    def _tell(self, row: Item) -> bool:
        now = self._desk.clock.now()
        claimed: dict[str, Scalar] = {"due": iso(now + _IN_HAND), "tries": _tries(row) + 1}
        try:
            self._table.update(Update(pk=str(row["pk"]), sk=str(row["sk"]), set=claimed, if_=Equals({"due": row["due"]})))
        except ConditionFailed:  # another process has it
            return False
        scope = Scope(account=AccountId(str(row["pk"])), actor="worker")
        try:
            leftover = self._open(row)
        except KeyUnavailable:  # the account was shredded: nobody can read them any more
            self._table.delete(scope.account, str(row["sk"]))
            return False
        heard = self._reach.revoke(scope, leftover.connection, {name: Secret(text) for name, text in leftover.tokens.items()})
        if heard is not False:
            self._settle(scope, row, claimed, leftover.connection, "revoked")
        elif now >= parse_iso(str(row["until"])):
            self._settle(scope, row, claimed, leftover.connection, "revocation_given_up")
        else:
            self._put_off(row, claimed, now)
        return heard is True

    def _settle(self, scope: Scope, row: Item, claimed: Mapping[str, Scalar], connection: Connection, happened: str) -> None:
        gone = Delete(pk=scope.account, sk=str(row["sk"]), if_=Equals({"due": claimed["due"]}))
        try:
            self._desk.commit(scope, [(self._table, gone)], revocation_fact(happened, connection, tries=int(str(claimed["tries"]))))
        except ConditionFailed:  # somebody thought this process dead, and tells too
            return

    def _put_off(self, row: Item, claimed: Mapping[str, Scalar], now: datetime) -> None:
        wait = min(FIRST * 2 ** min(_tries(row), 16), LONGEST)
        later = Update(pk=str(row["pk"]), sk=str(row["sk"]), set={"due": iso(now + wait)}, if_=Equals({"due": claimed["due"]}))
        try:
            self._table.update(later)
        except ConditionFailed:
            return

    def _open(self, row: Item) -> _Leftover:
        sealed = row["sealed"]
        assert isinstance(sealed, bytes)
        plain = open_field(self._keys.for_account(str(row["pk"])), sealed, context=_context(str(row["sk"])))
        return from_json(plain, _Leftover)


def _tries(row: Item) -> int:
    tries = row["tries"]
    assert isinstance(tries, int)
    return tries


def _context(key: str) -> tuple[str, str, str]:
    return (REVOCATIONS.name, key, "sealed")
