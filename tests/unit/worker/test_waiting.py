"""What makes a run wait, and that it goes on: quiet hours, no room beside others, another's lease, a failure that may pass, maintenance, an early death."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from listbackup.backends.queue.port import Queue
from listbackup.base.errors import BackendError, NotFound, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Key
from listbackup.processor.backup import Cadence
from listbackup.services.activity import Wanted
from listbackup.services.jobs import QuietWindow, RetryPolicy, Timetable
from listbackup.services.runs import Limits, LogLevel, Means, RunState, Trigger, WantedLines, Work
from listbackup.services.runs.ledger import Ledger
from listbackup.services.system import Health, Installation
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import MemoryKeys, Rooms, rooms
from listbackup.worker.main import Worker, WorkerParts

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        made.put("contacts", number, name=f"contact {number}")
    return made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


def furnished(world: FakePlatform, clock: ManualClock, limits: Limits = Limits(), sources: int = 1, connections: int = 1) -> Rooms:
    means = Means(cadence=Cadence(every=timedelta(0)), maintain=False, limits=limits)
    house = rooms([FakeConnector(world)], clock=clock, means=means)
    for number in range(connections):
        house.connections.create(house.scope, platform="fake", name=f"shop{number}", values={}, secrets={"token": Secret("good")})
    for number in range(sources):
        house.sources.create(house.scope, connection=f"shop{number % connections}", name=f"s{number}")
    return house


@pytest.fixture
def house(world: FakePlatform, clock: ManualClock) -> Rooms:
    return furnished(world, clock)


def worker(house: Rooms, installation: Installation | None = None) -> Worker:
    parts = WorkerParts(
        accounts=house.accounts, jobs=house.jobs, runs=house.runs, queue=house.queue, clock=house.clock, installation=installation
    )
    return Worker(parts, hands=1)


def on_page(world: FakePlatform, at: Key, then: Callable[[], object]) -> None:
    def before(name: str, _stream: str, key: Key) -> None:
        if name == "page" and key == at:
            then()

    world.before = before


def dead(queue: Queue) -> int:
    return len(queue.list_dead())


# quiet hours


def test_a_run_asked_for_in_quiet_hours_waits_for_their_end(house: Rooms, world: FakePlatform, clock: ManualClock) -> None:
    house.jobs.create(house.scope, source="s0", timetable=Timetable(cron="0 3 * * *", quiet=(QuietWindow(start="11:00", end="14:00"),)))
    run, asked = house.runs.start(house.scope, "s0"), world.requests
    hand = worker(house)
    assert hand.run_once() == 1
    waiting = house.runs.get(house.scope, run.id)
    assert (waiting.state, waiting.reason, waiting.not_before) == (RunState.QUEUED, "quiet", NOON + timedelta(hours=2))
    assert (world.requests, house.queue.depth()) == (asked, 0)
    clock.advance(timedelta(minutes=119))
    assert hand.run_once() == 0
    clock.advance(timedelta(minutes=1))
    assert hand.run_once() == 1
    assert house.runs.get(house.scope, run.id).state is RunState.SUCCEEDED


def test_a_run_that_goes_on_when_quiet_hours_begin_comes_to_a_checkpoint_and_goes_on_there(
    house: Rooms, world: FakePlatform, clock: ManualClock
) -> None:
    house.jobs.create(house.scope, source="s0", timetable=Timetable(cron="0 3 * * *", quiet=(QuietWindow(start="12:30", end="13:00"),)))
    run = house.runs.start(house.scope, "s0")
    on_page(world, (10,), lambda: clock.jump(NOON + timedelta(minutes=31)))
    hand = worker(house)
    hand.run_once()
    paused = house.runs.get(house.scope, run.id)
    assert (paused.state, paused.reason, paused.not_before) == (RunState.QUEUED, "quiet", NOON + timedelta(hours=1))
    pages: list[Key] = []
    world.before = lambda name, _stream, key: pages.append(key) if name == "page" else None
    clock.jump(NOON + timedelta(hours=1))
    assert hand.run_once() == 1
    assert house.runs.get(house.scope, run.id).state is RunState.SUCCEEDED
    assert pages[0] != (0,), "not from the beginning"


def test_a_person_at_the_machine_gets_a_backup_also_in_quiet_hours(house: Rooms) -> None:
    house.jobs.create(house.scope, source="s0", timetable=Timetable(cron="0 3 * * *", quiet=(QuietWindow(start="11:00", end="14:00"),)))
    assert house.runs.backup(house.scope, "s0", Work(owner="cli")).state is RunState.SUCCEEDED


# a ground that gives way


def giving_way(house: Rooms, monkeypatch: pytest.MonkeyPatch, *, retryable: bool = True) -> list[str]:
    """From now on no object can be written; the names of those that were tried."""
    tried: list[str] = []

    def refuse(name: str, data: object, **_: object) -> None:
        tried.append(name)
        raise BackendError("cannot write the object: AWS says SlowDown (503)", retryable=retryable)

    monkeypatch.setattr(house.objects, "put", refuse)
    return tried


def test_a_run_under_which_the_ground_gives_way_goes_on_at_its_checkpoint_when_it_holds_again(
    house: Rooms, world: FakePlatform, clock: ManualClock
) -> None:
    """A table or a bucket that is throttled beyond all retries of a call."""
    run, hand = house.runs.start(house.scope, "s0"), worker(house)
    with pytest.MonkeyPatch.context() as broken:
        on_page(world, (20,), lambda: giving_way(house, broken))
        assert hand.run_once() == 1
    waiting = house.runs.get(house.scope, run.id)
    assert (waiting.state, waiting.reason, waiting.stumbles) == (RunState.QUEUED, "backend", 1)
    assert waiting.not_before is not None
    assert clock.now() < waiting.not_before <= clock.now() + timedelta(minutes=1)
    assert (house.queue.depth(), dead(house.queue)) == (0, 0)
    last = house.runs.logs(house.scope, run.id, WantedLines(), limit=50).items[-1]
    assert last.level is LogLevel.INFO
    assert last.message.startswith(
        "The run waits: interrupted. cannot write the object: AWS says SlowDown (503) It goes on at 2026-03-10T12:0"
    )
    pages: list[Key] = []
    world.before = lambda name, _stream, key: pages.append(key) if name == "page" else None
    assert hand.run_once() == 0
    clock.advance(timedelta(minutes=1))
    assert hand.run_once() == 1
    done = house.runs.get(house.scope, run.id)
    assert (done.state, done.reason, done.records, done.attempt, done.crashes) == (RunState.SUCCEEDED, None, 30, 2, 0)
    assert pages[0] != (0,), "not from the beginning"


def test_a_ground_that_does_not_hold_again_fails_the_run_after_half_an_hour(
    house: Rooms, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    giving_way(house, monkeypatch)
    run, hand, waits = house.runs.start(house.scope, "s0"), worker(house), list[int]()
    while hand.run_once() == 1 and (now := house.runs.get(house.scope, run.id)).not_before is not None:
        waits.append(round((now.not_before - clock.now()) / timedelta(minutes=1)))
        clock.jump(now.not_before)
    over = house.runs.get(house.scope, run.id)
    assert (over.state, over.reason, waits) == (RunState.FAILED, "backend", [1, 2, 4, 8, 16])


def test_what_is_wrong_with_the_ground_for_good_fails_the_run_at_once_and_so_does_anything_at_the_machine(
    house: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would fetch a run of the command line from the queue."""
    giving_way(house, monkeypatch, retryable=False)
    run = house.runs.start(house.scope, "s0")
    assert worker(house).run_once() == 1
    assert house.runs.get(house.scope, run.id).state is RunState.FAILED
    monkeypatch.undo()
    giving_way(house, monkeypatch)
    assert house.runs.backup(house.scope, "s0", Work(owner="cli")).state is RunState.FAILED


