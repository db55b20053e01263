"""The keys of every account: made, kept wrapped, handed out, rotated and shredded.

The root key (keyring) wraps account keys; an account key wraps that account's data keys (one per epoch) and its id key. The wraps lie in the table
``ACCOUNT_KEYS``, which has a place of its own (``keys.db``) so that ordinary backups of the data leave it out and shredding reaches every copy.
Design: docs/design/keys.md.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from listbackup.backends.keyring.key_records import (
    ACCOUNT,
    ACCOUNT_KEYS,
    EPOCHS,
    LIVE,
    SHREDDED,
    ShredReceipt,
    bytes_of,
    data_key_of,
    epoch_item,
    grave_item,
    id_key_of,
    int_of,
    live_item,
    number_of,
    receipt_of,
    refuse_shredded,
)
from listbackup.backends.keyring.port import Keyring
from listbackup.backends.keyring.rotation import RootRotation
from listbackup.backends.keyring.scope import KEY_BYTES, KeyScope, key_id
from listbackup.backends.table.port import Absent, Check, ConditionFailed, Equals, Item, Put, Tables
from listbackup.base.clock import Clock, from_unix_ms
from listbackup.base.errors import BusyError, InputError, KeyUnavailable, NotFound
from listbackup.base.paging import iter_pages

__all__ = ["ACCOUNT_KEYS", "EPOCH", "INSTALLATION", "AccountKeys", "KeyScope", "ShredReceipt"]

EPOCH = timedelta(days=30)
INSTALLATION = "installation"  # the scope of what belongs to no account: platform client secrets

_FRESH_SECONDS = 15.0  # how long another process's shredding or new epoch may go unseen
_TRIES = 50


@dataclass(slots=True)
class _Opened:
    id_key: bytes
    epochs: dict[bytes, bytes]  # kid -> data key, oldest first; never empty
    made_at: datetime  # of the youngest
    read_at: float  # monotonic [s]

    @property
    def youngest(self) -> bytes:
        return next(reversed(self.epochs))


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
        self._rotation = RootRotation(tables, self._table, keyring)
        self._opened: dict[str, _Opened] = {}
        self._lock = threading.RLock()

    def create(self, account: str) -> None:
        """The account has keys afterwards, new ones unless it had some. Raises KeyUnavailable for a shredded account: its id is never used again."""
        if not account or account.startswith("!"):
            raise InputError(f"{account!r} is not an account's id")
        for _ in range(_TRIES):
            item = self._table.find(account, ACCOUNT)
            if item is not None:
                return refuse_shredded(item)
            if self._create(account):
                return None
        raise BusyError("the root key is being rotated over and over", hint="try again in a moment")

    def for_account(self, account: str) -> KeyScope:
        """The account's scope. Raises KeyUnavailable when it has no keys, or none any more, or the root key is not here."""
        self._state(account)
        return KeyScope(account, _StoredKeys(self, account))

    def new_epoch(self, account: str) -> bytes:
        """The id of a new data key that everything is sealed with from now on; older ones go on opening."""
        with self._lock:
            account_key = self._account_key(account)
            number = 1 + max((number_of(item) for item in self._iter_epochs(account)), default=-1)
            living = Check(pk=account, sk=ACCOUNT, if_=Equals({"state": LIVE}))
            epoch = Put(item=epoch_item(account, account_key, number, self._clock.now()), if_=Absent())
            with contextlib.suppress(ConditionFailed):  # somebody else opened this epoch, or shredded the account: reading it again tells
                self._tables.transact([(self._table, living), (self._table, epoch)])
            return self._state(account, anew=True).youngest

    def rotate_root(self) -> int:
        """How many accounts were re-wrapped under a new root key; the old ones are destroyed at the end, and old recovery kits with them.

        A rotation that was broken off is finished instead of beginning another. Sealing and opening go on meanwhile.
        """
        return self._rotation.run(self.iter_accounts)

    def is_rotating(self) -> bool:
        """Whether a rotation was begun and not finished."""
        return self._rotation.is_begun()

    def shred(self, account: str) -> ShredReceipt:
        """Destroys the account's key, and with it everything sealed under it. Final; doing it again gives the same receipt. Raises NotFound."""
        with self._lock:
            receipt = self._bury(account)
            for item in self._iter_epochs(account):
                self._table.delete(account, str(item["sk"]))
            self._opened.pop(account, None)
        if self._scrub is not None:
            self._scrub()
        return receipt

    def is_shredded(self, account: str) -> bool:
        """Whether the account's key was destroyed."""
        item = self._table.find(account, ACCOUNT)
        return item is not None and item["state"] == SHREDDED

    def iter_accounts(self) -> Iterator[str]:
        """Every account that has keys, in order of id."""
        for item in iter_pages(lambda cursor: self._table.query(LIVE, index="by_state", cursor=cursor)):
            yield str(item["account"])

    def data_keys(self, account: str) -> Mapping[bytes, bytes]:
        """All data keys of the account by id, oldest first: for a store kit, and for nothing else."""
        return dict(self._state(account, anew=True).epochs)

    # How a scope asks. What is open is read again when it is older than _FRESH_SECONDS, so that another process's shredding closes this one's scopes too.

    def current(self, account: str) -> tuple[bytes, bytes]:
        """See ``KeyScope.current``; begins a new epoch when the present one is over."""
        opened = self._state(account)
        if self._clock.now() - opened.made_at >= EPOCH:
            self.new_epoch(account)
            opened = self._state(account)
        return opened.youngest, opened.epochs[opened.youngest]

    def key(self, account: str, kid: bytes) -> bytes:
        """See ``KeyScope.key``."""
        found = self._state(account).epochs.get(kid) or self._state(account, anew=True).epochs.get(kid)
        if found is None:
            raise KeyUnavailable(f"{account} has no data key {kid.hex()}", hint="the object belongs to another account or installation")
        return found

    def id_key(self, account: str) -> bytes:
        """See ``KeyScope.id_key``."""
        return self._state(account).id_key

    def _state(self, account: str, *, anew: bool = False) -> _Opened:
        with self._lock:
            opened = self._opened.get(account)
            if opened is None or anew or self._clock.monotonic() - opened.read_at >= _FRESH_SECONDS:
                self._opened.pop(account, None)
                opened = self._opened[account] = self._open(account)
            return opened

    def _open(self, account: str) -> _Opened:
        account_key = self._account_key(account)
        epochs: dict[bytes, bytes] = {}
        made_at = from_unix_ms(0)
        for epoch in self._iter_epochs(account):
            key = data_key_of(epoch, account_key)
            epochs[key_id(key)] = key
            made_at = from_unix_ms(int_of(epoch, "made_at_ms"))
        id_key = id_key_of(self._item(account), account_key)
        if not epochs:
            raise KeyUnavailable(
                f"the data keys of {account} are missing from the key store", hint="put back the key store (keys.db) from a copy"
            )
        return _Opened(id_key=id_key, epochs=epochs, made_at=made_at, read_at=self._clock.monotonic())

    def _account_key(self, account: str) -> bytes:
        """A rotation may re-wrap the key and destroy the root between reading the wrap and opening it: read it again then."""
        seen: bytes | None = None
        while True:
            wrapped = bytes_of(self._item(account), "wrapped")
            try:
                return self._keyring.unwrap(account, wrapped)
            except KeyUnavailable:
                if wrapped == seen:
                    raise
                seen = wrapped

    def _item(self, account: str) -> Item:
        item = self._table.find(account, ACCOUNT)
        if item is None:
            raise KeyUnavailable(f"{account} has no keys here", hint="put back the key store (keys.db) that belongs to this data")
        refuse_shredded(item)
        return item

    def _iter_epochs(self, account: str) -> Iterator[Item]:
        return iter_pages(lambda cursor: self._table.query(account, prefix=EPOCHS, cursor=cursor))

    def _create(self, account: str) -> bool:
        turn = self._rotation.announced()
        account_key = os.urandom(KEY_BYTES)
        item = live_item(account, account_key, self._keyring, self._clock.now())
        epoch = epoch_item(account, account_key, 0, self._clock.now())
        try:
            self._tables.transact(
                [
                    (self._table, self._rotation.still(turn)),
                    (self._table, Put(item=item, if_=Absent())),
                    (self._table, Put(item=epoch, if_=Absent())),
                ]
            )
        except ConditionFailed:  # a rotation was announced, or somebody else created it
            return False
        return True

    def _bury(self, account: str) -> ShredReceipt:
        while True:
            item = self._table.find(account, ACCOUNT)
            if item is None:
                raise NotFound(f"{account} has no keys here")
            if item["state"] == SHREDDED:
                return receipt_of(item)
            epochs = sum(1 for _ in self._iter_epochs(account))
            grave = grave_item(account, self._account_key(account), epochs=epochs, now=self._clock.now())
            try:
                self._table.put(grave, if_=Equals({"wrapped": item["wrapped"]}))
            except ConditionFailed:  # re-wrapped meanwhile
                continue
            return receipt_of(grave)


@dataclass(frozen=True, slots=True)
class _StoredKeys:
    keys: AccountKeys
    account: str

    def current(self) -> tuple[bytes, bytes]:
        return self.keys.current(self.account)

    def key(self, kid: bytes) -> bytes:
        return self.keys.key(self.account, kid)

    def id_key(self) -> bytes:
        return self.keys.id_key(self.account)
