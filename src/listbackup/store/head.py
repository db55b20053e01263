"""HEAD: the one mutable thing of a source. Everything else is reached from it.

Body: a msgpack map, sealed as an object of type H (kind T, see ``sealed.py``). Times are ms since 1970 UTC. ::

    v          1
    gen        grows by one with every write of HEAD
    prev       SHA-256 of the sealed HEAD before this one (32 bytes; zero for the first)
    account, source
    fence      the last token given to an open run or maintenance job
    last_seq   the number of the newest snapshot; 0 before the first
    next_stream  the number the next new stream gets
    features   {read: [names], write: [names], gc: [names]}: what a program must know to read, to write, to drop anything
    packs      {object id (hex): {run, size, tail_off, sha}}: every pack a segment refers to; its name is p/<run>/<object id>
    streams    {name: {id, spec, live, digest, changed_seq, thinned_at, dropped_at, segments: [...]}}, hidden streams (``_attachments``, ``_blobs``) included
      segment  {id, lo, hi, level, full, rows, size, parts: [[pack, part, rows, size, first, last], ...]}
               covers the snapshots in (lo, hi]; parts are in key order and do not overlap; ``part`` is the index in the pack's tail; sizes are sealed bytes.
               Segments of a stream are ordered by lo; the first has lo 0 (the base). ``full``: it holds every record that lives at hi. Two over the same range are
               a history and, after it, the keyframe that took the newest row of every key that lives: of two rows of a key the later segment's is the newer.
    snaps      [[seq, at, kind, held, suspect, verified_at, expired_at, detail, spill], ...] ordered by seq, those in the trash included
      detail   {run, size, cursor, facts, streams: {stream id: [live, added, changed, removed, status, digest, problems]}}, or nil when it was spilled:
               then ``spill`` is the index in ``spills`` of the object that holds it
    spills     [{name, sha, first, last}]: objects of type S, a msgpack map {seq: detail} of old snapshots
    open       {run: {kind: run|compact|base, token, base, owner, beat, lease, started, since, claims}}; ``claims`` are the segments that
               a job merges: others leave them alone until a day after its lease; ``since`` is the token with which the run was opened afresh:
               checkpoints of earlier tokens are of a time when it was closed, and what they name may have been swept
    older      snapshots whose details were spilled, ahead of those in ``snaps``, by column (``snaplist.py``); with features.read and .write "older"
    garbage    [{name, gen, at}]: objects that nothing refers to any more, to be deleted when the grace is over; names are relative to <account>/<source>/
    waste      [{name, sha, at, count}]: objects of type S, each an array of older such entries; ``at`` is the last one's; with features.gc "waste"
    erasures   [{id, stream, key, at}]: keys (codes) whose every version is hidden from readers at once, until it has been rewritten away
    erased     [{id, stream, at, done_at, rows, packs}]: erasures carried out: how many rows vanished, and which packs were replaced (names gone after the grace)
    copies     [{name, gen, at}]: copies of HEAD under st/
    clock_mark the latest instant that maintenance has seen
    purged_at  when snapshots were last dropped for good; a stream whose ``thinned_at`` (its last base merge) is older may hold rows that nobody sees,
               since ``dropped_at``, the first such purge after that merge

Where the streams' segment lists grow beyond 48 KB together, ``root.py`` moves the largest to objects of type S: the stream then has
``segments: []`` and ``spilled: {name, sha}``, and the object's body is the msgpack array of segments.

Edits are pure functions from Head to Head; ``root.py`` writes the result with one compare-and-swap.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from listbackup.base.errors import NewerFormat
from listbackup.store.model import SnapshotKind, StreamCounts, StreamSpec, StreamStatus

OLDER, WASTE = "older", "waste"
KNOWN_FEATURES: frozenset[str] = frozenset({OLDER, WASTE})


class PackRef(msgspec.Struct, kw_only=True, frozen=True):
    """A pack that some segment refers to."""

    run: str
    size: int
    tail_off: int
    sha: bytes


class PartRef(msgspec.Struct, array_like=True, frozen=True):
    """A part of a segment: which pack (object id in hex), which of its parts, how much, from which code to which (inclusive)."""

    pack: str
    part: int
    rows: int
    size: int
    first: bytes
    last: bytes


class Segment(msgspec.Struct, kw_only=True, frozen=True):
    """A sorted run of rows that covers the snapshots in ``(lo, hi]``."""

    id: str
    lo: int
    hi: int
    level: int = 0
    full: bool = False
    rows: int = 0
    size: int = 0
    parts: tuple[PartRef, ...] = ()


class SpillRef(msgspec.Struct, kw_only=True, frozen=True):
    """An object of type S."""

    name: str
    sha: bytes
    first: int = 0
    last: int = 0


class StreamState(msgspec.Struct, kw_only=True, frozen=True):
    """A stream as HEAD knows it."""

    id: int
    spec: StreamSpec
    live: int = 0
    digest: bytes = bytes(16)
    changed_seq: int = 0
    segments: tuple[Segment, ...] = ()
    spilled: SpillRef | None = None
    thinned_at: int = 0
    dropped_at: int = 0


class CountsEntry(msgspec.Struct, array_like=True, frozen=True):
    """A stream in a snapshot's detail."""

    live: int
    added: int
    changed: int
    removed: int
    status: StreamStatus
    digest: bytes
    problems: tuple[str, ...] = ()


