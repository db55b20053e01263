"""The state machines are worth something: each planted mistake makes them fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings

from listbackup.backends.queue.memory import MemoryQueue
from listbackup.backends.queue.port import Message
from listbackup.backends.table.memory import MemoryTable, MemoryTables
from listbackup.backends.table.port import ConditionFailed, Item, Table, Tables, TableSpec, Write
from listbackup.base.paging import Page
from listbackup.testing.clock import ManualClock
from listbackup.testing.machines.queue_machine import check_queue
from listbackup.testing.machines.table_machine import check_table

_RUNS = settings(
    max_examples=400,
    stateful_step_count=50,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


class KeepsTheBeginningOfAFailedTransaction(MemoryTables):
    def transact(self, writes: Sequence[tuple[Table, Write]]) -> None:
        for position, write in enumerate(writes):
            try:
                super().transact([write])
            except ConditionFailed:
                raise ConditionFailed(position) from None


class SeesWhatHasExpired(MemoryTables):
    def now(self) -> float:
        return super().now() - 1


class TurnsNumbersIntoTruth(MemoryTables):
    def apply(self, writes: Sequence[tuple[MemoryTable, Write]]) -> list[Item | None]:
        after = super().apply(writes)
        for (table, _), item in zip(writes, after, strict=True):
            if item is not None and item.get("any") is False:
                table.keep((str(item["pk"]), str(item["sk"])), {**item, "any": 0})
        return after


class LosesEqualSortKeysBetweenPages(MemoryTables):
    def open(self, spec: TableSpec) -> Table:
        table = super().open(spec)
        if isinstance(table, MemoryTable):
            table.query = _skipping(table.query)  # type: ignore[method-assign]
        return table


def _skipping(query: Callable[..., Page[Item]]) -> Callable[..., Page[Item]]:
    def skipping(pk: str, **options: object) -> Page[Item]:
        page = query(pk, **options)
        if options["cursor"] is None or options["index"] != "by-x":
            return page
        return Page(items=page.items[1:], next_cursor=page.next_cursor)

    return skipping if query.__name__ != "skipping" else query


class ForgetsOnRestart(MemoryTables):
    """Not planted here: a ground that gives fresh tables at every start."""


@pytest.mark.parametrize(
    "planted",
    [KeepsTheBeginningOfAFailedTransaction, SeesWhatHasExpired, TurnsNumbersIntoTruth, LosesEqualSortKeysBetweenPages, ForgetsOnRestart],
)
def test_a_planted_mistake_of_a_table_is_noticed(planted: type[MemoryTables]) -> None:
    def fresh() -> Callable[[ManualClock], Tables]:
        kept: list[Tables] = []

        def ground(clock: ManualClock) -> Tables:
            if not kept or planted is ForgetsOnRestart:
                kept.append(planted(clock))
            return kept[-1]

        return ground

    with pytest.raises((AssertionError, KeyError)):
        check_table(fresh, _RUNS)


class DeliversTheNextWhileOneIsLeased(MemoryQueue):
    def receive(self, *, limit: int = 1, lease: timedelta) -> Sequence[Message]:
        received = list(super().receive(limit=limit, lease=lease))
        for message in [*received]:
            kept = self._kept
            sequence = next(number for number, one in kept.items() if one.id == message.id)
            kept[10_000 + sequence] = kept.pop(sequence)
        return received


class AcceptsAnOldReceipt(MemoryQueue):
    def ack(self, receipt: str) -> None:
        for sequence, message in self._kept.items():
            if message.receipt == receipt:
                del self._kept[sequence]
                return
        super().ack(receipt)


class NeverGivesUp(MemoryQueue):
    def _bury(self, now: int) -> None:
        return


class SendsTwice(MemoryQueue):
    def ack(self, receipt: str) -> None:
        super().ack(receipt)
        self._seen.clear()


@pytest.mark.parametrize("planted", [DeliversTheNextWhileOneIsLeased, AcceptsAnOldReceipt, NeverGivesUp, SendsTwice])
def test_a_planted_mistake_of_a_queue_is_noticed(planted: type[MemoryQueue]) -> None:
    def fresh() -> Callable[[ManualClock, int], MemoryQueue]:
        kept: list[MemoryQueue] = []

        def ground(clock: ManualClock, max_receives: int) -> MemoryQueue:
            if not kept:
                kept.append(planted(clock, max_receives=max_receives))
            return kept[0]

        return ground

    with pytest.raises(AssertionError):
        check_queue(fresh, _RUNS)
