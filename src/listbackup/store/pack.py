"""Packs: sealed objects of type P that hold parts of segments.

A *segment* is a sorted, immutable run of rows of one stream that covers the snapshots in ``(lo, hi]``; a *part* is the piece of a segment inside one pack. For each part
the pack holds its value frames (V or W, cut at 256 KiB raw or one larger record), directly followed by its key frames (K, about 1,024 rows; all
versions of a key are in one K frame). Row i of the part is line i of its value frames in order and row i of its key frames in order.

The tail is a msgpack map::

    v       1
    run     id of the run (or compaction) that wrote the pack
    at      when [ms since 1970 UTC]
    kinds   one byte per frame before the tail: its kind       codecs  one byte each: its codec
    lens    u32 each: sealed length                            raws    u32 each: raw length
    parts   array of maps:
      stream, spec   the stream's name and its declaration (``StreamSpec``)
      segment        id of the segment (text)                  lo, hi, level, full   as in HEAD
      rows           how many
      v0, v_rows, v_first    index of the first value frame; u32 rows per value frame; array: the code of each frame's first row
      k0, k_rows, k_first    index of the first key frame; u32 rows per key frame; array: the code of each frame's first row
      last           the code of the last row
      bloom          filter of the codes (``bloom.py``), empty where lo is 0: a base is asked by range alone
      staged         true in packs of a run that may still hold ``cancel`` rows

Frame i begins at 112 + the sum of ``lens`` before it: the frames tile the object.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt

from listbackup.backends.keyring.scope import KeyScope
from listbackup.base.errors import DamagedError
from listbackup.store.bloom import make_bloom
from listbackup.store.columns import KeysFrame, Rows, decode_keys_frame, decode_values, encode_keys_frame, encode_values, join_rows
from listbackup.store.model import StreamSpec
from listbackup.store.sealed import HEADER_BYTES, Frame, FrameKind, ObjectType, Opening, Sealing, read_footer, squeeze

VALUES_RAW_BYTES = 256 * 1024
KEYS_ROWS = 1024
PACK_BYTES = 20 * 1024 * 1024  # compressed bytes after which a pack is written
_IN_FLIGHT = 6


class PartTail(msgspec.Struct, kw_only=True, frozen=True):
    """What a pack's tail says of one part."""

    stream: str
    spec: StreamSpec
    segment: str
    lo: int
    hi: int
    level: int
    full: bool
    rows: int
    v0: int
    v_rows: bytes
    v_first: tuple[bytes, ...]
    k0: int
    k_rows: bytes
    k_first: tuple[bytes, ...]
    last: bytes
    bloom: bytes = b""
    staged: bool = False

    @property
    def first(self) -> bytes:
        """The code of the first row."""
        return self.k_first[0]

    def value_frame_rows(self) -> npt.NDArray[np.uint32]:
        """Rows per value frame."""
        return np.frombuffer(self.v_rows, "<u4")

    def key_frame_rows(self) -> npt.NDArray[np.uint32]:
        """Rows per key frame."""
        return np.frombuffer(self.k_rows, "<u4")


class Tail(msgspec.Struct, kw_only=True, frozen=True):
    """The directory of a pack."""

    v: int
    run: str
    at: int
    kinds: bytes
    codecs: bytes
    lens: bytes
    raws: bytes
    parts: tuple[PartTail, ...]


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

    def __init__(self, *, level: int = 3, bloom: bool, executor: Executor | None = None) -> None:
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
        if self._waiting_bytes >= 4 * VALUES_RAW_BYTES:
            self._cut(final=False)

    def finish(self) -> Part:
        """The part; the builder is spent."""
        self._cut(final=True)
        values = [self._result(frame) for frame in self._frames]
        rows = join_rows(self._rows)
        starts = _key_frame_starts(rows.codes)
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
            stop = max(start + 1, int(np.searchsorted(ends, base + VALUES_RAW_BYTES, side="right")))
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


