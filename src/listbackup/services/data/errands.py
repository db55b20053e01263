"""Errands: what takes longer than a request may, carried out by this process in the background, one at a time for each thing.

An errand that the process's end interrupts is not lost: its row says ``running``, and ``resume`` (or ``undo``) goes on with it.

A row says how an errand ended a moment before the errand is over: it still closes what it opened. Who acts on the row at once sends the next errand ``behind`` it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Protocol

import msgspec

from listbackup.base.errors import BusyError, Interrupted, ListBackupError
from listbackup.services.scope import Scope

_log = logging.getLogger(__name__)

Errand = Callable[[Callable[[], bool]], object]


class ErrandKind(StrEnum):
    """What is to be done."""

    RESTORE = "restore"
    UNDO = "undo"
    EXPORT = "export"
    ERASE = "erase"
    VERIFY = "verify"
    PRUNE = "prune"


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An errand in words. Ids only, and in whose name: everything else is read anew by whoever carries it out."""

    kind: ErrandKind
    account: str
    actor: str
    id: str  # of the restore, export, erasure, snapshot or source

    @property
    def thing(self) -> str:
        """What nobody else works on meanwhile."""
        return f"{self.kind.value}/{self.id}" if self.kind in (ErrandKind.VERIFY, ErrandKind.PRUNE) else self.id


def order(kind: ErrandKind, scope: Scope, thing: str) -> Order:
    """The order for this thing of the scope's account, in the name of its actor."""
    return Order(kind=kind, account=scope.account, actor=scope.actor, id=thing)


class Errander(Protocol):
    """Who sees to errands: this process (``Errands``), or others by their words (``QueuedErrands``)."""

    def send(self, order: Order, errand: Errand, *, behind: bool = False) -> None:
        """Carry it out soon; it is given what tells whether to stop. ``behind`` waits for one that is about to be over.

        Raises BusyError while another errand for the same thing is not over (``behind``: while another waits for that already).
        """
        ...

    def is_active(self, thing: str) -> bool:
        """Whether an errand for it waits or goes on."""
        ...


class Errands:
    """A few hands for background work."""

    def __init__(self, *, hands: int = 2) -> None:
        self._pool = ThreadPoolExecutor(hands, thread_name_prefix="errand")
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._active: set[str] = set()
        self._behind: dict[str, Errand] = {}

    def send(self, order: Order, errand: Errand, *, behind: bool = False) -> None:
        """See ``Errander``. Raises Interrupted when this process is being stopped."""
        thing = order.thing
        with self._lock:
            if thing in self._active:
                if not behind or thing in self._behind:
                    raise BusyError(f"{thing} is being worked on", hint="wait for it to end")
                self._behind[thing] = errand
                return
            self._active.add(thing)
        try:
            self._pool.submit(self._carry_out, thing, errand)
        except RuntimeError:
            self._active.discard(thing)
            raise Interrupted("this process is being stopped") from None

    def is_active(self, thing: str) -> bool:
        """Whether an errand for it waits or goes on here."""
        return thing in self._active

    def finish(self) -> None:
        """Wait until everything that was sent is carried out; nothing new can be sent then."""
        self._pool.shutdown()

    def close(self) -> None:
        """As ``stop``."""
        self.stop()

    def stop(self) -> None:
        """Let every errand come to its next good place, and wait for that."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def _carry_out(self, thing: str, errand: Errand) -> None:
        following: Errand | None = errand
        while following is not None:
            self._do(thing, following)
            with self._lock:
                following = self._behind.pop(thing, None)
                if self._stopping.is_set():
                    following = None
                if following is None:
                    self._active.discard(thing)

    def _do(self, thing: str, errand: Errand) -> None:
        try:
            errand(self._stopping.is_set)
        except ListBackupError as error:
            _log.warning("the errand for %s ended early: %s", thing, error)
        except Exception as error:  # noqa: BLE001  a worker loop: one errand's bug must not be silent, nor end the others
            _log.exception("the errand for %s failed in a way nobody thought of", thing, exc_info=error)
