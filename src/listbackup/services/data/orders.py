"""Orders on a queue: errands that other processes carry out, and how it is known that one is not over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec

from listbackup.backends.queue.port import Queue
from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Item, Scalar, Tables, TableSpec
from listbackup.base.clock import Clock
from listbackup.base.decode import from_json
from listbackup.base.errors import BusyError
from listbackup.base.ids import new_id
from listbackup.services.data.errands import Errand, Order

ERRANDS = TableSpec(name="errands", ttl="expires_at", about="Errands that wait or go on, of whatever process: pk the thing, sk 'errand'.")
PATIENCE = timedelta(minutes=30)  # how long an errand counts as going on that waits on the queue
SILENCE = timedelta(minutes=3)  # the same of one that somebody has in hand, and says so every twenty seconds

_ERRAND = "errand"


def encode_order(order: Order) -> bytes:
    """The message's bytes."""
    return msgspec.json.encode(order)


def decode_order(body: bytes) -> Order:
    """The order of these bytes. Raises msgspec.ValidationError."""
    return from_json(body, Order)


class QueuedErrands:
    """An ``Errander`` whose errands are carried out elsewhere: each order is a message, in a group of its own thing, and a row says that it is not over."""

    def __init__(self, queue: Callable[[], Queue], tables: Tables, clock: Clock) -> None:
        self._queue, self._table, self._clock = queue, tables.open(ERRANDS), clock

    def send(self, order: Order, errand: Errand, *, behind: bool = False) -> None:
        """See ``Errander``. What the errand would do here is done there: by the order's words."""
        for _ in range(5):
            row = self._row(order.thing)
            if row is not None and (not behind or row["waits"]):
                raise BusyError(f"{order.thing} is being worked on", hint="wait for it to end")
            try:
                self._put(order.thing, row, waits=row is not None, tries=_tries(row), lasts=PATIENCE)
            except ConditionFailed:  # somebody else sent one, or one was over
                continue
            self._queue().send(order.thing, encode_order(order))
            return
        raise BusyError(f"{order.thing} is being worked on", hint="wait for it to end")

    def is_active(self, thing: str) -> bool:
        """See ``Errander``."""
        return self._row(thing) is not None

    def begin(self, thing: str) -> int:
        """Somebody has it in hand; how many had it before, one after the other, and never said how it ended: they died."""
        while True:
            row = self._row(thing)
            before = _tries(row)
            try:
                self._put(thing, row, waits=_waits(row), tries=before + 1, lasts=SILENCE)
            except ConditionFailed:  # another order came behind this one
                continue
            return before

    def go_on(self, thing: str) -> None:
        """It is still worked on: said by whoever does it, now and then."""
        self._note(thing, tries=None, lasts=SILENCE)

    def is_over(self, thing: str) -> None:
        """It is done, or given up: the next may be sent."""
        for _ in range(5):
            row = self._row(thing)
            if row is None:
                return
            try:
                if row["waits"]:
                    self._put(thing, row, waits=False, tries=0, lasts=PATIENCE)
                else:
                    self._table.delete(thing, _ERRAND, if_=Equals({"mark": row["mark"]}))
            except ConditionFailed:
                continue
            return

    def again(self, order: Order) -> None:
        """Have it gone on with by another process: this one's time is over, and it came to a good place."""
        self._note(order.thing, tries=0, lasts=PATIENCE)
        self._queue().send(order.thing, encode_order(order))

    def _note(self, thing: str, *, tries: int | None, lasts: timedelta) -> None:
        row = self._row(thing)
        try:
            self._put(thing, row, waits=_waits(row), tries=_tries(row) if tries is None else tries, lasts=lasts)
        except ConditionFailed:  # another order came behind this one, and was longer ahead of the end
            return

    def _row(self, thing: str) -> Item | None:
        return self._table.find(thing, _ERRAND)

    def _put(self, thing: str, before: Item | None, *, waits: bool, tries: int, lasts: timedelta) -> None:
        until = int((self._clock.now() + lasts).timestamp())
        row: dict[str, Scalar] = {
            "pk": thing,
            "sk": _ERRAND,
            "waits": waits,
            "tries": tries,
            "mark": new_id("mrk", 0),
            "expires_at": until,
        }
        self._table.put(row, if_=Equals({"mark": before["mark"]}) if before is not None else Absent())


def _waits(row: Item | None) -> bool:
    """Whether another order waits behind the one that is worked on."""
    return row is not None and bool(row["waits"])


def _tries(row: Item | None) -> int:
    return int(row.get("tries") or 0) if row is not None else 0