def _key_frame_starts(codes: Sequence[bytes]) -> list[int]:
    """Where key frames begin: every 1,024 rows, moved on where that would part the versions of a key."""
    starts, at = [0], KEYS_ROWS
    while at < len(codes):
        while at < len(codes) and codes[at] == codes[at - 1]:
            at += 1
        if at < len(codes):
            starts.append(at)
        at += KEYS_ROWS
    return starts


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLabel:
    """Whose part it is, for the tail."""

    stream: str
    spec: StreamSpec
    segment: str
    lo: int
    hi: int
    level: int = 0
    full: bool = False
    staged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PackInfo:
    """A pack as it was written: what HEAD must know of it."""

    object_id: bytes
    size_bytes: int
    tail_off: int
    sha256: bytes
    tail: Tail
    tail_bytes: bytes  # from the tail frame to the end of the object, as it lies there


@dataclass(slots=True)
class PackBuilder:
    """Collects parts and seals them into one object."""

    keys: KeyScope
    place: bytes
    run: str
    at_ms: int
    parts: list[tuple[PartLabel, Part]] = field(default_factory=list)

    def add(self, label: PartLabel, part: Part) -> None:
        """Put a part into the pack."""
        self.parts.append((label, part))

    @property
    def squeezed_bytes(self) -> int:
        """About how large the pack will be."""
        return sum(part.squeezed_bytes for _, part in self.parts)

    def write(self, put: Callable[[bytes, Iterator[bytes]], None]) -> PackInfo:
        """Seal everything and hand (object id, the object's bytes piece by piece) to ``put``; the parts are spent."""
        sealing = Sealing(self.keys, self.place, ObjectType.PACK)
        written = _Written()
        put(sealing.object_id, self._pieces(sealing, written))
        assert written.tail is not None
        return PackInfo(
            object_id=sealing.object_id,
            size_bytes=written.tail_off + len(written.ending),
            tail_off=written.tail_off,
            sha256=written.digest.digest(),
            tail=written.tail,
            tail_bytes=written.ending,
        )

    def _pieces(self, sealing: Sealing, written: _Written) -> Iterator[bytes]:
        """The object's bytes; frames are let go of as they are sealed."""
        tails: list[PartTail] = []
        directory: list[tuple[int, int, int, int]] = []
        yield written.noted(sealing.header)
        for label, part in self.parts:
            v0, k0 = sealing.frames, sealing.frames + len(part.values)
            tails.append(_part_tail(label, part, v0, k0))
            for frames in (part.values, part.keys):
                frames.reverse()
                while frames:
                    frame = frames.pop()
                    sealed = sealing.seal(frame)
                    directory.append((frame.kind, frame.codec, len(sealed), frame.raw_len))
                    yield written.noted(sealed)
        written.tail = Tail(
            v=1,
            run=self.run,
            at=self.at_ms,
            kinds=bytes(row[0] for row in directory),
            codecs=bytes(row[1] for row in directory),
            lens=_u32(row[2] for row in directory),
            raws=_u32(row[3] for row in directory),
            parts=tuple(tails),
        )
        written.tail_off = sealing.size_bytes
        written.ending = written.noted(sealing.finish(msgspec.msgpack.encode(written.tail)))
        yield written.ending


@dataclass(slots=True)
class _Written:
    """What is known of a pack once its pieces have been handed out."""

    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    tail: Tail | None = None
    tail_off: int = 0
    ending: bytes = b""

    def noted(self, piece: bytes) -> bytes:
        self.digest.update(piece)
        return piece


def _part_tail(label: PartLabel, part: Part, v0: int, k0: int) -> PartTail:
    return PartTail(
        stream=label.stream,
        spec=label.spec,
        segment=label.segment,
        lo=label.lo,
        hi=label.hi,
        level=label.level,
        full=label.full,
        rows=part.rows,
        v0=v0,
        v_rows=_u32(part.v_rows),
        v_first=tuple(part.v_first),
        k0=k0,
        k_rows=_u32(part.k_rows),
        k_first=tuple(part.k_first),
        last=part.last,
        bloom=part.bloom,
        staged=label.staged,
    )


