"""Opens the snapshot store of a source: objects, root and keys of its own account, nothing else's."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.objects.port import ObjectMissing, Objects
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.base.errors import NotFound
from listbackup.services.scope import Scope

if TYPE_CHECKING:  # snapshots' code is loaded when a store is opened: most requests open none
    from listbackup.store import Store, StoreGround
    from listbackup.store.rebuild import Rebuilt


class Keys(Protocol):
    """The part of the key hierarchy that a store needs (``AccountKeys`` has it)."""

    def for_account(self, account: str) -> KeyScope:
        """The account's keys. Raises KeyUnavailable."""
        ...


AT_HAND = 64


class Stores:
    """The stores of this installation. The ones used last stay at hand with what they have cached; a store reads its head anew at every question."""

    def __init__(self, *, objects: Objects, tables: Tables, keys: Keys, clock: Clock, cache_dir: Path | None) -> None:
        self._objects, self._tables, self._keys, self._clock, self._cache_dir = objects, tables, keys, clock, cache_dir
        self._at_hand: OrderedDict[tuple[str, str], Store] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, scope: Scope, source: str) -> Store:
        """The store of this source of the scope's account, created when it has none yet. Raises KeyUnavailable, DamagedError, NewerFormat."""
        from listbackup.store import Store

        return self._ready(scope, source, Store.create)

    def find(self, scope: Scope, source: str) -> Store | None:
        """As ``open``, None when it has none yet: for who only looks. Raises ObjectMissing besides, where a part of the head is lost."""
        from listbackup.store import Store

        try:
            return self._ready(scope, source, Store.open)
        except ObjectMissing:
            raise
        except NotFound:
            return None

    def _ready(self, scope: Scope, source: str, opened: Callable[[StoreGround, str], Store]) -> Store:
        name = (scope.account, source)
        with self._lock:
            found = self._at_hand.get(name)
            if found is None:
                found = self._at_hand[name] = opened(self.ground(scope), source)
            self._at_hand.move_to_end(name)
            while len(self._at_hand) > AT_HAND:
                self._at_hand.popitem(last=False)  # whoever still reads from it goes on; its threads end with it
            return found

    def rebuild(self, scope: Scope, source: str) -> Rebuilt:
        """Put the source's head back from what lies beside its objects. Raises StoreError when nothing is left to make it from."""
        from listbackup.store.rebuild import rebuild_head

        rebuilt = rebuild_head(self.ground(scope), source)
        with self._lock:
            self._at_hand.pop((scope.account, source), None)
        return rebuilt

    def destroy(self, scope: Scope, source: str) -> None:
        """Every object of the source, and its root: what nobody can bring back. May be broken off and repeated."""
        from listbackup.store.destroy import destroy_store

        ground = self.ground(scope)
        with self._lock:
            self._at_hand.pop((scope.account, source), None)
        destroy_store(ground, source)

    def ground(self, scope: Scope) -> StoreGround:
        """What the account's stores stand on."""
        from listbackup.store import ROOTS, StoreGround

        return StoreGround(
            objects=self._objects,
            roots=self._tables.open(ROOTS),
            keys=self._keys.for_account(scope.account),
            clock=self._clock,
            cache_dir=self._cache_dir,
        )
