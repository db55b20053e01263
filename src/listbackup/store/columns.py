"""Frames of rows: values as lines or with lengths, keys by column.

Rows of a part are ordered by (key code ascending, seq descending).

V (lines)    the values joined by "\\n", one line per row, an empty line for a deletion; used when no value of the frame holds a newline byte
W (values)   u32 n | u32 length[n] | the values, end to end; a deletion has length 0
K (keys)     u32 n | u32 flags (bit 0: the canon column is there) | u32 seq[n] | u64 vhash[n] | u64 canon[n] if flagged | u16 code_length[n] | u8 op[n] | codes

``op`` is 0 insert, 1 update, 2 delete in the low two bits (3, cancel, only in packs that a run staged and has not committed); a deletion's evidence
(index in ``model.EVIDENCE``) in the upper six. ``vhash`` is the first 8 bytes, little endian, of SHA-256(K_vh || code || value), 0 for a deletion; ``canon`` the same
over the value's canonical form without the stream's volatile paths, kept only for streams that declare some. Little endian throughout.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from listbackup.base.errors import DamagedError
from listbackup.store.sealed import FrameKind

U8: TypeAlias = npt.NDArray[np.uint8]
U16: TypeAlias = npt.NDArray[np.uint16]
U32: TypeAlias = npt.NDArray[np.uint32]
U64: TypeAlias = npt.NDArray[np.uint64]

CANON = 1
OP_MASK = 3
EVIDENCE_SHIFT = 2


@dataclass(slots=True)
class Rows:
    """Some rows by column: ``codes[i]``, ``seq[i]``, ``op[i]`` (with evidence), ``vhash[i]``, ``canon[i]`` where the stream has volatile paths."""

    codes: list[bytes]
    seq: U32
    op: U8
    vhash: U64
    canon: U64 | None = None

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def kind(self) -> U8:
        """The ops alone."""
        return np.bitwise_and(self.op, np.uint8(OP_MASK))

    def take(self, indices: npt.NDArray[np.intp]) -> Rows:
        """These rows, in this order."""
        codes = self.codes
        return Rows(
            [codes[i] for i in indices.tolist()],
            self.seq[indices],
            self.op[indices],
            self.vhash[indices],
            None if self.canon is None else self.canon[indices],
        )

    def part(self, start: int, stop: int) -> Rows:
        """The half-open range of rows."""
        canon = None if self.canon is None else self.canon[start:stop]
        return Rows(self.codes[start:stop], self.seq[start:stop], self.op[start:stop], self.vhash[start:stop], canon)


def join_rows(several: Sequence[Rows]) -> Rows:
    """All rows of all, in the order given."""
    if len(several) == 1:
        return several[0]
    if not several:
        return Rows([], np.empty(0, np.uint32), np.empty(0, np.uint8), np.empty(0, np.uint64))
    has_canon = any(rows.canon is not None for rows in several)
    canon = (
        np.concatenate([np.zeros(len(rows), np.uint64) if rows.canon is None else rows.canon for rows in several]) if has_canon else None
    )
    return Rows(
        [code for rows in several for code in rows.codes],
        np.concatenate([rows.seq for rows in several]),
        np.concatenate([rows.op for rows in several]),
        np.concatenate([rows.vhash for rows in several]),
        canon,
    )


def encode_keys_frame(rows: Rows) -> bytes:
    """The raw bytes of a K frame."""
    n = len(rows)
    lengths = np.fromiter(map(len, rows.codes), np.uint16, n)
    pieces = [
        struct.pack("<II", n, 0 if rows.canon is None else CANON),
        rows.seq.astype("<u4", copy=False).tobytes(),
        rows.vhash.astype("<u8", copy=False).tobytes(),
        b"" if rows.canon is None else rows.canon.astype("<u8", copy=False).tobytes(),
        lengths.astype("<u2", copy=False).tobytes(),
        rows.op.tobytes(),
        *rows.codes,
    ]
    return b"".join(pieces)


@dataclass(slots=True)
class KeysFrame:
    """A K frame read: columns as arrays, codes as one piece until they are asked for."""

    n: int
    seq: U32
    vhash: U64
    canon: U64 | None
    lengths: U16
    op: U8
    codes_bytes: bytes

    def codes(self) -> list[bytes]:
        """Every row's key code."""
        data = self.codes_bytes
        if self.n and (self.lengths == self.lengths[0]).all():
            return np.frombuffer(data, f"V{self.lengths[0]}").tolist()  # type: ignore[no-any-return]
        ends = np.cumsum(self.lengths, dtype=np.int64).tolist()
        start = 0
        codes = []
        for end in ends:
            codes.append(data[start:end])
            start = end
        return codes

    def rows(self) -> Rows:
        """All rows, codes included."""
        return Rows(self.codes(), self.seq, self.op, self.vhash, self.canon)

    def padded(self, width: int) -> npt.NDArray[np.bytes_]:
        """The codes as zero-padded byte strings of one width, at least the longest code's."""
        out = np.zeros((self.n, width), np.uint8)
        if self.n:
            mask = np.arange(width) < self.lengths[:, None]
            out[mask] = np.frombuffer(self.codes_bytes, np.uint8)
        return out.view(f"S{width}").ravel()


