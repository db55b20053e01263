"""A run's life: one at a time per source, held under a fenced lease, cancelled at once, resumed after a crash, and honest about what went wrong."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from listbackup.backends.table.lease import LeaseGone
from listbackup.base.clock import Clock
from listbackup.base.errors import BusyError, Conflict, OutOfSpace, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Key, Outcome, Problem
from listbackup.processor.backup import Cadence
from listbackup.services.connections import ConnectionState
from listbackup.services.runs import LogLevel, Means, Run, RunState, StreamState, Trigger, Work
from listbackup.services.runs.ledger import MAX_CRASHES, Ledger
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

EVERY_BATCH = Means(cadence=Cadence(every=timedelta(0)), maintain=False)


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("companies"), fake_stream("contacts"))
    for number in range(1, 31):
        made.put("companies", number, name=f"company {number}")
        made.put("contacts", number, name=f"contact {number}")
    return made


@pytest.fixture
def house(world: FakePlatform) -> Rooms:
    made = rooms([FakeConnector(world)], means=EVERY_BATCH)
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    return made


def back_up(house: Rooms, **work: object) -> Run:
    return house.runs.backup(house.scope, "crm", Work(owner="w1", **work))  # type: ignore[arg-type]


def fail(fault: PlatformFault, *, stream: str = "contacts", request: str = "page", **more: object) -> object:
    def before(name: str, where: str, _key: Key) -> None:
        if name == request and where == stream:
            raise PlatformError(f"the platform said {fault.value}", fault=fault, **more)  # type: ignore[arg-type]

    return before


def test_a_good_run_succeeds_with_a_snapshot(house: Rooms, world: FakePlatform) -> None:
    run = back_up(house)
    assert (run.state, run.reason, run.snapshot_seq, run.records) == (RunState.SUCCEEDED, None, 1, 60)
    kept = {record.key: record.raw for record in house.data.scan(house.scope, "crm", "contacts")}
    assert kept == world.truth("contacts")


def test_a_source_has_one_run_at_a_time(house: Rooms) -> None:
    first = house.runs.start(house.scope, "crm")
    assert house.runs.start(house.scope, "crm", trigger=Trigger.SCHEDULE).id == first.id
    assert house.runs.find_active(house.scope, "crm") == first
    back_up(house)
    assert house.runs.find_active(house.scope, "crm") is None
    assert house.runs.start(house.scope, "crm").id != first.id


def test_a_run_that_a_worker_holds_is_not_taken_by_another(house: Rooms) -> None:
    run = house.runs.start(house.scope, "crm")
    Ledger(house.desk, house.scope).take(run.id, "w1", timedelta(seconds=60))
    with pytest.raises(BusyError, match="w1"):
        house.runs.carry_out(house.scope, run.id, Work(owner="w2"))


def test_a_run_whose_worker_died_is_carried_on_by_another_after_its_lease(house: Rooms) -> None:
    run = house.runs.start(house.scope, "crm")
    held = Ledger(house.desk, house.scope).take(run.id, "w1", timedelta(seconds=60))
    advance(house.clock, timedelta(seconds=61))
    done = house.runs.carry_out(house.scope, run.id, Work(owner="w2"))
    assert (done.state, done.attempt, done.epoch) == (RunState.SUCCEEDED, 2, held.epoch + 1)


def test_a_run_that_takes_every_worker_down_is_given_up(house: Rooms) -> None:
    run = house.runs.start(house.scope, "crm")
    ledger = Ledger(house.desk, house.scope)
    for _ in range(MAX_CRASHES):
        ledger.take(run.id, "w1", timedelta(seconds=60))
        advance(house.clock, timedelta(seconds=61))
    done = house.runs.carry_out(house.scope, run.id, Work(owner="w2"))
    assert (done.state, done.reason) == (RunState.FAILED, "crashes")
    assert back_up(house).state is RunState.SUCCEEDED


def test_a_worker_that_comes_back_after_its_lease_can_change_nothing(house: Rooms) -> None:
    ledger = Ledger(house.desk, house.scope)
    run = house.runs.start(house.scope, "crm")
    old = ledger.take(run.id, "w1", timedelta(seconds=60))
    advance(house.clock, timedelta(seconds=61))
    ledger.take(run.id, "w2", timedelta(seconds=60))
    with pytest.raises(LeaseGone):
        ledger.hold(old, timedelta(seconds=60))
    with pytest.raises(LeaseGone):
        ledger.settle(old, lambda row: row, "failed")


def test_a_worker_that_was_overtaken_leaves_one_snapshot(house: Rooms, world: FakePlatform) -> None:
    """Another worker takes the run while the first is reading: the first is fenced in the store and in the row."""
    taken: list[Run] = []
    overtaking: list[bool] = []

    def before(name: str, stream: str, key: Key) -> None:
        if name == "page" and stream == "contacts" and key == (10,) and not overtaking:
            overtaking.append(True)
            advance(house.clock, timedelta(seconds=61))
            taken.append(house.runs.carry_out(house.scope, house.runs.list(house.scope).items[0].id, Work(owner="w2")))

    world.before = before
    with pytest.raises(LeaseGone):
        back_up(house)
    assert taken[0].state is RunState.SUCCEEDED
    assert len(house.data.snapshots(house.scope, "crm")) == 1
    assert house.runs.get(house.scope, taken[0].id).state is RunState.SUCCEEDED


def test_a_run_that_crashed_after_its_snapshot_is_found_over(house: Rooms, world: FakePlatform) -> None:
    run = back_up(house)
    ledger = Ledger(house.desk, house.scope)
    ledger.change(run.id, lambda row: replace(row, state=RunState.RUNNING, lease_until=house.clock.now(), ended_at=None))
    done = house.runs.carry_out(house.scope, run.id, Work(owner="w2"))
    assert (done.state, done.snapshot_seq) == (RunState.SUCCEEDED, 1)
    assert len(house.data.snapshots(house.scope, "crm")) == 1


def test_cancelling_a_queued_run_ends_it_at_once(house: Rooms) -> None:
    run = house.runs.start(house.scope, "crm")
    assert house.runs.cancel(house.scope, run.id).state is RunState.CANCELLED
    assert house.runs.carry_out(house.scope, run.id, Work(owner="w1")).state is RunState.CANCELLED
    with pytest.raises(Conflict, match="over"):
        house.runs.cancel(house.scope, run.id)


def test_cancelling_a_running_run_keeps_nothing_of_it(house: Rooms, world: FakePlatform) -> None:
    def listen(progress: object) -> None:
        run = house.runs.find_active(house.scope, "crm")
        if run is not None and not run.cancel_requested and world.requests > 6:
            house.runs.cancel(house.scope, run.id)
            wait_for_the_watch()

    run = back_up(house, listen=listen)
    assert (run.state, run.reason) == (RunState.CANCELLED, "cancelled")
    assert house.data.snapshots(house.scope, "crm") == []
    assert back_up(house).state is RunState.SUCCEEDED


def test_a_stopped_run_goes_on_where_it_was(house: Rooms, world: FakePlatform) -> None:
    stopped = back_up(house, should_stop=lambda: world.requests > 7)
    assert (stopped.state, stopped.reason, stopped.hint) == (RunState.QUEUED, "interrupted", "run the same again to resume")
    before = world.requests
    done = back_up(house)
    assert (done.id, done.state, done.attempt) == (stopped.id, RunState.SUCCEEDED, 2)
    assert world.requests - before < 10
    assert done.records == 60


def test_a_stream_that_fails_does_not_stop_the_others(house: Rooms, world: FakePlatform) -> None:
    world.before = fail(PlatformFault.FORBIDDEN, stream="companies")  # type: ignore[assignment]
    run = back_up(house)
    assert (run.state, run.reason) == (RunState.PARTIAL, "forbidden")
    assert {one.stream: one.state for one in run.streams} == {"companies": StreamState.FAILED, "contacts": StreamState.COMPLETE}
    assert "companies" in (run.message or "")


def test_a_platform_that_is_down_fails_the_run_and_leaves_the_last_snapshot(house: Rooms, world: FakePlatform) -> None:
    back_up(house)
    world.before = lambda name, stream, key: fail(PlatformFault.UNREACHABLE, stream=stream)(name, stream, key)  # type: ignore[operator]
    run = back_up(house)
    assert (run.state, run.reason, run.snapshot_id) == (RunState.FAILED, "unreachable", None)
    assert [one.seq for one in house.data.snapshots(house.scope, "crm")] == [1]
    world.before = lambda *_: None
    assert back_up(house).state is RunState.SUCCEEDED


def test_refused_credentials_stop_the_run_and_mark_the_connection(house: Rooms, world: FakePlatform) -> None:
    world.before = fail(PlatformFault.NEEDS_REAUTH, stream="companies")  # type: ignore[assignment]
    run = back_up(house)
    assert (run.state, run.reason) == (RunState.FAILED, "needs_reauth")
    assert house.connections.get(house.scope, "shop").state is ConnectionState.NEEDS_REAUTH
    assert world.streams["contacts"].info.name not in {one.stream for one in run.streams if one.records}


def test_credentials_refused_halfway_keep_what_was_complete(house: Rooms, world: FakePlatform) -> None:
    world.before = fail(PlatformFault.NEEDS_REAUTH, stream="contacts")  # type: ignore[assignment]
    run = back_up(house)
    assert (run.state, run.reason) == (RunState.PARTIAL, "needs_reauth")
    assert {one.stream: one.state for one in run.streams} == {"companies": StreamState.COMPLETE, "contacts": StreamState.FAILED}


def test_a_platform_that_asks_for_hours_is_come_back_to(house: Rooms, world: FakePlatform) -> None:
    world.before = fail(PlatformFault.RATE_LIMITED, stream="contacts", retry_after=timedelta(hours=3))  # type: ignore[assignment]
    run = back_up(house)
    assert (run.state, run.reason) == (RunState.QUEUED, "rate_limited")
    assert run.not_before == house.clock.now() + timedelta(hours=3)
    world.before = lambda *_: None
    asked = world.requests
    with pytest.raises(BusyError, match="left alone until"):
        back_up(house)
    assert world.requests == asked
    advance(house.clock, timedelta(hours=3))
    assert back_up(house).state is RunState.SUCCEEDED


def test_nothing_is_deleted_when_a_listing_is_not_whole(house: Rooms, world: FakePlatform) -> None:
    back_up(house)
    for number in range(1, 20):
        world.drop("contacts", number)
    problem = Problem(reason="total_mismatch", message="the total says 30", stream="contacts")
    world.ends["contacts"] = Outcome(complete=False, listing=True, cursor=None, problems=(problem,))
    run = house.runs.backup(house.scope, "crm", Work(owner="w1"), full=True)
    assert (run.state, run.reason) == (RunState.PARTIAL, "total_mismatch")
    assert len(list(house.data.scan(house.scope, "crm", "contacts"))) == 30
    world.ends.clear()
    healed = house.runs.backup(house.scope, "crm", Work(owner="w1"))
    assert healed.state is RunState.SUCCEEDED
    assert len(list(house.data.scan(house.scope, "crm", "contacts"))) == 30  # by changes only: the listing comes with the next full run
    house.runs.backup(house.scope, "crm", Work(owner="w1"), full=True)
    assert len(list(house.data.scan(house.scope, "crm", "contacts"))) == 11


def test_a_listing_that_leaves_out_what_is_still_there_is_not_believed(house: Rooms, world: FakePlatform) -> None:
    """The records left out are asked for by key before they count as deleted."""
    back_up(house)
    hidden = {number: world.streams["contacts"].rows[number] for number in (3, 4)}

    def before(name: str, stream: str, key: Key) -> None:
        rows = world.streams["contacts"].rows
        if name == "page":
            for number in hidden:
                rows.pop(number, None)
        elif name == "fetch":
            rows.update(hidden)

    world.before = before
    run = house.runs.backup(house.scope, "crm", Work(owner="w1"), full=True)
    assert (run.state, run.reason) == (RunState.PARTIAL, "listing_contradicted")
    assert len(list(house.data.scan(house.scope, "crm", "contacts"))) == 30


def test_a_full_disk_fails_the_run_with_one_sentence_and_the_next_run_heals(house: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(house)
    puts = house.objects.put

    def full(name: str, data: object) -> None:
        raise OutOfSpace("the disk is full", hint="free some space and run again")

    monkeypatch.setattr(house.objects, "put", full)
    run = house.runs.backup(house.scope, "crm", Work(owner="w1"), full=True)
    assert (run.state, run.reason, run.message) == (RunState.FAILED, "out_of_space", "the disk is full")
    monkeypatch.setattr(house.objects, "put", puts)
    assert back_up(house).state is RunState.SUCCEEDED


def test_streams_that_were_chosen_and_are_gone_are_said(house: Rooms, world: FakePlatform) -> None:
    house.sources.change(house.scope, "crm", streams=["companies", "contacts"])
    del world.streams["companies"]
    run = back_up(house)
    assert (run.state, run.reason) == (RunState.PARTIAL, "stream_missing")


def test_the_log_says_what_happened_by_stream(house: Rooms, world: FakePlatform) -> None:
    world.before = fail(PlatformFault.FORBIDDEN, stream="companies")  # type: ignore[assignment]
    run = back_up(house)
    lines = house.runs.logs(house.scope, run.id).items
    assert [line.stream for line in lines if line.level is LogLevel.WARNING][:1] == ["companies"]
    assert lines[0].message == "Attempt 1 by w1."
    assert "partial" in lines[-1].message
    progress = house.runs.progress(house.scope, run.id)
    assert progress is not None
    assert progress.records == 30


def test_runs_are_listed_newest_first_by_source_and_by_whether_they_are_over(house: Rooms) -> None:
    first = back_up(house)
    advance(house.clock, timedelta(seconds=1))
    second = back_up(house)
    advance(house.clock, timedelta(seconds=1))
    third = house.runs.start(house.scope, "crm")
    assert [run.id for run in house.runs.list(house.scope, source="crm").items] == [third.id, second.id, first.id]
    assert [run.id for run in house.runs.list(house.scope, active=True).items] == [third.id]


def test_a_failed_run_can_be_tried_again(house: Rooms, world: FakePlatform) -> None:
    world.before = lambda name, stream, key: fail(PlatformFault.UNREACHABLE, stream=stream)(name, stream, key)  # type: ignore[operator]
    failed = back_up(house)
    world.before = lambda *_: None
    again = house.runs.retry(house.scope, failed.id)
    assert again.id != failed.id
    assert again.trigger is Trigger.RETRY
    with pytest.raises(Conflict, match="not over"):
        house.runs.retry(house.scope, again.id)


def advance(clock: Clock, by: timedelta) -> None:
    assert isinstance(clock, ManualClock)
    clock.advance(by)


def wait_for_the_watch() -> None:
    """The watch looks twice a second of real time."""
    threading.Event().wait(0.8)
