"""What functions of the cloud do with messages and ticks: the worker's own acts, within the time that a call may take."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from listbackup.backends.queue.port import DeadLetter, Message, Queue
from listbackup.base.errors import NotFound
from listbackup.bootstrap.system import System
from listbackup.processor.messages import decode
from listbackup.services.data import QueuedErrands, decode_order
from listbackup.services.runs import Run
from listbackup.services.scope import Scope
from listbackup.worker.errands import LEASE, ErrandHand
from listbackup.worker.main import Pace, Worker, WorkerParts

_IN_MAINTENANCE = timedelta(minutes=5)  # after which a run that met it is asked for again
_LEAST_SECONDS = 5.0  # for accounts, however long the chores took
_KEPT_EVERY = 50  # accounts: what a tick that is killed has others do again
_log = logging.getLogger(__name__)


class Adopting(Queue, Protocol):
    """A queue whose messages came as the records of an event."""

    def adopt(self, record: Mapping[str, Any], *, lease: timedelta) -> Message | None:
        """The record as the message it is, leased; None for one that is not due yet."""
        ...


class Call(Protocol):
    """What a function is told of its call."""

    def get_remaining_time_in_millis(self) -> int:
        """How long it may still take [ms]."""
        ...


@contextmanager
def deadline(call: Call, before: timedelta, stop: Callable[[], None]) -> Iterator[None]:
    """``stop`` is called so long before the call's time is over."""
    left = call.get_remaining_time_in_millis() / 1000 - before.total_seconds()
    timer = threading.Timer(max(0.0, left), stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class EventQueue:
    """The messages of one event as a queue for a worker: what it acknowledges is reported as done, everything else as failed, which leaves it on the queue.

    SQS deletes what is not reported. A lease is SQS's own visibility, shortened to the worker's at once: a killed process's message comes again within a minute.
    """

    def __init__(self, queue: Adopting, records: Sequence[Mapping[str, Any]]) -> None:
        self._queue, self._left = queue, list(records)
        self._given: dict[str, Message] = {}  # by receipt: neither acknowledged nor known to stay
        self._items: dict[str, str] = {}  # by receipt: SQS's id of the record, which is another than the message's once that was redriven
        self._stay: list[str] = []
        self._blocked: set[str] = set()  # groups of which a message stays: those behind it stay too, or the order would break

    def receive(self, *, limit: int = 1, lease: timedelta) -> Sequence[Message]:
        """See the port; one at a time."""
        while self._left:
            record = self._left.pop(0)
            message = self._adopted(record, lease)
            if message is not None:
                self._given[message.receipt] = message
                self._items[message.receipt] = str(record["messageId"])
                self._queue.extend(message.receipt, lease)
                return [message]
        return []

    def ack(self, receipt: str) -> None:
        """It is not reported."""
        self._given.pop(receipt, None)

    def release(self, receipt: str, *, delay: timedelta = timedelta()) -> None:
        """It is reported, and hidden until then."""
        self._queue.release(receipt, delay=delay)

    def extend(self, receipt: str, lease: timedelta) -> None:
        """See the port."""
        self._queue.extend(receipt, lease)

    def send(self, group: str, body: bytes, *, dedup_id: str | None = None, delay: timedelta = timedelta()) -> str:
        """See the port."""
        return self._queue.send(group, body, dedup_id=dedup_id, delay=delay)

    def depth(self) -> int:
        """See the port."""
        return self._queue.depth()

    def list_dead(self, *, limit: int = 100, after: str | None = None) -> Sequence[DeadLetter]:
        """See the port."""
        return self._queue.list_dead(limit=limit, after=after)

    def redrive(self, message_id: str) -> None:
        """See the port."""
        self._queue.redrive(message_id)

    def unreceived(self) -> Iterator[Message]:
        """What is left, to be looked at without being carried out."""
        while received := self.receive(lease=LEASE):
            yield received[0]

    def report(self) -> Mapping[str, Any]:
        """The answer to SQS: which messages stay. Source: docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, read 2026-11-21."""
        stay = [*self._stay, *(self._items[receipt] for receipt in self._given), *(str(record["messageId"]) for record in self._left)]
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in dict.fromkeys(stay)]}

    def _adopted(self, record: Mapping[str, Any], lease: timedelta) -> Message | None:
        group = str(record.get("attributes", {}).get("MessageGroupId", ""))
        must_stay = group in self._blocked or any(one.group == group for one in self._given.values())
        message = None if must_stay else self._queue.adopt(record, lease=lease)
        if message is None:
            self._stay.append(str(record["messageId"]))
            self._blocked.add(group)
        return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Carries out runs that SQS hands over."""

    system: System
    queue: Adopting
    before: timedelta = timedelta(seconds=60)
    told: Callable[[Run], None] | None = None

    def __call__(self, event: Mapping[str, Any], call: Call) -> Mapping[str, Any]:
        """The runs of the event, each to its end or its next checkpoint; which messages stay."""
        received = EventQueue(self.queue, event.get("Records", ()))
        if self.system.installation.maintenance.is_on():
            for message in received.unreceived():
                self._put_off(message)
                received.ack(message.receipt)
            return received.report()
        worker = Worker(parts_of(self.system, replaced=received), told=self.told)
        with deadline(call, self.before, worker.stop):
            worker.work_off()
        return received.report()

    def _put_off(self, message: Message) -> None:
        """In maintenance nothing begins: a message that waited on the queue would be counted as failed."""
        try:
            order = decode(message.body)
            scope = self.system.accounts.enter(order.account, actor="worker")
            self.system.runs.put_off(scope, order.run, self.system.clock.now() + _IN_MAINTENANCE)
        except (NotFound, ValueError) as error:
            _log.error("a message that cannot be carried out was dropped: %s", error)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunErrands:
    """Carries out errands that SQS hands over."""

    system: System
    errands: QueuedErrands
    queue: Adopting
    before: timedelta = timedelta(seconds=60)

    def __call__(self, event: Mapping[str, Any], call: Call) -> Mapping[str, Any]:
        """The errands of the event, each to its end or its next good place; which messages stay."""
        received = EventQueue(self.queue, event.get("Records", ()))
        hand, stopping = ErrandHand(self.system, self.errands, self.queue), threading.Event()
        with deadline(call, self.before, stopping.set):
            while not stopping.is_set() and (messages := received.receive(lease=LEASE)):
                self._carry_out(hand, messages[0], stopping)
                received.ack(messages[0].receipt)
        return received.report()

    def _carry_out(self, hand: ErrandHand, message: Message, stopping: threading.Event) -> None:
        try:
            order = decode_order(message.body)
        except ValueError as error:
            _log.error("a message that is no errand was dropped: %s", error)
            return
        hand.carry_out(order, message, stopping)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Every minute: what is due begins, chores are done, accounts are looked after as far as there is time, what waits in the outbox is told.

    ``lasts`` is shorter than the time to the next tick, which nobody comes to while this one goes on.
    """

    system: System
    errands: QueuedErrands
    before: timedelta = timedelta(seconds=60)
    lasts: timedelta = timedelta(seconds=50)
    chores_last: timedelta = timedelta(seconds=20)
    behind: Callable[[int], object] | None = None  # told, once an hour, how many sources have no snapshot as young as they should

    def __call__(self, _: Mapping[str, Any], call: Call) -> Mapping[str, Any]:
        """What was done."""
        system, late = self.system, _Late(self.system)
        parts = parts_of(system, errands=self.errands)
        parts = replace(parts, tenders=(*parts.tenders, late.look))
        now = system.clock.monotonic
        until = now() + self.lasts.total_seconds()
        worker = Worker(parts, hands=0, pace=replace(Pace(), jobs=timedelta(hours=6)))
        with deadline(call, self.before, worker.stop):
            started = worker.tick_now()
            system.tell_all()
            worker.do_chores(until=now() + self.chores_last.total_seconds())
            looked_after = self._go_round(worker, late, max(until, now() + _LEAST_SECONDS))
            system.tell_all()
        return {"started": started, "accounts": looked_after}

    def _go_round(self, worker: Worker, late: _Late, until: float) -> int:
        """A piece of the circuit, or the beginning of the next when it is due; how many accounts were looked after."""
        circuits = self.system.installation.circuits
        circuit = circuits.current()
        if circuit is None:
            return 0
        late.is_asked = circuit.counts and self.behind is not None
        before = circuit.looked_after
        for place in self.system.accounts.iter_active_places(circuit.way):
            if worker.is_stopping or self.system.clock.monotonic() >= until:
                break
            worker.look_after(place.account.id, jobs=circuit.jobs)
            circuit = replace(circuit, way=place.way, looked_after=circuit.looked_after + 1, late=circuit.late + late.take())
            if (circuit.looked_after - before) % _KEPT_EVERY == 0:
                kept = circuits.keep(circuit)
                if kept is None:  # another tick goes on from there
                    return circuit.looked_after - before
                circuit = kept
        else:
            circuit = replace(circuit, is_over=True)
        if circuits.keep(circuit) is not None and circuit.is_over and late.is_asked and self.behind is not None:
            self.behind(circuit.late)
        return circuit.looked_after - before


