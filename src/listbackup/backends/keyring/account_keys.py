"""The keys of every account: made, kept wrapped, handed out, rotated and shredded.

Root key (keyring) wraps account keys; an account key wraps that account's data keys (one per epoch) and its id key. The wraps lie in the table ``ACCOUNT_KEYS``,
which has a place of its own (``keys.db``) so that ordinary backups of the data leave it out and shredding reaches every copy.
Design: docs/design/keys.md.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from listbackup.backends.keyring.port import Keyring
from listbackup.backends.keyring.scope import KEY_BYTES, KeyScope, key_id
from listbackup.backends.keyring.seal import open_with, seal_with
from listbackup.backends.table.port import (
    Absent,
    Check,
    ConditionFailed,
    Equals,
    Exists,
    IndexSpec,
    Item,
    Put,
    Tables,
    TableSpec,
    Update,
)
from listbackup.base.clock import Clock, from_unix_ms, unix_ms
from listbackup.base.errors import BusyError, InputError, KeyUnavailable, NotFound
from listbackup.base.paging import iter_pages

__all__ = ["ACCOUNT_KEYS", "EPOCH", "INSTALLATION", "AccountKeys", "KeyScope", "ShredReceipt"]

EPOCH = timedelta(days=30)
INSTALLATION = "installation"  # the scope of what belongs to no account: platform client secrets

ACCOUNT_KEYS = TableSpec(
    name="account_keys",
    indexes=(IndexSpec(name="by_state", pk="state", sk="account"),),
    about="Wrapped keys: pk account, sk 'account' (account key and id key) or 'epoch/<n>' (a data key); pk '!root' counts the rotations.",
)

_LIVE, _SHREDDED = "live", "shredded"
_FRESH_SECONDS = 15.0  # how long another process's shredding or new epoch may go unseen
_TRIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShredReceipt:
    """What was destroyed: nothing sealed for the account opens any more, here or in any copy of the data."""

    account: str
    key: str  # the id of the destroyed account key
    epochs: int  # how many data keys went with it
    shredded_at: datetime


@dataclass(slots=True)
class _Opened:
    id_key: bytes
    epochs: dict[bytes, bytes]  # kid -> data key, oldest first
    made_at: datetime  # of the youngest
    read_at: float  # monotonic [s]


class AccountKeys:
    """The key store of one installation. Safe to share between threads, and between processes over one table and one keyring.

    ``scrub`` is called after a shredding, to remove what the table's file still holds of deleted items.
    """

    def __init__(self, tables: Tables, keyring: Keyring, clock: Clock, *, scrub: Callable[[], None] | None = None) -> None:
        self._tables = tables
        self._table = tables.open(ACCOUNT_KEYS)
        self._keyring = keyring
        self._clock = clock
        self._scrub = scrub
        self._opened: dict[str, _Opened] = {}
        self._lock = threading.RLock()

    def create(self, account: str) -> None:
        """The account has keys afterwards, new ones unless it had some. Raises KeyUnavailable for a shredded account: its id is never used again."""
        if not account or account.startswith("!"):
            raise InputError(f"{account!r} is not an account's id")
        for _ in range(_TRIES):
            item = self._table.find(account, "account")
            if item is not None:
                _refuse_shredded(account, item)
                return
            if self._create(account):
                return
        raise BusyError("the root key is being rotated over and over", hint="try again in a moment")

    def for_account(self, account: str) -> KeyScope:
        """The account's scope. Raises KeyUnavailable when it has no keys, or none any more, or the root key is not here."""
        self._state(account)
        return KeyScope(account, _StoredKeys(self, account))

    def new_epoch(self, account: str) -> bytes:
        """The id of a new data key that everything is sealed with from now on; older ones go on opening."""
        with self._lock:
            account_key = self._account_key(account)
            number = 1 + max((_number(item) for item in self._epochs(account)), default=-1)
            item, kid = self._epoch(account, account_key, number)
            try:
                self._tables.transact(
                    [
                        (self._table, Check(pk=account, sk="account", if_=Equals({"state": _LIVE}))),
                        (self._table, Put(item=item, if_=Absent())),
                    ]
                )
            except ConditionFailed:  # somebody else opened this epoch, or shredded the account
                return self._state(account, anew=True)[0]
            self._opened.pop(account, None)
            return kid

    def rotate_root(self) -> int:
        """How many accounts were re-wrapped under a new root key; the old ones are destroyed at the end.

        A rotation that was broken off is finished instead of beginning another. Sealing and opening go on meanwhile.
        """
        if not self.is_rotating():
            self._keyring.rotate()
        goal = self._keyring.current()
        self._announce()
        total = 0
        while rewrapped := sum(self._rewrap(account, goal) for account in self.iter_accounts()):
            total += rewrapped
        for root in self._older_than(goal):
            self._keyring.retire(root)
        return total

    def is_rotating(self) -> bool:
        """Whether a rotation was begun and not finished."""
        return len(self._keyring.list_roots()) > 1

    def shred(self, account: str) -> ShredReceipt:
        """Destroys the account's key, and with it everything sealed under it. Final; doing it again gives the same receipt. Raises NotFound."""
        with self._lock:
            self._opened.pop(account, None)
            receipt = self._bury(account)
            for item in self._epochs(account):
                self._table.delete(account, str(item["sk"]))
            self._opened.pop(account, None)
        if self._scrub is not None:
            self._scrub()
        return receipt

    def is_shredded(self, account: str) -> bool:
        """Whether the account's key was destroyed."""
        item = self._table.find(account, "account")
        return item is not None and item["state"] == _SHREDDED

    def iter_accounts(self) -> Iterator[str]:
        """Every account that has keys, in order of id."""
        for item in iter_pages(lambda cursor: self._table.query(_LIVE, index="by_state", cursor=cursor)):
            yield str(item["account"])

    def data_keys(self, account: str) -> Mapping[bytes, bytes]:
        """All data keys of the account by id, oldest first: for a store kit, and for nothing else."""
        with self._lock:
            self._opened.pop(account, None)
            self._state(account)
            return dict(self._opened[account].epochs)

    # How a scope asks. The state is read again when it is older than _FRESH_SECONDS, so that another process's shredding closes this one's scopes too.

    def _state(self, account: str, *, anew: bool = False) -> tuple[bytes, _Opened]:
        with self._lock:
            opened = self._opened.get(account)
            if opened is None or anew or self._clock.monotonic() - opened.read_at >= _FRESH_SECONDS:
                self._opened.pop(account, None)
                opened = self._opened[account] = self._open(account)
            return next(reversed(opened.epochs)), opened

    def _current(self, account: str) -> tuple[bytes, bytes]:
        kid, opened = self._state(account)
        if self._clock.now() - opened.made_at >= EPOCH:
            self.new_epoch(account)
            kid, opened = self._state(account)
        return kid, opened.epochs[kid]

    def _key(self, account: str, kid: bytes) -> bytes:
        found = self._state(account)[1].epochs.get(kid)
        if found is None:
            found = self._state(account, anew=True)[1].epochs.get(kid)
        if found is None:
            raise KeyUnavailable(f"{account} has no data key {kid.hex()}", hint="the object belongs to another account or installation")
        return found

    def _open(self, account: str) -> _Opened:
        account_key = self._account_key(account)
        item = self._item(account)
        epochs: dict[bytes, bytes] = {}
        made_at = from_unix_ms(0)
        for epoch in self._epochs(account):
            key = open_with(account_key, _bytes(epoch, "wrapped"), context=_epoch_context(account, _number(epoch)))
            epochs[key_id(key)] = key
            made_at = from_unix_ms(_int(epoch, "made_at_ms"))
        if not epochs:
            raise KeyUnavailable(
                f"the data keys of {account} are missing from the key store", hint="put back the key store (keys.db) from a copy"
            )
        id_key = open_with(account_key, _bytes(item, "id_key"), context=_id_context(account))
        return _Opened(id_key=id_key, epochs=epochs, made_at=made_at, read_at=self._clock.monotonic())

    def _account_key(self, account: str) -> bytes:
        """A rotation may re-wrap the key and destroy the root between reading the wrap and opening it: read it again then."""
        seen: bytes | None = None
        while True:
            wrapped = _bytes(self._item(account), "wrapped")
            try:
                return self._keyring.unwrap(account, wrapped)
            except KeyUnavailable:
                if wrapped == seen:
                    raise
                seen = wrapped

    def _item(self, account: str) -> Item:
        item = self._table.find(account, "account")
        if item is None:
            raise KeyUnavailable(f"{account} has no keys here", hint="put back the key store (keys.db) that belongs to this data")
        _refuse_shredded(account, item)
        return item

    def _epochs(self, account: str) -> Iterator[Item]:
        return iter_pages(lambda cursor: self._table.query(account, prefix="epoch/", cursor=cursor))

    # Making and moving wraps.

    def _create(self, account: str) -> bool:
        """The new wrap is only written if no rotation was announced since before it was made: so a rotation's listing misses no account."""
        turn = self._turn()
        account_key, id_key = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)
        wrapped = self._keyring.wrap(account, account_key)
        item: Item = {
            "pk": account,
            "sk": "account",
            "account": account,
            "state": _LIVE,
            "root": self._keyring.wrapped_with(wrapped),
            "wrapped": wrapped,
            "id_key": seal_with(account_key, id_key, context=_id_context(account)),
            "created_at_ms": unix_ms(self._clock.now()),
        }
        epoch, _ = self._epoch(account, account_key, 0)
        unmoved = Check(pk="!root", sk="rotations", if_=Equals({"turn": turn}))
        try:
            self._tables.transact(
                [(self._table, unmoved), (self._table, Put(item=item, if_=Absent())), (self._table, Put(item=epoch, if_=Absent()))]
            )
        except ConditionFailed:
            return False
        return True

    def _epoch(self, account: str, account_key: bytes, number: int) -> tuple[Item, bytes]:
        key = os.urandom(KEY_BYTES)
        item: Item = {
            "pk": account,
            "sk": f"epoch/{number:08}",
            "kid": key_id(key),
            "wrapped": seal_with(account_key, key, context=_epoch_context(account, number)),
            "made_at_ms": unix_ms(self._clock.now()),
        }
        return item, key_id(key)

    def _turn(self) -> int:
        item = self._table.find("!root", "rotations")
        if item is None:
            try:
                self._table.put({"pk": "!root", "sk": "rotations", "turn": 0}, if_=Absent())
            except ConditionFailed:
                return self._turn()
            return 0
        return _int(item, "turn")

    def _announce(self) -> None:
        self._turn()
        self._table.update(Update(pk="!root", sk="rotations", add={"turn": 1}, if_=Exists()))

    def _rewrap(self, account: str, goal: str) -> int:
        """1 when the account's key was wrapped by a root older than ``goal`` and is not any more."""
        while True:
            item = self._table.find(account, "account")
            if item is None or item["state"] != _LIVE or item["root"] not in self._older_than(goal):
                return 0
            old = _bytes(item, "wrapped")
            new = self._keyring.wrap(account, self._keyring.unwrap(account, old))
            change: Item = {"wrapped": new, "root": self._keyring.wrapped_with(new)}
            try:
                self._table.update(Update(pk=account, sk="account", set=change, if_=Equals({"wrapped": old})))
            except ConditionFailed:  # another rotation was faster, or the account was shredded
                continue
            return 1

    def _older_than(self, goal: str) -> list[str]:
        roots = list(self._keyring.list_roots())
        return roots[: roots.index(goal)] if goal in roots else roots[:-1]

    def _bury(self, account: str) -> ShredReceipt:
        while True:
            item = self._table.find(account, "account")
            if item is None:
                raise NotFound(f"{account} has no keys here")
            if item["state"] == _SHREDDED:
                return _receipt(item)
            grave: Item = {
                "pk": account,
                "sk": "account",
                "account": account,
                "state": _SHREDDED,
                "key": key_id(self._account_key(account)).hex(),
                "epochs": sum(1 for _ in self._epochs(account)),
                "shredded_at_ms": unix_ms(self._clock.now()),
            }
            try:
                self._table.put(grave, if_=Equals({"wrapped": item["wrapped"]}))
            except ConditionFailed:  # re-wrapped meanwhile
                continue
            return _receipt(grave)


