"""Snapshots and records, looked at."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.base.errors import InputError
from listbackup.base.numbers import whole
from listbackup.http.paging import Listing, listing
from listbackup.http.permission import Permission
from listbackup.processor.restore_room import references_in
from listbackup.services.data.asking import FieldShown, fields_of, parse_fields, parse_filter
from listbackup.services.data.keys import kept_key, parse_key, show_key
from listbackup.services.data.newest import newest_of_each
from listbackup.services.data.places import ONE, RECORDS, with_stream
from listbackup.services.data.records import Wanted, page_of_records, records_at
from listbackup.services.data.schema import (
    NewestParameters,
    RecordParameters,
    RecordShown,
    ReferenceShown,
    SnapshotParameters,
    SnapshotShown,
    SourceSnapshots,
    StreamShown,
    VersionShown,
    show_newest,
    show_record,
    show_snapshot,
    show_streams,
    show_version,
)
from listbackup.services.data.service import Data
from listbackup.services.routing import Answer, Call, Route, reading
from listbackup.store.keycode import encode_key

_KEY = f"{RECORDS}/{{key:path}}"


def looking_routes(data: Data) -> Sequence[Route]:
    """The account's snapshots and what is in them."""
    return [*_snapshots(data), *_records(data)]


def _snapshots(data: Data) -> Sequence[Route]:
    def snapshots(call: Call) -> Answer:
        source, asked = call.path["source"], call.query(SnapshotParameters)
        found = list(reversed(data.snapshots(call.scope, source, with_trash=asked.with_trash)))
        if asked.cursor is not None:
            before = whole(asked.cursor)
            if before is None:
                raise InputError("the cursor does not belong to this listing", field="cursor", hint="start again without a cursor")
            found = [one for one in found if one.seq < before]
        page = found[: asked.limit]
        following = str(page[-1].seq) if len(found) > asked.limit else None
        return Answer(content=Listing(items=[show_snapshot(source, one) for one in page], next=following))

    def newest(call: Call) -> Answer:
        asked = call.query(NewestParameters)
        found = newest_of_each(data, call.scope, newest=asked.newest, limit=asked.limit, cursor=asked.cursor)
        return Answer(content=listing(found, show_newest))

    def get(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        return Answer(content=show_snapshot(source.id, snapshot))

    def streams(call: Call) -> Answer:
        return Answer(content=Listing(items=show_streams(data.place(call.scope, call.path["snapshot"])[1].streams)))

    read, all_of = Permission.SNAPSHOTS_READ, "/sources/{source:src}/snapshots"
    return [
        reading(all_of, "A source's snapshots, newest first", read, snapshots, Listing[SnapshotShown], SnapshotParameters),
        reading("/snapshots", "The newest snapshots of each source", read, newest, Listing[SourceSnapshots], NewestParameters),
        reading(ONE, "A snapshot", read, get, SnapshotShown),
        reading(f"{ONE}/streams", "The streams of a snapshot", read, streams, Listing[StreamShown]),
    ]


def _records(data: Data) -> Sequence[Route]:
    def records(call: Call) -> Answer:
        asked = call.query(RecordParameters)
        wanted = _wanted(call.path["stream"], asked)
        fields = parse_fields(asked.fields) if asked.fields is not None else ()
        source, snapshot, _ = with_stream(data, call, "records")
        view = data.store(call.scope, source.id).at(snapshot.seq)
        start = asked.cursor or (encode_key(parse_key(asked.after)[0]).hex() if asked.after is not None and wanted.is_plain else None)
        found = (
            page_of_records(view, wanted, clock=data.clock, limit=asked.limit, cursor=start, positions=data.positions)
            if asked.position is None
            else records_at(view, wanted, position=asked.position, limit=asked.limit, positions=data.positions)
        )
        return Answer(content=Listing(items=[show_record(one, fields) for one in found.items], next=found.next))

    about = "Records as they stood, in order of their keys or of a field"
    return [
        reading(RECORDS, about, Permission.CONTENT_READ, records, Listing[RecordShown], RecordParameters),
        *_one_record(data),
    ]


def _one_record(data: Data) -> Sequence[Route]:
    def record(call: Call) -> Answer:
        source, snapshot, stream = with_stream(data, call, "record")
        return Answer(content=show_record(data.record(call.scope, source.id, stream, call.path["key"], seq=snapshot.seq)))

    def history(call: Call) -> Answer:
        source, _, stream = with_stream(data, call, "history")
        found = data.history(call.scope, source.id, stream, call.path["key"])
        return Answer(content=Listing(items=[show_version(one) for one in found]))

    def fields(call: Call) -> Answer:
        source, snapshot, stream = with_stream(data, call, "record")
        found = data.record(call.scope, source.id, stream, call.path["key"], seq=snapshot.seq)
        return Answer(content=Listing(items=fields_of(found.raw)))

    def references(call: Call) -> Answer:
        source, snapshot, stream = with_stream(data, call, "record")
        found = data.record(call.scope, source.id, stream, call.path["key"], seq=snapshot.seq)
        info = data.described(call.scope, source.id).get(stream)
        view = data.store(call.scope, source.id).at(snapshot.seq)
        shown = [
            ReferenceShown(
                path=path, stream=to, key=show_key(key), kept=to in snapshot.streams and kept_key(view, to, show_key(key)) is not None
            )
            for path, to, key in (references_in(info.references, found.raw) if info is not None else ())
        ]
        return Answer(content=Listing(items=shown))

    look = Permission.CONTENT_READ
    return [
        reading(f"{_KEY}/history", "Every kept version of a record, newest first", look, history, Listing[VersionShown]),
        reading(f"{_KEY}/fields", "A record's fields, one by one", look, fields, Listing[FieldShown]),
        reading(f"{_KEY}/references", "The records that a record refers to", look, references, Listing[ReferenceShown]),
        reading(_KEY, "A record as it stood", look, record, RecordShown),
    ]


def _wanted(stream: str, asked: RecordParameters) -> Wanted:
    sort = asked.sort.removeprefix("-") if asked.sort is not None else None
    if sort == "":
        raise InputError("name the field to sort by", field="sort")
    wanted = Wanted(
        stream=stream,
        filters=parse_filter(asked.filter) if asked.filter is not None else (),
        text=asked.q,
        sort=tuple(sort.split(".")) if sort is not None else None,
        descending=asked.sort is not None and asked.sort.startswith("-"),
    )
    if asked.after is not None and not wanted.is_plain:
        raise InputError("a page that is filtered or sorted begins by its cursor", field="after")
    if asked.position is not None and (asked.cursor is not None or asked.after is not None):
        raise InputError("a page begins by a cursor, behind a key or at a position", field="position", hint="give one of them")
    return wanted
