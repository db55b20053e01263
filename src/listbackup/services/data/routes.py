"""What snapshots offer over HTTP: looked at, compared, searched, held, verified; and what retention would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from listbackup.base.errors import InputError, NotFound
from listbackup.http.paging import Listing, Parameters, listing
from listbackup.http.permission import Permission
from listbackup.processor.verify import Verification
from listbackup.services.data.keys import parse_key
from listbackup.services.data.restore_routes import restore_routes
from listbackup.services.data.schema import (
    ChangeShown,
    DiffCountsParameters,
    DiffParameters,
    Hits,
    HitShown,
    Hold,
    RecordParameters,
    RecordShown,
    Sample,
    SearchParameters,
    SnapshotParameters,
    SnapshotShown,
    StreamShown,
    VersionShown,
    show_change,
    show_record,
    show_snapshot,
    show_streams,
    show_version,
)
from listbackup.services.data.service import Data
from listbackup.services.data.upkeep import Upkeep
from listbackup.services.routing import Answer, Call, Handle, Route
from listbackup.services.sources import Source
from listbackup.store import Change, ChangeCounts, SnapshotInfo
from listbackup.store.keycode import encode_key
from listbackup.store.model import HIDDEN
from listbackup.store.policy import ExpirePlan
from listbackup.store.prune import PruneStats

_ONE = "/snapshots/{snapshot:snp}"
_RECORDS = f"{_ONE}/streams/{{stream}}/records"


def routes(data: Data, upkeep: Upkeep) -> Sequence[Route]:
    """The account's snapshots."""
    return [*_looking(data), *_comparing(data), *_keeping(data, upkeep)]


