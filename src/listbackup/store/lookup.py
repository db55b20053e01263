"""One key: its rows, found with as few reads as can be.

Newest segments first. A part is asked only when the code lies in its range and its bloom filter does not deny it. Where all versions of the key that a part holds are in
one value frame, that and the key frame are read side by side, or in one request where they lie close: in vain only where the part knows nothing but later versions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from listbackup.store.bloom import may_hold
from listbackup.store.columns import KeysFrame, decode_keys_frame, decode_values
from listbackup.store.head import Head, Segment, StreamState, seen_from
from listbackup.store.model import Op
from listbackup.store.pack import PackReader, PartTail
from listbackup.store.packs import Packs

CLOSE_BYTES = 192 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A row of a key; ``raw`` is None for a deletion, or where it was not asked for."""

    seq: int
    op: int
    raw: bytes | None


def find_row(packs: Packs, head: Head, state: StreamState, code: bytes, seq: int) -> Found | None:
    """The newest row of the key at or before ``seq``, with its value; None when there is none."""
    segments = seen_from(state.segments, seq)
    for reader, part in _parts(packs, head, segments, code):
        found = _in_part(packs, reader, part, code, seq)
        if found is not None:
            return found
    return None


def all_rows(packs: Packs, head: Head, state: StreamState, code: bytes) -> list[Found]:
    """Every row of the key, newest first, with values."""
    found: list[Found] = []
    for reader, part in _parts(packs, head, list(state.segments), code):
        frame_index = bisect_right(part.k_first, code) - 1
        (frame,) = reader.keys(part.k0 + frame_index)
        for place in _places(frame, code):
            row = int(part.key_frame_rows()[:frame_index].sum(dtype=np.int64)) + place
            deleted = int(frame.op[place]) & 3 == Op.DELETE
            raw = None if deleted else _value(reader, part, row)
            found.append(Found(int(frame.seq[place]), int(frame.op[place]), raw))
    return sorted(found, key=lambda each: -each.seq)


def _parts(packs: Packs, head: Head, segments: list[Segment], code: bytes) -> Iterator[tuple[PackReader, PartTail]]:
    """The parts that may hold the key, newest segment first; their tails fetched side by side."""
    refs = [part for segment in reversed(segments) for part in segment.parts if part.first <= code <= part.last]
    readers = packs.readers([(part.pack, head.packs[part.pack]) for part in refs])
    for ref, reader in zip(refs, readers, strict=True):
        part = reader.tail.parts[ref.part]
        if may_hold(part.bloom, code):
            yield reader, part


def _in_part(packs: Packs, reader: PackReader, part: PartTail, code: bytes, seq: int) -> Found | None:
    frame_index = bisect_right(part.k_first, code) - 1
    key_index = part.k0 + frame_index
    guess = part.v0 + max(0, bisect_right(part.v_first, code) - 1)
    alone = bisect_left(part.v_first, code) in (len(part.v_first), guess - part.v0 + 1) or part.v_first[guess - part.v0] == code
    value_raw: bytes | None = None
    if alone:
        key_raw, value_raw = _both(packs, reader, key_index, guess)
    else:
        (key_raw,) = reader.frames(key_index, 1)
    frame = decode_keys_frame(key_raw, reader.where)
    place = next((place for place in _places(frame, code) if int(frame.seq[place]) <= seq), None)
    if place is None:
        return None
    op, row_seq = int(frame.op[place]), int(frame.seq[place])
    if op & 3 == Op.DELETE:
        return Found(row_seq, op, None)
    row = int(part.key_frame_rows()[:frame_index].sum(dtype=np.int64)) + place
    return Found(row_seq, op, _value(reader, part, row, known=(guess, value_raw)))


def _both(packs: Packs, reader: PackReader, key_index: int, value_index: int) -> tuple[bytes, bytes]:
    """The raw bytes of a key frame and a value frame: one request where they are close, two at once otherwise."""
    value_start, value_length = reader.sealed_range(value_index)
    key_start, key_length = reader.sealed_range(key_index)
    if key_start + key_length - value_start <= CLOSE_BYTES:
        data = packs.read(reader.where, value_start, key_start + key_length - value_start)
        return reader.open(key_index, data[key_start - value_start :]), reader.open(value_index, data[:value_length])
    waiting = packs.pool().submit(packs.read, reader.where, value_start, value_length)
    key = reader.open(key_index, packs.read(reader.where, key_start, key_length))
    return key, reader.open(value_index, waiting.result())


def _places(frame: KeysFrame, code: bytes) -> list[int]:
    """The rows of this code in a key frame."""
    if code not in frame.codes_bytes:
        return []
    candidates = np.flatnonzero(frame.lengths == len(code))
    ends = np.cumsum(frame.lengths, dtype=np.int64)
    data, size = frame.codes_bytes, len(code)
    return [place for place, end in zip(candidates.tolist(), ends[candidates].tolist(), strict=True) if data[end - size : end] == code]


def _value(reader: PackReader, part: PartTail, row: int, known: tuple[int, bytes | None] = (-1, None)) -> bytes:
    counts = part.value_frame_rows()
    ends = np.cumsum(counts, dtype=np.int64)
    frame = int(np.searchsorted(ends, row, side="right"))
    index, count = part.v0 + frame, int(counts[frame])
    raw = known[1] if known[0] == index else None
    if raw is None:
        (raw,) = reader.frames(index, 1)
    values = decode_values(reader.frame_kind(index), raw, count, reader.where)
    return values[row - int(ends[frame]) + count]