def decode_keys_frame(raw: bytes, where: str | None = None) -> KeysFrame:
    """The columns of a K frame. Raises DamagedError."""
    if len(raw) < 8:
        raise DamagedError("a key frame is too short", where=where)
    n, flags = struct.unpack_from("<II", raw)
    fixed = 8 + n * (15 + (8 if flags & CANON else 0))
    if len(raw) < fixed or flags & ~CANON:
        raise DamagedError("a key frame does not hold what it says", where=where)
    at = 8
    seq = np.frombuffer(raw, "<u4", n, at)
    at += 4 * n
    vhash = np.frombuffer(raw, "<u8", n, at)
    at += 8 * n
    canon = None
    if flags & CANON:
        canon = np.frombuffer(raw, "<u8", n, at)
        at += 8 * n
    lengths = np.frombuffer(raw, "<u2", n, at)
    at += 2 * n
    op = np.frombuffer(raw, "<u1", n, at)
    codes = raw[at + n :]
    if int(lengths.sum(dtype=np.int64)) != len(codes):
        raise DamagedError("a key frame does not hold what it says", where=where)
    return KeysFrame(n, seq, vhash, canon, lengths, op, codes)


def encode_values(values: Sequence[bytes]) -> tuple[FrameKind, bytes]:
    """The kind and raw bytes of the frame that holds these values (at least one)."""
    joined = b"".join(values)
    if b"\n" not in joined:
        return FrameKind.LINES, b"\n".join(values)
    lengths = np.fromiter(map(len, values), np.uint32, len(values))
    return FrameKind.VALUES, struct.pack("<I", len(values)) + lengths.astype("<u4", copy=False).tobytes() + joined


def decode_values(kind: int, raw: bytes, n: int, where: str | None = None) -> list[bytes]:
    """The ``n`` values of a V or W frame. Raises DamagedError."""
    if kind == FrameKind.LINES:
        values = raw.split(b"\n")
    else:
        values = _sized(raw, where)
    if len(values) != n:
        raise DamagedError("a value frame does not hold as many rows as it should", where=where)
    return values


def pick_lines(raw: bytes, rows: npt.NDArray[np.int64], n: int, where: str | None = None) -> list[bytes]:
    """Some of the ``n`` values of a V frame, without taking the others apart. Raises DamagedError."""
    ends = np.append(np.flatnonzero(np.frombuffer(raw, np.uint8) == 10), len(raw))
    if len(ends) != n:
        raise DamagedError("a value frame does not hold as many rows as it should", where=where)
    starts = np.where(rows > 0, ends[rows - 1] + 1, 0)
    return [raw[start:end] for start, end in zip(starts.tolist(), ends[rows].tolist(), strict=True)]


def _sized(raw: bytes, where: str | None) -> list[bytes]:
    count = int.from_bytes(raw[:4], "little")
    if len(raw) < 4 + 4 * count:
        raise DamagedError("a value frame does not hold what it says", where=where)
    ends = np.cumsum(np.frombuffer(raw, "<u4", count, 4), dtype=np.int64) + 4 + 4 * count
    values, start = [], 4 + 4 * count
    for end in ends.tolist():
        values.append(raw[start:end])
        start = end
    if start != len(raw):
        raise DamagedError("a value frame does not hold what it says", where=where)
    return values
