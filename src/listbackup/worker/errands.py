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
MOST_DEATHS = 3  # of processes that had the same errand in hand, before nobody takes it any more
_BEAT_SECONDS = 20.0

Stop = Callable[[], bool]
Act = Callable[[Scope, str, Stop], object]
GiveUp = Callable[[Scope, str, str], None]
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


def act_of(kind: ErrandKind, rooms: Rooms, *, take_over: bool = False) -> Act:
    """What an errand of this kind does; with ``take_over`` whoever had it in hand is dead."""
    match kind:
        case ErrandKind.RESTORE:
            return lambda scope, id_, stop: rooms.restores.resume(scope, id_, should_stop=stop, take_over=take_over)
        case ErrandKind.UNDO:
            return lambda scope, id_, stop: rooms.restores.undo(scope, id_, should_stop=stop, take_over=take_over)
        case ErrandKind.EXPORT:
            return lambda scope, id_, stop: rooms.exports.carry_out(scope, id_, should_stop=stop, take_over=take_over)
        case ErrandKind.ERASE:
            return lambda scope, id_, stop: rooms.erasures.carry_out(scope, id_, should_stop=stop, take_over=take_over)
        case ErrandKind.VERIFY:
            verifications = Verifications(rooms.upkeep.desk, rooms.upkeep)
            return lambda scope, id_, stop: verifications.carry_out(scope, verifications.get(scope, id_), should_stop=stop)
        case ErrandKind.PRUNE:
            prunes = Prunes(rooms.upkeep.desk, rooms.upkeep)
            return lambda scope, id_, stop: prunes.carry_out(scope, prunes.get(scope, id_), should_stop=stop)


def end_of(kind: ErrandKind, rooms: Rooms) -> GiveUp:
    """How an errand of this kind ends that nobody tries any more: with a reason that people read."""
    match kind:
        case ErrandKind.RESTORE | ErrandKind.UNDO:
            return rooms.restores.give_up
        case ErrandKind.EXPORT:
            return rooms.exports.give_up
        case ErrandKind.ERASE:
            return rooms.erasures.give_up
        case ErrandKind.VERIFY:
            return Verifications(rooms.upkeep.desk, rooms.upkeep).give_up
        case ErrandKind.PRUNE:
            return Prunes(rooms.upkeep.desk, rooms.upkeep).give_up


class ErrandHand:
    """Carries out one order at a time; what its time does not suffice for is sent on, what killed several processes is given up."""

    def __init__(self, rooms: Rooms, errands: QueuedErrands, queue: Queue) -> None:
        self._rooms, self._errands, self._queue = rooms, errands, queue

    def carry_out(self, order: Order, message: Message, stopping: threading.Event) -> None:
        """The errand, done, given up or sent on: its message may be acknowledged. Raises BackendError: the message then comes again."""
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
        deaths = self._errands.begin(order.thing)
        try:
            scope = self._rooms.accounts.enter(order.account, actor=order.actor)
            if deaths >= MOST_DEATHS:
                _log.error("the errand for %s was interrupted %d times and is given up", order.thing, deaths)
                end_of(order.kind, self._rooms)(scope, order.id, "It was interrupted too often.")
            else:
                act_of(order.kind, self._rooms, take_over=deaths > 0)(scope, order.id, stopping.is_set)
        except Interrupted as error:
            if stopping.is_set():
                _log.info("the errand for %s goes on in another process", order.thing)
                self._errands.again(order)
                return
            _log.warning("the errand for %s ended early: %s", order.thing, error)
        except ListBackupError as error:
            _log.warning("the errand for %s ended early: %s", order.thing, error)
        except Exception as error:  # noqa: BLE001  a worker loop: one errand's bug must not end the others, nor come ten times
            _log.exception("the errand for %s failed in a way nobody thought of", order.thing, exc_info=error)
            self._give_up(order, f"Something went wrong inside ({type(error).__name__}); the log has the details.")
        self._errands.is_over(order.thing)

    def _give_up(self, order: Order, why: str) -> None:
        try:
            end_of(order.kind, self._rooms)(self._rooms.accounts.enter(order.account, actor=order.actor), order.id, why)
        except ListBackupError as error:
            _log.warning("the errand for %s could not be ended: %s", order.thing, error)

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