class SnapshotDetail(msgspec.Struct, kw_only=True, frozen=True):
    """What a snapshot says besides its place in time; ``streams`` is by stream id."""

    run: str
    size: int
    cursor: bytes
    facts: dict[str, str]
    streams: dict[int, CountsEntry]


class SnapshotEntry(msgspec.Struct, array_like=True, frozen=True):
    """A snapshot in HEAD's list."""

    seq: int
    at: int
    kind: SnapshotKind
    held: str | None = None
    suspect: bool = False
    verified_at: int | None = None
    expired_at: int | None = None
    detail: SnapshotDetail | None = None
    spill: int | None = None


class Older(msgspec.Struct, kw_only=True, frozen=True):
    """Snapshots whose details were spilled, by column (``snaplist.py``)."""

    count: int
    seq: bytes
    at: bytes
    kind: bytes
    verified_at: bytes
    expired_at: bytes
    spill: bytes
    held: dict[int, str] = {}


class OpenEntry(msgspec.Struct, kw_only=True, frozen=True):
    """A run or a maintenance job that is under way."""

    kind: str
    token: int
    base: int
    owner: str
    beat: int
    lease: int
    started: int
    since: int = 0
    claims: tuple[str, ...] = ()

    def free_at(self) -> int:
        """When it may be taken over [ms since 1970 UTC] unless it beats again."""
        return self.beat + self.lease


class Garbage(msgspec.Struct, kw_only=True, frozen=True):
    """An object that nothing refers to any more."""

    name: str
    gen: int
    at: int


class WasteRef(msgspec.Struct, kw_only=True, frozen=True):
    """An object of type S with garbage entries: how many, the last of them from ``at``."""

    name: str
    sha: bytes
    at: int
    count: int


class HeadCopy(msgspec.Struct, kw_only=True, frozen=True):
    """A copy of HEAD."""

    name: str
    gen: int
    at: int


class Erasure(msgspec.Struct, kw_only=True, frozen=True):
    """A key whose every version must vanish."""

    id: str
    stream: str
    key: bytes
    at: int


class Erased(msgspec.Struct, kw_only=True, frozen=True):
    """An erasure that was carried out: what is kept of it names nobody."""

    id: str
    stream: str
    at: int
    done_at: int
    rows: int
    packs: tuple[str, ...] = ()


class Features(msgspec.Struct, kw_only=True, frozen=True):
    """What a program must know to do something with this store."""

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    gc: tuple[str, ...] = ()