def _u32(numbers: Iterable[int]) -> bytes:
    return np.array(list(numbers), "<u4").tobytes()


class PackReader:
    """A pack whose tail is at hand; frames are fetched by ``read(start, length)``."""

    def __init__(self, opening: Opening, tail: Tail, read: Callable[[int, int], bytes], where: str) -> None:
        self._opening = opening
        self.tail = tail
        self.where = where
        self._read = read
        lens = np.frombuffer(tail.lens, "<u4")
        self._lens = lens.tolist()
        self._offsets = (np.concatenate([[0], np.cumsum(lens, dtype=np.int64)]) + HEADER_BYTES).tolist()
        self._raws = np.frombuffer(tail.raws, "<u4").tolist()

    @property
    def frame_count(self) -> int:
        """Frames before the tail."""
        return len(self._lens)

    def sealed_range(self, index: int, count: int = 1) -> tuple[int, int]:
        """Start and length [bytes] of ``count`` frames from ``index``."""
        return self._offsets[index], self._offsets[index + count] - self._offsets[index]

    def open(self, index: int, sealed: bytes) -> bytes:
        """The raw bytes of a frame whose sealed bytes are at hand. Raises DamagedError."""
        tail = self.tail
        return self._opening.open(index, tail.kinds[index], tail.codecs[index], self._raws[index], sealed)

    def frames(self, index: int, count: int) -> Iterator[bytes]:
        """The raw bytes of ``count`` frames from ``index``, read at once."""
        if not count:
            return
        start, length = self.sealed_range(index, count)
        data = self._read(start, length)
        if len(data) != length:
            raise DamagedError(f"{self.where} is cut short", where=self.where)
        for each in range(index, index + count):
            at = self._offsets[each] - start
            yield self.open(each, data[at : at + self._lens[each]])

    def keys(self, index: int, count: int = 1) -> Iterator[KeysFrame]:
        """Key frames from ``index``."""
        for raw in self.frames(index, count):
            yield decode_keys_frame(raw, self.where)

    def values(self, index: int, rows: int) -> list[bytes]:
        """The values of one value frame, which must hold this many rows."""
        (raw,) = self.frames(index, 1)
        return decode_values(self.tail.kinds[index], raw, rows, self.where)

    def frame_kind(self, index: int) -> int:
        """The kind of a frame."""
        return self.tail.kinds[index]


def open_pack(
    keys: KeyScope, place: bytes, object_id: bytes, size_bytes: int, end: bytes, read: Callable[[int, int], bytes], where: str
) -> PackReader:
    """A reader from the end of a pack (its last bytes, from the tail on). Raises DamagedError, KeyUnavailable, NewerFormat."""
    header, trailer = read_footer(end, size_bytes, where)
    start = len(end) - (size_bytes - trailer.tail_off)
    if start < 0:
        raise DamagedError(f"{where} has another tail than was expected", where=where)
    opening = Opening(keys, place, ObjectType.PACK, header, where=where, object_id=object_id)
    tail = decode_tail(opening.open_tail(trailer, end[start : start + trailer.tail_len]), where)
    tiled = HEADER_BYTES + int(np.frombuffer(tail.lens, "<u4").sum(dtype=np.int64))
    if tiled != trailer.tail_off or trailer.frames != len(tail.kinds) + 1:
        raise DamagedError(f"the frames of {where} do not tile it", where=where)
    return PackReader(opening, tail, read, where)


def decode_tail(raw: bytes, where: str) -> Tail:
    """The directory of a pack. Raises DamagedError."""
    try:
        return msgspec.msgpack.decode(raw, type=Tail)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"the directory of {where} cannot be read: {error}", where=where) from None
