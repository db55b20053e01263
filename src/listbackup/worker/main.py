"""The worker: a scheduler and some hands over one queue. Several workers may serve one data folder.

Stopping (SIGTERM, SIGINT, ``Worker.stop``) lets every hand come to its next checkpoint, gives its message back and ends; nothing that was read is lost.
"""

from __future__ import annotations

import logging
import math
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.queue.port import LeaseLost, Message, Queue
from listbackup.backends.table.lease import LeaseGone
from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, BusyError, ListBackupError, NotFound
from listbackup.base.ids import AccountId, new_id
from listbackup.base.log import log_context
from listbackup.processor.messages import RunMessage, decode
from listbackup.services.accounts import Accounts, AccountState
from listbackup.services.jobs import Jobs
from listbackup.services.runs import NoRoom, Run, Runs, RunState, Work
from listbackup.services.scope import Scope
from listbackup.services.system import EVERY, Beat, Installation
from listbackup.worker.scheduler import Scheduler

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the worker looks."""

    tick: timedelta = timedelta(seconds=5)
    idle: timedelta = timedelta(seconds=1)  # between looks at an empty queue
    lease: timedelta = timedelta(seconds=60)
    reconcile: timedelta = timedelta(minutes=5)
    jobs: timedelta = timedelta(hours=6)  # between looks for schedule entries that a crash lost: asks every job there is
    beat: timedelta = EVERY
    minimum: timedelta = timedelta(seconds=5)  # before a run that somebody else holds is asked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker needs of the system."""

    accounts: Accounts
    jobs: Jobs
    runs: Runs
    queue: Queue
    clock: Clock
    installation: Installation | None = None  # None: nobody is told that this worker works, and there is no maintenance
    chores: Sequence[Callable[[], object]] = ()  # what is done beside, at each tick: letters, keys; True: there is more to do at once
    tenders: Sequence[Callable[[Scope], object]] = ()  # what looks after each account now and then: trash, exports, erasures


