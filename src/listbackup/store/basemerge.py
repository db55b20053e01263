"""The base merge: everything of a stream becomes a new base, part by part, broken off and resumed at will.

Parts are written in key order; after each the job writes a checkpoint (an object of type C under ``r/<job>/``) that names the inputs, the parts so far and the last code in them.
Who takes the job over goes on above that code. Where superseded versions outnumber the living records they go to a *history* segment beside a
*keyframe* of what lives, both over the same snapshots, so that the newest snapshot is read without its past.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from listbackup.base.clock import unix_ms
from listbackup.base.decode import from_msgpack
from listbackup.store.columns import Rows
from listbackup.store.compact import Compacted, Task, commit, label_of, merged
from listbackup.store.deadrows import dead_share, superseded_share
from listbackup.store.head import Head, PackRef, PartRef, Segment, StreamState, edited
from listbackup.store.jobs import Job, JobLost, claimed, job
from listbackup.store.merge import key_starts
from listbackup.store.model import Op, StreamSpec
from listbackup.store.sealed import ObjectType, open_small, seal_small
from listbackup.store.segments import SegmentWriter

if TYPE_CHECKING:
    from listbackup.store.store import Store


DELTA_SHARE = 0.5  # of the base's bytes, before a base merge is due
WAIT = timedelta(days=30)  # how long dropped rows may stay on the disk
WORTH = 0.2  # of what is kept, seen by nobody, before a base is rewritten for that alone: four bytes written for each one freed
BASE_LEVEL = 6  # zstd
PART_BYTES = 16 * 1024 * 1024

Progress = Callable[[int, int], None]  # rows done, rows in all


class Mark(msgspec.Struct, kw_only=True, frozen=True):
    """A checkpoint of a base merge."""

    v: int = 1
    stream: str
    inputs: tuple[str, ...]
    labels: tuple[Segment, ...]
    parts: tuple[tuple[PartRef, ...], ...] = ()
    packs: dict[str, PackRef] = {}
    last: bytes = b""
    number: int = 0
    purged_at: int = 0  # the head's when the merge began: what was purged later is not thinned


def plan_bases(head: Head, now: datetime) -> tuple[str, ...]:
    """The streams whose base is due to be merged, largest gain first."""
    due = {name: _due(head, state, now) for name, state in head.streams.items()}
    return tuple(sorted((name for name, gain in due.items() if gain), key=lambda name: -due[name]))


def plan_worthy(store: Store, head: Head) -> tuple[str, ...]:
    """The streams whose base is not due, but holds so much that nobody sees that merging it pays."""
    return tuple(
        name
        for name, state in head.streams.items()
        if _waiting_since(head, state) and superseded_share(head, name) >= WORTH and dead_share(store, head, name) >= WORTH
    )


def _due(head: Head, state: StreamState, now: datetime) -> int:
    base = sum(segment.size for segment in state.segments if segment.lo == 0)
    delta = sum(segment.size for segment in state.segments if segment.lo > 0)
    if delta > DELTA_SHARE * base:
        return delta
    since = _waiting_since(head, state)
    return max(1, delta) if since and unix_ms(now) - since > WAIT / timedelta(milliseconds=1) else 0


def _waiting_since(head: Head, state: StreamState) -> int:
    """Since when the stream may hold rows that nobody sees; 0 when it holds none."""
    if not state.segments:
        return 0
    return state.dropped_at or (head.purged_at if head.purged_at > state.thinned_at else 0)


def merge_base(store: Store, stream: str, progress: Progress | None = None, *, part_bytes: int = PART_BYTES) -> Compacted:
    """Merge one stream's base, resuming the merge that was broken off, whatever its stream. Raises BusyError, JobLost, Interrupted (out of ``progress``)."""
    with job(store, "base", resumable=True) as mine:
        begun = _begun(store, mine)
        marks: list[Mark] = []

        def claim(head: Head) -> Sequence[str]:
            taken = claimed(head, unix_ms(store.ground.clock.now()), but=mine.run)
            marks[:] = [begun if begun is not None and _is_there(head, begun) else _fresh(head, stream, taken)]
            return marks[0].inputs

        head = mine.claim(claim)
        return Merging(store, mine, head, marks[0], part_bytes).run(progress)


