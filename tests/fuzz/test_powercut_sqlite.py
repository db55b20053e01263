"""Power cuts while the control plane's database is written: what was confirmed is there, and nothing is there by half."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.events.outbox import OUTBOX, OutboxEvents
from listbackup.backends.events.port import Event
from listbackup.backends.queue.memory import MemoryQueue
from listbackup.backends.queue.port import Queue
from listbackup.backends.queue.sqlite import SqliteQueue
from listbackup.backends.schedule.memory import MemorySchedule
from listbackup.backends.schedule.port import Schedule
from listbackup.backends.schedule.sqlite import SqliteSchedule
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Absent, Delete, Equals, IndexSpec, Put, Tables, TableSpec, Update
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import ListBackupError
from listbackup.testing.clock import EPOCH, ManualClock
from listbackup.testing.powercut import Operation, Outcome, Recorder, Sync, cut_everywhere
from listbackup.testing.powercut.sqlite import RecordingSqlite

JOBS = TableSpec(name="jobs", indexes=(IndexSpec(name="by-state", pk="state", sk="sk"),))
RUNS = TableSpec(name="runs")
LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    tables: Tables
    queue: Queue
    schedule: Schedule


def in_memory() -> Ground:
    clock = ManualClock()
    return Ground(tables=MemoryTables(clock), queue=MemoryQueue(clock), schedule=MemorySchedule())


def in_sqlite(file: SqliteFile) -> Ground:
    return Ground(tables=SqliteTables(file), queue=SqliteQueue(file, "runs"), schedule=SqliteSchedule(file))


def steps(ground: Ground, count: int) -> Sequence[Callable[[], object]]:
    """``count`` commits, each of which changes what ``state`` sees."""
    jobs, runs = ground.tables.open(JOBS), ground.tables.open(RUNS)
    events = OutboxEvents(ground.tables)
    events.subscribe("*", lambda event: None)

    def job(n: int) -> None:
        jobs.put({"pk": f"acc_{n % 3}", "sk": f"job_{n:04}", "state": "new", "text": "x" * (n * 37 % 900), "n": 0}, if_=Absent())

    def both(n: int) -> None:
        ground.tables.transact(
            [
                (jobs, Update(pk=f"acc_{(n - 1) % 3}", sk=f"job_{n - 1:04}", set={"state": "run"}, add={"n": 1}, if_=Equals({"n": 0}))),
                (runs, Put(item={"pk": "r", "sk": f"{n:04}", "raw": bytes([n % 256]) * 700})),
                (runs, Delete(pk="r", sk=f"{n - 24:04}")),
                events.outbox_write(Event(id=f"evt_{n}", name="run.started", account="acc_0", at=EPOCH, body={"n": n})),
            ]
        )

    def receive(n: int) -> None:
        assert ground.queue.receive(lease=LEASE)

    kinds: list[Callable[[int], object]] = [
        job,
        both,
        lambda n: ground.queue.send(f"g{n}", b"body" * (n % 50)),
        lambda n: ground.schedule.set(f"job_{n % 11}", EPOCH + timedelta(minutes=n), b"payload"),
        lambda n: events.drain(limit=1),
        receive,
    ]
    return [lambda n=n: kinds[n % len(kinds)](n) for n in range(count)]  # type: ignore[misc]


def state(ground: Ground) -> object:
    """Everything that can be seen, without ids that are drawn by lot; takes what is in the queue."""
    jobs, runs, outbox = ground.tables.open(JOBS), ground.tables.open(RUNS), ground.tables.open(OUTBOX)
    return (
        [list(jobs.query(f"acc_{n}", limit=999).items) for n in range(3)],
        [list(jobs.query(word, index="by-state", limit=999).items) for word in ("new", "run")],
        list(runs.query("r", limit=999).items),
        [item["id"] for item in outbox.query("outbox", limit=999).items],
        ground.queue.depth(),
        [(message.group, message.body, message.receives) for message in ground.queue.receive(limit=999, lease=LEASE)],
        [(due.key, due.due_at, due.payload) for due in ground.schedule.claim(EPOCH + timedelta(days=99), limit=999)],
    )


def expected_states(count: int) -> Sequence[object]:
    """What is to be seen after no step, after one, after two ..."""
    states = []
    for done in range(count + 1):
        ground = in_memory()
        for step in steps(ground, count)[:done]:
            step()
        states.append(state(ground))
    return states


def record(folder: Path, count: int, *, replacing: dict[str, str] | None = None) -> list[Operation]:
    """The log of a life of the database: made, written to in ``count`` confirmed steps with a restart in the middle, closed."""
    folder.mkdir()
    recorder = Recorder(folder)
    sqlite = RecordingSqlite(recorder, replacing=replacing)
    with recorder.recording():
        for first, last in ((0, count // 2), (count // 2, count)):
            file = SqliteFile(folder / "control.db", clock=ManualClock(), connect=sqlite.connect)
            for number, step in enumerate(steps(in_sqlite(file), count)):
                if first <= number < last:
                    step()
                    recorder.note(number)
            file.close()
    return recorder.log


def judge_against(states: Sequence[object]) -> Callable[[Path, Sequence[object]], str | None]:
    """A judge that accepts the last confirmed state, and the next one: a commit may be on the disk before it is confirmed."""

    def judge(folder: Path, notes: Sequence[object]) -> str | None:
        try:
            file = SqliteFile(folder / "control.db", clock=ManualClock())
            with contextlib.closing(file):
                with file.read() as connection:
                    sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
                if sound != "ok":
                    return f"damaged: {sound}"
                seen = state(in_sqlite(file))
        except ListBackupError as error:
            return f"does not open: {error}"
        if seen in states[len(notes) : len(notes) + 2]:
            return None
        return f"lost: as after step {states.index(seen)}" if seen in states else "half: as after no step"

    return judge


def cut(log: Sequence[Operation], count: int, *, most_cuts: int | None = None, mixed: int = 3, stop_at: int | None = None) -> Outcome:
    return cut_everywhere(log, judge_against(expected_states(count)), most_cuts=most_cuts, mixed=mixed, stop_at=stop_at)


def test_a_confirmed_commit_survives_a_power_cut_anywhere(tmp_path: Path) -> None:
    """A thousand cut points, five disks each: 0 violations."""
    outcome = cut(record(tmp_path / "live", 110), 110, most_cuts=1000)
    print(f"power cuts in SQLite: {outcome.cuts} cut points, {outcome.images} disks, {len(outcome.violations)} violations")
    assert (outcome.cuts, outcome.violations) == (1000, [])


@pytest.mark.long
@pytest.mark.timeout(20_000)
def test_a_confirmed_commit_survives_a_power_cut_anywhere_in_a_long_life(tmp_path: Path) -> None:
    outcome = cut(record(tmp_path / "live", 600), 600, mixed=8)
    print(f"power cuts in SQLite: {outcome.cuts} cut points, {outcome.images} disks, {len(outcome.violations)} violations")
    assert outcome.violations == []


def test_the_rig_notices_synchronous_normal(tmp_path: Path) -> None:
    log = record(tmp_path / "live", 30, replacing={"PRAGMA synchronous=FULL": "PRAGMA synchronous=NORMAL"})
    assert any(complaint.startswith("lost") for _, _, complaint in cut(log, 30, stop_at=1).violations)


def test_the_rig_notices_a_missing_fsync(tmp_path: Path) -> None:
    log = [one for one in record(tmp_path / "live", 30) if not isinstance(one, Sync) or one.is_folder]
    assert cut(log, 30, stop_at=1).violations


def test_the_rig_notices_a_missing_fsync_of_the_folder(tmp_path: Path) -> None:
    log = [one for one in record(tmp_path / "live", 30) if not isinstance(one, Sync) or not one.is_folder]
    assert cut(log, 30, stop_at=1).violations
