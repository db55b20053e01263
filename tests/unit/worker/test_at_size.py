"""A hundred thousand schedules cost a tick nothing while they are not due; what falls due together starts within a minute."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listbackup.backends.queue.sqlite import SqliteQueue
from listbackup.backends.schedule.sqlite import SqliteSchedule
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import unix_ms
from listbackup.base.secret import Secret
from listbackup.services.jobs import Timetable
from listbackup.services.runs import Means
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms
from listbackup.worker.scheduler import Scheduler

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
FILLERS = 100_000


def crowded(folder: Path, clock: ManualClock, jobs: int) -> tuple[Rooms, SqliteFile]:
    """So many quarter-hourly jobs among a hundred thousand entries that are due tomorrow."""
    file = SqliteFile(folder / "tables.db", clock=clock)
    house = rooms(
        [FakeConnector(fake_platform(fake_stream("contacts")))],
        clock=clock,
        tables=SqliteTables(file, clock=clock),
        queue=SqliteQueue(file, "runs", clock=clock),
        schedule=SqliteSchedule(file),
        means=Means(maintain=False),
    )
    tomorrow = unix_ms(clock.now() + timedelta(days=1))
    with file.write() as connection:
        connection.executemany(
            "INSERT INTO schedule (key, due_at, payload, ready_at, claim) VALUES (?, ?, ?, ?, NULL)",
            ((f"job_filler{number}", tomorrow + number, b"{}", tomorrow + number) for number in range(FILLERS)),
        )
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    for number in range(jobs):
        house.sources.create(house.scope, connection="shop", name=f"s{number}")
        house.jobs.create(house.scope, source=f"s{number}", timetable=Timetable(every=timedelta(minutes=15)))
    return house, file


def test_a_tick_among_a_hundred_thousand_schedules_touches_only_what_is_due(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    house, file = crowded(tmp_path, clock, jobs=3)
    scheduler = Scheduler(house.accounts, house.jobs, house.runs, clock)
    assert scheduler.tick().started == 0
    clock.advance(timedelta(minutes=15))
    assert [scheduler.tick().started for _ in range(2)] == [3, 0]
    with file.read() as connection:
        plan = connection.execute("EXPLAIN QUERY PLAN SELECT 1 FROM schedule WHERE ready_at <= ? LIMIT 1", (0,)).fetchall()
    assert "USING COVERING INDEX schedule_ready" in plan[0][3]


@pytest.mark.long
def test_a_thousand_quarter_hourly_jobs_are_queued_within_a_minute_of_their_time(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    house, _ = crowded(tmp_path, clock, jobs=1000)
    scheduler = Scheduler(house.accounts, house.jobs, house.runs, clock)
    begun = time.perf_counter()
    for _ in range(1000):
        scheduler.tick()
    print(f"a tick with nothing due: {(time.perf_counter() - begun) * 1000:.0f} us")
    clock.advance(timedelta(minutes=15))
    begun, lateness = time.perf_counter(), []
    while scheduler.tick(limit=10).started:
        lateness += [time.perf_counter() - begun] * 10
    lateness.sort()
    print(f"1,000 due at once: p50 {lateness[500]:.1f} s, p99 {lateness[990]:.1f} s after they were due")
    assert lateness[990] < 60
