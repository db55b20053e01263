"""Tables against a dict, in stories that hypothesis makes up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.testing.clock import ManualClock
from listbackup.testing.machines.table_machine import Ground, check_table
from listbackup.testing.scratch import memory_folder

_GATE = settings(max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
_LONG = settings(_GATE, max_examples=2000, stateful_step_count=60)


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as made:
        yield made


def memory(_: Path) -> Callable[[], Ground]:
    def fresh() -> Ground:
        kept: list[MemoryTables] = []

        def ground(clock: ManualClock) -> MemoryTables:
            if not kept:
                kept.append(MemoryTables(clock))
            return kept[0]

        return ground

    return fresh


def sqlite(folder: Path) -> Callable[[], Ground]:
    numbers, opened = itertools.count(), list[SqliteTables]()

    def fresh() -> Ground:
        while opened:  # those of the story before, or a thousand files stay open
            opened.pop().close()
        path = folder / f"{next(numbers)}.db"

        def ground(clock: ManualClock) -> SqliteTables:
            opened.append(SqliteTables(path, clock=clock))
            return opened[-1]

        return ground

    return fresh


@pytest.mark.parametrize("adapter", [memory, sqlite])
def test_a_table_and_a_dict_tell_the_same_story(adapter: Callable[[Path], Callable[[], Ground]], folder: Path) -> None:
    check_table(adapter(folder), _GATE)


@pytest.mark.long
@pytest.mark.timeout(20_000)
@pytest.mark.parametrize("adapter", [memory, sqlite])
def test_a_table_and_a_dict_tell_the_same_long_story(adapter: Callable[[Path], Callable[[], Ground]], folder: Path) -> None:
    check_table(adapter(folder), _LONG)
