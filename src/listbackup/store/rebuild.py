"""A lost head, put back: from the bucket's mirror, else from the newest copy under ``st/``, else from the packs' own tails.

Mirror and copies are heads that were; what was committed after a copy is taken up from the packs where it can be told apart. From the tails alone the records come back
exactly, and of the snapshots those that a segment ends at, marked as partial because what their runs said of themselves is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import msgspec
import numpy as np

from listbackup.backends.objects.port import ObjectMissing
from listbackup.base.errors import DamagedError, KeyUnavailable, StoreError
from listbackup.store.compact import segment_blocks
from listbackup.store.ground import StoreGround
from listbackup.store.head import CountsEntry, Head, PackRef, PartRef, Segment, SnapshotDetail, SnapshotEntry, StreamState, edited
from listbackup.store.merge import merge_inputs
from listbackup.store.model import SnapshotKind, StreamSpec, StreamStatus
from listbackup.store.pack import PackReader, open_pack
from listbackup.store.root import Rooted
from listbackup.store.sealed import read_footer
from listbackup.store.segments import part_size
from listbackup.store.store import Store
from listbackup.store.totals import Totals

_TAIL_GUESS = 64 * 1024


class Origin(StrEnum):
    """What a head was rebuilt from."""

    MIRROR = "mirror"
    COPY = "copy"
    PACKS = "packs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A head that was put back."""

    origin: Origin
    name: str
    snapshots: int
    newest_seq: int


def rebuild_head(ground: StoreGround, source: str, *, origin: Origin | None = None) -> Rebuilt:
    """Put the head back from the best that opens, or from ``origin`` alone; what is wrong with the table's is replaced. Raises StoreError when nothing opens."""
    store = Store(ground, source)
    for attempt, name, head in _candidates(store):
        if origin in (None, attempt):
            rooted = store.root.put_back(head)
            return _told(rooted, attempt, name)
    raise StoreError(
        f"nothing is left from which the head of source {source} could be rebuilt", hint="put the bucket back from another copy"
    )


def _told(rooted: Rooted, origin: Origin, name: str) -> Rebuilt:
    return Rebuilt(origin=origin, name=name, snapshots=len(rooted.head.snaps), newest_seq=rooted.head.last_seq)


def _candidates(store: Store) -> Iterator[tuple[Origin, str, Head]]:
    """Heads that open, the best first."""
    place = store.place
    listed = {info.name: info.size_bytes for info in store.ground.objects.list(place.prefix)}
    copies = sorted((name for name in listed if name.startswith(f"{place.prefix}st/") and name.endswith("-c")), reverse=True)
    for origin, names in ((Origin.MIRROR, [place.head]), (Origin.COPY, copies)):
        for name in names:
            head = _opened(store, name)
            if head is not None and all(place.pack(ref.run, pack) in listed for pack, ref in head.packs.items()):
                yield origin, name.removeprefix(place.prefix), head
    head = _from_tails(store, listed)
    if head is not None:
        yield Origin.PACKS, "p/", head


def _opened(store: Store, name: str) -> Head | None:
    try:
        return store.root.decode(store.ground.objects.get(name), name)
    except (ObjectMissing, DamagedError, KeyUnavailable, msgspec.MsgspecError):
        return None


# --- from the packs alone ---


@dataclass(slots=True)
class _Found:
    """A segment as the tails tell it."""

    stream: str
    spec: StreamSpec
    run: str
    at: int
    segment: Segment
    parts: list[tuple[int, PartRef]]

    def whole(self) -> Segment:
        """Its parts, the youngest where some overlap (older ones were staged and merged by the run itself)."""
        kept: list[PartRef] = []
        for _, part in sorted(self.parts, key=lambda each: -each[0]):
            if all(part.last < other.first or part.first > other.last for other in kept):
                kept.append(part)
        kept.sort(key=lambda part: part.first)
        return msgspec.structs.replace(
            self.segment, parts=tuple(kept), rows=sum(part.rows for part in kept), size=sum(part.size for part in kept)
        )


