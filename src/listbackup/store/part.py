"""Parts in the making: ordered rows and their values, turned into frames as they come."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np

from listbackup.store.bloom import make_bloom
from listbackup.store.columns import Rows, encode_keys_frame, encode_values, join_rows
from listbackup.store.sealed import Frame, FrameKind, squeeze
from listbackup.store.sizes import Sizes

_IN_FLIGHT = 6


@dataclass(slots=True)
class Part:
    """A part whose frames are compressed and wait for a pack."""

    values: list[Frame]
    v_rows: list[int]
    v_first: list[bytes]
    keys: list[Frame]
    k_rows: list[int]
    k_first: list[bytes]
    last: bytes
    rows: int
    raw_bytes: int
    bloom: bytes
    squeezed_bytes: int


class PartBuilder:
    """Turns ordered rows and their values into the frames of a part. ``level`` is zstd's; an executor, if given, does the compressing."""

    def __init__(self, *, level: int = 3, bloom: bool, executor: Executor | None = None, sizes: Sizes = Sizes()) -> None:
        self._sizes = sizes
        self._level = level
        self._bloom = bloom
        self._executor = executor
        self._rows: list[Rows] = []
        self._row_count = 0
        self._waiting: list[bytes] = []
        self._waiting_codes: list[bytes] = []
        self._waiting_bytes = 0
        self._frames: list[Frame | Future[Frame]] = []
        self._in_flight: deque[Future[Frame]] = deque()
        self._v_rows: list[int] = []
        self._v_first: list[bytes] = []
        self._done_bytes = 0
        self._raw_bytes = 0

    def __len__(self) -> int:
        return self._row_count

    @property
    def raw_bytes(self) -> int:
        """Bytes of values so far."""
        return self._raw_bytes

    @property
    def squeezed_bytes(self) -> int:
        """About how many bytes the compressed frames hold."""
        return self._done_bytes + (self._waiting_bytes >> 2) + 16 * self._row_count

    def add(self, rows: Rows, values: Sequence[bytes], value_bytes: int | None = None) -> None:
        """Append rows; the caller keeps them ordered by (code ascending, seq descending)."""
        if not len(rows):
            return
        size = sum(map(len, values)) if value_bytes is None else value_bytes
        self._rows.append(rows)
        self._row_count += len(rows)
        self._waiting.extend(values)
        self._waiting_codes.extend(rows.codes)
        self._waiting_bytes += size
        self._raw_bytes += size
        if self._waiting_bytes >= 4 * self._sizes.values_raw_bytes:
            self._cut(final=False)

    def finish(self) -> Part:
        """The part; the builder is spent."""
        self._cut(final=True)
        values = [self._result(frame) for frame in self._frames]
        rows = join_rows(self._rows)
        starts = _key_frame_starts(rows.codes, self._sizes.keys_rows)
        pieces = [rows.part(start, stop) for start, stop in itertools.pairwise([*starts, len(rows)])]
        keys = [squeeze(FrameKind.KEYS, encode_keys_frame(piece), level=self._level) for piece in pieces]
        return Part(
            values=values,
            v_rows=self._v_rows,
            v_first=self._v_first,
            keys=keys,
            k_rows=[len(piece) for piece in pieces],
            k_first=[piece.codes[0] for piece in pieces],
            last=rows.codes[-1],
            rows=len(rows),
            raw_bytes=self._raw_bytes,
            bloom=make_bloom(rows.codes) if self._bloom else b"",
            squeezed_bytes=sum(len(frame.data) for frame in itertools.chain(values, keys)),
        )

    def _cut(self, *, final: bool) -> None:
        """Make frames of what waits: each up to 256 KiB, at least one value; the rest waits on unless this is the end."""
        ends = np.cumsum(np.fromiter(map(len, self._waiting), np.int64, len(self._waiting)) + 1)
        start, base, total = 0, 0, len(self._waiting)
        while start < total:
            stop = max(start + 1, int(np.searchsorted(ends, base + self._sizes.values_raw_bytes, side="right")))
            if stop == total and not final:
                break
            self._emit(self._waiting[start:stop], self._waiting_codes[start])
            start, base = stop, int(ends[stop - 1])
        del self._waiting[:start], self._waiting_codes[:start]
        self._waiting_bytes = sum(map(len, self._waiting))

    def _emit(self, values: list[bytes], first: bytes) -> None:
        self._v_rows.append(len(values))
        self._v_first.append(first)
        if self._executor is None:
            frame = _squeeze_values(values, self._level)
            self._done_bytes += len(frame.data)
            self._frames.append(frame)
            return
        while len(self._in_flight) >= _IN_FLIGHT:
            self._done_bytes += len(self._in_flight.popleft().result().data)
        future = self._executor.submit(_squeeze_values, values, self._level)
        self._in_flight.append(future)
        self._frames.append(future)

    @staticmethod
    def _result(frame: Frame | Future[Frame]) -> Frame:
        return frame.result() if isinstance(frame, Future) else frame


def _squeeze_values(values: list[bytes], level: int) -> Frame:
    kind, raw = encode_values(values)
    return squeeze(kind, raw, level=level)


def _key_frame_starts(codes: Sequence[bytes], rows: int) -> list[int]:
    """Where key frames begin: every 1,024 rows, moved on where that would part the versions of a key."""
    starts, at = [0], rows
    while at < len(codes):
        while at < len(codes) and codes[at] == codes[at - 1]:
            at += 1
        if at < len(codes):
            starts.append(at)
        at += rows
    return starts
