"""Walking a stream's segments side by side in key order, a chunk at a time, in flat memory.

Key frames are read in groups, value frames only for rows that somebody asks for. A chunk holds every row of its keys, so what is true of a key is decided
within its chunk.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from listbackup.store.columns import Rows, decode_values, join_rows, pick_lines
from listbackup.store.head import PackRef, PartRef, Segment
from listbackup.store.pack import PackReader, PartTail
from listbackup.store.packs import Packs
from listbackup.store.sealed import FrameKind

KEY_FRAMES_AT_ONCE = 8
VALUE_FRAMES_AT_ONCE = 16
AHEAD = 4  # such requests under way beside what is being read
FEW = 3  # times as many values in a frame as are wanted of it


class Values:
    """The values of one part by row number; cheap when the rows asked for ascend. With a pool, its threads read and open ahead."""

    def __init__(self, reader: PackReader, part: PartTail, at_once: int = VALUE_FRAMES_AT_ONCE, pool: Executor | None = None) -> None:
        self._at_once = at_once
        self._pool = pool
        self._reader = reader
        self._part = part
        self._counts = part.value_frame_rows()
        self._ends = np.cumsum(self._counts, dtype=np.int64)
        self._at = -1  # the frame at hand
        self._values: list[bytes] = []
        self._raw: bytes | None = None  # of the frame at hand, as long as its values were not taken apart

    def take(self, rows: npt.NDArray[np.int64]) -> list[bytes]:
        """The values of these rows (ascending)."""
        taken: list[bytes] = []
        if not len(rows):
            return taken
        frames = np.searchsorted(self._ends, rows, side="right")
        starts = np.flatnonzero(np.r_[True, frames[1:] != frames[:-1]])
        stops = [*starts[1:].tolist(), len(rows)]
        needed = frames[starts].tolist()
        raws = self._raws([frame for frame in needed if frame != self._at])
        for frame, start, stop in zip(needed, starts.tolist(), stops, strict=True):
            if frame != self._at:
                self._at, self._raw = next(raws)
            base = int(self._ends[frame]) - int(self._counts[frame])
            taken.extend(self._picked(frame, rows[start:stop] - base))
        return taken

    def _raws(self, needed: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """These frames, opened; those that lie together are one request."""
        if self._pool is None:
            for run in _runs(needed, self._at_once):
                yield from self._opened(*run)
            return
        waiting: deque[Future[list[tuple[int, bytes]]]] = deque()
        for run in _runs(needed, self._at_once):
            waiting.append(self._pool.submit(self._opened, *run))
            if len(waiting) == AHEAD:
                yield from waiting.popleft().result()
        for future in waiting:
            yield from future.result()

    def _opened(self, first: int, count: int) -> list[tuple[int, bytes]]:
        return list(zip(range(first, first + count), self._reader.frames(self._part.v0 + first, count), strict=True))

    def _picked(self, frame: int, rows: npt.NDArray[np.int64]) -> list[bytes]:
        """These values of the frame at hand: cut out of it where they are few, else out of all of them."""
        count = int(self._counts[frame])
        if self._raw is not None and FEW * len(rows) <= count and self._reader.frame_kind(self._part.v0 + frame) == FrameKind.LINES:
            return pick_lines(self._raw, rows, count, self._reader.where)
        if self._raw is not None:
            self._values = decode_values(self._reader.frame_kind(self._part.v0 + frame), self._raw, count, self._reader.where)
            self._raw = None
        values = self._values
        return values if len(rows) == count else [values[row] for row in rows.tolist()]


@dataclass(slots=True)
class Slice:
    """Rows of one part that belong to a chunk: row numbers in the part beside the columns."""

    rows: Rows
    numbers: npt.NDArray[np.int64]
    values: Values

    def take(self, indices: npt.NDArray[np.intp]) -> Slice:
        """Some of the rows."""
        return Slice(self.rows.take(indices), self.numbers[indices], self.values)


class SegmentCursor:
    """One segment's rows in order, by groups of key frames, between two codes; ``wanted`` (sorted) leaves out frames that hold none of these."""

    def __init__(
        self,
        packs: Packs,
        refs: Mapping[str, PackRef],
        segment: Segment,
        *,
        after: bytes | None = None,
        stop: bytes | None = None,
        wanted: Sequence[bytes] | None = None,
        at_once: int = KEY_FRAMES_AT_ONCE,
        side_by_side: bool = False,
    ) -> None:
        self._at_once = at_once
        self._pool = packs.pool() if side_by_side else None
        self._groups = self._walk(packs, refs, segment, after, stop, wanted)
        self._after = after
        self._stop = stop
        self._wanted = wanted
        self._rows: Rows | None = None
        self._first = 0
        self._at = 0
        self._values: Values | None = None

    def fill(self) -> bool:
        """Have rows at hand; False at the end."""
        while self._rows is None or self._at >= len(self._rows):
            group = next(self._groups, None)
            if group is None:
                self._rows = None
                return False
            self._rows, self._first, self._values = group
            self._at = bisect_right(self._rows.codes, self._after) if self._after is not None else 0
            if self._stop is not None and self._rows.codes[-1] >= self._stop:
                self._rows = self._rows.part(0, bisect_left(self._rows.codes, self._stop))
        return True

    @property
    def last(self) -> bytes:
        """The last code at hand."""
        assert self._rows is not None
        return self._rows.codes[-1]

    def take(self, bound: bytes) -> Slice | None:
        """The rows at hand whose code is at most ``bound``."""
        assert self._rows is not None
        assert self._values is not None
        stop = len(self._rows) if self._rows.codes[-1] <= bound else bisect_right(self._rows.codes, bound, self._at)
        if stop == self._at:
            return None
        numbers = np.arange(self._first + self._at, self._first + stop, dtype=np.int64)
        taken = Slice(self._rows.part(self._at, stop), numbers, self._values)
        self._at = stop
        if self._wanted is None:
            return taken
        kept = _places_of(self._wanted, taken.rows.codes)
        return taken.take(np.array(kept, np.intp)) if kept else None

    def _walk(
        self,
        packs: Packs,
        refs: Mapping[str, PackRef],
        segment: Segment,
        after: bytes | None,
        stop: bytes | None,
        wanted: Sequence[bytes] | None,
    ) -> Iterator[tuple[Rows, int, Values]]:
        for ref in segment.parts:
            if not _part_matters(ref, after, stop, wanted):
                continue
            reader = packs.reader(ref.pack, refs[ref.pack])
            part = reader.tail.parts[ref.part]
            values = Values(reader, part, 2 * self._at_once if self._at_once > 1 else 1, self._pool)
            starts = np.concatenate([[0], np.cumsum(part.key_frame_rows(), dtype=np.int64)])
            frames = _frames_that_matter(part, after, stop, wanted)
            for first, count in _runs(frames, self._at_once):
                rows = join_rows([frame.rows() for frame in reader.keys(part.k0 + first, count)])
                yield rows, int(starts[first]), values


