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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt

from listbackup.backends.keyring.scope import KeyScope
from listbackup.base.decode import from_msgpack
from listbackup.base.errors import DamagedError
from listbackup.store.columns import KeysFrame, decode_keys_frame, decode_values
from listbackup.store.model import StreamSpec
from listbackup.store.part import Part
from listbackup.store.sealed import HEADER_BYTES, ObjectType, Opening, Sealing, read_footer
from listbackup.store.sizes import Sizes

VALUES_RAW_BYTES = Sizes().values_raw_bytes
KEYS_ROWS = Sizes().keys_rows
PACK_BYTES = Sizes().pack_bytes


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
        return from_msgpack(raw, Tail)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"the directory of {where} cannot be read: {error}", where=where) from None
