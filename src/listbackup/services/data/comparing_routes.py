"""Moments compared, and words looked for."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.base.errors import InputError
from listbackup.http.paging import Listing
from listbackup.http.permission import Permission
from listbackup.services.data.change_sets import ChangeSet, page_of_change_sets
from listbackup.services.data.differences import page_of_changes
from listbackup.services.data.hunting import Sought, search
from listbackup.services.data.places import demand_stream, pair
from listbackup.services.data.schema import (
    ChangeSetParameters,
    ChangeShown,
    DiffCountsParameters,
    DiffParameters,
    Hits,
    SearchParameters,
    show_change,
    show_hits,
)
from listbackup.services.data.service import Data
from listbackup.services.routing import Answer, Call, Route, reading
from listbackup.store import ChangeCounts


def comparing_routes(data: Data) -> Sequence[Route]:
    """What changed, and what is where."""
    return [*_differing(data), *_hunting(data)]


def _differing(data: Data) -> Sequence[Route]:
    def diff(call: Call) -> Answer:
        asked = call.query(DiffParameters)
        source, before, after = pair(data, call, asked.from_, asked.to)
        if asked.stream is not None:
            demand_stream(after, asked.stream)
        data.looks.note(call.scope, "diff", source.id, snapshot=after.id, stream=asked.stream or "")
        found = page_of_changes(
            data.store(call.scope, source.id),
            before,
            after,
            stream=asked.stream,
            values=asked.values,
            limit=asked.limit,
            cursor=asked.cursor,
        )
        return Answer(content=Listing(items=[show_change(one) for one in found.items], next=found.next))

    def counts(call: Call) -> Answer:
        asked = call.query(DiffCountsParameters)
        source, before, after = pair(data, call, asked.from_, asked.to)
        return Answer(content=data.diff_counts(call.scope, source.id, before.seq, after.seq))

    def change_sets(call: Call) -> Answer:
        asked = call.query(ChangeSetParameters)
        source = next(iter(data.sources_of(call.scope, asked.source)))
        data.looks.note(call.scope, "change_sets", source.id, stream=asked.stream or "")
        found = page_of_change_sets(
            data.store(call.scope, source.id),
            data.described(call.scope, source.id),
            clock=data.clock,
            since=asked.since,
            until=asked.until,
            stream=asked.stream,
            limit=asked.limit,
            cursor=asked.cursor,
        )
        return Answer(content=Listing(items=found.items, next=found.next))

    look, read = Permission.CONTENT_READ, Permission.SNAPSHOTS_READ
    return [
        reading("/diff", "What differs between two snapshots of a source", look, diff, Listing[ChangeShown], DiffParameters),
        reading("/diff/counts", "How much differs, by stream", read, counts, dict[str, ChangeCounts], DiffCountsParameters),
        reading("/change-sets", "What was changed together, newest run first", look, change_sets, Listing[ChangeSet], ChangeSetParameters),
    ]


def _hunting(data: Data) -> Sequence[Route]:
    def hunt(call: Call) -> Answer:
        asked = call.query(SearchParameters)
        source, seq = asked.source, None
        if asked.snapshot is not None:
            if asked.source is not None or asked.as_of is not None:
                raise InputError("a snapshot says already which source and when", field="snapshot")
            of, snapshot = data.place(call.scope, asked.snapshot)
            if asked.stream is not None:
                demand_stream(snapshot, asked.stream)
            source, seq = of.id, snapshot.seq
        sought = Sought(text=asked.q, source=source, seq=seq, stream=asked.stream, as_of=asked.as_of)
        return Answer(content=show_hits(search(data, call.scope, sought, clock=data.clock, limit=asked.limit, cursor=asked.cursor)))

    about = "Records that hold a text: of a snapshot, of a source, of all sources at an instant"
    return [reading("/search", about, Permission.CONTENT_READ, hunt, Hits, SearchParameters)]
