"""What a server keeps, read over its API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from listbackup.base.clock import Clock
from listbackup.base.errors import InputError, NotFound
from listbackup.cli.remote.here import LONGEST_PAGE, absent, here, page_size
from listbackup.cli.remote.line import Line
from listbackup.cli.remote.sources import RemoteSources
from listbackup.client.api.models import SnapshotShown
from listbackup.client.paging import every
from listbackup.processor.export import ExportFormat, ExportOptions, ExportResult, ListenExport
from listbackup.services.data import ChangeSet, Found, show_key
from listbackup.services.scope import Scope
from listbackup.store import (
    AttachmentInfo,
    Change,
    ChangeCounts,
    ChangeKind,
    Key,
    Op,
    Record,
    SnapshotInfo,
    SnapshotKind,
    StreamCounts,
    StreamStatus,
    Version,
)

NULL = b"null"


class RemoteData:
    """Snapshots and records of the server's sources."""

    def __init__(self, line: Line, sources: RemoteSources, clock: Clock) -> None:
        self._line, self._sources, self._clock = line, sources, clock
        self._files: dict[str, str] = {}
        self._seen: dict[tuple[str, bool], Sequence[SnapshotInfo]] = {}

    def snapshots(self, scope: Scope, source: str, *, with_trash: bool = False) -> Sequence[SnapshotInfo]:
        """The source's snapshots, oldest first."""
        of = self._sources.names.get(source).id
        newest_first = [snapshot_here(one) for one in self._line.data.iter_snapshots(of, with_trash=with_trash, limit=LONGEST_PAGE)]
        found = newest_first[::-1]
        self._seen[(of, with_trash)] = found
        return found

    def scan(
        self, scope: Scope, source: str, stream: str, *, seq: int | None = None, after: Key | None = None, limit: int | None = None
    ) -> Iterator[Record]:
        """The records of a stream in key order."""
        snapshot = self.with_stream(scope, source, seq, stream)
        return self._records(snapshot, stream, after, limit)

    def record(self, scope: Scope, source: str, stream: str, key: str | Key, *, seq: int | None = None) -> Record:
        """One record as it stood. Raises NotFound."""
        snapshot, text = self.with_stream(scope, source, seq, stream), key if isinstance(key, str) else show_key(key)
        try:
            said = self._line.data.record(snapshot.id, stream, text)
        except NotFound:
            raise NotFound(f"there was no record {text!r} in {stream} then") from None
        return Record(key=tuple(said.parts), raw=bytes(said.record), seq=said.since)

    def history(self, scope: Scope, source: str, stream: str, key: str | Key) -> Sequence[Version]:
        """Every version of a record that is kept, newest first."""
        text = key if isinstance(key, str) else show_key(key)
        for snapshot in reversed(self._known(scope, source)):
            if stream in snapshot.streams:
                break
        else:
            raise NotFound(f"there is no stream {stream}")
        try:
            said = self._line.data.history(snapshot.id, stream, text).items
        except NotFound:
            raise NotFound(f"{stream} never held a record {text!r}") from None
        return [
            Version(seq=one.since, at=one.at, op=Op[one.happened.upper()], raw=_raw(bytes(one.record)), evidence=one.evidence)
            for one in said
        ]

    def diff(self, scope: Scope, source: str, before: int, after: int, *, stream: str | None = None) -> Iterator[Change]:
        """What differs between two snapshots, by stream and key."""
        older, newer = self.pick(scope, source, before), self.pick(scope, source, after)
        _demand_order(older, newer)
        streams = [stream] if stream is not None else sorted({*older.streams, *newer.streams})
        return self._changes(older, newer, [one for one in streams if one in newer.streams])

    def diff_counts(self, scope: Scope, source: str, before: int, after: int) -> dict[str, ChangeCounts]:
        """How much differs between two snapshots, by stream."""
        older, newer = self.pick(scope, source, before), self.pick(scope, source, after)
        _demand_order(older, newer)
        return {stream: here(ChangeCounts, one) for stream, one in self._line.data.diff_counts(from_=older.id, to=newer.id).items()}

    def change_sets(self, scope: Scope, source: str, *, seq: int | None = None) -> Sequence[ChangeSet]:
        """What was changed together up to a snapshot since the one before."""
        snapshot = self.pick(scope, source, seq)
        until = snapshot.at + timedelta(milliseconds=1)
        said = self._line.data.iter_change_sets(source=self._sources.names.get(source).id, since=snapshot.at, until=until)
        return [here(ChangeSet, one) for one in said if one.number == snapshot.seq]

    def search(self, scope: Scope, source: str, text: str, *, stream: str | None = None, seq: int | None = None) -> Iterator[Found]:
        """The records of a snapshot that hold this text."""
        snapshot = self.pick(scope, source, seq) if stream is None else self.with_stream(scope, source, seq, stream)
        said = self._line.data.iter_search(snapshot=snapshot.id, q=text, stream=stream)
        return (Found(stream=one.stream, record=Record(key=tuple(one.parts), raw=bytes(one.record), seq=one.since)) for one in said)

    def attachments(self, scope: Scope, source: str, stream: str, key: str | Key, *, seq: int | None = None) -> Sequence[AttachmentInfo]:
        """The files that belonged to a record."""
        snapshot, text = self.with_stream(scope, source, seq, stream), key if isinstance(key, str) else show_key(key)
        place = f"{self._sources.names.get(source).id}/{stream}/{text}"
        try:
            files = [node.file for node in self._line.files.iter_tree(path=place, as_of=snapshot.at) if node.file is not None]
        except NotFound:
            files = []
        self._files |= {one.content_id: one.id for one in files}
        return [
            AttachmentInfo(
                id=one.content_id,
                stream=stream,
                key=(),
                path=one.path,
                name=one.name,
                size_bytes=one.size_bytes,
                content_type=one.content_type,
            )
            for one in files
        ]

    def open_attachment(self, scope: Scope, source: str, attachment: str, *, seq: int | None = None) -> Iterator[bytes]:
        """The bytes, in chunks, of an attachment that ``attachments`` told of."""
        with absent("attachment", attachment):
            link = self._line.files.create_download_url(self._files.get(attachment, attachment))
        return iter(self._line.downloads.get(link.url.rpartition("/")[2]))

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
        """The snapshot's records as files in the folder ``dest``."""
        from listbackup.cli.remote.exports import fetch_export

        snapshot = self.pick(scope, source, seq)
        return fetch_export(self._line, self._clock, snapshot.id, dest, form=form, options=options, listen=listen)

    def pick(self, scope: Scope, source: str, seq: int | None) -> SnapshotInfo:
        """The snapshot of this number, the newest for None, in the trash or not. Raises NotFound."""
        of = self._sources.names.get(source).id
        known = [*self._seen.get((of, True), ()), *self._seen.get((of, False), ())] or self.snapshots(scope, source)
        if seq is None:
            if not known:
                raise NotFound(f"source {source!r} has no snapshot yet", hint=f"run `listbackup backup {source}` first")
            return known[-1]
        for one in known:
            if one.seq == seq:
                return one
        raise NotFound(f"there is no snapshot {seq}")

    def with_stream(self, scope: Scope, source: str, seq: int | None, stream: str) -> SnapshotInfo:
        """The snapshot, which has this stream. Raises NotFound."""
        snapshot = self.pick(scope, source, seq)
        if stream not in snapshot.streams:
            hint = "it has: " + ", ".join(sorted(snapshot.streams))
            raise NotFound(f"snapshot {snapshot.seq} of {source!r} has no stream {stream!r}", hint=hint)
        return snapshot

    def _known(self, scope: Scope, source: str) -> Sequence[SnapshotInfo]:
        of = self._sources.names.get(source).id
        return self._seen.get((of, False)) or self.snapshots(scope, source)

    def _records(self, snapshot: SnapshotInfo, stream: str, after: Key | None, limit: int | None) -> Iterator[Record]:
        size, start = page_size(limit or 500), show_key(after) if after is not None else None
        pages = every(
            lambda cursor: self._line.data.records(snapshot.id, stream, cursor=cursor, limit=size, after=start if cursor is None else None)
        )
        for number, one in enumerate(pages, start=1):
            yield Record(key=tuple(one.parts), raw=bytes(one.record), seq=one.since)
            if limit is not None and number >= limit:
                return

    def _changes(self, older: SnapshotInfo, newer: SnapshotInfo, streams: Sequence[str]) -> Iterator[Change]:
        for stream in streams:
            for one in self._line.data.iter_diff(from_=older.id, to=newer.id, stream=stream, limit=500):
                yield Change(
                    stream=one.stream,
                    key=tuple(one.parts),
                    kind=here(ChangeKind, one.kind),
                    before=_raw(bytes(one.before)),
                    after=_raw(bytes(one.after)),
                )


def snapshot_here(said: SnapshotShown) -> SnapshotInfo:
    """The snapshot as the store says it; what only the store needs is left empty."""
    return SnapshotInfo(
        id=said.id,
        seq=said.number,
        at=said.at,
        run=said.run,
        kind=here(SnapshotKind, said.kind),
        held=said.held,
        suspect=said.suspect,
        verified_at=said.verified_at,
        expired_at=said.expired_at,
        written_bytes=said.written_bytes,
        cursor=b"",
        facts={},
        streams={
            one.name: StreamCounts(
                live=one.records,
                added=one.added,
                changed=one.changed,
                removed=one.removed,
                status=here(StreamStatus, one.status),
                problems=tuple(one.problems),
            )
            for one in said.streams
        },
    )


def _raw(raw: bytes) -> bytes | None:
    return None if raw == NULL else raw


def _demand_order(older: SnapshotInfo, newer: SnapshotInfo) -> None:
    if older.seq > newer.seq:
        raise InputError(f"snapshot {older.seq} is newer than {newer.seq}", hint="name the older one first", field="snapshot")
