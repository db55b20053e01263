"""Long work keeps its hold through steps that say nothing for long, and notices when it lost it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.table.lease import LeaseGone, Leases
from listbackup.backends.table.memory import MemoryTables
from listbackup.services.desk import Desk
from listbackup.services.holding import LASTS, held, is_held
from listbackup.testing.clock import ManualClock
from listbackup.testing.patience import until


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    tables = MemoryTables(clock)
    return Desk(tables, OutboxEvents(tables), clock)


def test_a_step_that_lasts_longer_than_the_lease_keeps_it(desk: Desk, clock: ManualClock) -> None:
    leases = Leases(desk.tables, clock)
    with held(desk, "thing", every_seconds=0.01):
        for _ in range(4):  # one step: nobody calls beat
            clock.advance(LASTS / 2)
            end = clock.now() + LASTS / 2
            until(lambda end=end: (lease := leases.find("thing")) is not None and lease.until > end, seconds=10)  # type: ignore[misc]
    assert not is_held(desk, "thing")


def test_who_lost_it_hears_so_at_the_next_beat(desk: Desk, clock: ManualClock) -> None:
    with held(desk, "thing") as hold:
        Leases(desk.tables, clock).acquire("thing", "other", timedelta(minutes=1), take_over=True)
        clock.advance(LASTS / 2)
        with pytest.raises(LeaseGone):
            hold.beat()
        with pytest.raises(LeaseGone):
            hold.beat()