def _places_of(wanted: Sequence[bytes], codes: Sequence[bytes]) -> list[int]:
    """Where these codes (both ascending) stand; one that stands there more than once, every time."""
    kept, at = [], 0
    for code in wanted[bisect_left(wanted, codes[0]) : bisect_right(wanted, codes[-1])]:
        at = bisect_left(codes, code, at)
        while at < len(codes) and codes[at] == code:
            kept.append(at)
            at += 1
    return kept


def _part_matters(ref: PartRef, after: bytes | None, stop: bytes | None, wanted: Sequence[bytes] | None) -> bool:
    if (after is not None and ref.last <= after) or (stop is not None and ref.first >= stop):
        return False
    return wanted is None or bisect_right(wanted, ref.last) > bisect_left(wanted, ref.first)


def _frames_that_matter(part: PartTail, after: bytes | None, stop: bytes | None, wanted: Sequence[bytes] | None) -> Sequence[int]:
    firsts = part.k_first
    begin = 0 if after is None else max(0, bisect_right(firsts, after) - 1)
    end = len(firsts) if stop is None else bisect_left(firsts, stop)
    if wanted is None:
        return range(begin, end)
    bounds = [bisect_left(wanted, first) for first in firsts[begin:end]]
    bounds.append(bisect_right(wanted, part.last) if end == len(firsts) else bisect_left(wanted, firsts[end]))
    return [begin + index for index in range(end - begin) if bounds[index + 1] > bounds[index]]