# room


def test_no_more_runs_of_an_account_go_on_at_once_than_may_and_the_others_follow(world: FakePlatform, clock: ManualClock) -> None:
    house = furnished(world, clock, Limits(per_account=2), sources=5, connections=5)
    runs = [house.runs.start(house.scope, f"s{number}") for number in range(5)]
    second, at_once, most = worker(house), [0], [0]

    def nested() -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        if at_once[0] < 5:
            second._serve_one(str(at_once[0]))
        at_once[0] -= 1

    on_page(world, (10,), nested)
    hand = worker(house)
    while hand.run_once():
        pass
    assert most[0] == 2
    assert {house.runs.get(house.scope, run.id).state for run in runs} == {RunState.SUCCEEDED}
    assert (dead(house.queue), house.queue.depth()) == (0, 0)


def test_two_runs_through_one_connection_go_on_at_once_where_that_is_allowed_and_a_third_waits(
    world: FakePlatform, clock: ManualClock
) -> None:
    house = furnished(world, clock, Limits(per_account=10, per_connection=2), sources=12)
    runs = [house.runs.start(house.scope, f"s{number}") for number in range(12)]
    second, inside, most = worker(house), [0], [0]

    def nested() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        if inside[0] < 3:
            second._serve_one(str(inside[0]))
        inside[0] -= 1

    on_page(world, (10,), nested)
    hand = worker(house)
    while hand.run_once():
        pass
    assert most[0] == 2
    assert {house.runs.get(house.scope, run.id).state for run in runs} == {RunState.SUCCEEDED}


