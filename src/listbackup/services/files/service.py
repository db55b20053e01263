"""Files, read from the attachments of snapshots. What is listed, searched or downloaded is content: the trail is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from listbackup.base.errors import NotFound
from listbackup.services.data import Budget, Data, read_cursor, show_key, write_cursor
from listbackup.services.downloads import Delivery, Downloads, Kind, Ticket, safe_name
from listbackup.services.files.model import Address, Branch, File, FileNode, FilesFound, NodeKind, Wanted, read_id, record_of, write_id
from listbackup.services.scope import Scope
from listbackup.services.sources import Source
from listbackup.store import Key, SnapshotInfo
from listbackup.store.keycode import decode_key, encode_key, prefix_range
from listbackup.store.model import ATTACHMENTS


class Files:
    """The files of an account."""

    def __init__(self, data: Data, downloads: Downloads) -> None:
        self._data, self._downloads = data, downloads
        downloads.deliver(Kind.FILE, self._open)

    def page(self, scope: Scope, wanted: Wanted, *, limit: int, cursor: str | None = None) -> FilesFound:
        """A page of the files that are wanted, by source and record. Raises NotFound for the source, InputError for a cursor of another listing."""
        listing = f"files/{wanted}"
        from_source, behind = "", None
        if cursor is not None:
            named, code = read_cursor(listing, cursor, tuple[str, bytes])
            assert isinstance(named, str)
            assert isinstance(code, bytes)
            from_source, behind = named, code
        budget, found = Budget(self._data.clock), list[File]()
        for source, snapshot in self._snapshots(scope, wanted):
            if source.id < from_source:
                continue
            self._data.looks.note(scope, "files", source.id, snapshot=snapshot.id)
            last = behind if source.id == from_source else None
            for address, file in self._rows(scope, source, snapshot, last):
                if _fits(file, wanted):
                    if len(found) == limit:
                        return FilesFound(items=found, next=_cursor(listing, source, last))
                    found.append(file)
                last = address.code
                budget.spend(1)
                if budget.is_over:
                    return FilesFound(items=found, next=_cursor(listing, source, last), incomplete=True)
        return FilesFound(items=found, next=None)

    def get(self, scope: Scope, file: str) -> File:
        """The file of this id. Raises NotFound, also for one of a snapshot that is gone."""
        address = read_id(file)
        source = next(iter(self._data.sources_of(scope, address.source)))
        if source.id != address.source:
            raise NotFound("a source is named by its id here")
        return self._at(scope, source, address)

    def offer(self, scope: Scope, file: str) -> Ticket:
        """A ticket for the file's bytes. Raises NotFound."""
        found = self.get(scope, file)
        self._data.looks.note(scope, "download", found.source, snapshot=found.snapshot, stream=found.stream)
        return self._downloads.offer(scope, Kind.FILE, found.id, subject=found.source)

    def of_record(self, scope: Scope, source: Source, snapshot: SnapshotInfo, stream: str, key: str) -> list[File]:
        """The files of one record. Raises NotFound for the record."""
        record = self._data.record(scope, source.id, stream, key, seq=snapshot.seq)
        rows = self._data.attachment_rows(scope, source.id, snapshot.seq, (stream, *record.key))
        pairs = ((Address(source=source.id, seq=snapshot.seq, code=code), raw) for code, raw in rows)
        return [_file(source, snapshot, one, raw) for one, raw in pairs if record_of(decode_key(one.code)) == record.key]

    def _at(self, scope: Scope, source: Source, address: Address) -> File:
        try:
            parts = decode_key(address.code)
        except ValueError:
            raise NotFound("there is no such file") from None
        snapshot = self._data.snapshot(scope, source.id, address.seq)
        row = self._data.store(scope, source.id).at(snapshot.seq).get(ATTACHMENTS, parts)
        if row is None or len(parts) < 3:
            raise NotFound("there is no such file")
        return _file(source, snapshot, address, row.raw)

    def branch(self, scope: Scope, path: str, as_of: datetime | None, *, limit: int, cursor: str | None = None) -> Branch:
        """What a place of the tree holds: ``""`` the sources, ``src_…`` its streams, ``src_…/stream`` records, ``src_…/stream/key`` files. Raises NotFound."""
        if not path:
            return self._roots(scope, as_of, limit, cursor)
        named, _, below = path.partition("/")
        source = next(iter(self._data.sources_of(scope, named)))
        snapshot = self._data.as_of(scope, source.id, as_of)
        if source.id != named or snapshot is None:
            raise NotFound(f"the tree has no {path[:80]!r}")
        self._data.looks.note(scope, "files", source.id, snapshot=snapshot.id)
        stream, _, key = below.partition("/")
        if not stream:
            return self._steps(scope, source, snapshot, (), NodeKind.STREAM, limit, cursor)
        if not key:
            return self._steps(scope, source, snapshot, (stream,), NodeKind.RECORD, limit, cursor)
        files = self.of_record(scope, source, snapshot, stream, key)
        nodes = [FileNode(kind=NodeKind.FILE, name=one.name, path=f"{path}/{one.path}", file=one) for one in files]
        return Branch(items=nodes[:limit], next=None)

    def _roots(self, scope: Scope, as_of: datetime | None, limit: int, cursor: str | None) -> Branch:
        found, last = list[FileNode](), ""
        if cursor is not None:
            (last,) = read_cursor("tree", cursor, tuple[str])  # type: ignore[assignment]
        for source in self._data.sources_of(scope):
            if source.id <= last or self._data.as_of(scope, source.id, as_of) is None:
                continue
            if len(found) == limit:
                return Branch(items=found, next=write_cursor("tree", [found[-1].path]))
            found.append(FileNode(kind=NodeKind.SOURCE, name=source.name, path=source.id))
        return Branch(items=found, next=None)

    def _steps(
        self, scope: Scope, source: Source, snapshot: SnapshotInfo, beginning: Key, kind: NodeKind, limit: int, cursor: str | None
    ) -> Branch:
        """One node for each next step behind ``beginning``: found by jumping from one to the next, so that what lies between is not read."""
        listing = f"tree/{source.id}/{snapshot.seq}/{beginning}"
        view = self._data.store(scope, source.id).at(snapshot.seq)
        start, stop = prefix_range(encode_key(beginning)) if beginning else (b"", None)
        if cursor is not None:
            (start,) = read_cursor(listing, cursor, tuple[bytes])  # type: ignore[assignment]
        found = list[FileNode]()
        while (row := next(view.items(ATTACHMENTS, start, stop), None)) is not None:
            if len(found) == limit:
                return Branch(items=found, next=write_cursor(listing, [start]))
            parts = decode_key(row[0])
            step = parts[:1] if kind is NodeKind.STREAM else parts[:-1]
            name = str(parts[0]) if kind is NodeKind.STREAM else show_key(record_of(parts))
            found.append(FileNode(kind=kind, name=name, path="/".join([source.id, *map(str, beginning), name])))
            start = prefix_range(encode_key(step))[1]
        return Branch(items=found, next=None)

    def _open(self, scope: Scope, file: str) -> Delivery:
        found = self.get(scope, file)
        chunks = self._data.open_attachment(scope, found.source, found.content_id, seq=read_id(file).seq)
        return Delivery(
            filename=safe_name(found.stream, found.content_id[:12], like=found.name),
            media_type=found.content_type or "",
            chunks=chunks,
            size_bytes=found.size_bytes,
        )

    def _snapshots(self, scope: Scope, wanted: Wanted) -> Iterator[tuple[Source, SnapshotInfo]]:
        for source in self._data.sources_of(scope, wanted.source):
            snapshot = self._data.as_of(scope, source.id, wanted.as_of, seq=wanted.seq)
            if snapshot is not None:
                yield source, snapshot

    def _rows(self, scope: Scope, source: Source, snapshot: SnapshotInfo, after: bytes | None) -> Iterator[tuple[Address, File]]:
        view = self._data.store(scope, source.id).at(snapshot.seq)
        for code, raw in view.items(ATTACHMENTS, after, None):
            address = Address(source=source.id, seq=snapshot.seq, code=code)
            yield address, _file(source, snapshot, address, raw)


def _file(source: Source, snapshot: SnapshotInfo, address: Address, raw: bytes) -> File:
    from listbackup.store.attach import attachment_value

    parts, value = decode_key(address.code), attachment_value(raw)
    return File(
        id=write_id(address),
        source=source.id,
        snapshot=snapshot.id,
        at=snapshot.at,
        stream=str(parts[0]),
        record=show_key(record_of(parts)),
        path=str(parts[-1]),
        name=value.name,
        size_bytes=value.size,
        content_type=value.content_type,
        content_id=value.id,
    )


def _fits(file: File, wanted: Wanted) -> bool:
    text = wanted.text.casefold() if wanted.text is not None else None
    return (
        (wanted.stream is None or file.stream == wanted.stream)
        and (text is None or text in file.name.casefold() or text in file.path.casefold())
        and (wanted.content_type is None or (file.content_type or "").startswith(wanted.content_type))
        and (wanted.min_bytes is None or file.size_bytes >= wanted.min_bytes)
        and (wanted.max_bytes is None or file.size_bytes <= wanted.max_bytes)
    )


def _cursor(listing: str, source: Source, behind: bytes | None) -> str:
    return write_cursor(listing, [source.id, behind or b""])
