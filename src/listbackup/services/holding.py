"""Long work that is held by one at a time: a lease that is renewed beside the work, and that runs out when its process dies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from listbackup.backends.table.lease import Lease, LeaseGone, Leases
from listbackup.backends.table.port import Table, Write
from listbackup.base.errors import BackendError
from listbackup.base.ids import new_id
from listbackup.services.desk import Desk

LASTS = timedelta(minutes=2)
_LOOKS_EVERY_SECONDS = 10.0

_log = logging.getLogger(__name__)


class Hold:
    """The right to go on, kept by a thread beside the work: a single step may last longer than the lease. ``check`` makes a commit fail once somebody else has it."""

    def __init__(self, desk: Desk, leases: Leases, lease: Lease) -> None:
        self._desk, self._leases, self._lease = desk, leases, lease
        self._lock = threading.Lock()

    def beat(self) -> None:
        """Whether it still holds: call often, it costs nothing until a third of the lease has passed. Raises LeaseGone."""
        with self._lock:
            if self._lease.until - self._desk.clock.now() < LASTS * 2 / 3:
                self._lease = self._leases.renew(self._lease, LASTS)

    def keep(self, ended: threading.Event, every_seconds: float) -> None:
        """Beat until the work ended or the hold is gone: the work hears of that at its own next beat or commit."""
        while not ended.wait(every_seconds):
            try:
                self.beat()
            except LeaseGone:
                return
            except BackendError as error:  # the next look comes soon
                _log.warning("the hold on %s goes on after: %s", self._lease.name, error)

    def check(self) -> tuple[Table, Write]:
        """The write that belongs into every commit of the work."""
        return self._leases.check(self._lease)

    def release(self) -> None:
        """Done with it."""
        self._leases.release(self._lease)


@contextmanager
def held(desk: Desk, thing: str, *, take_over: bool = False, every_seconds: float = _LOOKS_EVERY_SECONDS) -> Iterator[Hold]:
    """The hold on this thing while the block runs. Raises BusyError while somebody else has it; ``take_over``: whoever has it is known to be dead, and commits
    nothing any more should that be wrong."""
    leases, ended = Leases(desk.tables, desk.clock), threading.Event()
    hold = Hold(desk, leases, leases.acquire(thing, new_id("wrk", 0), LASTS, take_over=take_over))
    keeper = threading.Thread(target=hold.keep, args=(ended, every_seconds), name=f"hold on {thing}", daemon=True)
    keeper.start()
    try:
        yield hold
    finally:
        ended.set()
        keeper.join()
        hold.release()


def is_held(desk: Desk, thing: str) -> bool:
    """Whether somebody is at it now."""
    return Leases(desk.tables, desk.clock).find(thing) is not None
