"""The worker: turns due jobs into runs and carries them out; two of them over one ground do each thing once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.queue.sqlite import SqliteQueue
from listbackup.backends.schedule.sqlite import SqliteSchedule
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import SystemClock
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Key
from listbackup.processor.backup import Cadence
from listbackup.services.jobs import QuietWindow, Timetable
from listbackup.services.runs import Means, RunState, Trigger
from listbackup.testing.clock import ManualClock
from listbackup.testing.patience import until
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms
from listbackup.worker.main import Pace, Worker, WorkerParts
from listbackup.worker.scheduler import Scheduler

MEANS = Means(cadence=Cadence(every=timedelta(0)), maintain=False)
FAST = Pace(tick=timedelta(milliseconds=20), idle=timedelta(milliseconds=10))


def crm() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        made.put("contacts", number, name=f"contact {number}")
    return made


@pytest.fixture
def world() -> FakePlatform:
    return crm()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 10, 12, 7, tzinfo=UTC))


@pytest.fixture
def house(world: FakePlatform, clock: ManualClock) -> Rooms:
    made = rooms([FakeConnector(world)], clock=clock, means=MEANS)
    furnish(made)
    return made


def furnish(house: Rooms) -> None:
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    house.sources.create(house.scope, connection="shop", name="crm")


def worker(house: Rooms, pace: Pace = FAST) -> Worker:
    parts = WorkerParts(accounts=house.accounts, jobs=house.jobs, runs=house.runs, queue=house.queue, clock=house.clock)
    return Worker(parts, hands=1, pace=pace)


def quarter_hourly(house: Rooms, **more: object) -> None:
    house.jobs.create(house.scope, source="crm", timetable=Timetable(every=timedelta(minutes=15), **more))  # type: ignore[arg-type]


def test_a_job_that_is_due_becomes_a_run_and_a_snapshot(house: Rooms, clock: ManualClock) -> None:
    quarter_hourly(house)
    hand = worker(house)
    assert hand.run_once() == 0
    clock.advance(timedelta(minutes=8))
    assert hand.run_once() == 1
    (run,) = house.runs.list(house.scope).items
    assert (run.state, run.trigger, run.job) == (RunState.SUCCEEDED, Trigger.SCHEDULE, house.jobs.get(house.scope, "crm").id)
    assert house.jobs.get(house.scope, "crm").due_at == datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


def test_runs_that_were_missed_are_caught_up_once(house: Rooms, clock: ManualClock) -> None:
    quarter_hourly(house)
    clock.advance(timedelta(days=3))
    hand = worker(house)
    assert hand.run_once() == 1
    assert hand.run_once() == 0


def test_a_run_due_inside_a_quiet_window_waits_for_its_end(house: Rooms, clock: ManualClock) -> None:
    quarter_hourly(house, quiet=(QuietWindow(start="13:00", end="18:00"),))
    hand = worker(house)
    clock.jump(datetime(2026, 3, 10, 14, 0, tzinfo=UTC))  # nobody looked at 12:15; now it is the wrong time to catch up
    assert hand.run_once() == 0
    assert house.runs.list(house.scope).items == []
    clock.jump(datetime(2026, 3, 10, 18, 0, tzinfo=UTC))
    assert hand.run_once() == 1


def test_a_paused_job_is_not_due_and_a_resumed_one_is(house: Rooms, clock: ManualClock) -> None:
    quarter_hourly(house)
    house.jobs.pause(house.scope, "crm")
    clock.advance(timedelta(hours=1))
    hand = worker(house)
    assert hand.run_once() == 0
    house.jobs.resume(house.scope, "crm")
    clock.advance(timedelta(minutes=15))
    assert hand.run_once() == 1


def test_a_job_whose_source_was_deleted_comes_to_rest(house: Rooms, clock: ManualClock) -> None:
    quarter_hourly(house)
    house.sources.delete(house.scope, "crm")
    clock.advance(timedelta(hours=1))
    assert worker(house).run_once() == 0


def test_schedule_entries_and_messages_that_a_crash_lost_are_put_back(house: Rooms, world: FakePlatform, clock: ManualClock) -> None:
    quarter_hourly(house)
    job = house.jobs.get(house.scope, "crm")
    house.jobs._schedule.remove(job.id)
    run = house.runs.start(house.scope, "crm")
    (message,) = house.queue.receive(lease=timedelta(minutes=1))
    house.queue.ack(message.receipt)  # the message is gone, the run waits
    clock.advance(timedelta(minutes=10))
    hand = worker(house)
    hand.reconcile()
    assert house.jobs._schedule.find(job.id) == job.due_at
    assert hand.run_once() == 1
    assert house.runs.get(house.scope, run.id).state is RunState.SUCCEEDED


def test_a_platform_that_asks_for_hours_is_left_alone_for_hours(house: Rooms, world: FakePlatform, clock: ManualClock) -> None:
    def before(name: str, _stream: str, _key: Key) -> None:
        if name == "page":
            raise PlatformError("slow down", fault=PlatformFault.RATE_LIMITED, status=429, retry_after=timedelta(hours=2))

    world.before = before
    house.runs.start(house.scope, "crm")
    hand = worker(house)
    assert hand.run_once() == 1
    asked = world.requests
    clock.advance(timedelta(minutes=119))
    assert hand.run_once() == 0
    assert world.requests == asked
    world.before = lambda *_: None
    clock.advance(timedelta(minutes=2))
    assert hand.run_once() == 1
    assert house.runs.list(house.scope).items[0].state is RunState.SUCCEEDED


def test_a_bug_in_one_run_fails_that_run_and_no_other(house: Rooms, world: FakePlatform) -> None:
    def before(name: str, _stream: str, _key: Key) -> None:
        if name == "page":
            raise ZeroDivisionError

    world.before = before
    run = house.runs.start(house.scope, "crm")
    hand = worker(house)
    assert hand.run_once() == 1
    failed = house.runs.get(house.scope, run.id)
    assert (failed.state, failed.reason) == (RunState.FAILED, "internal")
    world.before = lambda *_: None
    again = house.runs.start(house.scope, "crm")
    assert hand.run_once() == 1
    assert house.runs.get(house.scope, again.id).state is RunState.SUCCEEDED


def test_a_message_that_is_nonsense_is_dropped(house: Rooms) -> None:
    house.queue.send("g", b"nonsense")
    house.queue.send("g", b'{"account":"acc_00000000000000000000000000","run":"run_x"}')
    assert worker(house).run_once() == 2
    assert house.queue.depth() == 0


def test_a_hundred_due_jobs_are_found_in_one_tick_each_once(world: FakePlatform, clock: ManualClock) -> None:
    house = rooms([FakeConnector(world)], clock=clock, means=MEANS)
    furnish(house)
    for number in range(100):
        house.sources.create(house.scope, connection="shop", name=f"source {number}")
        house.jobs.create(house.scope, source=f"source {number}", timetable=Timetable(every=timedelta(minutes=15)))
    clock.advance(timedelta(minutes=15))
    first, second = (Scheduler(house.accounts, house.jobs, house.runs, clock) for _ in range(2))
    ticks = [first.tick(limit=60), second.tick(limit=60)]
    assert [tick.started for tick in ticks] == [60, 40]
    assert max(tick.lateness for tick in ticks) < timedelta(minutes=15)
    assert len(house.runs.list(house.scope, active=True, limit=200).items) == 100


def test_two_workers_over_one_folder_make_one_snapshot_of_each_run(tmp_path: Path) -> None:
    """Two processes' worth of services over the same SQLite file and the same objects."""
    world = crm()
    houses = [embedded(tmp_path, world) for _ in range(2)]
    furnish(houses[0])
    scope = houses[0].scope
    for number in range(6):
        houses[0].connections.create(scope, platform="fake", name=f"shop {number}", values={}, secrets={"token": Secret("good")})
        houses[0].sources.create(scope, connection=f"shop {number}", name=f"source {number}")
        houses[0].runs.start(scope, f"source {number}")
    with working(*[worker(house) for house in houses]):
        until(lambda: not houses[0].runs.list(scope, active=True).items)
    runs = houses[0].runs.list(scope).items
    assert [run.state for run in runs] == [RunState.SUCCEEDED] * 6
    assert [len(houses[0].data.snapshots(scope, f"source {number}")) for number in range(6)] == [1] * 6
    assert houses[1].activities.verify(scope) is None


