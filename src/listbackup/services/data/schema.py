"""Snapshots, records, differences and restores as they go over the wire. A record is its exact bytes inside the answer's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from pydantic import Field

from listbackup.http.paging import Body, PageParameters, Parameters, SnapshotRef, SourceRef
from listbackup.processor.restore_model import Action, RestorePlan, RestoreResult, Why
from listbackup.services.data.keys import show_key
from listbackup.services.data.model import Restore, RestoreState
from listbackup.store import Change, Key, Record, SnapshotInfo, StreamCounts, Version
from listbackup.store.model import HIDDEN, ChangeKind, SnapshotKind, StreamStatus

StreamName = Annotated[str, Field(min_length=1, max_length=200)]
KeyText = Annotated[str, Field(min_length=1, max_length=2000)]
STEPS_SHOWN = 1000


class SnapshotParameters(Parameters):
    """Which snapshots of a source."""

    with_trash: bool = False


class RecordParameters(PageParameters):
    """Which records; ``after`` begins behind this key, as people write it."""

    after: KeyText | None = None


class DiffParameters(PageParameters):
    """Two snapshots of one source, and the stream whose changes are wanted."""

    from_: Annotated[SnapshotRef, Field(alias="from")]
    to: SnapshotRef
    stream: StreamName


class DiffCountsParameters(Parameters):
    """Two snapshots of one source."""

    from_: Annotated[SnapshotRef, Field(alias="from")]
    to: SnapshotRef


class SearchParameters(Parameters):
    """A text that a record's bytes hold, whatever the case."""

    snapshot: SnapshotRef
    q: Annotated[str, Field(min_length=1, max_length=500)]
    stream: StreamName | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Hold(Body):
    """Why the snapshot must stay."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Sample(Body):
    """How many records of each stream are compared with the platform."""

    sample: Annotated[int, Field(ge=1, le=1000)] = 20


class RestoreIn(Body):
    """Which records of a snapshot: these streams (null: all), or only these keys. ``overwrite`` writes over edits that no snapshot holds."""

    snapshot: SnapshotRef
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1, max_length=500)] | None = None
    keys: Annotated[dict[StreamName, Annotated[tuple[KeyText, ...], Field(min_length=1, max_length=10_000)]], Field(max_length=100)] = (
        Field(default={})
    )
    overwrite: bool = False


class RestoreParameters(PageParameters):
    """Which restores."""

    source: SourceRef | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HitShown:
    """A record that a search found."""

    stream: str
    key: str
    parts: Sequence[str | int]
    since: int
    record: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What a search found; ``more`` when the limit ended it."""

    items: Sequence[HitShown]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """What a restore would do with one record."""

    stream: str
    key: str
    parts: Sequence[str | int]
    action: Action
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShown:
    """What a restore would do: counts by stream and action, and the first thousand steps that do something."""

    source: str
    snapshot: str
    streams: Mapping[str, Mapping[Action, int]]
    writes: int
    calls: int
    side_effects: Sequence[str]
    steps: Sequence[StepShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreShown:
    """A restore. ``working`` is whether this server is at it; one that is ``running`` (``undoing``) without that was interrupted: resume (undo) it."""

    id: str
    source: str
    snapshot_number: int
    overwrite: bool
    state: RestoreState
    working: bool
    created_at: datetime
    ended_at: datetime | None
    result: RestoreResult | None
    undo_result: RestoreResult | None


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


def show_record(record: Record) -> RecordShown:
    """The record as it goes out."""
    return RecordShown(key=show_key(record.key), parts=key_parts(record.key), since=record.seq, record=msgspec.Raw(record.raw))


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
    )


def show_plan(plan: RestorePlan, snapshot: str) -> PlanShown:
    """The plan as it goes out."""
    steps = [step for step in plan.steps if step.action is not Action.SKIP][:STEPS_SHOWN]
    return PlanShown(
        source=plan.source,
        snapshot=snapshot,
        streams=plan.by_stream(),
        writes=plan.writes,
        calls=plan.calls,
        side_effects=plan.side_effects,
        steps=[
            StepShown(stream=step.stream, key=show_key(step.key), parts=key_parts(step.key), action=step.action, why=step.why)
            for step in steps
        ],
    )


def show_restore(restore: Restore, *, working: bool) -> RestoreShown:
    """The restore as it goes out."""
    return RestoreShown(
        id=restore.id,
        source=restore.source,
        snapshot_number=restore.snapshot_seq,
        overwrite=restore.overwrite,
        state=restore.state,
        working=working,
        created_at=restore.created_at,
        ended_at=restore.ended_at,
        result=restore.result,
        undo_result=restore.undo_result,
    )


def key_parts(key: Key) -> Sequence[str | int]:
    """The parts of a key as JSON has them."""
    return [part.hex() if isinstance(part, bytes) else part for part in key]


def platform_key(key: Key) -> tuple[str | int, ...] | None:
    """The key as the platform knows it, or None for a record that has none of its own."""
    parts = tuple(part for part in key if not isinstance(part, bytes))
    return parts if len(parts) == len(key) else None


def _raw(raw: bytes | None) -> msgspec.Raw | None:
    return msgspec.Raw(raw) if raw is not None else None
