"""What of a platform is backed up, and how much of what is held could be written back today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listbackup.connectors.engine.connector import Capability, StreamInfo
from listbackup.services.sources import Source
from listbackup.store import SnapshotInfo, StreamStatus


class Cover(StrEnum):
    """How a stream stands."""

    COVERED = "covered"
    SHORT = "short"  # the newest snapshot has it, and says that something is missing
    WAITING = "waiting"  # chosen, and in no snapshot yet
    LEFT_OUT = "left_out"  # the platform has it, and it is not chosen
    GONE = "gone"  # kept, and the platform does not show it any more: removed there, or a permission was


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCover:
    """One stream of the platform, or of the newest snapshot."""

    stream: str
    label: str
    cover: Cover
    records: int
    is_filtered: bool  # some of its records are left out on purpose
    has_attachments: bool
    problems: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the platform shows now beside what is kept. ``share`` of its streams are covered, 0 to 1."""

    snapshot: str | None
    at: datetime | None
    share: float
    streams: Sequence[StreamCover]


class Recoverable(StrEnum):
    """What could be done for the records of a stream."""

    WHOLE = "whole"  # made again when they are gone, brought back when they changed
    CREATED = "created"  # made again; one that is there is not brought back
    UPDATED = "updated"  # brought back; one that is gone is not made again
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRecoverable:
    """One stream of the newest snapshot. ``new_ids``: a record that is made again gets another id; ``files`` whether attachments go back too."""

    stream: str
    records: int
    recoverable: Recoverable
    new_ids: bool
    has_attachments: bool
    files: bool
    side_effects: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoverability:
    """How much of what is held could be written back: ``score`` is the share of records that could be made again, 0 to 1."""

    snapshot: str | None
    at: datetime | None
    score: float
    records: int
    could_be_created: int
    could_be_updated: int
    streams: Sequence[StreamRecoverable]


def coverage_of(source: Source, shown: Sequence[StreamInfo], snapshot: SnapshotInfo | None) -> Coverage:
    """What is covered, judged by what the platform shows and the newest snapshot."""
    kept = snapshot.streams if snapshot is not None else {}
    streams = [_cover(source, info.name, info, snapshot) for info in shown]
    streams += [_cover(source, name, None, snapshot) for name in sorted(set(kept) - {info.name for info in shown})]
    there = [one for one in streams if one.cover is not Cover.GONE]
    share = sum(one.cover is Cover.COVERED for one in there) / len(there) if there else 0.0
    return Coverage(
        snapshot=snapshot.id if snapshot is not None else None,
        at=snapshot.at if snapshot is not None else None,
        share=round(share, 4),
        streams=streams,
    )


def _cover(source: Source, name: str, info: StreamInfo | None, snapshot: SnapshotInfo | None) -> StreamCover:
    counts = snapshot.streams.get(name) if snapshot is not None else None
    chosen = source.streams is None or name in source.streams
    if info is None:
        cover = Cover.GONE
    elif not chosen:
        cover = Cover.LEFT_OUT
    elif counts is None:
        cover = Cover.WAITING
    else:
        cover = Cover.SHORT if counts.status is StreamStatus.PARTIAL else Cover.COVERED
    return StreamCover(
        stream=name,
        label=info.label if info is not None else name,
        cover=cover,
        records=counts.live if counts is not None else 0,
        is_filtered=bool(source.filters.get(name)),
        has_attachments=info is not None and info.attachments,
        problems=counts.problems if counts is not None else (),
    )


def recoverability_of(infos: Mapping[str, StreamInfo], snapshot: SnapshotInfo | None) -> Recoverability:
    """How much could be written back, by the platform's table of capabilities; a stream that it does not name could not."""
    streams = [_recoverable(name, counts.live, infos.get(name)) for name, counts in sorted(snapshot.streams.items())] if snapshot else []
    records = sum(one.records for one in streams)
    created = sum(one.records for one in streams if one.recoverable in (Recoverable.WHOLE, Recoverable.CREATED))
    updated = sum(one.records for one in streams if one.recoverable in (Recoverable.WHOLE, Recoverable.UPDATED))
    return Recoverability(
        snapshot=snapshot.id if snapshot is not None else None,
        at=snapshot.at if snapshot is not None else None,
        score=round(created / records, 4) if records else 0.0,
        records=records,
        could_be_created=created,
        could_be_updated=updated,
        streams=streams,
    )


def _recoverable(name: str, records: int, info: StreamInfo | None) -> StreamRecoverable:
    can = info.restore if info is not None else Capability()
    match (can.create, can.update):
        case (True, True):
            what = Recoverable.WHOLE
        case (True, False):
            what = Recoverable.CREATED
        case (False, True):
            what = Recoverable.UPDATED
        case _:
            what = Recoverable.NOT
    return StreamRecoverable(
        stream=name,
        records=records,
        recoverable=what,
        new_ids=can.create and not can.keeps_id,
        has_attachments=info is not None and info.attachments,
        files=can.files,
        side_effects=can.side_effects,
    )