def _runs(frames: Sequence[int], at_once: int) -> Iterator[tuple[int, int]]:
    """Neighbouring frames together."""
    at = 0
    while at < len(frames):
        count = 1
        while count < at_once and at + count < len(frames) and frames[at + count] == frames[at] + count:
            count += 1
        yield frames[at], count
        at += count


def chunks(cursors: Sequence[SegmentCursor]) -> Iterator[list[Slice]]:
    """What all cursors hold of the next keys: slices in the order of the cursors, all rows of each key in one chunk."""
    order = {id(cursor): index for index, cursor in enumerate(cursors)}
    walking = list(cursors)
    while walking := [cursor for cursor in walking if cursor.fill()]:
        bound = min(cursor.last for cursor in walking)
        taken = [(order[id(cursor)], part) for cursor in walking if (part := cursor.take(bound)) is not None]
        if taken:
            yield [part for _, part in sorted(taken, key=lambda pair: pair[0])]


@dataclass(slots=True)
class Chosen:
    """Rows picked out of a chunk, in key order; their values are read when asked for."""

    rows: Rows
    _parts: list[Slice]
    _part: npt.NDArray[np.int32]
    _index: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def values(self) -> list[bytes]:
        """The rows' values."""
        if len(self._parts) == 1:
            return self._parts[0].values.take(self._parts[0].numbers[self._index])
        most = int(np.bincount(self._part, minlength=1).argmax()) if len(self.rows) else 0
        others: dict[int, bytes] = {}
        for number, part in enumerate(self._parts):
            if number != most:
                places = np.flatnonzero(self._part == number)
                others.update(zip(places.tolist(), part.values.take(part.numbers[self._index[places]]), strict=True))
        main = self._parts[most] if self._parts else None
        values = main.values.take(main.numbers[self._index[self._part == most]]) if main is not None else []
        return _woven(values, others)

    def where(self, mask: npt.NDArray[np.bool_]) -> Chosen:
        """The rows where the mask is true."""
        if mask.all():
            return self
        kept = np.flatnonzero(mask)
        return Chosen(self.rows.take(kept), self._parts, self._part[kept], self._index[kept])


def _woven(values: list[bytes], others: dict[int, bytes]) -> list[bytes]:
    """The values in order, with the others at their places in the result."""
    if not others:
        return values
    out: list[bytes] = []
    at = 0
    for place in sorted(others):
        following = at + place - len(out)
        out += values[at:following]
        out.append(others[place])
        at = following
    out += values[at:]
    return out


def newest(parts: Sequence[Slice], seq: int, above: int = -1) -> Chosen:
    """Of every key the newest row with ``above < row.seq <= seq``; ``parts`` are ordered oldest segment first."""
    return _pick(parts, seq, above, newest_wins=True)


def oldest(parts: Sequence[Slice], seq: int, above: int = -1) -> Chosen:
    """Of every key the oldest row with ``above < row.seq <= seq``."""
    return _pick(parts, seq, above, newest_wins=False)


