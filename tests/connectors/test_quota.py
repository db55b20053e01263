"""A platform that grants so many calls a day: at most our share of them is taken, over runs, restores and processes, and nothing is lost for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import msgspec

from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.demo_crm.odd import DemoSession
from listbackup.connectors.engine.connector import Mode
from listbackup.connectors.engine.facts import Limits, Quota
from listbackup.connectors.engine.session import FactsConnector
from listbackup.processor.backup import Cadence
from listbackup.services.data import Action, RestoreState, Selection
from listbackup.services.jobs import Timetable
from listbackup.services.runs import Means, Run, RunState, Trigger, Work
from listbackup.services.runs.schema import show_run
from listbackup.testing.clock import ManualClock
from listbackup.testing.saas.options import Options
from listbackup.testing.saas.server import Saas
from listbackup.testing.system import Rooms, rooms

DAILY = 250
SHARE = int(DAILY * 0.7)
EVERY_BATCH = Means(cadence=Cadence(every=timedelta(0)), maintain=False)


@contextmanager
def platform(clock: ManualClock, *, tells: bool = False) -> Iterator[Saas]:
    saas = Saas(Options(records=1200, seed=5, daily_calls=DAILY, tells_quota=tells, gzip=False), clock=clock)
    saas.start()
    try:
        yield saas
    finally:
        saas.stop()


def house_for(saas: Saas, clock: ManualClock, *, declared: bool = True, tables: Rooms | None = None) -> Rooms:
    limits = Limits(quotas=(Quota(calls=DAILY, per="day"),)) if declared else Limits()
    crm = FactsConnector(api=msgspec.structs.replace(api(page_size=4), limits=limits), session=DemoSession)
    if tables is not None:  # another process over the same tables
        return rooms([crm], clock=clock, tables=tables.tables, objects=tables.objects, means=EVERY_BATCH)
    house = rooms([crm], clock=clock, means=EVERY_BATCH)
    house.connections.create(
        house.scope, platform="demo-crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
    )
    house.sources.create(house.scope, connection="crm", name="all")
    return house


def back_up(house: Rooms) -> Run:
    return house.runs.backup(house.scope, "all", Work(owner="w1"))


def until_whole(house: Rooms, clock: ManualClock, *, days: int = 12) -> list[Run]:
    runs = [back_up(house)]
    while runs[-1].state is not RunState.SUCCEEDED and len(runs) < days:
        clock.advance(timedelta(days=1, hours=1))
        runs.append(back_up(house))
    return runs


def kept(house: Rooms, stream: str) -> dict[object, bytes]:
    return {record.key: record.raw for record in house.data.scan(house.scope, "all", stream)}


def truth(saas: Saas, stream: str) -> dict[object, bytes]:
    return dict(saas.world.truth(stream))


def test_a_run_that_used_up_our_share_ends_as_partial_and_the_next_ones_go_on_until_everything_is_there() -> None:
    clock = ManualClock()
    with platform(clock) as saas:
        house = house_for(saas, clock)
        runs = until_whole(house, clock)
        assert [run.state for run in runs[:-1]] == [RunState.PARTIAL] * (len(runs) - 1)
        assert len(runs) > 2
        assert {run.reason for run in runs[:-1]} == {"quota_reached"}
        assert "It goes on after 2026-01-" in (runs[0].message or "")
        assert runs[0].not_before is not None
        assert runs[0].not_before <= clock.now()
        assert max(saas.quota.days.values()) <= SHARE
        assert min(list(saas.quota.days.values())[: len(runs) - 1]) >= SHARE - 2  # what is ours is used
        for stream in ("companies", "tags", "contacts", "deals", "notes", "documents"):
            assert kept(house, stream) == truth(saas, stream), stream


def test_deletions_are_found_by_a_listing_that_took_several_runs() -> None:
    clock = ManualClock()
    with platform(clock) as saas:
        house = house_for(saas, clock)
        until_whole(house, clock)
        saas.pass_day()
        rows = list(saas.world.rows["contacts"].live())
        for row in (*rows[:5], *rows[300:305], *rows[-5:]):
            saas.world.remove("contacts", row)
        clock.advance(timedelta(days=8))  # a full listing is due, and does not fit into a day
        runs = until_whole(house, clock)
        assert len(runs) > 2
        assert runs[-1].state is RunState.SUCCEEDED
        assert max(saas.quota.days.values()) <= SHARE
        listed = [one for run in runs for one in run.streams if (one.stream, one.mode) == ("contacts", Mode.FULL)]
        assert len(listed) == 2
        assert sum(one.gone for one in listed) == 15
        for stream in ("companies", "contacts", "deals", "documents"):
            assert kept(house, stream) == truth(saas, stream), stream


def test_a_quota_that_only_headers_tell_of_is_kept_too_and_another_process_knows_it() -> None:
    clock = ManualClock()
    with platform(clock, tells=True) as saas:
        house = house_for(saas, clock, declared=False)
        assert back_up(house).reason == "quota_reached"
        assert max(saas.quota.days.values()) == SHARE
        again = house_for(saas, clock, declared=False, tables=house)
        waits = back_up(again)
        assert (waits.state, waits.reason) == (RunState.QUEUED, "quota_reached")
        assert waits.not_before is not None
        assert max(saas.quota.days.values()) == SHARE


def test_a_run_of_a_job_is_followed_by_one_that_goes_on_when_there_is_room() -> None:
    clock = ManualClock()
    with platform(clock) as saas:
        house = house_for(saas, clock)
        job = house.jobs.create(house.scope, source="all", timetable=Timetable(every=timedelta(days=30)))
        run = house.runs.start(house.scope, "all", job=job.id, trigger=Trigger.SCHEDULE)
        ended = house.runs.carry_out(house.scope, run.id, Work(owner="w1", is_dutiful=True))
        follows = house.runs.find_active(house.scope, "all")
        assert ended.state is RunState.PARTIAL
        assert follows is not None
        assert (follows.trigger, follows.not_before) == (Trigger.RETRY, ended.not_before)
        shown = show_run(follows, quota=house.runs.quota_left(house.scope, follows))
        assert (shown.tries, shown.crashes) == (1, 0)
        assert shown.quota is not None
        assert (shown.quota.of, shown.quota.per, shown.quota.share) == (DAILY, "day", 0.7)
        assert shown.quota.calls < 10
        assert show_run(ended, quota=house.runs.quota_left(house.scope, ended)).quota == shown.quota  # that is why it ended
        whole = replace(ended, state=RunState.SUCCEEDED, reason=None)
        assert house.runs.quota_left(house.scope, whole) is None


def test_a_restore_says_how_many_calls_it_needs_and_are_left_stops_between_records_and_goes_on() -> None:
    clock = ManualClock()
    with platform(clock) as saas:
        house = house_for(saas, clock)
        until_whole(house, clock)
        clock.advance(timedelta(days=2))
        rows = list(saas.world.rows["companies"].live())[:45]
        before = saas.world.truth("companies")
        for row in rows:
            saas.world.remove("companies", row)
        clock.advance(timedelta(days=2))
        plan = house.restores.plan(house.scope, "all", selection=Selection(streams=("companies", "tags")))
        assert plan.quota is not None
        assert (plan.quota.of, plan.quota.per, plan.count(Action.CREATE)) == (DAILY, "day", len(rows))
        assert plan.quota.calls == SHARE - plan.planning_calls
        assert (plan.goes_on_at is None) == (plan.calls + 10 <= plan.quota.calls)
        assert replace(plan, calls=1000).goes_on_at is not None
        restore = house.restores.open(house.scope, "all", selection=Selection(streams=("companies",)))
        states = []
        for _ in range(5):
            try:
                restore = house.restores.resume(house.scope, restore.id)
            except Exception as error:  # noqa: BLE001  whatever it is, it is compared below
                states.append(getattr(error, "fault", error))
                clock.advance(timedelta(days=1, hours=1))
            if restore.state is not RestoreState.RUNNING:
                break
        assert restore.state is RestoreState.DONE
        assert [str(state) for state in states] == ["quota_reached"] * len(states)
        assert max(saas.quota.days.values()) <= SHARE
        assert set(saas.world.truth("companies")) == set(before)
