"""Merging what a run has staged, the later delivery winning: only parts that overlap, and never more than some dozens of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from listbackup.store.cursor import Chosen, SegmentCursor, chunks, newest
from listbackup.store.head import PartRef, Segment
from listbackup.store.model import Op
from listbackup.store.stage import FAST, PASSING

if TYPE_CHECKING:
    from listbackup.store.streamwriter import StreamWriter
    from listbackup.store.writing import Writing


def merge_parts(writing: Writing, writer: StreamWriter, parts: Sequence[PartRef]) -> None:
    """Give the writer what these parts, in the order they were staged, come to; in rounds where there are many."""
    sizes = writing.store.ground.sizes
    while len(parts) > sizes.merged_at_once:
        starts = range(0, len(parts), sizes.merged_at_once)
        parts = [made for start in starts for made in _one_round(writing, writer, parts[start : start + sizes.merged_at_once])]
    builder = writer.new_builder(FAST)
    for chosen in _rows_of(writing, writer, parts):
        chosen = chosen.where(chosen.rows.kind != Op.CANCEL)
        builder.add(chosen.rows, chosen.values())
        if builder.squeezed_bytes >= sizes.pack_bytes:
            writer.take_part(builder.finish())
            builder = writer.new_builder(FAST)
    if len(builder):
        writer.take_part(builder.finish())


def _one_round(writing: Writing, writer: StreamWriter, parts: Sequence[PartRef]) -> list[PartRef]:
    """These parts as one that will be merged again: cancel rows stay."""
    builder = writer.new_builder(PASSING)
    for chosen in _rows_of(writing, writer, parts):
        builder.add(chosen.rows, chosen.values())
    writing.write_pack()
    before = len(writer.parts)
    writing.take_part(writer, builder.finish())
    writing.write_pack()
    made = writer.parts[before:]
    del writer.parts[before:]
    return made


def _rows_of(writing: Writing, writer: StreamWriter, parts: Sequence[PartRef]) -> Iterator[Chosen]:
    """The last row of every key in these parts; the rows that they hide are not counted any more."""
    sources = [Segment(id="", lo=writer.lo, hi=writing.seq, parts=(part,)) for part in parts]
    delta, at_once = writer.stage.delta, max(1, 64 // len(parts))
    for slices in chunks([SegmentCursor(writing.store.packs, writing.packs, source, at_once=at_once) for source in sources]):
        chosen = newest(slices, writing.seq)
        for part in slices:
            delta.count(part.rows, writer.old_hashes(part.rows), -1)
        delta.count(chosen.rows, writer.old_hashes(chosen.rows))
        yield chosen
