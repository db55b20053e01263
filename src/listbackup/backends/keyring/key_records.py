"""How wrapped keys lie in the table: the declaration, the items, and what is read out of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from listbackup.backends.keyring.port import Keyring
from listbackup.backends.keyring.scope import KEY_BYTES, key_id
from listbackup.backends.keyring.seal import open_with, seal_with
from listbackup.backends.table.port import IndexSpec, Item, TableSpec
from listbackup.base.clock import from_unix_ms, unix_ms
from listbackup.base.errors import KeyUnavailable

ACCOUNT_KEYS = TableSpec(
    name="account_keys",
    indexes=(IndexSpec(name="by_state", pk="state", sk="account"),),
    about="Wrapped keys: pk account, sk 'account' (account key and id key) or 'epoch/<n>' (a data key); pk '!root' counts the rotations.",
)
ACCOUNT = "account"  # the sort key of an account's own item
EPOCHS = "epoch/"  # and how those of its data keys begin
LIVE, SHREDDED = "live", "shredded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShredReceipt:
    """What was destroyed: nothing sealed for the account opens any more, here or in any copy of the data."""

    account: str
    key: str  # the id of the destroyed account key
    epochs: int  # how many data keys went with it
    shredded_at: datetime


def live_item(account: str, account_key: bytes, keyring: Keyring, now: datetime) -> Item:
    """A new account's item, with a fresh id key."""
    return {
        "pk": account,
        "sk": ACCOUNT,
        "account": account,
        "state": LIVE,
        "wrapped": keyring.wrap(account, account_key),
        "id_key": seal_with(account_key, os.urandom(KEY_BYTES), context=("id-key", account)),
        "created_at_ms": unix_ms(now),
    }


def grave_item(account: str, account_key: bytes, *, epochs: int, now: datetime) -> Item:
    """What replaces a shredded account's item: no key, and a receipt."""
    return {
        "pk": account,
        "sk": ACCOUNT,
        "account": account,
        "state": SHREDDED,
        "key": key_id(account_key).hex(),
        "epochs": epochs,
        "shredded_at_ms": unix_ms(now),
    }


def epoch_item(account: str, account_key: bytes, number: int, now: datetime) -> Item:
    """A fresh data key's item."""
    key = os.urandom(KEY_BYTES)
    return {
        "pk": account,
        "sk": f"{EPOCHS}{number:08}",
        "kid": key_id(key),
        "wrapped": seal_with(account_key, key, context=("data-key", account, str(number))),
        "made_at_ms": unix_ms(now),
    }


def receipt_of(grave: Item) -> ShredReceipt:
    """The receipt in a shredded account's item."""
    return ShredReceipt(
        account=str(grave["account"]),
        key=str(grave["key"]),
        epochs=int_of(grave, "epochs"),
        shredded_at=from_unix_ms(int_of(grave, "shredded_at_ms")),
    )


def id_key_of(item: Item, account_key: bytes) -> bytes:
    """The account's id key."""
    return open_with(account_key, bytes_of(item, "id_key"), context=("id-key", str(item["account"])))


def data_key_of(item: Item, account_key: bytes) -> bytes:
    """The data key of an epoch."""
    return open_with(account_key, bytes_of(item, "wrapped"), context=("data-key", str(item["pk"]), str(number_of(item))))


def number_of(item: Item) -> int:
    """Which epoch, from 0."""
    return int(str(item["sk"]).removeprefix(EPOCHS))


def bytes_of(item: Item, name: str) -> bytes:
    """The attribute. Raises KeyUnavailable when the item is not what was written."""
    value = item.get(name)
    return value if isinstance(value, bytes) else _damaged(item, name)


def int_of(item: Item, name: str) -> int:
    """The attribute. Raises KeyUnavailable when the item is not what was written."""
    value = item.get(name)
    return value if isinstance(value, int) else _damaged(item, name)


def refuse_shredded(item: Item) -> None:
    """Raises KeyUnavailable when the account was shredded."""
    if item["state"] == SHREDDED:
        raise KeyUnavailable(
            f"the key of {item['account']!s} was destroyed; what it sealed cannot be opened again",
            hint="make a new account and back up anew",
        )


def _damaged(item: Item, name: str) -> NoReturn:
    raise KeyUnavailable(
        f"the key store's item {item['pk']!s} {item['sk']!s} has no {name}", hint="put back the key store (keys.db) from a copy"
    )