@dataclass(frozen=True, slots=True)
class _StoredKeys:
    keys: AccountKeys
    account: str

    def current(self) -> tuple[bytes, bytes]:
        return self.keys._current(self.account)

    def key(self, kid: bytes) -> bytes:
        return self.keys._key(self.account, kid)

    def id_key(self) -> bytes:
        return self.keys._state(self.account)[1].id_key


def _refuse_shredded(account: str, item: Item) -> None:
    if item["state"] == _SHREDDED:
        raise KeyUnavailable(
            f"the key of {account} was destroyed; what it sealed cannot be opened again", hint="make a new account and back up anew"
        )


def _receipt(item: Item) -> ShredReceipt:
    return ShredReceipt(
        account=str(item["account"]),
        key=str(item["key"]),
        epochs=_int(item, "epochs"),
        shredded_at=from_unix_ms(_int(item, "shredded_at_ms")),
    )


def _epoch_context(account: str, number: int) -> tuple[str, ...]:
    return ("data-key", account, str(number))


def _id_context(account: str) -> tuple[str, ...]:
    return ("id-key", account)


def _number(item: Item) -> int:
    return int(str(item["sk"]).removeprefix("epoch/"))


def _bytes(item: Item, name: str) -> bytes:
    value = item[name]
    if not isinstance(value, bytes):
        raise KeyUnavailable(
            f"the key store's item {item['pk']!r}/{item['sk']!r} has no {name}", hint="put back the key store (keys.db) from a copy"
        )
    return value


def _int(item: Item, name: str) -> int:
    value = item[name]
    if not isinstance(value, int):
        raise KeyUnavailable(
            f"the key store's item {item['pk']!r}/{item['sk']!r} has no {name}", hint="put back the key store (keys.db) from a copy"
        )
    return value
