"""Three workers on every job, with clocks so far apart that they take each other's leases: one effect each."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Table, Tables, TableSpec, Write
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.testing.clock import EPOCH, ManualClock
from listbackup.testing.contention import Tally, tally, work_through
from listbackup.testing.interleave import GatedTable, Interleaving
from listbackup.testing.scratch import memory_folder
from listbackup.testing.together import in_threads_each

WORKERS = 3


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as made:
        yield made


def by_threads(folder: Path, jobs: int, *, fenced: bool = True) -> Tally:
    tables = SqliteTables(folder / "control.db", clock=ManualClock(EPOCH))
    in_threads_each(*[lambda seed=seed: work_through(tables, jobs, seed, fenced=fenced) for seed in range(WORKERS)])  # type: ignore[misc]
    return tally(tables, jobs)


class GatedTables:
    """Tables with a gate before every call."""

    def __init__(self, inner: Tables, gate: Callable[[], None]) -> None:
        self._inner, self._gate = inner, gate

    def open(self, spec: TableSpec) -> Table:
        return GatedTable(self._inner.open(spec), self._gate)

    def transact(self, writes: Sequence[tuple[Table, Write]]) -> None:
        self._gate()
        self._inner.transact([(self._inner.open(table.spec), write) for table, write in writes])


def interleaved(folder: Path, jobs: int, *, fenced: bool = True) -> Tally:
    """In memory, one storage call at a time, in an order that the dice decide: every order of calls is as likely as any."""
    tables, dice = MemoryTables(ManualClock(EPOCH)), random.Random(jobs)
    stage = Interleaving()
    gated = GatedTables(tables, stage.gate)
    actors = [
        stage.add(str(seed), lambda seed=seed: work_through(gated, jobs, seed, fenced=fenced, pause=lambda _: None))  # type: ignore[misc]
        for seed in range(WORKERS)
    ]
    while stage.actors:
        stage.step(dice.choice(stage.actors))
    assert [actor.outcome for actor in actors] == [None] * WORKERS
    return tally(tables, jobs)


def by_processes(folder: Path, jobs: int, *, fenced: bool = True) -> Tally:
    path = folder / "control.db"
    processes = [
        multiprocessing.get_context("fork").Process(target=_work, args=(path, jobs, seed), kwargs={"fenced": fenced})
        for seed in range(WORKERS)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * WORKERS
    return tally(SqliteTables(path, clock=ManualClock(EPOCH)), jobs)


def _work(path: Path, jobs: int, seed: int, *, fenced: bool) -> None:
    work_through(SqliteTables(path, clock=ManualClock(EPOCH)), jobs, seed, fenced=fenced)


@pytest.mark.parametrize(("crew", "jobs"), [(interleaved, 1000), (by_threads, 500), (by_processes, 1500)])
def test_every_contended_job_has_one_effect(crew: Callable[[Path, int], Tally], jobs: int, folder: Path) -> None:
    counted = crew(folder, jobs)
    print(f"{crew.__name__}: {jobs} jobs, {counted.takeovers} leases taken over, effects per job {counted.effects_per_job}")
    assert counted.effects_per_job == {1: jobs}
    if crew is interleaved:
        assert counted.takeovers > jobs / 2


@pytest.mark.long
@pytest.mark.timeout(20_000)
def test_every_one_of_100_000_contended_jobs_has_one_effect(folder: Path) -> None:
    counted = by_processes(folder, 100_000)
    print(f"100,000 jobs, {counted.takeovers} leases taken over, effects per job {counted.effects_per_job}")
    assert counted.effects_per_job == {1: 100_000}


def test_without_the_fence_jobs_are_done_twice(folder: Path) -> None:
    """The proof is worth something: the same crew, trusting the lease's time alone, does some jobs twice."""
    counted = interleaved(folder, 1000, fenced=False)
    print(f"without the fence: effects per job {counted.effects_per_job}")
    assert sum(jobs for times, jobs in counted.effects_per_job.items() if times > 1) > 50
