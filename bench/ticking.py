"""The scheduler's tick among a hundred thousand jobs: what it costs while none is due, and how late they are that fall due together."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.measure import WORK
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

JOBS, DUE, TICKS = 100_000, 300, 1_000


def measure() -> dict[str, float]:
    """Seconds of a tick with nothing due, and of starting each of those that are due at once."""
    clock = ManualClock(datetime(2026, 3, 10, 12, 0, tzinfo=UTC))
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        house = _crowded(SqliteFile(Path(folder) / "tables.db", clock=clock), clock)
        scheduler = Scheduler(house.accounts, house.jobs, house.runs, clock)
        idle = _seconds(scheduler, TICKS) / TICKS
        clock.advance(timedelta(minutes=15))
        begun, started = time.perf_counter(), 0
        while found := scheduler.tick(limit=10).started:
            started += found
        took = time.perf_counter() - begun
    assert started == DUE, started
    return {"jobs": JOBS, "idle_seconds": idle, "due": DUE, "start_seconds": took / DUE}


def _seconds(scheduler: Scheduler, ticks: int) -> float:
    begun = time.perf_counter()
    for _ in range(ticks):
        scheduler.tick()
    return time.perf_counter() - begun


def _crowded(file: SqliteFile, clock: ManualClock) -> Rooms:
    """Quarter-hourly jobs among those that are due tomorrow."""
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
        for number in range(JOBS - DUE):
            due = tomorrow + number
            connection.execute(
                "INSERT INTO schedule (key, due_at, payload, ready_at, claim) VALUES (?, ?, ?, ?, NULL)", (f"job_{number}", due, b"{}", due)
            )
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    for number in range(DUE):
        house.sources.create(house.scope, connection="shop", name=f"s{number}")
        house.jobs.create(house.scope, source=f"s{number}", timetable=Timetable(every=timedelta(minutes=15)))
    return house