def test_a_slot_of_a_dead_worker_is_free_when_its_lease_is_over(world: FakePlatform, clock: ManualClock) -> None:
    house = furnished(world, clock, Limits(per_account=1), sources=2, connections=2)
    first = house.runs.start(house.scope, "s0")
    Ledger(house.desk, house.scope).take(first.id, "dead", timedelta(seconds=60), connection="x")
    house.runs.start(house.scope, "s1")
    hand = worker(house)
    hand.run_once()
    assert house.runs.list(house.scope, source="s1").items[0].state is RunState.QUEUED
    clock.advance(timedelta(minutes=11))
    hand.reconcile()
    while hand.run_once():
        pass
    assert not house.runs.list(house.scope, active=True).items


# failures that may pass


def test_a_run_that_failed_in_passing_is_made_up_for_later_and_later_and_then_no_more(
    house: Rooms, world: FakePlatform, clock: ManualClock
) -> None:
    retry = RetryPolicy(attempts=2, wait=timedelta(minutes=5))
    house.jobs.create(house.scope, source="s0", timetable=Timetable(cron="0 13 * * *"), retry=retry)
    asked: list[datetime] = []

    def before(name: str, _stream: str, _key: Key) -> None:
        if name == "page":
            asked.append(clock.now())
            raise PlatformError("down", fault=PlatformFault.UNREACHABLE)

    world.before = before
    hand = worker(house)
    clock.jump(NOON + timedelta(hours=1))
    for _ in range(120):
        hand.run_once()
        clock.advance(timedelta(minutes=1))
    runs = sorted(house.runs.list(house.scope).items, key=lambda run: -run.tries)
    assert [(run.trigger, run.tries, run.state) for run in runs] == [
        (Trigger.RETRY, 2, RunState.FAILED),
        (Trigger.RETRY, 1, RunState.FAILED),
        (Trigger.SCHEDULE, 0, RunState.FAILED),
    ]
    begun = [run.started_at for run in reversed(runs) if run.started_at is not None]
    assert [int((later - earlier).total_seconds() / 60) for earlier, later in itertools.pairwise(begun)] == [5, 10]


def test_what_a_person_must_mend_is_not_tried_again(house: Rooms, world: FakePlatform, clock: ManualClock) -> None:
    house.jobs.create(house.scope, source="s0", timetable=Timetable(cron="0 13 * * *"))

    def before(name: str, _stream: str, _key: Key) -> None:
        if name == "page":
            raise PlatformError("who are you", fault=PlatformFault.NEEDS_REAUTH)

    world.before = before
    clock.jump(NOON + timedelta(hours=1))
    hand = worker(house)
    assert hand.run_once() == 1
    clock.advance(timedelta(hours=2))
    assert hand.run_once() == 0


def test_a_schedule_that_comes_due_brings_a_waiting_retry_forward(house: Rooms, world: FakePlatform, clock: ManualClock) -> None:
    retry = RetryPolicy(attempts=1, wait=timedelta(hours=3))
    house.jobs.create(house.scope, source="s0", timetable=Timetable(cron="0 * * * *"), retry=retry)

    def before(name: str, _stream: str, _key: Key) -> None:
        if name == "page":
            raise PlatformError("down", fault=PlatformFault.UNREACHABLE)

    world.before = before
    clock.jump(NOON + timedelta(hours=1))
    hand = worker(house)
    assert hand.run_once() == 1
    world.before = lambda *_: None
    clock.advance(timedelta(hours=1))
    assert hand.run_once() == 1
    ended = {(run.trigger, run.state) for run in house.runs.list(house.scope).items}
    assert ended == {(Trigger.SCHEDULE, RunState.FAILED), (Trigger.RETRY, RunState.SUCCEEDED)}


