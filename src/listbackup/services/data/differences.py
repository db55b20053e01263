"""The difference of two snapshots by page: a page costs what it shows, wherever it begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from listbackup.services.data.cursors import read_cursor, write_cursor
from listbackup.store import Change, Key, SnapshotInfo
from listbackup.store.keycode import decode_key, encode_key

if TYPE_CHECKING:
    from listbackup.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesFound:
    """A page of changes, by stream and key."""

    items: Sequence[Change]
    next: str | None


def page_of_changes(
    store: Store, before: SnapshotInfo, after: SnapshotInfo, *, stream: str | None, values: bool, limit: int, cursor: str | None
) -> ChangesFound:
    """Changes behind the cursor; what lies before it is not read again. Raises InputError for a cursor of another listing."""
    listing = f"diff/{before.id}/{after.id}/{stream}"
    names = [stream] if stream is not None else sorted({*before.streams, *after.streams})
    key: Key | None = None
    if cursor is not None:
        last, code = read_cursor(listing, cursor, tuple[str, bytes])
        assert isinstance(last, str)
        assert isinstance(code, bytes)
        names, key = [name for name in names if name >= last], decode_key(code)
    found = list(islice(_changes(store, before.seq, after.seq, names, key, values=values), limit + 1))
    shown = found[:limit]
    more = len(found) > limit
    return ChangesFound(items=shown, next=write_cursor(listing, [shown[-1].stream, encode_key(shown[-1].key)]) if more else None)


def _changes(store: Store, before: int, after: int, names: Sequence[str], key: Key | None, *, values: bool) -> Iterator[Change]:
    for name in names:
        yield from store.diff(before, after, name, values=values, after=key, small=True)
        key = None
