"""A schedule over any tables: what is due is found in a few looks, however much is not.

An entry is one item. ``ready_at`` is when it may be handed out: when it is due or, claimed, when the claim runs out. An index holds the entries of one shard in that order,
so a tick asks each shard for what lies before now; shards keep a million entries that are due on the hour from waiting for one partition of DynamoDB (1,000 writes
a second each). A claim is taken on the item itself under the condition that it is as it was seen, so a late index hands nothing out twice: it shows an entry
a moment late, and the next tick finds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from listbackup.backends.schedule.port import Due
from listbackup.backends.schedule.rules import check_claim, check_key
from listbackup.backends.table.port import ConditionFailed, Equals, IndexSpec, Item, Tables, TableSpec, Update
from listbackup.base.clock import Clock, from_unix_ms, unix_ms
from listbackup.base.errors import DamagedError
from listbackup.base.ids import new_id

SCHEDULE = TableSpec(
    name="schedule",
    indexes=(IndexSpec(name="by_ready", pk="shard", sk="ready"),),
    about="What is due when: pk the entry's key, sk 'entry'; by_ready lists a shard by the millisecond from which an entry may be handed out.",
)

SHARDS = 16  # more can be added only with all entries moved: a key stays in the shard that its digest names
_SK = "entry"
_LOOKS = 5  # when others were faster with everything that was found
_OFFSET_MS = 10**15  # so that an instant before 1970 sorts as text too


class TabledSchedule:
    """The schedule of one ground's tables; safe to share between threads and between processes."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._table = tables.open(SCHEDULE)
        self._clock = clock

    def set(self, key: str, due_at: datetime, payload: bytes) -> None:
        """See the port."""
        check_key(key)
        due = unix_ms(due_at)
        item: Item = {"pk": key, "sk": _SK, "due_at_ms": due, "payload": payload, "shard": _shard(key), "ready": _stamp(due), "claim": None}
        self._table.put(item)

    def remove(self, key: str) -> None:
        """See the port."""
        self._table.delete(key, _SK)

    def find(self, key: str) -> datetime | None:
        """See the port."""
        item = self._table.find(key, _SK)
        return from_unix_ms(_number(item, "due_at_ms")) if item is not None else None

    def claim(self, now: datetime, *, limit: int = 100, lease: timedelta = timedelta(minutes=1)) -> Sequence[Due]:
        """See the port. What came up again after a claim ran out stands where it came up, not where it was due."""
        check_claim(limit, lease)
        for _ in range(_LOOKS):
            ready = self._ready(unix_ms(now), limit)
            claimed = list(islice(self._take(ready, unix_ms(now + lease)), limit))
            if claimed or not ready:
                return claimed
        return []

    def settle(self, due: Due, next_at: datetime | None) -> bool:
        """See the port."""
        mine = Equals({"claim": due.claim})
        try:
            if next_at is None:
                self._table.delete(due.key, _SK, if_=mine)
            else:
                at = unix_ms(next_at)
                self._table.update(Update(pk=due.key, sk=_SK, set={"due_at_ms": at, "ready": _stamp(at), "claim": None}, if_=mine))
        except ConditionFailed:
            return False
        return True

    def _ready(self, now: int, limit: int) -> Sequence[Item]:
        """The entries that may be handed out, of every shard as many as are wanted in all, earliest due first."""
        found = [
            item
            for shard in range(SHARDS)
            for item in self._table.query(f"{shard:02}", index="by_ready", before=_stamp(now + 1), limit=limit).items
        ]
        return sorted(found, key=lambda item: (_number(item, "due_at_ms"), str(item["pk"])))

    def _take(self, ready: Sequence[Item], until: int) -> Iterator[Due]:
        for item in ready:
            claim = new_id("clm", unix_ms(self._clock.now()))
            seen = Equals({"ready": item["ready"], "claim": item.get("claim")})
            try:
                taken = self._table.update(Update(pk=str(item["pk"]), sk=_SK, set={"ready": _stamp(until), "claim": claim}, if_=seen))
            except ConditionFailed:  # somebody else was faster, or the index shows it as it was
                continue
            yield Due(key=str(item["pk"]), due_at=from_unix_ms(_number(taken, "due_at_ms")), payload=_payload(taken), claim=claim)


def _shard(key: str) -> str:
    return f"{int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], 'big') % SHARDS:02}"


def _stamp(instant_ms: int) -> str:
    return f"{instant_ms + _OFFSET_MS:017}"


def _number(item: Item, name: str) -> int:
    value = item.get(name)
    if not isinstance(value, int):
        raise _damaged()
    return value


def _payload(item: Item) -> bytes:
    payload = item.get("payload")
    if not isinstance(payload, bytes):
        raise _damaged()
    return payload


def _damaged() -> DamagedError:
    return DamagedError("an entry of the schedule is damaged", where=SCHEDULE.name, hint="restore the table to a point in time")
