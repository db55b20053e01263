"""What accounts say is kept where the work is done: suspension and trash by the worker, the policy's retention by jobs, limits by whoever creates."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.base.errors import InputError, NotFound
from listbackup.base.secret import Secret
from listbackup.http.caller import PlanLimit
from listbackup.processor.backup import Cadence
from listbackup.services.accounts import Limit, Policy, machine
from listbackup.services.jobs import Timetable
from listbackup.services.runs import Means, RunState
from listbackup.services.scope import Scope
from listbackup.store.policy import Policy as Retention
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import MemoryHouse
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms
from listbackup.worker.main import Worker, WorkerParts

MEANS = Means(cadence=Cadence(every=timedelta(0)), maintain=False)
BY = machine("test")


class Shop:
    """A client's account with one job that is due every quarter of an hour."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        platform = fake_platform(fake_stream("contacts"))
        platform.put("contacts", 1, name="one")
        self.rooms: Rooms = rooms([FakeConnector(platform)], clock=self.clock, means=MEANS)
        self.house = MemoryHouse(self.rooms, self.rooms.connections._platforms)
        self.account = self.rooms.accounts.create_below(self.rooms.scope.account, "client", by=BY)
        self.scope: Scope = self.rooms.accounts.enter(self.account.id, actor="test")
        self.connect("shop")
        self.rooms.sources.create(self.scope, connection="shop", name="crm")
        self.rooms.jobs.create(self.scope, source="crm", timetable=Timetable(every=timedelta(minutes=15)))

    def connect(self, name: str) -> None:
        self.rooms.connections.create(self.scope, platform="fake", name=name, values={}, secrets={"token": Secret("good")})

    def work(self) -> int:
        """Everything that is due or queued now."""
        made = self.rooms
        parts = WorkerParts(accounts=made.accounts, jobs=made.jobs, runs=made.runs, queue=made.queue, clock=made.clock)
        hand = Worker(parts, hands=1)
        hand.reconcile()
        self.clock.advance(timedelta(minutes=15))
        return hand.run_once()


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_no_run_of_a_suspended_account_starts_and_they_go_on_when_it_is_resumed(shop: Shop) -> None:
    queued = shop.rooms.runs.start(shop.scope, "crm")
    shop.house.tenancy.lifecycle.suspend(shop.account.id, "unpaid", by=BY)
    shop.work()
    shop.work()
    assert [run.state for run in shop.rooms.runs.list(shop.scope).items] == [RunState.QUEUED]
    shop.house.tenancy.lifecycle.resume(shop.account.id, by=BY)
    shop.work()
    shop.work()
    states = {run.id: run.state for run in shop.rooms.runs.list(shop.scope).items}
    assert states[queued.id] is RunState.SUCCEEDED
    assert len(states) > 1


def test_no_run_of_a_deleted_account_starts_and_its_schedule_is_back_when_it_is(shop: Shop) -> None:
    shop.house.tenancy.lifecycle.trash(shop.account.id, by=BY)
    assert shop.work() == shop.work() == 0
    with pytest.raises(NotFound):
        shop.rooms.accounts.enter(shop.account.id, actor="test")
    shop.house.tenancy.lifecycle.restore(shop.account.id, by=BY)
    assert shop.work() + shop.work() >= 1


def test_no_job_keeps_less_than_the_policy_above_it(shop: Shop) -> None:
    week = Retention(within=timedelta(days=7))
    shop.rooms.jobs.change(shop.scope, "crm", retention=week)
    shop.rooms.accounts.policies.set(shop.rooms.scope.account, Policy(min_retention=timedelta(days=30)), by=BY)
    assert shop.rooms.jobs.retention_of(shop.scope, "crm").within == timedelta(days=30)
    with pytest.raises(InputError) as refused:
        shop.rooms.jobs.change(shop.scope, "crm", retention=week)
    assert refused.value.field == "retention"
    for enough in (Retention(), Retention(within=timedelta(days=30), daily=7)):
        assert shop.rooms.jobs.change(shop.scope, "crm", retention=enough).retention == enough


def test_what_a_policy_does_not_allow_is_not_connected(shop: Shop) -> None:
    shop.rooms.accounts.policies.set(shop.rooms.scope.account, Policy(allowed_platforms=("ghost",)), by=BY)
    with pytest.raises(InputError) as refused:
        shop.connect("another")
    assert refused.value.field == "platform"


def test_a_plan_limits_connections_and_sources(shop: Shop) -> None:
    shop.rooms.accounts.limits.set(shop.rooms.scope.account, Limit(connections=2, sources=1), by=BY)
    shop.connect("second")
    with pytest.raises(PlanLimit):
        shop.connect("third")
    with pytest.raises(PlanLimit):
        shop.rooms.sources.create(shop.scope, connection="shop", name="more")


def test_usage_counts_what_is_there(shop: Shop) -> None:
    shop.work()
    usage = shop.house.tenancy.usage.of(shop.rooms.scope.account)
    assert (usage.own.sources, usage.accounts) == (0, 2)
    branch = usage.branch
    assert (branch.sources, branch.snapshots, branch.records, branch.runs) == (1, 1, 1, 1)
    assert branch.stored_bytes > 0


def test_the_schedule_of_an_account_that_comes_back_out_of_the_trash_is_kept_within_half_an_hour(shop: Shop) -> None:
    made = shop.rooms
    worker = Worker(WorkerParts(accounts=made.accounts, jobs=made.jobs, runs=made.runs, queue=made.queue, clock=made.clock), hands=1)
    shop.house.tenancy.lifecycle.trash(shop.account.id, by=BY)
    for _ in range(4):
        shop.clock.advance(timedelta(minutes=15))
        assert worker.run_once() == 0
    shop.house.tenancy.lifecycle.restore(shop.account.id, by=BY)
    shop.clock.advance(timedelta(minutes=15))
    worker.run_once()
    shop.clock.advance(timedelta(minutes=15))
    worker.run_once()
    assert RunState.SUCCEEDED in {run.state for run in made.runs.list(shop.scope).items}