class Worker:
    """``hands`` threads that carry out runs, and one that ticks."""

    def __init__(self, parts: WorkerParts, *, hands: int = 2, pace: Pace = Pace(), told: Callable[[Run], None] | None = None) -> None:
        self._parts, self._hands, self._pace, self._told = parts, hands, pace, told
        self._scheduler = Scheduler(parts.accounts, parts.jobs, parts.runs, parts.clock)
        self._name = f"{socket.gethostname()}/{new_id('wrk', 0)[-6:]}"
        self._stopping = threading.Event()
        self._busy: set[str] = set()
        self._ticked_at: datetime | None = None
        self._late = timedelta()

    def run(self) -> None:
        """Work until told to stop."""
        self._ticked_at = self._parts.clock.now()  # the first tick comes at once, and the first heartbeat may be earlier
        threads = [threading.Thread(target=self._serve, args=(number,), name=f"hand {number}") for number in range(self._hands)]
        threads += [
            threading.Thread(target=self._reconcile_on, name="reconciliation"),
            threading.Thread(target=self._beat_on, name="heartbeat"),
        ]
        threads += [threading.Thread(target=self._do_on, args=(chore,), name="chore") for chore in self._parts.chores]
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

    def work_off(self) -> int:
        """Carry out what the queue gives until it gives nothing or somebody says stop; how many messages were taken. For a worker that is called when there is work."""
        done = 0
        while not self._stopping.is_set() and self._serve_one("call"):
            done += 1
        return done

    def tick_now(self) -> int:
        """Begin everything that is due, and say that somebody looked; how many runs. For a worker that is called every minute."""
        self._ticked_at = self._parts.clock.now()
        started = 0
        with self._patient("scheduler"):
            while not self._is_held() and (begun := self._tick()) and not self._stopping.is_set():
                started += begun
        if self._parts.installation is not None:
            with self._patient("heartbeat"):
                self._parts.installation.beats.beat(replace(self._beat(), process="tick"))
        return started

    def look_after(self, account: AccountId, *, jobs: bool) -> None:
        """As ``reconcile`` for one account."""
        with self._patient(f"reconciliation of {account}"):
            self._reconcile_one(self._parts.accounts.enter(account, actor="worker"), jobs=jobs)

    @property
    def is_stopping(self) -> bool:
        """Whether somebody said stop."""
        return self._stopping.is_set()

    def do_chores(self, *, until: float = math.inf) -> None:
        """Each chore until it says no more that there is more to do at once, each of them once at least. For tests, cron and functions: a worker that stays does them
        beside. After ``until`` [monotonic seconds] what is more waits for the next time."""
        for chore in self._parts.chores:
            with self._patient("chore"):
                while chore() is True and not self._stopping.is_set() and self._parts.clock.monotonic() < until:
                    pass

    def stop(self) -> None:
        """Come to the next checkpoint and end; may be called from anywhere, also from a signal handler."""
        self._stopping.set()

    def reconcile(self) -> None:
        """Put back what a crash between two writes lost: schedule entries and messages."""
        self._reconcile(jobs=True)

    def _reconcile(self, *, jobs: bool) -> None:
        """Account by account, thing by thing: what goes wrong with one keeps the others from nothing. In maintenance only what was lost is put back."""
        for account in self._parts.accounts.iter_active():
            if self._stopping.is_set():
                return
            self.look_after(account.id, jobs=jobs)

    def _reconcile_one(self, scope: Scope, *, jobs: bool) -> None:
        with self._patient(f"reconciliation of {scope.account}"):
            if jobs:
                self._parts.jobs.reconcile(scope)
            self._parts.runs.reconcile(scope)
            self._parts.runs.call_parked(scope)
        for tend in () if self._is_held() else self._parts.tenders:
            with self._patient(f"looking after {scope.account}"):
                tend(scope)

    def _reconcile_on(self) -> None:
        """Beside the ticks, which must not wait for it."""
        rounds, per_jobs = 0, max(1, int(self._pace.jobs / self._pace.reconcile))
        while not self._stopping.wait(self._pace.reconcile.total_seconds() if rounds else 0):
            with self._patient("reconciliation"):
                self._reconcile(jobs=rounds % per_jobs == 0)
            rounds += 1

    def _beat_on(self) -> None:
        installation = self._parts.installation
        if installation is None:
            return
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = self._pace.beat.total_seconds()
            with self._patient("heartbeat"):
                installation.beats.beat(self._beat())
        with self._patient("heartbeat"):
            installation.beats.leave(self._name)

    def _beat(self) -> Beat:
        late, self._late = self._late, timedelta()
        return Beat(
            process=self._name,
            at=self._parts.clock.now(),
            hands=self._hands,
            busy=len(self._busy),
            ticked_at=self._ticked_at,
            late_seconds=round(late.total_seconds(), 3),
        )

    def _tick_until_stopped(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = self._pace.tick.total_seconds()
            with self._patient("scheduler"):
                self._ticked_at = self._parts.clock.now()
                while not self._is_held() and self._tick() and not self._stopping.is_set():
                    pass

    def _do_on(self, chore: Callable[[], object]) -> None:
        """Each beside the ticks and the others: a mail server that hangs delays no run, no hook and no end of an account."""
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = self._pace.tick.total_seconds()
            with self._patient("chore"):
                chore()

    def _tick(self) -> int:
        done = self._scheduler.tick()
        self._late = max(self._late, done.lateness)
        return done.started

    def _is_held(self) -> bool:
        """Whether nothing may begin: the installation is in maintenance."""
        return self._parts.installation is not None and self._parts.installation.maintenance.is_on()

    def _serve(self, number: int) -> None:
        while not self._stopping.is_set():
            served = False
            with self._patient(f"hand {number}"):
                served = self._serve_one(str(number))
            if not served:
                self._stopping.wait(self._pace.idle.total_seconds())

    def _serve_one(self, hand: str) -> bool:
        if self._is_held():
            return False
        received = self._parts.queue.receive(limit=1, lease=self._pace.lease)
        if not received:
            return False
        message = received[0]
        try:
            order = decode(message.body)
            scope = self._parts.accounts.enter(order.account, actor="worker")
            if self._parts.accounts.state(order.account) is AccountState.SUSPENDED:  # reconciliation sends it again when it is resumed
                raise NotFound(f"{order.account} is suspended")
        except (msgspec.DecodeError, NotFound) as error:
            _log.error("a message that cannot be carried out was dropped: %s", error)
            self._parts.queue.ack(message.receipt)
            return True
        self._busy.add(hand)
        try:
            with log_context(account=order.account, run=order.run):
                self._carry_out(scope, order, message, hand)
        finally:
            self._busy.discard(hand)
        return True

    def _carry_out(self, scope: Scope, order: RunMessage, message: Message, hand: str) -> None:
        work = Work(
            owner=f"{self._name}/{hand}",
            should_stop=self._stopping.is_set,
            extend=lambda lease: self._parts.queue.extend(message.receipt, lease),
            is_dutiful=True,
        )
        try:
            run = self._parts.runs.carry_out(scope, order.run, work)
        except NoRoom as error:
            _log.info("run %s waits: %s", order.run, error)
            self._parts.runs.park(scope, order.run)
            self._settle(message)
            return
        except BusyError as error:
            _log.warning("run %s waits: %s", order.run, error)
            self._put_off(scope, order.run, message)
            return
        except BackendError as error:
            _log.warning("run %s waits: %s", order.run, error)
            self._give_back(message, self._pace.lease)
            return
        except NotFound as error:
            _log.warning("run %s is gone: %s", order.run, error)
            self._settle(message)
            return
        except LeaseLost:
            return
        except LeaseGone as error:  # whoever has the run now says what becomes of it
            _log.warning("run %s was taken on by another worker: %s", order.run, error)
            self._settle(message)
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
        if run.state is RunState.QUEUED and run.not_before is None:  # interrupted: a fresh message, whose deliveries are counted anew
            self._parts.runs.wake(scope, run.id)
        elif run.state is RunState.QUEUED:
            self._put_off(scope, run.id, message)
            return
        self._settle(message)

    def _put_off(self, scope: Scope, run: str, message: Message) -> None:
        """The run comes up again when it may go on: the message does not wait on the queue, where it would hold up others and be counted as failed."""
        found, now = self._parts.runs.get(scope, run), self._parts.clock.now()
        until = found.not_before or found.lease_until or now
        self._parts.runs.put_off(scope, run, max(until, now + self._pace.minimum))
        self._settle(message)

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

    @contextmanager
    def _patient(self, who: str) -> Iterator[None]:
        """What the ground does for a while must not end the worker, and neither must a bug: a thread that ended would be missed by nobody."""
        try:
            yield
        except ListBackupError as error:
            _log.warning("%s goes on after: %s", who, error)
        except Exception:  # noqa: BLE001  the worker's loops
            _log.exception("%s goes on after what nobody thought of", who)


@contextmanager
def stopped_by_signals(worker: Worker) -> Iterator[None]:
    """SIGTERM and SIGINT stop the worker while the block runs. Call from the main thread."""
    previous = {number: signal.signal(number, lambda *_: worker.stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
