"""Compares a sample of a snapshot with the platform as it is now: the only proof that reads past our own copies."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from listbackup.base.canonical import comparable
from listbackup.base.clock import parse_iso
from listbackup.base.decode import from_platform
from listbackup.base.errors import InputError
from listbackup.connectors.engine.connector import Session, StreamInfo
from listbackup.connectors.engine.record import Key
from listbackup.store import Record, SnapshotInfo

if TYPE_CHECKING:
    from listbackup.store import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A record of the sample that is not on the platform as it was kept, and was not changed there since as far as the platform says."""

    stream: str
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamVerified:
    """What a sample of one stream showed. ``changed_since`` are records that the platform says were changed after the snapshot."""

    stream: str
    sampled: int = 0
    same: int = 0
    changed_since: int = 0
    gone_since: int = 0
    askable: bool = True  # whether the platform shows single records at all
    differences: Sequence[Difference] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A verification. ``good`` when every record that was looked at is as it was kept or was changed or deleted since."""

    snapshot_seq: int
    streams: Sequence[StreamVerified]

    @property
    def good(self) -> bool:
        """Whether nothing contradicts the snapshot."""
        return not any(stream.differences for stream in self.streams)

    @property
    def sampled(self) -> int:
        """How many records were looked at."""
        return sum(stream.sampled for stream in self.streams)


def verify_sample(
    view: View,
    snapshot: SnapshotInfo,
    session: Session,
    infos: Mapping[str, StreamInfo],
    *,
    sample: int,
    dice: random.Random,
    progress: Callable[[str, int, int], None] | None = None,
) -> Verification:
    """Look at ``sample`` records of each stream on the platform; ``progress`` is told (stream, done, in all). Raises PlatformError."""
    names = [name for name in sorted(snapshot.streams) if name in infos]
    streams = []
    for number, name in enumerate(names):
        if progress is not None:
            progress(name, number, len(names))
        streams.append(_stream(view, snapshot, session, infos[name], sample, dice))
    return Verification(snapshot_seq=snapshot.seq, streams=streams)


def _stream(view: View, snapshot: SnapshotInfo, session: Session, info: StreamInfo, sample: int, dice: random.Random) -> StreamVerified:
    sampled = same = changed = gone = 0
    differences: list[Difference] = []
    for record in _drawn(view, info.name, snapshot.streams[info.name].live, sample, dice):
        key = tuple(part for part in record.key if not isinstance(part, bytes))
        try:
            now = session.fetch(info.name, key)
        except InputError:
            return StreamVerified(stream=info.name, askable=False)
        sampled += 1
        if now is None:
            gone += 1  # deleted since, which a platform cannot prove; the next run finds it out
        elif _means_the_same(info, record.raw, now):
            same += 1
        elif _changed_after(info, now, record.raw, snapshot.at):
            changed += 1
        else:
            differences.append(Difference(stream=info.name, key=key))
    return StreamVerified(
        stream=info.name, sampled=sampled, same=same, changed_since=changed, gone_since=gone, differences=tuple(differences)
    )


def _drawn(view: View, stream: str, live: int, sample: int, dice: random.Random) -> Sequence[Record]:
    """Records from places drawn evenly over the stream."""
    places = set(dice.sample(range(live), min(sample, live)))
    last = max(places, default=-1)
    return [record for number, record in enumerate(view.scan(stream, limit=last + 1)) if number in places] if places else []


def _means_the_same(info: StreamInfo, kept: bytes, now: bytes) -> bool:
    volatile = [tuple(path) for path in info.volatile]
    return kept == now or comparable(kept, volatile) == comparable(now, volatile)


def _changed_after(info: StreamInfo, now: bytes, kept: bytes, at: datetime) -> bool:
    """Whether the record's own "changed at" moved on since it was kept; without such a field any change may be one that came since."""
    if info.cursor is None:
        return True
    then, today = _changed_at(info.cursor, kept), _changed_at(info.cursor, now)
    if then is None or today is None:
        return True
    try:
        return parse_iso(str(today)) > parse_iso(str(then)) or parse_iso(str(today)) > at
    except ValueError:
        return today != then


def _changed_at(field: str, raw: bytes) -> object:
    try:
        value = from_platform(raw)
    except (msgspec.DecodeError, RecursionError):  # nested deeper than can be followed here
        return None
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
