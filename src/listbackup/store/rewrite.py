"""Rewriting segments one by one, in place: the same snapshots, other bytes (an erasure takes rows out, a new key seals them anew)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from listbackup.store.compact import Task, segment_blocks, while_listed
from listbackup.store.head import Head, Segment
from listbackup.store.jobs import Job
from listbackup.store.merge import Block
from listbackup.store.sealed import new_object_id
from listbackup.store.segments import Output, SegmentWriter

if TYPE_CHECKING:
    from listbackup.store.store import Store

LEVEL = 6  # zstd


def rewrite(
    store: Store, head: Head, mine: Job, tasks: Sequence[Task], change: Callable[[str, Block], Block] | None = None
) -> tuple[list[tuple[Task, Segment]], SegmentWriter]:
    """Each task's one segment written again, every block through ``change``; ready for ``compact.commit``."""
    writer = SegmentWriter(store, mine)
    outputs: list[tuple[Task, Output]] = []
    for task in tasks:
        (old,) = task.inputs
        label = Segment(id=new_object_id().hex(), lo=old.lo, hi=old.hi, level=old.level, full=old.full)
        writer.begin(task.stream, head.streams[task.stream].spec, label)
        for rows, values in _changed(while_listed(store, task, segment_blocks(store, head, old)), task.stream, change):
            if len(rows):
                writer.add(rows, values, level=LEVEL)
            mine.beat()
        outputs.append((task, writer.end()))
    writer.flush()
    return [(task, writer.segment(output)) for task, output in outputs], writer


def _changed(blocks: Iterator[Block], stream: str, change: Callable[[str, Block], Block] | None) -> Iterator[Block]:
    yield from blocks if change is None else (change(stream, block) for block in blocks)
