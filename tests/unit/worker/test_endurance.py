"""What goes wrong for one is not felt by others: no thread of the worker ends, no job waits behind one that cannot be started, no chore behind one that hangs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from listbackup.base.errors import DamagedError, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.processor.backup import Cadence
from listbackup.services.accounts import machine
from listbackup.services.desk import Fact
from listbackup.services.jobs import RetryPolicy, Timetable
from listbackup.services.runs import Means, RunState, Work
from listbackup.services.runs.ledger import LeaseGone, Ledger
from listbackup.services.scope import AccountTable, Scope
from listbackup.services.system import Health, Installation
from listbackup.testing.clock import ManualClock
from listbackup.testing.patience import until
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import MemoryKeys, Rooms, rooms
from listbackup.worker.main import Pace, Worker, WorkerParts

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
QUICK = Pace(
    tick=timedelta(milliseconds=10), idle=timedelta(milliseconds=10), reconcile=timedelta(milliseconds=10), beat=timedelta(milliseconds=10)
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    made.put("contacts", 1, name="one")
    return made


@pytest.fixture
def house(world: FakePlatform, clock: ManualClock) -> Rooms:
    made = rooms([FakeConnector(world)], clock=clock, means=Means(cadence=Cadence(every=timedelta(0)), maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    for number in range(3):
        made.sources.create(made.scope, connection="shop", name=f"s{number}")
    return made


def parts_of(house: Rooms, **more: object) -> WorkerParts:
    return WorkerParts(accounts=house.accounts, jobs=house.jobs, runs=house.runs, queue=house.queue, clock=house.clock, **more)  # type: ignore[arg-type]


@contextmanager
def at_work(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(10)
        assert not thread.is_alive()


def test_a_chore_that_hangs_holds_up_no_other(house: Rooms) -> None:
    done, released = list[int](), threading.Event()
    worker = Worker(parts_of(house, chores=(lambda: released.wait(60), lambda: done.append(1))), hands=1, pace=QUICK)
    with at_work(worker):
        try:
            until(lambda: len(done) > 2, seconds=10)
        finally:
            released.set()


def test_a_bug_in_a_chore_ends_neither_it_nor_others(house: Rooms) -> None:
    tried, done = list[int](), list[int]()

    def broken() -> None:
        tried.append(1)
        raise ValueError("nobody thought of this")

    with at_work(Worker(parts_of(house, chores=(broken, lambda: done.append(1))), hands=1, pace=QUICK)):
        until(lambda: len(tried) > 2 and len(done) > 2, seconds=10)


def test_a_bug_in_looking_after_one_account_keeps_the_others_from_nothing(house: Rooms) -> None:
    other = house.accounts.create_below(house.scope.account, "other", by=machine("test"))
    seen = list[str]()

    def tend(scope: Scope) -> None:
        if scope.account == house.scope.account:
            raise ValueError("nobody thought of this")
        seen.append(scope.account)

    with at_work(Worker(parts_of(house, tenders=(tend,)), hands=1, pace=QUICK)):
        until(lambda: len(seen) > 2, seconds=10)
    assert set(seen) == {other.id}


def test_an_account_that_cannot_be_reconciled_keeps_the_others_from_nothing(house: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    other, reconciled = house.accounts.create_below(house.scope.account, "other", by=machine("test")), list[str]()

    def reconcile(scope: Scope) -> int:
        if scope.account == house.scope.account:
            raise DamagedError("a row of its runs is damaged")
        reconciled.append(scope.account)
        return 0

    monkeypatch.setattr(house.runs, "reconcile", reconcile)
    Worker(parts_of(house), hands=1).reconcile()
    assert reconciled == [other.id]


def test_a_job_that_cannot_be_started_lets_those_behind_it_start(house: Rooms, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [house.jobs.create(house.scope, source=f"s{number}", timetable=Timetable(every=timedelta(minutes=15))) for number in range(3)]
    real = house.jobs.get

    def get(scope: Scope, job: str) -> object:
        if job == jobs[0].id:
            raise DamagedError("the row of the job is damaged")
        return real(scope, job)

    monkeypatch.setattr(house.jobs, "get", get)
    clock.advance(timedelta(minutes=16))
    assert Worker(parts_of(house), hands=1).run_once() == 2
    clock.advance(timedelta(minutes=15))
    assert Worker(parts_of(house), hands=1).run_once() == 2


def test_who_lost_a_run_to_another_worker_leaves_it_as_the_other_left_it(house: Rooms, world: FakePlatform, clock: ManualClock) -> None:
    run = house.runs.start(house.scope, "s0")

    def taken_on(*_: object) -> None:
        """This worker stalls; another takes the run on, and lets it wait."""
        world.before = lambda *_: None
        ledger = Ledger(house.desk, house.scope)
        clock.advance(timedelta(minutes=2))
        held = ledger.take(run.id, "other", timedelta(minutes=1))
        ledger.settle(held, lambda old: replace(old, state=RunState.QUEUED, not_before=NOON + timedelta(hours=2)), "waiting")
        raise LeaseGone("taken on by another worker")

    world.before = taken_on
    Worker(parts_of(house), hands=1).run_once()
    assert house.runs.get(house.scope, run.id).state is RunState.QUEUED


def test_nothing_is_looked_after_in_maintenance(house: Rooms) -> None:
    health = Health(
        house.clock, tables=house.tables, objects=house.objects, queue=house.queue, keys=MemoryKeys(), account=house.accounts.find_default
    )
    installation, tended = Installation(house.desk, health), list[Scope]()
    installation.maintenance.switch(house.scope, on=True, reason="copying the folder")
    worker = Worker(parts_of(house, installation=installation, tenders=(tended.append,)), hands=1)
    worker.reconcile()
    assert tended == []
    installation.maintenance.switch(house.scope, on=False)
    worker.reconcile()
    assert len(tended) == 1


def test_a_clock_that_was_a_year_ahead_for_a_moment_costs_no_job_its_schedule(house: Rooms, clock: ManualClock) -> None:
    house.jobs.create(house.scope, source="s0", timetable=Timetable(every=timedelta(minutes=15)))
    worker = Worker(parts_of(house), hands=1)
    clock.jump(NOON + timedelta(days=400))
    assert worker.run_once() == 1
    clock.jump(NOON + timedelta(minutes=5))
    worker.reconcile()
    clock.jump(NOON + timedelta(minutes=16))
    assert worker.run_once() == 1


def test_a_change_of_timetable_that_a_crash_kept_from_the_schedule_is_found(
    house: Rooms, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = house.jobs.create(house.scope, source="s0", timetable=Timetable(cron="0 3 1 * *"))
    with monkeypatch.context() as patch:
        patch.setattr(house.jobs._schedule, "set", broken)
        with pytest.raises(ValueError, match="killed"):
            house.jobs.change(house.scope, job.id, timetable=Timetable(every=timedelta(minutes=15)))
    worker = Worker(parts_of(house), hands=1)
    worker.reconcile()
    clock.advance(timedelta(minutes=16))
    assert worker.run_once() == 1


def test_a_run_whose_worker_died_in_a_clock_that_was_ahead_is_taken_on(house: Rooms, clock: ManualClock) -> None:
    run = house.runs.start(house.scope, "s0")
    clock.jump(NOON + timedelta(days=400))
    Ledger(house.desk, house.scope).take(run.id, "dead", timedelta(minutes=1))
    clock.jump(NOON + timedelta(minutes=6))
    worker = Worker(parts_of(house), hands=1)
    worker.reconcile()
    worker.run_once()
    assert house.runs.get(house.scope, run.id).state is RunState.SUCCEEDED


def test_a_failed_run_is_made_up_for_once_however_often_its_message_comes(house: Rooms, world: FakePlatform, clock: ManualClock) -> None:
    job = house.jobs.create(house.scope, source="s0", timetable=Timetable(cron="0 3 * * *"), retry=RetryPolicy(attempts=1))
    run = house.runs.start(house.scope, "s0", job=job.id)
    world.before = down
    worker = Worker(parts_of(house), hands=1)
    worker.run_once()
    clock.advance(timedelta(minutes=10))
    worker.run_once()
    assert [one.state for one in house.runs.list(house.scope).items] == [RunState.FAILED] * 2
    for _ in range(3):
        house.runs.carry_out(house.scope, run.id, Work(owner="late"))
    assert len(house.runs.list(house.scope).items) == 2


def test_an_event_that_cannot_be_kept_holds_up_neither_others_nor_who_caused_it(house: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    other = house.accounts.create_below(house.scope.account, "other", by=machine("test"))
    theirs = house.accounts.enter(other.id, actor="test")
    kept, real = house.activities.last(theirs), AccountTable.find

    def find(self: AccountTable, sk: str, *, part: str = "") -> object:
        if sk == "head" and self._account == house.scope.account:
            raise DamagedError("the head of the trail is damaged")
        return real(self, sk, part=part)

    monkeypatch.setattr(AccountTable, "find", find)
    for number in range(150):
        house.desk.commit(house.scope, [], Fact(name="thing.happened", subject=str(number)))
    house.desk.commit(theirs, [], Fact(name="thing.happened", subject="here"))
    assert house.activities.last(theirs) == kept + 1


def broken(*_: object) -> None:
    raise ValueError("killed")


def down(*_: object) -> None:
    raise PlatformError("nobody answers", fault=PlatformFault.UNREACHABLE)