# messages


def test_waiting_makes_no_dead_letter(house: Rooms, world: FakePlatform, clock: ManualClock) -> None:
    def before(name: str, _stream: str, _key: Key) -> None:
        if name == "page":
            raise PlatformError("slow down", fault=PlatformFault.RATE_LIMITED, status=429, retry_after=timedelta(hours=1))

    world.before = before
    run = house.runs.start(house.scope, "s0")
    hand = worker(house)
    for _ in range(12):
        hand.run_once()
        clock.advance(timedelta(hours=1, minutes=1))
    world.before = lambda *_: None
    hand.run_once()
    assert house.runs.get(house.scope, run.id).state is RunState.SUCCEEDED
    assert dead(house.queue) == 0


def test_a_message_that_kills_five_workers_is_a_dead_letter_of_its_account_and_can_be_sent_anew(house: Rooms, clock: ManualClock) -> None:
    run = house.runs.start(house.scope, "s0")
    house.queue.send("nonsense", b"nonsense")
    for _ in range(5):
        assert len(house.queue.receive(limit=2, lease=timedelta(minutes=1))) == 2  # and the worker dies
        clock.advance(timedelta(minutes=2))
    letters = house.runs.letters
    (mine,) = letters.list(house.scope).items
    assert (mine.run, mine.account, mine.receives) == (run.id, house.scope.account, 5)
    assert [one.run for one in letters.list(house.scope, everybody=True).items] == [run.id, None]
    page = letters.list(house.scope, everybody=True, limit=1)
    assert [one.run for one in letters.list(house.scope, everybody=True, cursor=page.next_cursor).items] == [None]
    stranger = house.accounts.enter(house.accounts.create("other", actor="test").id, actor="test")
    assert letters.list(stranger).items == []
    with pytest.raises(NotFound):
        letters.redrive(stranger, [mine.id])
    assert [one.id for one in letters.redrive(house.scope)] == [mine.id]
    assert worker(house).run_once() == 1
    assert house.runs.get(house.scope, run.id).state is RunState.SUCCEEDED
    assert [line.subject for line in house.activities.list(house.scope, Wanted(action="dead_letter:redriven")).items] == [mine.id]


def test_in_maintenance_nothing_begins_and_afterwards_everything_does(house: Rooms, clock: ManualClock) -> None:
    health = Health(
        clock, tables=house.tables, objects=house.objects, queue=house.queue, keys=MemoryKeys(), account=house.accounts.find_default
    )
    installation = Installation(house.desk, health)
    house.runs.start(house.scope, "s0")
    installation.maintenance.switch(house.scope, on=True, reason="test")
    hand = worker(house, installation)
    assert not hand._serve_one("0")
    installation.maintenance.switch(house.scope, on=False)
    assert hand.run_once() == 1


# the log


def test_the_log_is_searched_by_text_level_and_stream_page_by_page(house: Rooms, world: FakePlatform) -> None:
    def before(name: str, _stream: str, _key: Key) -> None:
        if name == "page":
            raise PlatformError("the CRM is down", fault=PlatformFault.UNREACHABLE)

    world.before = before
    run = house.runs.backup(house.scope, "s0", Work(owner="test")).id

    def found(**wanted: object) -> list[str]:
        return [line.message for line in house.runs.logs(house.scope, run, WantedLines(**wanted)).items]  # type: ignore[arg-type]

    whole = found()
    assert any("crm is DOWN".casefold() in one.casefold() for one in found(text="crm is DOWN"))
    assert found(text="no such words") == []
    assert all("contacts" in one or "CRM" in one for one in found(stream="contacts"))
    assert found(level=LogLevel.ERROR)
    assert len(found(level=LogLevel.ERROR)) < len(whole)
    failures = house.runs.failures(house.scope, run).items
    assert {line.reason for line in failures} == {"unreachable"}
    paged, cursor = [], None
    while True:
        page = house.runs.logs(house.scope, run, limit=1, cursor=cursor)
        paged += [line.message for line in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert paged == whole
