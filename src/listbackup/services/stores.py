"""Opens the snapshot store of a source: objects, root and keys of its own account, nothing else's."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.objects.port import Objects
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.services.scope import Scope
from listbackup.store import ROOTS, Store, StoreGround


class Keys(Protocol):
    """The part of the key hierarchy that a store needs (``AccountKeys`` has it)."""

    def for_account(self, account: str) -> KeyScope:
        """The account's keys. Raises KeyUnavailable."""
        ...


class Stores:
    """The stores of this installation; each is opened anew, so that nobody reads a stale head."""

    def __init__(self, *, objects: Objects, tables: Tables, keys: Keys, clock: Clock, cache_dir: Path | None) -> None:
        self._objects, self._tables, self._keys, self._clock, self._cache_dir = objects, tables, keys, clock, cache_dir

    def open(self, scope: Scope, source: str) -> Store:
        """The store of this source of the scope's account, created when it has none yet."""
        return Store.create(self.ground(scope), source)

    def ground(self, scope: Scope) -> StoreGround:
        """What the stores of the scope's account stand on."""
        return StoreGround(
            objects=self._objects,
            roots=self._tables.open(ROOTS),
            keys=self._keys.for_account(scope.account),
            clock=self._clock,
            cache_dir=self._cache_dir,
        )
