"""Events from an outbox table: one bus over any ground's tables."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence

from listbackup.backends.events.port import Event
from listbackup.backends.table.port import MAX_TRANSACTION, Delete, Item, Put, Table, Tables, TableSpec, Write
from listbackup.base.clock import iso, parse_iso, unix_ms
from listbackup.base.errors import DamagedError, StoreError

OUTBOX = TableSpec(name="outbox", about="Events that were recorded and not yet heard by everybody: pk 'outbox', sk the sequence.")

_PARTITION = "outbox"
_log = logging.getLogger(__name__)


class OutboxEvents:
    """The bus; whoever drains delivers to the subscribers of its own process, so every process subscribes the same."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._table = tables.open(OUTBOX)
        self._subscribers: list[tuple[str, Callable[[Event], None]]] = []
        self._lock = threading.Lock()
        self._draining = threading.RLock()
        self._is_draining = False
        self._stuck: set[str] = set()
        self._last = 0

    def outbox_write(self, event: Event) -> tuple[Table, Write]:
        """See the port. The sequence is the event's millisecond and a count, so that the events of one process keep their order."""
        with self._lock:
            self._last = max(unix_ms(event.at) << 16, self._last + 1)
            sequence = self._last
        return self._table, Put(item=_item(event, sequence))

    def subscribe(self, name: str, hear: Callable[[Event], None]) -> None:
        """See the port."""
        self._subscribers.append((name, hear))

    def drain(self, *, limit: int = 100) -> int:
        """See the port."""
        with self._draining:  # other threads wait: what was recorded before a call is delivered when it returns
            if self._is_draining:  # a subscriber drains: what it recorded comes after what is being delivered
                return 0
            self._is_draining = True
            try:
                return self._deliver_next(limit)
            finally:
                self._is_draining = False

    def _deliver_next(self, limit: int) -> int:
        after: str | None = None
        while True:
            items = self._table.query(_PARTITION, after=after, limit=limit).items
            heard = self._deliver(items)
            if heard or len(items) < limit:
                return heard
            after = str(items[-1]["sk"])  # all of these are stuck

    def _tell(self, item: Item) -> bool:
        """Whether everybody heard it. What cannot be heard because something is damaged stays, and holds up nobody else's; it is tried again by the next process."""
        sk = str(item["sk"])
        if sk in self._stuck:
            return False
        try:
            event = _event(item)
            for name, hear in self._subscribers:
                if name in ("*", event.name) or event.name.startswith(name + "."):
                    hear(event)
        except StoreError as error:
            _log.error("an event cannot be heard and stays in the outbox: %s: %s", sk, error)
            self._stuck.add(sk)
            return False
        return True

    def _deliver(self, items: Sequence[Item]) -> int:
        heard: list[Item] = []
        try:
            for item in items:
                if self._tell(item):
                    heard.append(item)
        finally:
            for batch in (heard[start : start + MAX_TRANSACTION] for start in range(0, len(heard), MAX_TRANSACTION)):
                self._tables.transact([(self._table, Delete(pk=_PARTITION, sk=str(item["sk"]))) for item in batch])
        return len(heard)


def _item(event: Event, sequence: int) -> Item:
    return {
        "pk": _PARTITION,
        "sk": f"{sequence:020d}/{event.id}",
        "id": event.id,
        "name": event.name,
        "account": event.account,
        "at": iso(event.at),
        "body": json.dumps(dict(event.body), separators=(",", ":"), sort_keys=True),
    }


def _event(item: Item) -> Event:
    try:
        return Event(
            id=str(item["id"]),
            name=str(item["name"]),
            account=str(item["account"]),
            at=parse_iso(str(item["at"])),
            body=json.loads(str(item["body"])),
        )
    except (KeyError, ValueError) as error:
        raise DamagedError("an event of the outbox is damaged", where=OUTBOX.name, hint="restore the database from a copy") from error