def _from_tails(store: Store, listed: dict[str, int]) -> Head | None:
    packs: dict[str, PackRef] = {}
    found: dict[tuple[str, str], _Found] = {}
    for name, size in listed.items():
        run, _, pack = name.removeprefix(f"{store.place.prefix}p/").partition("/")
        reader = _tail(store, name, pack, size) if name.startswith(f"{store.place.prefix}p/") else None
        if reader is None:
            continue
        whole = store.ground.objects.get(name)
        packs[pack] = PackRef(run=run, size=size, tail_off=reader.tail_off, sha=hashlib.sha256(whole).digest())
        for number, part in enumerate(reader.tail.parts):
            ref = PartRef(pack, number, part.rows, part_size(reader.tail.lens, part), part.first, part.last)
            segment = Segment(id=part.segment, lo=part.lo, hi=part.hi, level=part.level, full=part.full)
            each = found.setdefault(
                (part.stream, part.segment),
                _Found(stream=part.stream, spec=part.spec, run=run, at=reader.tail.at, segment=segment, parts=[]),
            )
            each.parts.append((reader.tail.at, ref))
            each.at = max(each.at, reader.tail.at)
    return _assembled(store, packs, _chosen(found.values())) if found else None


def _chosen(found: Iterable[_Found]) -> dict[str, list[_Found]]:
    """Of each stream the segments that cover its past without overlap, the widest and youngest where several could."""
    streams: dict[str, list[_Found]] = {}
    for each in sorted(found, key=lambda each: (each.stream, each.segment.lo, -each.segment.hi, -each.segment.level, -each.at)):
        chain = streams.setdefault(each.stream, [])
        last = chain[-1] if chain else None
        twin = last is not None and (last.segment.lo, last.segment.hi, last.run) == (each.segment.lo, each.segment.hi, each.run)
        if last is None or each.segment.lo >= last.segment.hi or twin:
            chain.append(each)
    return streams


def _assembled(store: Store, packs: dict[str, PackRef], chains: dict[str, list[_Found]]) -> Head:
    """A head over these segments, with the counts and digests that their rows give."""
    ends: dict[int, _Found] = {}
    states: dict[str, StreamState] = {}
    for number, (name, chain) in enumerate(sorted(chains.items()), start=1):
        ordered = sorted(chain, key=lambda each: (each.segment.lo, each.segment.full))
        states[name] = StreamState(id=number, spec=ordered[-1].spec, segments=tuple(each.whole() for each in ordered))
        for each in ordered:
            if each.segment.hi not in ends or ends[each.segment.hi].at < each.at:
                ends[each.segment.hi] = each
    seqs = sorted(ends)
    head = Head(
        account=store.place.account, source=store.place.source, packs=packs, streams=states, last_seq=seqs[-1], next_stream=len(states) + 1
    )
    retained = np.array(seqs, np.uint32)
    totals = {name: _totals(store, head, name, retained) for name in states}
    streams = {}
    for name, state in states.items():
        live, digest = totals[name].at(len(seqs) - 1)
        streams[name] = msgspec.structs.replace(state, live=live, digest=digest, changed_seq=state.segments[-1].hi)
    snaps = [_snapshot(seq, ends[seq], index, states, totals) for index, seq in enumerate(seqs)]
    return edited(head, streams=streams, snaps=tuple(snaps))


def _totals(store: Store, head: Head, name: str, retained: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> Totals:
    totals = Totals(len(retained))
    for block in merge_inputs([segment_blocks(store, head, segment) for segment in head.streams[name].segments]):
        totals.add(block, retained)
    return totals


def _snapshot(seq: int, end: _Found, index: int, states: dict[str, StreamState], totals: dict[str, Totals]) -> SnapshotEntry:
    streams = {}
    for name, state in states.items():
        live, digest = totals[name].at(index)
        streams[state.id] = CountsEntry(live, 0, 0, 0, StreamStatus.CARRIED, digest)
    detail = SnapshotDetail(run=end.run, size=0, cursor=b"", facts={"rebuilt": "from the packs"}, streams=streams)
    return SnapshotEntry(seq=seq, at=end.at, kind=SnapshotKind.PARTIAL, detail=detail)


class _TailReader:
    """What a pack's end tells."""

    def __init__(self, reader: PackReader, tail_off: int) -> None:
        self.tail = reader.tail
        self.tail_off = tail_off


def _tail(store: Store, name: str, pack: str, size: int) -> _TailReader | None:
    objects = store.ground.objects
    try:
        end, _ = objects.get_tail(name, _TAIL_GUESS)
        offset = read_footer(end, size, name)[1].tail_off
        if size - offset > len(end):
            end, _ = objects.get_tail(name, size - offset)
        end = end[len(end) - (size - offset) :]
        reader = open_pack(
            store.ground.keys, store.place.bound, bytes.fromhex(pack), size, end, lambda at, length: objects.get(name, at, length), name
        )
        return _TailReader(reader, offset)
    except (ObjectMissing, DamagedError, KeyUnavailable, ValueError):
        return None
