"""The folder that the killed children work on, opened as a fresh process would open it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.keyring.key_records import ACCOUNT as ACCOUNT_ITEM
from listbackup.backends.keyring.key_records import ACCOUNT_KEYS
from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.store import ROOTS, Store, StoreGround
from listbackup.store.sizes import SHORT_LISTS
from listbackup.testing.clock import ManualClock

ACCOUNT, SOURCE = "acc_kill", "src_kill"


class Folder:
    """Data in ``home/data``, keys in ``home/keys``; the clock stands at ``now``."""

    def __init__(self, home: Path, now: datetime, *, fresh: bool = False) -> None:
        data, root = home / "data", home / "keys" / "root.json"
        data.mkdir(parents=True, exist_ok=True)
        self.clock, self._data = ManualClock(now), data
        self._tables = SqliteTables(data / "control.db", clock=self.clock)
        self._key_tables = SqliteTables(data / "keys.db", clock=self.clock)
        keyring = FileKeyring.create(root, data_folder=data) if fresh else FileKeyring.open(root, data_folder=data)
        self.keys = AccountKeys(self._key_tables, keyring, self.clock, scrub=self._key_tables.scrub)
        if fresh:
            self.keys.create(ACCOUNT)
        scope = self.keys.for_account(ACCOUNT)
        ground = StoreGround(
            objects=FilesObjects(data / "objects"),
            roots=self._tables.open(ROOTS),
            keys=scope,
            clock=self.clock,
            cache_dir=home / "cache",
            sizes=SHORT_LISTS,
        )
        self.store = Store.create(ground, SOURCE) if fresh else Store.open(ground, SOURCE)

    def wrapped(self, account: str) -> bytes:
        """The account's key as it lies in the key store."""
        item = self._key_tables.open(ACCOUNT_KEYS).find(account, ACCOUNT_ITEM)
        wrapped = item["wrapped"] if item is not None else None
        assert isinstance(wrapped, bytes)
        return wrapped

    def finds_in_key_store(self, wanted: bytes) -> bool:
        """Whether these bytes lie anywhere in the key store's files."""
        return any(wanted in path.read_bytes() for path in self._data.glob("keys.db*"))

    def close(self) -> None:
        """Give back files and threads, so that the process can fork."""
        self.store.close()
        self._tables.close()
        self._key_tables.close()