class Head(msgspec.Struct, kw_only=True, frozen=True):
    """HEAD's body; in memory the segment lists and the snapshots are always whole."""

    v: int = 1
    gen: int = 0
    prev: bytes = bytes(32)
    account: str
    source: str
    fence: int = 0
    last_seq: int = 0
    next_stream: int = 1
    features: Features = Features()
    packs: dict[str, PackRef] = {}
    streams: dict[str, StreamState] = {}
    snaps: Sequence[SnapshotEntry] = ()
    older: Older | None = None
    spills: tuple[SpillRef, ...] = ()
    open: dict[str, OpenEntry] = {}
    garbage: tuple[Garbage, ...] = ()
    waste: tuple[WasteRef, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    erased: tuple[Erased, ...] = ()
    copies: tuple[HeadCopy, ...] = ()
    clock_mark: int = 0
    purged_at: int = 0

    def retained(self) -> tuple[int, ...]:
        """The snapshots that can still be read, ascending; those in the trash included."""
        return tuple(entry.seq for entry in self.snaps)

    def entry(self, seq: int) -> SnapshotEntry | None:
        """The snapshot of this number, or None."""
        at = bisect_left(self.snaps, seq, key=lambda entry: entry.seq)
        found = self.snaps[at] if at < len(self.snaps) else None
        return found if found is not None and found.seq == seq else None


def demand_droppable(head: Head) -> None:
    """Raises NewerFormat where only a newer version knows what may be dropped."""
    unknown = set(head.features.gc) - KNOWN_FEATURES
    if unknown:
        raise NewerFormat(f"this store needs {', '.join(sorted(unknown))} to be pruned", hint="upgrade listbackup")


def edited(head: Head, **changes: Any) -> Head:
    """The head with these fields replaced."""
    return msgspec.structs.replace(head, **changes)


def pack_name(ref: PackRef, pack: str) -> str:
    """The pack's name relative to ``<account>/<source>/``."""
    return f"p/{ref.run}/{pack}"


def packs_in_use(streams: Mapping[str, StreamState]) -> set[str]:
    """The object ids of all packs that some segment refers to."""
    return {part.pack for state in streams.values() for segment in state.segments for part in segment.parts}


def with_segments(head: Head, stream: str, segments: Iterable[Segment]) -> Head:
    """The head with a stream's segments replaced (ordered by lo, a history before its keyframe)."""
    ordered = tuple(sorted(segments, key=lambda segment: (segment.lo, segment.hi, segment.full)))
    state = msgspec.structs.replace(head.streams[stream], segments=ordered, spilled=None)
    return edited(head, streams={**head.streams, stream: state})


def seen_from(segments: Iterable[Segment], seq: int) -> list[Segment]:
    """The segments that a reader of this snapshot needs, oldest first: nothing that stands before the newest keyframe at or before it."""
    begun = [segment for segment in segments if segment.lo < seq]
    keyframes = [place for place, segment in enumerate(begun) if segment.full and segment.hi <= seq]
    return begun[keyframes[-1] :] if keyframes else begun


def drop_unused_packs(head: Head, now_ms: int) -> Head:
    """The head whose packs are just those in use; the others are garbage from its next generation on."""
    used = packs_in_use(head.streams)
    unused = [(pack, ref) for pack, ref in head.packs.items() if pack not in used]
    garbage = tuple(Garbage(name=pack_name(ref, pack), gen=head.gen + 1, at=now_ms) for pack, ref in unused)
    return edited(head, packs={pack: ref for pack, ref in head.packs.items() if pack in used}, garbage=head.garbage + garbage)


def with_open(head: Head, run: str, entry: OpenEntry) -> Head:
    """The head with a run or job under way; its token becomes the fence."""
    return edited(head, fence=max(head.fence, entry.token), open={**head.open, run: entry})


def without_open(head: Head, runs: Iterable[str]) -> Head:
    """The head without these runs or jobs: whatever they still try to commit is refused."""
    gone = set(runs)
    return edited(head, open={run: entry for run, entry in head.open.items() if run not in gone})


def with_snapshot_entry(head: Head, seq: int, **changes: Any) -> Head:
    """The head with these fields of one snapshot's entry replaced."""
    snaps = tuple(msgspec.structs.replace(entry, **changes) if entry.seq == seq else entry for entry in head.snaps)
    return edited(head, snaps=snaps)


def without_snapshots(head: Head, seqs: Iterable[int]) -> Head:
    """The head without these snapshots; the newest cannot go (the caller sees to that)."""
    gone = set(seqs)
    return edited(head, snaps=tuple(entry for entry in head.snaps if entry.seq not in gone))


def with_dropped(head: Head, now_ms: int) -> Head:
    """The head that notes that snapshots were dropped for good now: every stream may hold rows that nobody sees."""
    streams = {name: msgspec.structs.replace(state, dropped_at=state.dropped_at or now_ms) for name, state in head.streams.items()}
    return edited(head, streams=streams, purged_at=now_ms)


def counts_of(entry: CountsEntry) -> StreamCounts:
    """The outside form of a stream's counts."""
    return StreamCounts(
        live=entry.live,
        added=entry.added,
        changed=entry.changed,
        removed=entry.removed,
        status=entry.status,
        problems=entry.problems,
        digest=entry.digest,
    )
