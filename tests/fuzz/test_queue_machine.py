"""Queues against a list, in stories that hypothesis makes up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from listbackup.backends.queue.memory import MemoryQueue
from listbackup.backends.queue.sqlite import SqliteQueue
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.testing.clock import ManualClock
from listbackup.testing.machines.queue_machine import Ground, check_queue
from listbackup.testing.scratch import memory_folder

_GATE = settings(max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
_LONG = settings(_GATE, max_examples=2000, stateful_step_count=80)


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as made:
        yield made


def memory(_: Path) -> Callable[[], Ground]:
    def fresh() -> Ground:
        kept: list[MemoryQueue] = []

        def ground(clock: ManualClock, max_receives: int) -> MemoryQueue:
            if not kept:
                kept.append(MemoryQueue(clock, max_receives=max_receives))
            return kept[0]

        return ground

    return fresh


def sqlite(folder: Path) -> Callable[[], Ground]:
    numbers, opened = itertools.count(), list[SqliteFile]()

    def fresh() -> Ground:
        while opened:  # those of the story before, or a thousand files stay open
            opened.pop().close()
        path = folder / f"{next(numbers)}.db"

        def ground(clock: ManualClock, max_receives: int) -> SqliteQueue:
            opened.append(SqliteFile(path, clock=clock))
            return SqliteQueue(opened[-1], "runs", clock=clock, max_receives=max_receives)

        return ground

    return fresh


@pytest.mark.parametrize("adapter", [memory, sqlite])
def test_a_queue_and_a_list_tell_the_same_story(adapter: Callable[[Path], Callable[[], Ground]], folder: Path) -> None:
    check_queue(adapter(folder), _GATE)


@pytest.mark.long
@pytest.mark.timeout(20_000)
@pytest.mark.parametrize("adapter", [memory, sqlite])
def test_a_queue_and_a_list_tell_the_same_long_story(adapter: Callable[[Path], Callable[[], Ground]], folder: Path) -> None:
    check_queue(adapter(folder), _LONG)
