"""A fenced lease over the table port: who may work on a thing now, told by a number that only grows.

Contract
- ``acquire`` gives the lease to one holder at a time, with an epoch one higher than any before it. While it holds, others get BusyError.
- A lease that has run out may be taken by anybody; the old holder is not asked and need not know. That is why every write that must happen at most once
  carries ``lease.check()`` in its transaction: with a stale epoch the transaction fails with ConditionFailed and changes nothing.
- Times are only a hint for when to take over; two clocks that disagree cost work done twice and thrown away, never two effects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listbackup.backends.table.port import Absent, Check, ConditionFailed, Equals, Item, Table, Tables, TableSpec, Update, Write
from listbackup.base.clock import Clock, from_unix_ms, iso, unix_ms
from listbackup.base.errors import BusyError, Conflict

LEASES = TableSpec(
    name="leases",
    ttl="ends",
    about="Fenced leases: pk what is leased, sk 'lease'; epoch only grows, holder is empty when it is free; forgotten a month after anybody had it.",
)

_SK = "lease"
_TRIES = 20
_LONGEST = timedelta(days=1)  # one that ends later was given by a clock that was ahead
_REMEMBERED = timedelta(days=30)  # no holder comes back after so long: then the epoch may begin anew


class LeaseGone(Conflict):
    """The lease was taken by somebody else or given back; stop working."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on ``name`` until ``until``; ``epoch`` is what makes it safe to be wrong about that."""

    name: str
    holder: str
    epoch: int  # 1 at the first
    until: datetime


class Leases:
    """The leases of one ground."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._table = tables.open(LEASES)
        self._clock = clock

    def acquire(self, name: str, holder: str, duration: timedelta, *, take_over: bool = False) -> Lease:
        """The lease, which nobody else holds. ``take_over`` takes it from whoever holds it. Raises BusyError.

        The holder that has it already gets it anew with a higher epoch: after a crash it cannot know what its earlier self still does.
        """
        for _ in range(_TRIES):
            now = self._clock.now()
            item = self._table.find(name, _SK)
            if item is not None and not take_over and self._is_held(item, now) and item.get("holder") != holder:
                raise BusyError(
                    f"{name} is being worked on by {item['holder']!s} until {iso(_until(item))}",
                    hint="wait for it to end, or until its lease runs out",
                )
            epoch = _epoch(item) + 1 if item is not None else 1
            lease = Lease(name=name, holder=holder, epoch=epoch, until=now + duration)
            try:
                self._table.put(_item(lease), if_=Absent() if item is None else Equals({"epoch": _epoch(item)}))
            except ConditionFailed:  # somebody else was faster: look again
                continue
            return lease
        raise BusyError(f"{name} is wanted by many at once", hint="try again in a moment")

    def renew(self, lease: Lease, duration: timedelta) -> Lease:
        """The same lease, for this long from now; also one that ran out, as long as nobody took it. Raises LeaseGone."""
        until = self._clock.now() + duration
        try:
            self._table.update(Update(pk=lease.name, sk=_SK, set={"until_ms": unix_ms(until), "ends": _ends(until)}, if_=_still(lease)))
        except ConditionFailed as error:
            raise LeaseGone(f"{lease.name} was taken over", hint="stop; what was committed is kept") from error
        return replace(lease, until=until)

    def release(self, lease: Lease) -> None:
        """Nobody holds it; no error when it was gone already."""
        try:
            self._table.update(self.release_write(lease)[1])
        except ConditionFailed:
            return

    def find(self, name: str) -> Lease | None:
        """Who holds it now, or None."""
        item = self._table.find(name, _SK)
        if item is None or not self._is_held(item, self._clock.now()):
            return None
        return Lease(name=name, holder=str(item["holder"]), epoch=_epoch(item), until=_until(item))

    def is_current(self, lease: Lease) -> bool:
        """Whether nobody took it since, by a look now; only ``check`` in the transaction is proof."""
        item = self._table.find(lease.name, _SK)
        return item is not None and _epoch(item) == lease.epoch and item.get("holder") == lease.holder

    def check(self, lease: Lease) -> tuple[Table, Write]:
        """The write that makes a transaction fail with ConditionFailed when the lease is no longer this one."""
        return self._table, Check(pk=lease.name, sk=_SK, if_=_still(lease))

    def release_write(self, lease: Lease) -> tuple[Table, Update]:
        """As ``check``, and gives the lease back in the same transaction: the last effect and the release are one."""
        return self._table, Update(pk=lease.name, sk=_SK, set={"holder": "", "until_ms": 0}, if_=_still(lease))

    @staticmethod
    def _is_held(item: Item, now: datetime) -> bool:
        return bool(item.get("holder")) and now < _until(item) <= now + _LONGEST


def _still(lease: Lease) -> Equals:
    return Equals({"epoch": lease.epoch, "holder": lease.holder})


def _item(lease: Lease) -> Item:
    return {
        "pk": lease.name,
        "sk": _SK,
        "epoch": lease.epoch,
        "holder": lease.holder,
        "until_ms": unix_ms(lease.until),
        "ends": _ends(lease.until),
    }


def _ends(until: datetime) -> int:
    return int((until + _REMEMBERED).timestamp())


def _epoch(item: Item) -> int:
    return int(item["epoch"] or 0)


def _until(item: Item) -> datetime:
    return from_unix_ms(int(item["until_ms"] or 0))
