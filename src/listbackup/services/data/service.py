"""Data: any snapshot of any source, read at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from listbackup.base.errors import NotFound
from listbackup.base.paging import Page, iter_pages
from listbackup.connectors.engine.connector import StreamInfo
from listbackup.services.data.events import source_data_fact
from listbackup.services.data.keys import kept_key, parse_key, show_key
from listbackup.services.data.looks import Looks
from listbackup.services.data.positions import Positions
from listbackup.services.desk import Desk
from listbackup.services.scope import Scope
from listbackup.services.sources import Source, Sources
from listbackup.services.stores import Stores
from listbackup.store import (
    AttachmentInfo,
    Change,
    ChangeCounts,
    Key,
    Record,
    SnapshotInfo,
    StreamCounts,
    Version,
)
from listbackup.store.keycode import encode_key, prefix_range
from listbackup.store.model import ATTACHMENTS

if TYPE_CHECKING:
    from listbackup.processor.export import ExportFormat, ExportOptions, ExportResult, ListenExport
    from listbackup.services.data.change_sets import ChangeSet
    from listbackup.store import Store, View


_PLACES = 10_000  # remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record that a search found."""

    stream: str
    record: Record


class Data:
    """What is kept of an account's sources. ``seq`` None means the newest snapshot; a record's key may be given as people type it."""

    def __init__(self, desk: Desk, *, sources: Sources, stores: Stores) -> None:
        self._desk, self._sources, self._stores = desk, sources, stores
        self._places: dict[tuple[str, str], str] = {}
        self.looks = Looks(desk)
        self.positions = Positions()
        self.clock = desk.clock

    def snapshots(self, scope: Scope, source: str, *, with_trash: bool = False) -> Sequence[SnapshotInfo]:
        """The source's snapshots, oldest first; those in the trash only when asked for."""
        return self.store(scope, source).snapshots(trash=with_trash)

    def snapshot(self, scope: Scope, source: str, seq: int | None = None) -> SnapshotInfo:
        """One snapshot. Raises NotFound."""
        return pick(self.store(scope, source), source, seq)

    def streams(self, scope: Scope, source: str, seq: int | None = None) -> dict[str, StreamCounts]:
        """The streams of a snapshot with what they hold, by name."""
        return dict(sorted(self.snapshot(scope, source, seq).streams.items()))

    def scan(
        self, scope: Scope, source: str, stream: str, *, seq: int | None = None, after: Key | None = None, limit: int | None = None
    ) -> Iterator[Record]:
        """The records of a stream in key order, from the one after ``after``. Raises NotFound for a stream that is not in the snapshot."""
        return self._view(scope, source, seq, stream).scan(stream, after=after, limit=limit)

    def record(self, scope: Scope, source: str, stream: str, key: str | Key, *, seq: int | None = None) -> Record:
        """One record as it stood. Raises NotFound."""
        view = self._view(scope, source, seq, stream)
        for one in parse_key(key) if isinstance(key, str) else [key]:
            found = view.get(stream, one)
            if found is not None:
                return found
        raise NotFound(f"there was no record {key if isinstance(key, str) else show_key(key)!r} in {stream} then")

    def history(self, scope: Scope, source: str, stream: str, key: str | Key) -> Sequence[Version]:
        """Every version of a record that is kept, newest first. Raises NotFound when it was never seen."""
        store = self.store(scope, source)
        for one in parse_key(key) if isinstance(key, str) else [key]:
            versions = store.history(stream, one)
            if versions:
                return versions
        raise NotFound(f"{stream} never held a record {key if isinstance(key, str) else show_key(key)!r}")

    def diff(self, scope: Scope, source: str, before: int, after: int, *, stream: str | None = None) -> Iterator[Change]:
        """What differs between two snapshots, by stream and key."""
        store = self.store(scope, source)
        return store.diff(pick(store, source, before).seq, pick(store, source, after).seq, stream)

    def diff_counts(self, scope: Scope, source: str, before: int, after: int) -> dict[str, ChangeCounts]:
        """How much differs between two snapshots, by stream."""
        store = self.store(scope, source)
        return dict(store.diff_counts(pick(store, source, before).seq, pick(store, source, after).seq))

    def search(self, scope: Scope, source: str, text: str, *, stream: str | None = None, seq: int | None = None) -> Iterator[Found]:
        """The records of a snapshot that hold this text, regardless of case."""
        view = self._view(scope, source, seq, stream)
        return (Found(stream=where, record=record) for where, record in view.search(text, stream))

    def attachments(self, scope: Scope, source: str, stream: str, key: str | Key, *, seq: int | None = None) -> Sequence[AttachmentInfo]:
        """The files that belonged to a record. Raises NotFound for the record."""
        view = self._view(scope, source, seq, stream)
        kept = kept_key(view, stream, key)
        if kept is None:
            raise NotFound(f"there was no record {key if isinstance(key, str) else show_key(key)!r} in {stream} then")
        return view.attachments(stream, kept)

    def attachment_rows(self, scope: Scope, source: str, seq: int, beginning: Key) -> Iterator[tuple[bytes, bytes]]:
        """(code, value) of the rows that name attachments, of those whose key begins with these parts: (stream, the record's parts, path)."""
        view = self.store(scope, source).at(seq)
        start, stop = prefix_range(encode_key(beginning))
        yield from view.items(ATTACHMENTS, start, stop)

    def open_attachment(self, scope: Scope, source: str, attachment: str, *, seq: int | None = None) -> Iterator[bytes]:
        """An attachment's bytes in chunks. Raises NotFound."""
        return self._view(scope, source, seq, None).open_attachment(attachment)

    def export(
        self,
        scope: Scope,
        source: str,
        dest: Path,
        *,
        form: ExportFormat,
        seq: int | None = None,
        options: ExportOptions | None = None,
        listen: ListenExport | None = None,
    ) -> ExportResult:
        """The snapshot's records as files in the folder ``dest``, with a manifest. Raises InputError for a folder that is not empty or a missing extra."""
        from listbackup.processor.export import ExportOptions, export, unheard

        of, now = self._sources.get(scope, source), self._desk.clock.now()
        store = self._stores.open(scope, of.id)
        snapshot = pick(store, of.name, seq)
        chosen, told = options or ExportOptions(), listen or unheard
        result = export(store.at(snapshot.seq), snapshot, form, dest, options=chosen, source_name=of.name, now=now, listen=told)
        about = {"snapshot": snapshot.id, "format": form.value, "records": result.records}
        self._desk.commit(scope, [], source_data_fact("export.made", of.id, **about))
        return result

    def place(self, scope: Scope, snapshot: str) -> tuple[Source, SnapshotInfo]:
        """The source and the facts of a snapshot by its id, in the trash or not. Raises NotFound.

        The id does not say which source it is of: the account's sources are asked one after the other, and the answer is remembered.
        """
        known = self._places.get((scope.account, snapshot))
        for source in [known] if known is not None else iter_pages(lambda cursor: self._sources.list(scope, cursor=cursor)):
            of = self._sources.get(scope, source if isinstance(source, str) else source.id)
            store = self._stores.open(scope, of.id)
            for entry in store.head().snaps:
                if store.snapshot_id(entry) == snapshot:
                    self._remember(scope, snapshot, of)
                    return of, store.snapshot(entry.seq)
        raise NotFound(f"there is no snapshot {snapshot!r}")

    def _remember(self, scope: Scope, snapshot: str, source: Source) -> None:
        if len(self._places) >= _PLACES:
            self._places.clear()
        self._places[(scope.account, snapshot)] = source.id

    def kept_sources(self, scope: Scope, source: str | None = None) -> Iterator[Source]:
        """As ``sources_of``, and those that rest in the trash: for who must reach every snapshot. Raises NotFound."""
        return iter([self._sources.get_kept(scope, source)]) if source is not None else self._sources.iter_kept(scope)

    def kept_store(self, scope: Scope, source: Source) -> Store:
        """The store of a source that may rest in the trash."""
        return self._stores.open(scope, source.id)

    def sources_of(self, scope: Scope, source: str | None = None) -> Iterator[Source]:
        """The one source that is named, or all of them in order of their ids. Raises NotFound."""
        if source is not None:
            yield self._sources.get(scope, source)
            return
        yield from iter_pages(lambda cursor: self._sources.list(scope, cursor=cursor))

    def sources_behind(self, scope: Scope, after: str | None, *, limit: int) -> Page[Source]:
        """Some sources in order of their ids, from the one behind this id on (None: the first)."""
        return self._sources.list_behind(scope, after, limit=limit)

    def newest(self, scope: Scope, source: Source, count: int) -> Sequence[SnapshotInfo]:
        """At most so many snapshots of a source that was just found, newest first, without those in the trash. Raises StoreError, ObjectMissing."""
        store = self._stores.find(scope, source.id)
        return store.newest(count) if store is not None else ()

    def as_of(self, scope: Scope, source: str, at: datetime | None, *, seq: int | None = None) -> SnapshotInfo | None:
        """The snapshot of this number; else the newest at or before the instant, the newest of all for None. None where there was none yet."""
        store = self.store(scope, source)
        if seq is not None:
            return store.snapshot(seq)
        return store.latest() if at is None else store.find_snapshot(at)

    def change_sets(self, scope: Scope, source: str, *, seq: int | None = None) -> Sequence[ChangeSet]:
        """What was changed together up to a snapshot (None: the newest) since the one before. Raises NotFound."""
        from listbackup.services.data.change_sets import sets_of

        snapshot, store = self.snapshot(scope, source, seq), self.store(scope, source)
        return sets_of(store, self.described(scope, source), snapshot, clock=self.clock)

    def described(self, scope: Scope, source: str) -> Mapping[str, StreamInfo]:
        """What the platform's facts say of its streams, without asking it; empty where they depend on what is connected."""
        return self._sources.described(scope, source)

    def discover(self, scope: Scope, source: str) -> Sequence[StreamInfo]:
        """What the platform shows now. Raises PlatformError."""
        return self._sources.discover(scope, source)

    def store(self, scope: Scope, source: str) -> Store:
        """The store of a source, for what this face does not offer."""
        return self._stores.open(scope, self._sources.get(scope, source).id)

    def _view(self, scope: Scope, source: str, seq: int | None, stream: str | None) -> View:
        store = self.store(scope, source)
        snapshot = pick(store, source, seq)
        if stream is not None and stream not in snapshot.streams:
            hint = "it has: " + ", ".join(sorted(snapshot.streams))
            raise NotFound(f"snapshot {snapshot.seq} of {source!r} has no stream {stream!r}", hint=hint)
        return store.at(snapshot.seq)


def pick(store: Store, source: str, seq: int | None) -> SnapshotInfo:
    """The snapshot of this number, the newest for None. Raises NotFound."""
    if seq is not None:
        return store.snapshot(seq)
    latest = store.latest()
    if latest is None:
        raise NotFound(f"source {source!r} has no snapshot yet", hint=f"run `listbackup backup {source}` first")
    return latest
