"""Long work that is held by one at a time: a lease that is renewed while the work goes on, and that runs out when its process dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from listbackup.backends.table.lease import Lease, Leases
from listbackup.backends.table.port import Table, Write
from listbackup.base.ids import new_id
from listbackup.services.desk import Desk

LASTS = timedelta(minutes=2)


class Hold:
    """The right to go on. ``beat`` keeps it; ``check`` makes a commit fail once somebody else has it."""

    def __init__(self, desk: Desk, leases: Leases, lease: Lease) -> None:
        self._desk, self._leases, self._lease = desk, leases, lease

    def beat(self) -> None:
        """Still at it: call often, it costs nothing until a third of the lease has passed. Raises LeaseGone."""
        if self._lease.until - self._desk.clock.now() < LASTS * 2 / 3:
            self._lease = self._leases.renew(self._lease, LASTS)

    def check(self) -> tuple[Table, Write]:
        """The write that belongs into every commit of the work."""
        return self._leases.check(self._lease)

    def release(self) -> None:
        """Done with it."""
        self._leases.release(self._lease)


@contextmanager
def held(desk: Desk, thing: str) -> Iterator[Hold]:
    """The hold on this thing while the block runs. Raises BusyError while somebody else has it."""
    leases = Leases(desk.tables, desk.clock)
    hold = Hold(desk, leases, leases.acquire(thing, new_id("wrk", 0), LASTS))
    try:
        yield hold
    finally:
        hold.release()


def is_held(desk: Desk, thing: str) -> bool:
    """Whether somebody is at it now."""
    return Leases(desk.tables, desk.clock).find(thing) is not None