def _fresh(head: Head, stream: str, taken: frozenset[str]) -> Mark:
    """The merge of everything, up to where another job is merging tiers."""
    state = head.streams[stream]
    segments = tuple(itertools.takewhile(lambda segment: segment.id not in taken, state.segments))
    if not segments:
        raise JobLost(f"the stream {stream} has nothing to merge")
    task = Task(stream=stream, inputs=segments)
    superseded = sum(segment.rows for segment in segments) - state.live
    inputs = tuple(segment.id for segment in segments)
    if state.live and superseded > state.live:
        labels: tuple[Segment, ...] = (label_of(task, full=False), label_of(task, full=True))
    else:
        labels = (label_of(task, full=True),)
    return Mark(stream=stream, inputs=inputs, labels=labels, purged_at=head.purged_at)


def _begun(store: Store, mine: Job) -> Mark | None:
    """The last checkpoint of the job."""
    names = [info.name for info in store.ground.objects.list(store.place.checkpoints(mine.run))]
    if not names:
        return None
    raw = open_small(store.ground.keys, store.place.bound, ObjectType.CHECKPOINT, store.ground.objects.get(names[-1]), where=names[-1])
    return from_msgpack(raw, Mark)


def _is_there(head: Head, mark: Mark) -> bool:
    """Whether what the mark merges is still listed."""
    state = head.streams.get(mark.stream)
    return set(mark.inputs) <= ({segment.id for segment in state.segments} if state else set())


class Merging:
    """One base merge by one worker. ``head`` is the one that the mark was made or judged by, so that what is merged is just what the labels say."""

    def __init__(self, store: Store, mine: Job, head: Head, mark: Mark, part_bytes: int) -> None:
        self._store, self._job, self._head, self._mark = store, mine, head, mark
        state = head.streams[mark.stream]
        self._task = Task(stream=mark.stream, inputs=tuple(segment for segment in state.segments if segment.id in mark.inputs))
        self._writers = [self._writer(number, state.spec, part_bytes) for number in range(len(mark.labels))]

    def _writer(self, number: int, spec: StreamSpec, part_bytes: int) -> SegmentWriter:
        writer = SegmentWriter(self._store, self._job, part_bytes=part_bytes)
        done = self._mark.parts[number] if self._mark.parts else ()
        writer.begin(self._mark.stream, spec, self._mark.labels[number], done)
        return writer

    def run(self, progress: Progress | None) -> Compacted:
        """Merge to the end and commit."""
        total, seen = sum(segment.rows for segment in self._task.inputs), 0
        for rows, values in merged(self._store, self._head, self._task, self._mark.last or None):
            seen += len(rows)
            if self._add(rows, values):
                self._checkpoint(rows.codes[-1])
                if progress is not None:
                    progress(seen, total)
            self._job.beat()
        outputs = [writer.end() for writer in self._writers]
        for writer in self._writers:
            writer.flush()
        segments = [writer.segment(output) for writer, output in zip(self._writers, outputs, strict=True)]
        refs = self._refs()
        commit(self._store, self._job, [(self._task, segment) for segment in segments], refs, also=self._thinned)
        written = sum(ref.size for ref in refs.values())
        return Compacted(tasks=1, read_bytes=self._task.size_bytes, written_bytes=written, rows=sum(segment.rows for segment in segments))

    def _add(self, rows: Rows, values: list[bytes]) -> bool:
        if len(self._writers) == 1:
            return self._writers[0].add(rows, values, level=BASE_LEVEL)
        current = key_starts(rows.codes) & (rows.kind != Op.DELETE)
        cut = False
        for writer, mask in zip(self._writers, (~current, current), strict=True):
            chosen = np.flatnonzero(mask)
            if len(chosen):
                cut |= writer.add(rows.take(chosen), [values[i] for i in chosen.tolist()], level=BASE_LEVEL)
        return cut

    def _checkpoint(self, last: bytes) -> None:
        """Everything up to ``last`` is durable: say so."""
        for writer in self._writers:
            writer.end()
            writer.flush()
        number = self._mark.number + 1
        parts = tuple(writer.parts() for writer in self._writers)
        self._mark = msgspec.structs.replace(self._mark, parts=parts, packs=self._refs(), last=last, number=number)
        sealed = seal_small(self._store.ground.keys, self._store.place.bound, ObjectType.CHECKPOINT, msgspec.msgpack.encode(self._mark))
        self._store.ground.objects.put(self._store.place.checkpoint(self._job.run, self._job.token, number), sealed)

    def _refs(self) -> dict[str, PackRef]:
        return {**self._mark.packs, **{name: ref for writer in self._writers for name, ref in writer.refs.items()}}

    def _thinned(self, head: Head) -> Head:
        now = unix_ms(self._store.ground.clock.now())
        missed = head.purged_at if head.purged_at != self._mark.purged_at else 0
        state = msgspec.structs.replace(head.streams[self._mark.stream], thinned_at=now, dropped_at=missed)
        return edited(head, streams={**head.streams, self._mark.stream: state})