def _looking(data: Data) -> Sequence[Route]:
    def snapshots(call: Call) -> Answer:
        source, trash = call.path["source"], call.query(SnapshotParameters).with_trash
        found = data.snapshots(call.scope, source, with_trash=trash)
        return Answer(content=Listing(items=[show_snapshot(source, one) for one in reversed(found)]))

    def get(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        return Answer(content=show_snapshot(source.id, snapshot))

    def streams(call: Call) -> Answer:
        return Answer(content=Listing(items=show_streams(data.place(call.scope, call.path["snapshot"])[1].streams)))

    def records(call: Call) -> Answer:
        source, snapshot = _with_stream(data, call)
        page = call.query(RecordParameters)
        start = page.cursor or (encode_key(parse_key(page.after)[0]).hex() if page.after is not None else None)
        found = data.store(call.scope, source.id).at(snapshot.seq).page(call.path["stream"], cursor=start, limit=page.limit)
        return Answer(content=listing(found, show_record))

    def record(call: Call) -> Answer:
        source, snapshot = _with_stream(data, call)
        return Answer(content=show_record(data.record(call.scope, source.id, call.path["stream"], call.path["key"], seq=snapshot.seq)))

    def history(call: Call) -> Answer:
        source, _ = _with_stream(data, call)
        found = data.history(call.scope, source.id, call.path["stream"], call.path["key"])
        return Answer(content=Listing(items=[show_version(one) for one in found]))

    def search(call: Call) -> Answer:
        asked = call.query(SearchParameters)
        source, snapshot = data.place(call.scope, asked.snapshot)
        if asked.stream is not None:
            _demand_stream(snapshot, asked.stream)
        found = data.search(call.scope, source.id, asked.q, stream=asked.stream, seq=snapshot.seq)
        seen = (one for one in found if not one.stream.startswith(HIDDEN))
        hits = [(one.stream, show_record(one.record)) for one in islice(seen, asked.limit + 1)]
        items = [
            HitShown(stream=stream, key=one.key, parts=one.parts, since=one.since, record=one.record) for stream, one in hits[: asked.limit]
        ]
        return Answer(content=Hits(items=items, more=len(hits) > asked.limit))

    return [
        _get(
            "/sources/{source:src}/snapshots", "A source's snapshots, newest first", snapshots, Listing[SnapshotShown], SnapshotParameters
        ),
        _get(_ONE, "A snapshot", get, SnapshotShown),
        _get(f"{_ONE}/streams", "The streams of a snapshot", streams, Listing[StreamShown]),
        _get(_RECORDS, "Records as they stood, in order of their keys", records, Listing[RecordShown], RecordParameters, content=True),
        _get(
            f"{_RECORDS}/{{key:path}}/history", "Every kept version of a record, newest first", history, Listing[VersionShown], content=True
        ),
        _get(f"{_RECORDS}/{{key:path}}", "A record as it stood", record, RecordShown, content=True),
        _get("/search", "Records of a snapshot that hold a text", search, Hits, SearchParameters, content=True),
    ]


def _comparing(data: Data) -> Sequence[Route]:
    def diff(call: Call) -> Answer:
        asked = call.query(DiffParameters)
        source, before, after = _pair(data, call, asked.from_, asked.to)
        _demand_stream(after, asked.stream)
        changes = data.diff(call.scope, source.id, before.seq, after.seq, stream=asked.stream)
        found = list(islice(_behind(changes, asked.cursor), asked.limit + 1))
        shown = found[: asked.limit]
        following = encode_key(shown[-1].key).hex() if len(found) > asked.limit else None
        return Answer(content=Listing(items=[show_change(one) for one in shown], next=following))

    def counts(call: Call) -> Answer:
        asked = call.query(DiffCountsParameters)
        source, before, after = _pair(data, call, asked.from_, asked.to)
        return Answer(content=data.diff_counts(call.scope, source.id, before.seq, after.seq))

    return [
        _get("/diff", "What differs between two snapshots of a source", diff, Listing[ChangeShown], DiffParameters, content=True),
        _get("/diff/counts", "How much differs, by stream", counts, dict[str, ChangeCounts], DiffCountsParameters),
    ]


def _keeping(data: Data, upkeep: Upkeep) -> Sequence[Route]:
    def hold(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        return Answer(content=show_snapshot(source.id, upkeep.hold(call.scope, source.id, snapshot.seq, call.body(Hold).reason)))

    def release(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        upkeep.release(call.scope, source.id, snapshot.seq)
        return Answer()

    def verify(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        return Answer(content=upkeep.verify(call.scope, source.id, seq=snapshot.seq, sample=call.body(Sample).sample))

    def preview_expire(call: Call) -> Answer:
        return Answer(content=upkeep.plan_expire(call.scope, call.path["source"]))

    def preview_prune(call: Call) -> Answer:
        return Answer(content=upkeep.plan_prune(call.scope, call.path["source"]).stats())

    keep, of = Permission.RETENTION_MANAGE, "/sources/{source:src}"
    return [
        _get(f"{of}/retention/preview", "Which snapshots the retention would keep and drop", preview_expire, ExpirePlan),
        _get(f"{of}/prune/preview", "What a prune would do", preview_prune, PruneStats),
        Route(
            method="POST",
            path=f"{_ONE}/hold",
            summary="Keep a snapshot whatever the retention says",
            access=keep,
            handle=hold,
            body=Hold,
            answers=SnapshotShown,
        ),
        Route(
            method="DELETE", path=f"{_ONE}/hold", summary="Let a held snapshot go", access=keep, step_up=True, handle=release, status=204
        ),
        Route(
            method="POST",
            path=f"{_ONE}/verify",
            summary="Compare a sample with the platform as it is now",
            access=Permission.RUNS_EXECUTE,
            handle=verify,
            body=Sample,
            answers=Verification,
            problems=(502,),
        ),
    ]


def _get(
    path: str, summary: str, handle: Handle, answers: object, query: type[Parameters] | None = None, *, content: bool = False
) -> Route:
    access = Permission.CONTENT_READ if content else Permission.SNAPSHOTS_READ
    return Route(method="GET", path=path, summary=summary, access=access, handle=handle, answers=answers, query=query)


def _with_stream(data: Data, call: Call) -> tuple[Source, SnapshotInfo]:
    source, snapshot = data.place(call.scope, call.path["snapshot"])
    _demand_stream(snapshot, call.path["stream"])
    return source, snapshot


def _demand_stream(snapshot: SnapshotInfo, stream: str) -> None:
    if stream.startswith(HIDDEN) or stream not in snapshot.streams:
        raise NotFound(f"the snapshot has no stream {stream!r}")


def _pair(data: Data, call: Call, before: str, after: str) -> tuple[Source, SnapshotInfo, SnapshotInfo]:
    (source, older), (other, newer) = data.place(call.scope, before), data.place(call.scope, after)
    if source.id != other.id:
        raise InputError("the two snapshots are of different sources", field="to")
    if older.seq > newer.seq:
        raise InputError("the snapshot to compare with is the older one", hint="change the two over", field="from")
    return source, older, newer


def _behind(changes: Iterator[Change], cursor: str | None) -> Iterator[Change]:
    """The changes behind the cursor; those before it are read again, so that a page costs as much as the changes up to it."""
    if cursor is None:
        return changes
    try:
        last = bytes.fromhex(cursor)
    except ValueError:
        raise InputError("the cursor does not belong to this listing", field="cursor", hint="start again without a cursor") from None
    return (change for change in changes if encode_key(change.key) > last)


__all__ = ["restore_routes", "routes"]