def _pick(parts: Sequence[Slice], seq: int, above: int, *, newest_wins: bool) -> Chosen:
    usable = []
    for part in parts:
        mask = part.rows.seq <= seq
        if above >= 0:
            mask &= part.rows.seq > above
        usable.append(part if mask.all() else part.take(np.flatnonzero(mask)))
    usable = [part for part in usable if len(part.rows)]
    if len(usable) == 1 and _distinct(usable[0].rows.codes):
        count = len(usable[0].rows)
        return Chosen(usable[0].rows, usable, np.zeros(count, np.int32), np.arange(count))
    if not usable:
        return Chosen(join_rows([]), [], np.empty(0, np.int32), np.empty(0, np.int64))
    bases = np.concatenate([[0], np.cumsum([len(part.rows) for part in usable], dtype=np.int64)])
    main = max(range(len(usable)), key=lambda number: len(usable[number].rows))
    others = [number for number in range(len(usable)) if number != main]
    if (
        newest_wins
        and sum(len(usable[number].rows) for number in others) * 8 < len(usable[main].rows)
        and _distinct(usable[main].rows.codes)
    ):
        codes, flat = _overlaid(usable, bases, main, others)
    else:
        winner = _winners(usable, bases, range(len(usable)), newest_wins=newest_wins)
        codes = sorted(winner)
        flat = np.fromiter(map(winner.__getitem__, codes), np.int64, len(codes))
    which = (np.searchsorted(bases, flat, side="right") - 1).astype(np.int32)
    rows = _gather(usable, codes, flat)
    return Chosen(rows, usable, which, flat - bases[which])


def _winners(parts: Sequence[Slice], bases: npt.NDArray[np.int64], numbers: Sequence[int], *, newest_wins: bool) -> dict[bytes, int]:
    """The winning row of each code, numbered through all parts."""
    winner: dict[bytes, int] = {}
    for number in numbers if newest_wins else reversed(numbers):
        codes, first = parts[number].rows.codes, int(bases[number])
        places = range(first, first + len(codes))
        if newest_wins:  # within a key the newest row comes first: written last, it wins
            winner.update(zip(reversed(codes), reversed(places), strict=True))
        else:
            winner.update(zip(codes, places, strict=True))
    return winner


def _overlaid(
    parts: Sequence[Slice], bases: npt.NDArray[np.int64], main: int, others: Sequence[int]
) -> tuple[list[bytes], npt.NDArray[np.int64]]:
    """The newest rows where one part holds most of them: its codes with the few others woven in."""
    older = _winners(parts, bases, [number for number in others if number < main], newest_wins=True)
    newer = _winners(parts, bases, [number for number in others if number > main], newest_wins=True)
    codes = parts[main].rows.codes
    woven: list[bytes] = []
    start, kept = 0, np.ones(len(codes), np.bool_)
    places: list[int] = []
    rows: list[int] = []
    for code in sorted(older | newer):
        place = bisect_left(codes, code, start)
        present = place < len(codes) and codes[place] == code
        if present and code not in newer:
            continue
        woven += codes[start:place]
        woven.append(code)
        start = place + present
        kept[place : place + present] = False
        places.append(place)
        rows.append(newer[code] if code in newer else older[code])
    woven += codes[start:]
    shifted = np.concatenate([[0], np.cumsum(kept)])[places] if places else np.empty(0, np.int64)
    flat = np.insert(np.flatnonzero(kept) + int(bases[main]), shifted, np.array(rows, np.int64))
    return woven, flat


def _gather(parts: Sequence[Slice], codes: list[bytes], flat: npt.NDArray[np.int64]) -> Rows:
    if not parts:
        return join_rows([])
    canon = None
    if any(part.rows.canon is not None for part in parts):
        columns = [np.zeros(len(part.rows), np.uint64) if part.rows.canon is None else part.rows.canon for part in parts]
        canon = np.concatenate(columns)[flat]
    return Rows(
        codes,
        np.concatenate([part.rows.seq for part in parts])[flat],
        np.concatenate([part.rows.op for part in parts])[flat],
        np.concatenate([part.rows.vhash for part in parts])[flat],
        canon,
    )


def _distinct(codes: Sequence[bytes]) -> bool:
    return all(map(bytes.__ne__, codes[1:], codes))
