"""Compaction: fewer segments, versions of a key side by side, and only those that a retained snapshot sees.

- *Tiers*: eight adjacent segments of one level become one of the next; never more than 24 segments in a stream. Milliseconds, done at the end of a run.
- *Base merge* (``basemerge.py``): everything of a stream becomes a new base, when what came after the base is half its size or hides what was dropped.

Outputs are committed by one compare-and-swap, and only if every input is still listed and the job's entry is still open. Inputs become garbage in the
same step. Snapshots taken meanwhile have larger numbers and do not matter; snapshots dropped meanwhile only make the output keep too much.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from listbackup.base.clock import unix_ms
from listbackup.store.head import Head, PackRef, Segment, drop_unused_packs, edited, with_segments
from listbackup.store.jobs import Job, JobLost, claimed, job
from listbackup.store.merge import Block, merge_blocks, part_blocks
from listbackup.store.packs import PackGone
from listbackup.store.sealed import new_object_id
from listbackup.store.segments import SegmentWriter

if TYPE_CHECKING:
    from listbackup.store.store import Store


FAN_OUT = 8
MOST_SEGMENTS = 24
TIER_LEVEL = 6  # zstd


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Adjacent segments of a stream that are to become one."""

    stream: str
    inputs: tuple[Segment, ...]

    @property
    def size_bytes(self) -> int:
        """What has to be read."""
        return sum(segment.size for segment in self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What compactions did."""

    tasks: int = 0
    read_bytes: int = 0
    written_bytes: int = 0
    rows: int = 0

    def __add__(self, other: Compacted) -> Compacted:
        return Compacted(
            tasks=self.tasks + other.tasks,
            read_bytes=self.read_bytes + other.read_bytes,
            written_bytes=self.written_bytes + other.written_bytes,
            rows=self.rows + other.rows,
        )


def plan_tiers(head: Head, taken: frozenset[str] = frozenset()) -> tuple[Task, ...]:
    """The tier merges that are due in this head, at most one for each stream; segments ``taken`` by a base merge, which are the oldest ones, are left alone."""
    tasks = []
    for stream, state in head.streams.items():
        chosen = _tier([segment for segment in state.segments if segment.id not in taken])
        if chosen:
            tasks.append(Task(stream=stream, inputs=chosen))
    return tuple(tasks)


def _tier(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """A run of segments to merge: eight neighbours of one level, with smaller ones that lie between or after; else the cheapest eight where there are too many."""
    deltas = [segment for segment in segments if segment.lo > 0]
    for level in sorted({segment.level for segment in deltas}):
        for run in _runs(deltas, level):
            if sum(segment.level == level for segment in run) >= FAN_OUT:
                return tuple(run)
    if len(segments) <= MOST_SEGMENTS or len(deltas) < 2:
        return ()
    width = min(FAN_OUT, len(deltas))
    windows = [tuple(deltas[at : at + width]) for at in range(len(deltas) - width + 1)]
    return min(windows, key=lambda window: sum(segment.size for segment in window))


def _runs(deltas: Sequence[Segment], level: int) -> Iterator[list[Segment]]:
    for below, group in itertools.groupby(deltas, key=lambda segment: segment.level <= level):
        if below:
            yield list(group)


def compact_tiers(store: Store) -> Compacted:
    """Carry out the tier merges that are due, one job after the other, until none is. Raises BusyError, JobLost."""
    done, tasks = Compacted(), due_tiers(store, store.root.read().head)

    def claim(head: Head) -> Sequence[str]:
        nonlocal tasks
        tasks = due_tiers(store, head)
        return [segment.id for task in tasks for segment in task.inputs]

    while tasks:
        with job(store, "compact", claim=claim) as mine:
            if tasks:
                done += merge_tasks(store, mine, tasks)
            else:
                mine.commit(lambda head: head)
        tasks = due_tiers(store, store.root.read().head)
    return done


def due_tiers(store: Store, head: Head) -> tuple[Task, ...]:
    """The tier merges that are due among the segments that no other job has claimed."""
    return plan_tiers(head, claimed(head, unix_ms(store.ground.clock.now())))


def merge_tasks(store: Store, mine: Job, tasks: Sequence[Task], *, level: int = TIER_LEVEL) -> Compacted:
    """Merge each task's inputs into one segment and commit all of them at once."""
    head = store.root.read().head
    check_inputs(head, tasks)
    writer = SegmentWriter(store, mine)
    outputs = []
    for task in tasks:
        writer.begin(task.stream, head.streams[task.stream].spec, label_of(task))
        for rows, values in merged(store, head, task):
            writer.add(rows, values, level=level)
            mine.beat()
        outputs.append((task, writer.end()))
    writer.flush()
    commit(store, mine, [(task, writer.segment(output)) for task, output in outputs], writer.refs)
    return Compacted(
        tasks=len(tasks),
        read_bytes=sum(task.size_bytes for task in tasks),
        written_bytes=sum(ref.size for ref in writer.refs.values()),
        rows=writer.rows,
    )


def label_of(task: Task, *, full: bool | None = None) -> Segment:
    """The output's place: from the first input's lo to the last one's hi, a level up."""
    inputs = task.inputs
    return Segment(
        id=new_object_id().hex(),
        lo=min(segment.lo for segment in inputs),
        hi=max(segment.hi for segment in inputs),
        level=max(segment.level for segment in inputs) + 1,
        full=any(segment.full and segment.hi == max(each.hi for each in inputs) for segment in inputs) if full is None else full,
    )


def retained_of(head: Head) -> npt.NDArray[np.uint32]:
    """The retained snapshots, ascending."""
    return np.array(sorted({*head.retained(), head.last_seq}), np.uint32)


def merged(store: Store, head: Head, task: Task, after: bytes | None = None) -> Iterator[Block]:
    """The thinned rows of a task's inputs, those above ``after``. Raises JobLost, PackGone."""
    inputs = [segment_blocks(store, head, segment, after) for segment in task.inputs]
    return while_listed(store, task, merge_blocks(inputs, retained_of(head)))


def while_listed(store: Store, task: Task, blocks: Iterator[Block]) -> Iterator[Block]:
    """The blocks of a task's inputs. A pack that is gone because somebody else merged the inputs, and the grace is over, is no damage. Raises JobLost, PackGone."""
    try:
        yield from blocks
    except PackGone:
        check_inputs(store.root.read().head, [task])
        raise


def segment_blocks(store: Store, head: Head, segment: Segment, after: bytes | None = None) -> Iterator[Block]:
    """The rows of a segment above ``after``, part by part."""
    for ref in segment.parts:
        if after is not None and ref.last <= after:
            continue
        reader = store.packs.reader(ref.pack, head.packs[ref.pack])
        for rows, values in part_blocks(reader, reader.tail.parts[ref.part], after):
            skip = 0 if after is None else sum(code <= after for code in rows.codes)
            if skip < len(rows):
                yield (rows.part(skip, len(rows)), values[skip:]) if skip else (rows, values)


def check_inputs(head: Head, tasks: Sequence[Task]) -> None:
    """Raises JobLost unless every input is listed as it was planned."""
    for task in tasks:
        state = head.streams.get(task.stream)
        listed = {segment.id for segment in state.segments} if state else set()
        if not {segment.id for segment in task.inputs} <= listed:
            raise JobLost("the segments to merge were merged by somebody else meanwhile")


def commit(
    store: Store,
    mine: Job,
    outputs: Sequence[tuple[Task, Segment]],
    refs: dict[str, PackRef],
    also: Callable[[Head], Head] | None = None,
) -> Head:
    """Swap inputs for outputs (those with rows) in one step. Raises JobLost."""

    def swap(head: Head) -> Head:
        check_inputs(head, [task for task, _ in outputs])
        head = edited(head, packs={**head.packs, **refs})
        for stream in dict.fromkeys(task.stream for task, _ in outputs):
            gone = {segment.id for task, _ in outputs if task.stream == stream for segment in task.inputs}
            kept = [segment for segment in head.streams[stream].segments if segment.id not in gone]
            fresh = [segment for task, segment in outputs if task.stream == stream and segment.rows]
            head = with_segments(head, stream, [*kept, *fresh])
        head = drop_unused_packs(head, unix_ms(store.ground.clock.now()))
        return also(head) if also is not None else head

    return mine.commit(swap)