def test_runs_through_one_connection_come_one_after_the_other(house: Rooms) -> None:
    """So that a platform's limits hold across workers."""
    house.sources.create(house.scope, connection="shop", name="second")
    house.runs.start(house.scope, "crm")
    house.runs.start(house.scope, "second")
    assert len(house.queue.receive(limit=10, lease=timedelta(minutes=1))) == 1


def test_a_worker_that_is_told_to_stop_ends_at_a_checkpoint_and_another_goes_on(tmp_path: Path) -> None:
    world = crm()
    house = embedded(tmp_path, world)
    furnish(house)
    run = house.runs.start(house.scope, "crm")
    first = worker(house)
    world.before = lambda name, _stream, key: first.stop() if name == "page" and key == (10,) else None
    with working(first):
        until(lambda: house.runs.get(house.scope, run.id).reason == "interrupted")
    stopped = house.runs.get(house.scope, run.id)
    assert (stopped.state, stopped.reason) == (RunState.QUEUED, "interrupted")
    pages: list[Key] = []
    world.before = lambda name, _stream, key: pages.append(key) if name == "page" else None
    with working(worker(house)):
        until(lambda: house.runs.get(house.scope, run.id).state.is_final)
    assert house.runs.get(house.scope, run.id).state is RunState.SUCCEEDED
    assert pages[0] != (0,)


def embedded(folder: Path, world: FakePlatform) -> Rooms:
    clock = SystemClock()
    file = SqliteFile(folder / "tables.db", clock=clock)
    return rooms(
        [FakeConnector(world)],
        clock=clock,
        tables=SqliteTables(file, clock=clock),
        objects=FilesObjects(folder / "objects"),
        queue=SqliteQueue(file, "runs", clock=clock),
        schedule=SqliteSchedule(file),
        means=MEANS,
    )


@contextmanager
def working(*workers: Worker) -> Iterator[None]:
    threads = [threading.Thread(target=one.run) for one in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in workers:
            one.stop()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
