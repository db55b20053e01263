"""The journal and the id map of restores, in tables; what was on the platform before is sealed for its row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

import msgspec

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.lease import LeaseGone
from listbackup.backends.table.port import ConditionFailed, Item, Scalar
from listbackup.base.decode import from_json
from listbackup.base.paging import Page, iter_pages
from listbackup.connectors.engine.record import Key
from listbackup.processor.restore_model import Entry, Restored
from listbackup.services.data.table import RESTORE_IDS, RESTORE_JOURNAL
from listbackup.services.desk import Desk
from listbackup.services.holding import Hold
from listbackup.services.rows import Writes
from listbackup.services.scope import AccountTable, Scope

_CHUNK_BYTES = 300 * 1024
_SORT_KEY_BYTES = 512


class TableJournal:
    """The journal of one restore. Who writes into it names the ``hold`` on the restore: no intent is noted, and so nothing is sent, once somebody else has it."""

    def __init__(self, desk: Desk, scope: Scope, keys: KeyScope, restore: str, hold: Hold | None = None) -> None:
        self._desk, self._scope, self._keys, self._restore, self._hold = desk, scope, keys, restore, hold
        self._table: AccountTable = desk.open(RESTORE_JOURNAL, scope)

    def find(self, stream: str, key: Key) -> Entry | None:
        """What was noted for this record, or None."""
        item = self._table.find(_sort_key(stream, key), part=self._restore)
        return self._entry(item) if item is not None else None

    def put(self, entry: Entry) -> None:
        """Note it; durable when this returns. Raises LeaseGone."""
        sk = _sort_key(entry.stream, entry.key)
        pieces = self._seal(sk, entry.before)
        doc = msgspec.json.encode(replace(entry, before=None)).decode()
        position = f"{entry.position:010d}"
        main: Mapping[str, Scalar] = {"doc": doc, "pieces": len(pieces), "restore": self._restore, "position": position}
        writes = [
            self._table.put(f"{sk}#{number:04d}", {"sealed": piece}, part=f"{self._restore}/before") for number, piece in enumerate(pieces)
        ]
        _keep(self._desk, [*writes, self._table.put(sk, main, part=self._restore)], self._hold)

    def iter(self) -> Iterator[Entry]:
        """Every entry, last written first, without its ``before``."""
        return entries_of(self._desk, self._scope, self._restore)

    def page(self, *, limit: int = 100, cursor: str | None = None) -> Page[Entry]:
        """A page of entries in the order in which they were written, without their ``before``."""
        page = self._table.query(part=self._restore, index="by_position", limit=limit, cursor=cursor)
        return Page(items=[from_json(str(item["doc"]), Entry) for item in page.items], next_cursor=page.next_cursor)

    def _entry(self, item: Item) -> Entry:
        entry = from_json(str(item["doc"]), Entry)
        count = item["pieces"]
        assert isinstance(count, int)
        return replace(entry, before=self._open(_sort_key(entry.stream, entry.key), count) if count else None)

    def _seal(self, sk: str, before: bytes | None) -> list[bytes]:
        if before is None:
            return []
        pieces = [before[start : start + _CHUNK_BYTES] for start in range(0, len(before), _CHUNK_BYTES)] or [b""]
        return [seal_field(self._keys, piece, context=self._context(sk, number)) for number, piece in enumerate(pieces)]

    def _open(self, sk: str, count: int) -> bytes:
        parts = []
        for number in range(count):
            item = self._table.find(f"{sk}#{number:04d}", part=f"{self._restore}/before")
            sealed = item["sealed"] if item is not None else b""
            assert isinstance(sealed, bytes)
            parts.append(open_field(self._keys, sealed, context=self._context(sk, number)))
        return b"".join(parts)

    def _context(self, sk: str, number: int) -> tuple[str, ...]:
        return (RESTORE_JOURNAL.name, self._restore, sk, f"before/{number}")


class TableIdMap:
    """What was written back for the records of one source; ``hold`` as in the journal."""

    def __init__(self, desk: Desk, scope: Scope, source: str, hold: Hold | None = None) -> None:
        self._desk, self._part, self._hold = desk, source, hold
        self._table: AccountTable = desk.open(RESTORE_IDS, scope)

    def find(self, stream: str, key: Key) -> Restored | None:
        """What was last written back for this record, or None."""
        item = self._table.find(_sort_key(stream, key), part=self._part)
        return from_json(str(item["doc"]), Restored) if item is not None else None

    def set(self, stream: str, key: Key, restored: Restored) -> None:
        """Remember it, durably. Raises LeaseGone."""
        attributes: Mapping[str, Scalar] = {"doc": msgspec.json.encode(restored).decode()}
        _keep(self._desk, [self._table.put(_sort_key(stream, key), attributes, part=self._part)], self._hold)

    def forget(self, stream: str, key: Key) -> None:
        """It was taken back. Raises LeaseGone."""
        _keep(self._desk, [self._table.delete(_sort_key(stream, key), part=self._part)], self._hold)


def entries_of(desk: Desk, scope: Scope, restore: str) -> Iterator[Entry]:
    """Every entry of a restore's journal, last written first, without its ``before``."""
    table = desk.open(RESTORE_JOURNAL, scope)
    pages = iter_pages(lambda cursor: table.query(part=restore, index="by_position", reverse=True, limit=100, cursor=cursor))
    return (from_json(str(item["doc"]), Entry) for item in pages)


def forget_entry(desk: Desk, scope: Scope, restore: str, entry: Entry) -> None:
    """Take an entry out of a restore's journal, with all that was there before; no error when it is gone."""
    table, sk = desk.open(RESTORE_JOURNAL, scope), _sort_key(entry.stream, entry.key)
    item = table.find(sk, part=restore)
    pieces = int(item["pieces"] or 0) if item is not None else 0
    before = [table.delete(f"{sk}#{number:04d}", part=f"{restore}/before") for number in range(pieces)]
    desk.tables.transact([*before, table.delete(sk, part=restore)])


def _keep(desk: Desk, writes: Writes, hold: Hold | None) -> None:
    """The writes, none of which has a condition of its own, as long as the hold holds."""
    try:
        desk.tables.transact([*writes, *([hold.check()] if hold is not None else [])])
    except ConditionFailed:
        raise LeaseGone("another worker has the restore", hint="nothing is lost; the other one goes on") from None


def _sort_key(stream: str, key: Key) -> str:
    """Readable where it is short; a key may have 1 KiB, a sort key not much more."""
    text = f"{stream}/{msgspec.json.encode(list(key)).decode()}"
    return text if len(text.encode()) <= _SORT_KEY_BYTES else f"{stream[:100]}/#{hashlib.sha256(text.encode()).hexdigest()}"
