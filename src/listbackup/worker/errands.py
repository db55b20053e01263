"""Errands that came as words: the same acts as the closures of the routes that sent them, found by the order's kind."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from listbackup.backends.queue.port import LeaseLost, Message, Queue
from listbackup.base.errors import Interrupted, ListBackupError
from listbackup.base.log import log_context
from listbackup.services.accounts import Accounts
from listbackup.services.data import ErrandKind, Order, Prunes, QueuedErrands, Restores, Upkeep, Verifications
from listbackup.services.erasures import Erasures
from listbackup.services.exports import Exports
from listbackup.services.scope import Scope

LEASE = timedelta(seconds=60)
_BEAT_SECONDS = 20.0

Stop = Callable[[], bool]
Act = Callable[[Scope, str, Stop], object]
_log = logging.getLogger(__name__)


class Rooms(Protocol):
    """Whose acts they are (a ``System`` is one)."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def restores(self) -> Restores: ...
    @property
    def exports(self) -> Exports: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def upkeep(self) -> Upkeep: ...


def act_of(kind: ErrandKind, rooms: Rooms) -> Act:
    """What an errand of this kind does."""
    match kind:
        case ErrandKind.RESTORE:
            return lambda scope, id_, stop: rooms.restores.resume(scope, id_, should_stop=stop)
        case ErrandKind.UNDO:
            return lambda scope, id_, stop: rooms.restores.undo(scope, id_, should_stop=stop)
        case ErrandKind.EXPORT:
            return lambda scope, id_, stop: rooms.exports.carry_out(scope, id_, should_stop=stop)
        case ErrandKind.ERASE:
            return lambda scope, id_, stop: rooms.erasures.carry_out(scope, id_, should_stop=stop)
        case ErrandKind.VERIFY:
            verifications = Verifications(rooms.upkeep.desk, rooms.upkeep)
            return lambda scope, id_, stop: verifications.carry_out(scope, verifications.get(scope, id_), should_stop=stop)
        case ErrandKind.PRUNE:
            prunes = Prunes(rooms.upkeep.desk, rooms.upkeep)
            return lambda scope, id_, stop: prunes.carry_out(scope, prunes.get(scope, id_), should_stop=stop)


class ErrandHand:
    """Carries out one order at a time; what its time does not suffice for is sent on."""

    def __init__(self, rooms: Rooms, errands: QueuedErrands, queue: Queue) -> None:
        self._rooms, self._errands, self._queue = rooms, errands, queue

    def carry_out(self, order: Order, message: Message, stopping: threading.Event) -> None:
        """The errand, done, given up or sent on: its message may be acknowledged. Raises what a bug raises; the message then comes again."""
        over = threading.Event()
        beating = threading.Thread(target=self._beat_on, args=(order, message, over), name="beat", daemon=True)
        beating.start()
        try:
            with log_context(account=order.account, errand=order.thing):
                self._do(order, stopping)
        finally:
            over.set()
            beating.join()

    def _do(self, order: Order, stopping: threading.Event) -> None:
        try:
            scope = self._rooms.accounts.enter(order.account, actor=order.actor)
            act_of(order.kind, self._rooms)(scope, order.id, stopping.is_set)
        except Interrupted as error:
            if stopping.is_set():
                _log.info("the errand for %s goes on in another process", order.thing)
                self._errands.again(order)
                return
            _log.warning("the errand for %s ended early: %s", order.thing, error)
        except ListBackupError as error:
            _log.warning("the errand for %s ended early: %s", order.thing, error)
        self._errands.is_over(order.thing)

    def _beat_on(self, order: Order, message: Message, over: threading.Event) -> None:
        """Keeps message and thing while it goes on; a process that is killed loses both soon."""
        while not over.wait(_BEAT_SECONDS):
            try:
                self._queue.extend(message.receipt, LEASE)
                self._errands.go_on(order.thing)
            except LeaseLost:  # whoever has it now finds the row taken, or goes on from where this one is: each act is fenced by itself
                return
            except ListBackupError as error:
                _log.warning("the lease of %s was not extended: %s", order.thing, error)
