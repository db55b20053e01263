"""What is old enough goes, a little at a time; what something still needs stays; a year of quarter-hourly runs leaves tables that do not grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.table.lease import LEASES, LeaseGone, Leases
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Put, Swept, Tables, TableSpec
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import unix_ms
from listbackup.base.errors import BackendError, NotFound
from listbackup.base.ids import first_id, new_id
from listbackup.base.secret import Secret
from listbackup.bootstrap.housekeeping import duties_of
from listbackup.bootstrap.settings import KeepSettings
from listbackup.connectors.engine.record import Problem
from listbackup.processor.progress import LogLevel, Note, Progress, RunState, StreamProgress
from listbackup.services.activity import ACTIVITY, Wanted
from listbackup.services.activity.table import TRAILS
from listbackup.services.auth import own_scope
from listbackup.services.desk import Fact
from listbackup.services.runs import RUN_LOGS, RUN_MONTHS, RUN_PROGRESS, RUNS
from listbackup.services.runs.ledger import Ledger
from listbackup.services.runs.logbook import Logbook
from listbackup.services.runs.model import Run, Trigger
from listbackup.services.system import Duty, Housekeeping
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms

KEEP = KeepSettings(run_logs_days=3, runs_days=7, ended_days=30, activity_days=10)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
def tables(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> Iterator[Tables]:
    made = MemoryTables(clock) if request.param == "memory" else SqliteTables(tmp_path / "tables.db", clock=clock)
    yield made
    if isinstance(made, SqliteTables):
        made.close()


def house_over(tables: Tables, clock: ManualClock) -> Rooms:
    made = rooms([FakeConnector(fake_platform(fake_stream("contacts")))], clock=clock, tables=tables)
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    return made


@pytest.fixture
def house(tables: Tables, clock: ManualClock) -> Rooms:
    return house_over(tables, clock)


def keeper(house: Rooms, keep: KeepSettings = KEEP) -> Housekeeping:
    return Housekeeping(house.desk, duties_of(keep, house))


def sweep(house: Rooms, keep: KeepSettings = KEEP) -> Housekeeping:
    """One whole round."""
    made = keeper(house, keep)
    while made.tick():
        pass
    return made


def one_run(house: Rooms, state: RunState = RunState.SUCCEEDED, *, snapshot: str | None = "snp_1") -> Run:
    """A run as its rows are after it ended, without the backup."""
    ledger, source = Ledger(house.desk, house.scope), house.sources.get(house.scope, "crm")
    run = Run(
        id=house.desk.new_id("run"),  # type: ignore[arg-type]
        source=source.id,
        trigger=Trigger.SCHEDULE,
        queued_at=house.clock.now(),
    )
    ledger.open(run)
    ledger.take(run.id, "worker", timedelta(minutes=5))
    book = Logbook(house.desk, house.scope, run.id, 1)
    for number in range(3):
        book.note(Note(level=LogLevel.INFO, message=f"line {number}", stream="contacts"))
    book.listen(Progress(run=run.id, streams=(StreamProgress(stream="contacts", records=10),)))
    book.flush()
    ended = house.clock.now() + timedelta(seconds=30)
    streams = (StreamProgress(stream="contacts", records=10, problems=(Problem(reason="odd", message="a line", stream="contacts"),)),)
    return ledger.change(
        run.id,
        lambda old: replace(
            old,
            state=state,
            ended_at=ended,
            owner=None,
            lease_until=None,
            snapshot_id=snapshot,
            streams=streams,
            written_bytes=100,
            calls=2,
        ),
        state.value,
    )


def rows_of(house: Rooms, spec: TableSpec, pk: str | None = None, prefix: str = "") -> int:
    table, cursor, count = house.tables.open(spec), None, 0
    while True:
        page = table.query(pk or house.scope.account, prefix=prefix, limit=1000, cursor=cursor)
        count, cursor = count + len(page.items), page.next_cursor
        if cursor is None:
            return count


def test_logs_go_first_then_runs_and_their_sums_by_month_stay(house: Rooms, clock: ManualClock) -> None:
    old = one_run(house)
    failed = one_run(house, RunState.FAILED, snapshot=None)
    clock.advance(timedelta(days=4))
    newer = one_run(house)
    sweep(house)
    assert rows_of(house, RUN_LOGS, f"{house.scope.account}/{old.id}") == 0
    assert house.runs.progress(house.scope, old.id) is None
    assert house.runs.get(house.scope, old.id).records == 10  # what it came to is kept longer than how
    assert rows_of(house, RUN_LOGS, f"{house.scope.account}/{newer.id}") == 3
    clock.advance(timedelta(days=4))
    done = sweep(house)
    for run in (old, failed):
        with pytest.raises(NotFound):
            house.runs.get(house.scope, run.id)
    assert house.runs.get(house.scope, newer.id)
    month = house.runs.months(house.scope, "crm").items[0]
    assert (month.month, month.succeeded, month.failed, month.records, month.written_bytes, month.calls) == (
        f"{old.queued_at:%Y-%m}", 1, 1, 20, 200, 4,
    )  # fmt: skip
    assert month.busy_seconds == 60
    assert done.state().removed["runs"] == 2
    assert done.state().removed_ever["run_logs"] == 12  # of the newer one too by now


def test_the_last_run_of_a_source_and_the_last_that_made_a_snapshot_stay_whatever_their_age(house: Rooms, clock: ManualClock) -> None:
    runs = list[Run]()
    for snapshot in ("snp_1", "snp_2", None, None):
        runs.append(one_run(house, RunState.SUCCEEDED if snapshot else RunState.FAILED, snapshot=snapshot))
        clock.advance(QUARTER)
    clock.advance(timedelta(days=3650))
    sweep(house)
    assert [run.id for run in house.runs.list(house.scope).items] == [runs[3].id, runs[1].id]


def test_a_run_that_is_not_over_stays_with_its_log(house: Rooms, clock: ManualClock) -> None:
    waiting = house.runs.start(house.scope, "crm")
    Logbook(house.desk, house.scope, waiting.id, 1).note(Note(level=LogLevel.INFO, message="begun"))
    clock.advance(timedelta(days=3650))
    sweep(house)
    assert house.runs.get(house.scope, waiting.id).is_active


def test_a_trail_begins_later_and_is_still_whole(house: Rooms, clock: ManualClock) -> None:
    for number in range(200):
        house.desk.commit(house.scope, [], Fact(name="thing.changed", subject=f"thing_{number}"))
        clock.advance(timedelta(hours=3))
    total = house.activities.last(house.scope)
    sweep(house)
    lines = house.activities.after(house.scope, 0, limit=500)
    assert 60 < len(lines) < 100
    assert house.activities.verify(house.scope) is None
    assert lines[-1].action == "account:activity:left_behind"
    assert lines[-1].about["up_to"] == lines[0].seq - 1
    assert rows_of(house, ACTIVITY, prefix="event/") == len(lines) == total + 1 - lines[0].seq + 1
    assert len(house.activities.list(house.scope, limit=500).items) == len(lines)
    since = clock.now() - timedelta(days=5)
    asked = house.activities.list(house.scope, Wanted(until=since), limit=500).items
    assert asked
    assert all(line.at < since for line in asked)
    table = house.tables.open(ACTIVITY)
    base = dict(table.find(house.scope.account, "base") or {})
    table.put({**base, "seq": int(str(base["seq"])) + 1})
    assert house.activities.verify(house.scope) is not None
    table.put(base)
    table.delete(house.scope.account, "base")
    broken = house.activities.verify(house.scope)
    assert broken is not None
    assert broken.seq == 1


def test_a_break_of_a_trail_is_not_tidied_away(house: Rooms, clock: ManualClock) -> None:
    for number in range(60):
        house.desk.commit(house.scope, [], Fact(name="thing.changed", subject=f"thing_{number}"))
    table = house.tables.open(ACTIVITY)
    row = table.query(house.scope.account, prefix="line/", limit=20).items[-1]
    table.put({**row, "doc": str(row["doc"]).replace("thing_", "nothing_")})
    before = house.activities.verify(house.scope)
    assert before is not None
    clock.advance(timedelta(days=100))
    sweep(house)
    assert house.activities.verify(house.scope) == before


def test_trails_of_people_and_of_the_installation_are_found_and_those_of_the_gone_forgotten(house: Rooms, clock: ManualClock) -> None:
    person = own_scope(new_id("usr", 1))  # type: ignore[arg-type]
    for _ in range(50):
        house.desk.commit(person, [], Fact(name="session.opened", subject="ses_1"))
    house.tables.open(TRAILS).put({"pk": "trails", "sk": "acc_gone"})
    clock.advance(timedelta(days=11))
    house.desk.commit(person, [], Fact(name="session.opened", subject="ses_2"))
    sweep(house)
    assert [line.action for line in house.activities.after(person, 0)] == ["account:session:opened", "account:activity:left_behind"]
    assert house.activities.verify(person) is None
    assert house.tables.open(TRAILS).find("trails", "acc_gone") is None


def test_what_expired_goes_from_every_table_also_from_one_that_nobody_writes(house: Rooms, clock: ManualClock) -> None:
    spec = TableSpec(name="passing", ttl="ends", about="what ends")
    table = house.tables.open(spec)
    now = int(clock.now().timestamp())
    for start in range(0, 1200, 100):
        house.tables.transact([(table, Put(item={"pk": "a", "sk": f"{start + n:05d}", "ends": now + 60})) for n in range(100)])
    table.put({"pk": "a", "sk": "later", "ends": now + 10**9})
    assert isinstance(house.tables, Swept)
    clock.advance(timedelta(hours=1))
    done = sweep(house)
    assert done.state().removed["expired"] >= 1200
    assert house.tables.sweep(limit=500) == 0
    assert [row["sk"] for row in table.query("a").items] == ["later"]


def test_a_lease_is_forgotten_a_month_after_anybody_had_it_and_its_holder_hears_that(house: Rooms, clock: ManualClock) -> None:
    leases = Leases(house.tables, clock)
    lease = leases.acquire("export/1", "me", timedelta(minutes=1))
    clock.advance(timedelta(days=29))
    leases.renew(lease, timedelta(minutes=1))
    clock.advance(timedelta(days=31))
    sweep(house)
    assert house.tables.open(LEASES).find("export/1", "lease") is None
    with pytest.raises(LeaseGone):
        leases.renew(lease, timedelta(minutes=1))
    assert leases.acquire("export/1", "you", timedelta(minutes=1)).epoch == 1


def test_one_process_keeps_house_and_a_round_goes_on_in_pieces(house: Rooms, clock: ManualClock) -> None:
    for _ in range(5):
        one_run(house)
    clock.advance(timedelta(days=5))
    first, second = keeper(house), keeper(house)
    assert first.tick(seconds=0)
    assert not second.tick()
    pieces = 1
    while first.tick(seconds=0):
        pieces += 1
    assert pieces > 5
    assert not second.tick()  # not due: somebody did it just now
    assert second.state().ended_at is not None
    clock.advance(timedelta(hours=7))
    assert not second.tick()
    assert (second.state().began_at or clock.now()) > clock.now() - timedelta(hours=1)


def test_a_clock_that_is_not_trusted_takes_nothing_away(house: Rooms, clock: ManualClock) -> None:
    one_run(house)
    one_run(house)
    clock.advance(timedelta(days=400))
    duties = keeper(house).duties
    wary = Housekeeping(house.desk, duties, is_steady=lambda: False)
    assert not wary.tick()
    assert wary.state().ended_at is None
    assert len(house.runs.list(house.scope).items) == 2


def test_a_duty_that_fails_is_named_and_holds_up_no_other(house: Rooms, clock: ManualClock) -> None:
    def breaks(_: object) -> Iterator[int]:
        raise BackendError("the disk is slow", retryable=True)
        yield 0

    one_run(house)
    one_run(house)
    clock.advance(timedelta(days=400))
    broken = Duty(name="letters", about="letters", keeps=timedelta(days=1), sweep=breaks)
    made = Housekeeping(house.desk, [broken, *keeper(house).duties])
    while made.tick():
        pass
    assert made.state().problem == "letters: the disk is slow"
    assert made.state().removed["runs"] == 1
    with pytest.raises(Exception, match="the disk is slow"):
        made.ask()


def test_ids_sort_by_the_instant_at_which_they_were_made(clock: ManualClock) -> None:
    now = unix_ms(clock.now())
    assert new_id("run", now - 1) < first_id("run", now) <= new_id("run", now)


def grown(house: Rooms, clock: ManualClock, days: int, keep: KeepSettings, *, a_day: int = 96) -> list[dict[str, int]]:
    """The rows after each of so many days of runs, with a round of housekeeping a day."""
    seen = []
    for _ in range(days):
        for _ in range(a_day):
            one_run(house)
            clock.advance(timedelta(days=1) / a_day)
        sweep(house, keep)
        logs = sum(1 for run in runs_of(house) if house.runs.progress(house.scope, run) is not None)
        seen.append(
            {
                "runs": len(runs_of(house)),
                "with logs": logs,
                "months": rows_of(house, RUN_MONTHS),
                "progress": rows_of(house, RUN_PROGRESS),
                "trail": rows_of(house, ACTIVITY),
            }
        )
    return seen


def runs_of(house: Rooms) -> list[str]:
    table, cursor, found = house.tables.open(RUNS), None, list[str]()
    while True:
        page = table.query(house.scope.account, prefix="run_", limit=1000, cursor=cursor)
        found += [str(item["sk"]) for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_runs_of_some_days_stay_bounded(tmp_path: Path, clock: ManualClock) -> None:
    tables = SqliteTables(tmp_path / "tables.db", clock=clock)
    house = house_over(tables, clock)
    keep = replace(KEEP, run_logs_days=1, runs_days=2, activity_days=3)
    seen = grown(house, clock, 6, keep, a_day=16)
    assert seen[-1]["runs"] <= 2 * 16 + 2
    assert seen[-1]["with logs"] <= 16 + 1
    assert seen[-1]["trail"] <= seen[3]["trail"] + 10
    assert seen[-1]["months"] <= 2
    assert house.activities.verify(house.scope) is None
    tables.close()


@pytest.mark.long
def test_a_year_of_quarter_hourly_runs_stays_bounded(tmp_path: Path, clock: ManualClock) -> None:
    """35,040 runs over SQLite, housekeeping once a day: logs 30 days, runs and trail 60, so that nine tenths of the year are beyond every limit."""
    tables = SqliteTables(tmp_path / "tables.db", clock=clock)
    house = house_over(tables, clock)
    keep = KeepSettings(run_logs_days=30, runs_days=60, ended_days=60, activity_days=60)
    sizes = []
    for month in range(12):
        seen = grown(house, clock, 30 if month else 35, keep)
        sizes.append((tmp_path / "tables.db").stat().st_size)
        print(month + 1, seen[-1], f"{sizes[-1] / 2**20:.1f} MiB")
    assert seen[-1]["runs"] <= 60 * 96 + 2
    assert seen[-1]["with logs"] <= 30 * 96 + 1
    assert seen[-1]["months"] <= 13
    assert sizes[-1] <= sizes[3] * 1.15
    assert house.activities.verify(house.scope) is None
    tables.close()
