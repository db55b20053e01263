"""The worker: a scheduler and some hands over one queue. Several workers may serve one data folder.

Stopping (SIGTERM, SIGINT, ``Worker.stop``) lets every hand come to its next checkpoint, gives its message back and ends; nothing that was read is lost.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from listbackup.backends.queue.port import LeaseLost, Message, Queue
from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, BusyError, ListBackupError, NotFound
from listbackup.base.ids import new_id
from listbackup.base.log import log_context
from listbackup.processor.messages import RunMessage, decode
from listbackup.services.accounts import Accounts
from listbackup.services.jobs import Jobs
from listbackup.services.runs import Run, Runs, RunState, Work
from listbackup.services.scope import Scope
from listbackup.worker.scheduler import Scheduler

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the worker looks."""

    tick: timedelta = timedelta(seconds=5)
    idle: timedelta = timedelta(seconds=1)  # between looks at an empty queue
    lease: timedelta = timedelta(seconds=60)
    reconcile: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker needs of the system."""

    accounts: Accounts
    jobs: Jobs
    runs: Runs
    queue: Queue
    clock: Clock


class Worker:
    """``hands`` threads that carry out runs, and one that ticks."""

    def __init__(self, parts: WorkerParts, *, hands: int = 2, pace: Pace = Pace(), told: Callable[[Run], None] | None = None) -> None:
        self._parts, self._hands, self._pace, self._told = parts, hands, pace, told
        self._scheduler = Scheduler(parts.accounts, parts.jobs, parts.runs, parts.clock)
        self._name = f"{socket.gethostname()}/{new_id('wrk', 0)[-6:]}"
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until told to stop."""
        self.reconcile()
        threads = [threading.Thread(target=self._serve, args=(number,), name=f"hand {number}") for number in range(self._hands)]
        for thread in threads:
            thread.start()
        try:
            self._tick_until_stopped()
        finally:
            self.stop()
            for thread in threads:
                thread.join()

    def run_once(self) -> int:
        """Tick, then carry out everything that is on the queue now; how many runs were carried out. For tests and cron."""
        self._scheduler.tick()
        done = 0
        while self._serve_one("once") and not self._stopping.is_set():
            done += 1
        return done

    def stop(self) -> None:
        """Come to the next checkpoint and end; may be called from anywhere, also from a signal handler."""
        self._stopping.set()

    def reconcile(self) -> None:
        """Put back what a crash between two writes lost: schedule entries and messages."""
        for scope in self._scopes():
            self._parts.jobs.reconcile(scope)
            self._parts.runs.reconcile(scope)

    def _tick_until_stopped(self) -> None:
        ticks_per_reconcile = max(1, int(self._pace.reconcile / self._pace.tick))
        ticks = 0
        while not self._stopping.wait(self._pace.tick.total_seconds() if ticks else 0):
            ticks += 1
            with self._patient("scheduler"):
                while self._scheduler.tick().started and not self._stopping.is_set():
                    pass
                if ticks % ticks_per_reconcile == 0:
                    self.reconcile()

    def _serve(self, number: int) -> None:
        while not self._stopping.is_set():
            served = False
            with self._patient(f"hand {number}"):
                served = self._serve_one(str(number))
            if not served:
                self._stopping.wait(self._pace.idle.total_seconds())

    def _serve_one(self, hand: str) -> bool:
        received = self._parts.queue.receive(limit=1, lease=self._pace.lease)
        if not received:
            return False
        message = received[0]
        try:
            order = decode(message.body)
            scope = self._parts.accounts.enter(order.account, actor="worker")
        except (msgspec.DecodeError, NotFound) as error:
            _log.error("a message that cannot be carried out was dropped: %s", error)
            self._parts.queue.ack(message.receipt)
            return True
        with log_context(account=order.account, run=order.run):
            self._carry_out(scope, order, message, hand)
        return True

    def _carry_out(self, scope: Scope, order: RunMessage, message: Message, hand: str) -> None:
        work = Work(
            owner=f"{self._name}/{hand}",
            should_stop=self._stopping.is_set,
            extend=lambda lease: self._parts.queue.extend(message.receipt, lease),
        )
        try:
            run = self._parts.runs.carry_out(scope, order.run, work)
        except (BusyError, BackendError) as error:
            _log.warning("run %s waits: %s", order.run, error)
            self._give_back(message, max(self._pace.lease, self._wait(scope, order.run)))
            return
        except NotFound as error:
            _log.warning("run %s is gone: %s", order.run, error)
            self._settle(message)
            return
        except LeaseLost:
            return
        except Exception as error:  # noqa: BLE001  the worker loop: one run's bug must not end the others
            _log.exception("run %s failed in a way nobody thought of", order.run)
            text = f"Something went wrong inside ({type(error).__name__}); the log has the details."
            self._parts.runs.give_up(scope, order.run, owner=work.owner, reason="internal", message=text)
            self._settle(message)
            return
        self._after(scope, run, message)

    def _after(self, scope: Scope, run: Run, message: Message) -> None:
        if self._told is not None:
            self._told(run)
        if run.state is not RunState.QUEUED:
            self._settle(message)
            return
        self._give_back(message, self._wait(scope, run.id))

    def _wait(self, scope: Scope, run: str) -> timedelta:
        """How long the platform still wants to be left alone."""
        until = self._parts.runs.get(scope, run).not_before
        return max(until - self._parts.clock.now(), timedelta()) if until is not None else timedelta()

    def _settle(self, message: Message) -> None:
        try:
            self._parts.queue.ack(message.receipt)
        except LeaseLost:  # it was given to another, who will find the run over
            return

    def _give_back(self, message: Message, delay: timedelta) -> None:
        try:
            self._parts.queue.release(message.receipt, delay=delay)
        except LeaseLost:
            return

    def _scopes(self) -> Iterator[Scope]:
        cursor: str | None = None
        while True:
            page = self._parts.accounts.list(cursor=cursor)
            for account in page.items:
                yield self._parts.accounts.enter(account.id, actor="worker")
            cursor = page.next_cursor
            if cursor is None:
                return

    @contextmanager
    def _patient(self, who: str) -> Iterator[None]:
        """What the ground does for a while must not end the worker."""
        try:
            yield
        except ListBackupError as error:
            _log.warning("%s goes on after: %s", who, error)


@contextmanager
def stopped_by_signals(worker: Worker) -> Iterator[None]:
    """SIGTERM and SIGINT stop the worker while the block runs. Call from the main thread."""
    previous = {number: signal.signal(number, lambda *_: worker.stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
