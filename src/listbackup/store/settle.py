"""Merging what a run has staged, the later delivery winning: only parts that overlap, and never more than some dozens of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from listbackup.store.cursor import Chosen, SegmentCursor, chunks, newest
from listbackup.store.head import PartRef, Segment
from listbackup.store.model import Op
from listbackup.store.part import Part
from listbackup.store.stage import FAST, PASSING

Run: TypeAlias = tuple[PartRef, ...]  # parts in key order

if TYPE_CHECKING:
    from listbackup.store.streamwriter import StreamWriter
    from listbackup.store.writing import Writing


def merge_parts(writing: Writing, writer: StreamWriter, parts: Sequence[PartRef]) -> None:
    """Give the writer what these parts, in the order they were staged, come to; in rounds where there are many."""
    at_once = writing.store.ground.sizes.merged_at_once
    runs: list[Run] = [(part,) for part in parts]
    while len(runs) > at_once:
        runs = [_one_round(writing, writer, runs[start : start + at_once]) for start in range(0, len(runs), at_once)]
    for part in _merged(writing, writer, runs, FAST, final=True):
        writer.take_part(part)


def _one_round(writing: Writing, writer: StreamWriter, runs: Sequence[Run]) -> Run:
    """These runs as one that will be merged again: cancel rows stay."""
    writing.write_pack()
    before = len(writer.parts)
    for part in _merged(writing, writer, runs, PASSING, final=False):
        writing.take_part(writer, part)
    writing.write_pack()
    made = tuple(writer.parts[before:])
    del writer.parts[before:]
    return made


def _merged(writing: Writing, writer: StreamWriter, runs: Sequence[Run], level: int, *, final: bool) -> Iterator[Part]:
    builder = writer.new_builder(level)
    for chosen in _rows_of(writing, writer, runs):
        if final:
            chosen = chosen.where(chosen.rows.kind != Op.CANCEL)
        builder.add(chosen.rows, chosen.values())
        if builder.squeezed_bytes >= writing.store.ground.sizes.pack_bytes:
            yield builder.finish()
            builder = writer.new_builder(level)
    if len(builder):
        yield builder.finish()


def _rows_of(writing: Writing, writer: StreamWriter, runs: Sequence[Run]) -> Iterator[Chosen]:
    """The last row of every key in these runs; the rows that it hides are not counted any more."""
    sources = [Segment(id="", lo=writer.lo, hi=writing.seq, parts=run) for run in runs]
    delta, at_once = writer.stage.delta, max(1, 16 // len(runs))
    for slices in chunks([SegmentCursor(writing.store.packs, writing.packs, source, at_once=at_once) for source in sources]):
        chosen = newest(slices, writing.seq)
        for part in slices:
            delta.count(part.rows, writer.old_hashes(part.rows), -1)
        delta.count(chosen.rows, writer.old_hashes(chosen.rows))
        yield chosen
