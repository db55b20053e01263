"""Snapshots, records and differences as they go over the wire. A record is its exact bytes inside the answer's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from pydantic import Field

from listbackup.http.instant import Instant
from listbackup.http.paging import PageParameters, Parameters, SnapshotRef, SourceRef
from listbackup.processor.fields import only_fields
from listbackup.services.data.asking import changed_fields
from listbackup.services.data.hunting import HitsFound
from listbackup.services.data.keys import show_key
from listbackup.services.data.newest import Newest
from listbackup.store import Change, Key, Record, SnapshotInfo, StreamCounts, Version
from listbackup.store.model import HIDDEN, ChangeKind, SnapshotKind, StreamStatus

StreamName = Annotated[str, Field(min_length=1, max_length=200)]
KeyText = Annotated[str, Field(min_length=1, max_length=2000)]


class SnapshotParameters(PageParameters):
    """Which snapshots of a source."""

    with_trash: Annotated[bool, Field(description="Also those in the trash.")] = False
    limit: Annotated[int, Field(ge=1, le=500, description="How many items at most.")] = 500


class NewestParameters(PageParameters):
    """How many snapshots of each source; ``limit`` counts sources. A page may be short before the last: go on while there is a ``next``."""

    newest: Annotated[int, Field(ge=1, le=100, description="How many snapshots of each source at most.")] = 14
    limit: Annotated[int, Field(ge=1, le=500, description="How many sources at most.")] = 100


class RecordParameters(PageParameters):
    """Which records; ``after`` begins behind this key, as people write it.

    All that is given must hold. A page that was judged record by record may be short, or empty, before the last: go on while there is a ``next``.
    """

    after: Annotated[KeyText | None, Field(description="Begin behind the record of this key.")] = None
    position: Annotated[
        int | None,
        Field(
            ge=0,
            le=2**31,
            description="Begin at this place of the listing, from 0: in order of the keys without `filter` and `q`, or in the order of `sort`.",
        ),
    ] = None
    filter: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=4000,
            examples=["status=open,amount>100"],
            description="Conditions joined by commas: `field=value`, with =, !=, <, > or ~ (contains), or a field alone (has a value); a comma in a value is `\\,`.",
        ),
    ] = None
    q: Annotated[str | None, Field(min_length=1, max_length=500, description="A text that stands in the record, whatever the case.")] = None
    sort: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=500,
            examples=["-updated_at"],
            description="A field, `-` before it for descending; up to 50,000 records.",
        ),
    ] = None
    fields: Annotated[
        str | None, Field(min_length=1, max_length=4000, examples=["id,name,owner.email"], description="Only these fields of each record.")
    ] = None


class DiffParameters(PageParameters):
    """Two snapshots of one source, and the stream whose changes are wanted (all of them without it). ``values`` false: only which records."""

    from_: Annotated[SnapshotRef, Field(alias="from")]
    to: SnapshotRef
    stream: StreamName | None = None
    values: Annotated[bool, Field(description="Both values of each record that changed; false: the records only.")] = True


class ChangeSetParameters(PageParameters):
    """Whose change sets, of runs in ``[since, until)``."""

    source: SourceRef
    since: Annotated[Instant | None, Field(description="From then on.")] = None
    until: Annotated[Instant | None, Field(description="Before then.")] = None
    stream: StreamName | None = None


class DiffCountsParameters(Parameters):
    """Two snapshots of one source."""

    from_: Annotated[SnapshotRef, Field(alias="from")]
    to: SnapshotRef


class SearchParameters(PageParameters):
    """A text that a record's bytes hold, whatever the case: in one snapshot, in one source, or in all as they stood at an instant (now, without it)."""

    q: Annotated[str, Field(min_length=1, max_length=500, description="What to look for, in any field, whatever the case.")]
    snapshot: SnapshotRef | None = None
    source: SourceRef | None = None
    as_of: Annotated[Instant | None, Field(description="As everything stood then; else now.")] = None
    stream: StreamName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamShown:
    """A stream in a snapshot: how many records live, and what its run changed."""

    name: str
    records: int
    added: int
    changed: int
    removed: int
    status: StreamStatus
    problems: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotShown:
    """A source as it stood at one instant."""

    id: str
    source: str
    number: int
    at: datetime
    kind: SnapshotKind
    run: str
    held: str | None
    suspect: bool
    verified_at: datetime | None
    expired_at: datetime | None
    written_bytes: int
    records: int
    streams: Sequence[StreamShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSnapshots:
    """A source's newest snapshots, newest first, without those in the trash. With a ``problem`` there are none here, and what is kept is not known."""

    source: str
    snapshots: Sequence[SnapshotShown]
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShown:
    """A record as the platform sent it; ``key`` is what addresses it, ``since`` the number of the snapshot that brought it so.

    ``parts`` are the key as it is: numbers as numbers, a part that the store made up in hexadecimal.
    """

    key: str
    parts: Sequence[str | int]
    since: int
    record: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionShown:
    """One turn in a record's life; ``record`` is null where it ceased to exist, ``evidence`` says how that is known."""

    since: int
    at: datetime | None
    happened: str
    record: msgspec.Raw | None
    evidence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeShown:
    """A record that differs between two snapshots."""

    stream: str
    key: str
    parts: Sequence[str | int]
    kind: ChangeKind
    before: msgspec.Raw | None
    after: msgspec.Raw | None
    fields: Sequence[str] = ()  # the top fields that differ


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceShown:
    """Another record that this one refers to, as far as the platform's facts say; ``kept`` whether the same snapshot has it."""

    path: str
    stream: str
    key: str
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HitShown:
    """A record that a search found."""

    source: str
    snapshot: str
    stream: str
    key: str
    parts: Sequence[str | int]
    since: int
    record: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What a search found; ``more`` when there is a ``next`` page.

    ``incomplete``: the time for one page ended before it was full. What lies behind ``next`` was not looked at yet.
    """

    items: Sequence[HitShown]
    more: bool
    next: str | None
    incomplete: bool


def show_snapshot(source: str, snapshot: SnapshotInfo) -> SnapshotShown:
    """The snapshot as it goes out."""
    streams = show_streams(snapshot.streams)
    return SnapshotShown(
        id=snapshot.id,
        source=source,
        number=snapshot.seq,
        at=snapshot.at,
        kind=snapshot.kind,
        run=snapshot.run,
        held=snapshot.held,
        suspect=snapshot.suspect,
        verified_at=snapshot.verified_at,
        expired_at=snapshot.expired_at,
        written_bytes=snapshot.written_bytes,
        records=sum(stream.records for stream in streams),
        streams=streams,
    )


def show_newest(one: Newest) -> SourceSnapshots:
    """The source's snapshots as they go out."""
    return SourceSnapshots(
        source=one.source, snapshots=[show_snapshot(one.source, snapshot) for snapshot in one.snapshots], problem=one.problem
    )


def show_streams(streams: Mapping[str, StreamCounts]) -> Sequence[StreamShown]:
    """The streams that people chose, by name; the store's own are left out."""
    return [
        StreamShown(
            name=name,
            records=counts.live,
            added=counts.added,
            changed=counts.changed,
            removed=counts.removed,
            status=counts.status,
            problems=counts.problems,
        )
        for name, counts in sorted(streams.items())
        if not name.startswith(HIDDEN)
    ]


def show_record(record: Record, fields: Sequence[Sequence[str]] = ()) -> RecordShown:
    """The record as it goes out; with ``fields`` only those."""
    raw = only_fields(record.raw, fields) if fields else record.raw
    return RecordShown(key=show_key(record.key), parts=key_parts(record.key), since=record.seq, record=msgspec.Raw(raw))


def show_hits(found: HitsFound) -> Hits:
    """The page of hits as it goes out."""
    items = [
        HitShown(
            source=hit.source.id,
            snapshot=hit.snapshot.id,
            stream=hit.stream,
            key=show_key(hit.record.key),
            parts=key_parts(hit.record.key),
            since=hit.record.seq,
            record=msgspec.Raw(hit.record.raw),
        )
        for hit in found.items
    ]
    return Hits(items=items, more=found.next is not None, next=found.next, incomplete=found.incomplete)


def show_version(version: Version) -> VersionShown:
    """The version as it goes out."""
    return VersionShown(
        since=version.seq, at=version.at, happened=version.op.name.lower(), record=_raw(version.raw), evidence=version.evidence
    )


def show_change(change: Change) -> ChangeShown:
    """The change as it goes out."""
    return ChangeShown(
        stream=change.stream,
        key=show_key(change.key),
        parts=key_parts(change.key),
        kind=change.kind,
        before=_raw(change.before),
        after=_raw(change.after),
        fields=changed_fields(change.before, change.after),
    )


def key_parts(key: Key) -> Sequence[str | int]:
    """The parts of a key as JSON has them."""
    return [part.hex() if isinstance(part, bytes) else part for part in key]


def _raw(raw: bytes | None) -> msgspec.Raw | None:
    return msgspec.Raw(raw) if raw is not None else None