class _Late:
    """Counts sources whose last good snapshot is older than their target (docs/decisions/0295); some reads for each source."""

    def __init__(self, system: System) -> None:
        self._system, self._found, self.is_asked = system, 0, False

    def look(self, scope: Scope) -> None:
        """One account more."""
        if self.is_asked:
            self._found += self._system.tenancy.guard(scope).late

    def take(self) -> int:
        """How many since the last time."""
        found, self._found = self._found, 0
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Tells what was recorded: to everybody in this program who hears, and to the bus. Sends the letters that were posted with it: who waits for one does not wait for the tick."""

    system: System

    def __call__(self, event: Mapping[str, Any], _: Call) -> Mapping[str, Any]:
        """Everything that waits in the outbox, whatever the event says of it. Raises where somebody could not hear: the stream gives the same records again."""
        told = self.system.tell_all(patient=False)
        return {"told": told, "sent": self.system.post.dispatch()}


def parts_of(system: System, *, replaced: Queue | None = None, errands: QueuedErrands | None = None) -> WorkerParts:
    """A worker's parts. Copies of the control plane are none of its chores here: AWS takes them."""
    return WorkerParts(
        accounts=system.accounts,
        jobs=system.jobs,
        runs=system.runs,
        queue=replaced if replaced is not None else system.queue,
        clock=system.clock,
        installation=system.installation,
        chores=(
            system.auth.keep_house,
            system.hooks.tick,
            system.tenancy.keep_house,
            system.connections.revocations.tick,
            system.housekeeping.tick,
        ),
        tenders=system.tenders(errands) if errands is not None else (),
    )


__all__ = ["Publish", "RunErrands", "Tick", "Work", "parts_of"]
