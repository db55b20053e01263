"""Sealed objects: the one container of everything the store keeps encrypted.

Layout, little endian throughout::

    header 112 B   0   4  "LBSO"
                   4   1  major, 1        a reader refuses a larger one
                   5   1  minor, 0
                   6   1  type: H head, S spilled list, P pack, C checkpoint, B blob
                   7   1  flags, 0
                   8   8  kid, the id of the account's data key
                  16  32  salt, random
                  48  32  commitment to the key
                  80  16  object id, random, never used twice; in hex it is the last part of the object's name (H, S, C: in no name)
                  96  16  place: SHA-256("listbackup/1/place" NUL account NUL source)[0:16]
    frames         back to back: AES-256-GCM ciphertext || 16 B tag
    tail           the last frame, kind T
    footer 144 B   the header again (so that the end of an object opens alone), then the trailer:
                   0   8  offset of the tail frame
                   8   4  its sealed length
                  12   4  its raw length
                  16   4  number of frames, the tail included
                  20   1  codec of the tail
                  21   3  zero
                  24   8  "LBSOEND1"

    (key, commitment) = HKDF-SHA-512(data key kid, salt, "listbackup/1/object"), 32 bytes each; the commitment is compared before anything is decrypted
    nonce = 4 zero bytes || u64 big endian frame index (0 for the first frame); the tail's index is frames - 1
    associated data = header || u64 index || u8 kind || u8 codec || u32 raw length
    codec 0 = stored, 1 = zstd with the content size in its frame

So a frame opens only in its object, at its index, as its kind; an object only under its name in its source; a cut object has no footer, and the number of
frames is the tail's index. Small objects (H, S, C) are a tail and nothing else: kind T, msgpack.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import threading
from dataclasses import dataclass
from enum import IntEnum

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import derive
from listbackup.base.errors import DamagedError, KeyUnavailable, NewerFormat

MAJOR, MINOR = 1, 0
HEADER_BYTES = 112
TRAILER_BYTES = 32
FOOTER_BYTES = HEADER_BYTES + TRAILER_BYTES
OBJECT_ID_BYTES = 16

_MAGIC, _END = b"LBSO", b"LBSOEND1"
_HEADER = struct.Struct("<4sBBBB8s32s32s16s16s")
_TRAILER = struct.Struct("<QIIIB3s8s")
_BOUND = struct.Struct("<QBBI")
_LABEL = "listbackup/1/object"


class ObjectType(IntEnum):
    """What an object is."""

    HEAD = ord("H")
    SPILL = ord("S")
    PACK = ord("P")
    CHECKPOINT = ord("C")
    BLOB = ord("B")


class FrameKind(IntEnum):
    """What a frame holds."""

    LINES = ord("V")  # values joined by newlines
    VALUES = ord("W")  # values with their lengths
    KEYS = ord("K")
    BYTES = ord("Y")  # a piece of a blob
    TAIL = ord("T")


class Codec(IntEnum):
    """How a frame's raw bytes are stored before they are sealed."""

    STORED = 0
    ZSTD = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame before it is sealed: ``data`` is ``raw_len`` bytes under ``codec``."""

    kind: int
    codec: int
    raw_len: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Trailer:
    """Where an object's tail lies."""

    tail_off: int
    tail_len: int
    tail_raw: int
    frames: int
    tail_codec: int


def place_of(account: str, source: str) -> bytes:
    """The 16 bytes that bind an object to its source."""
    return hashlib.sha256(b"\x00".join([b"listbackup/1/place", account.encode(), source.encode()])).digest()[:16]


def new_object_id() -> bytes:
    """16 fresh random bytes."""
    return os.urandom(OBJECT_ID_BYTES)


class _Local(threading.local):
    """zstd contexts are not safe to share: one of each per thread."""

    def __init__(self) -> None:
        self.compressors: dict[tuple[int, bool], zstandard.ZstdCompressor] = {}
        self.decompressor = zstandard.ZstdDecompressor()

    def compressor(self, level: int, size: int) -> zstandard.ZstdCompressor:
        """One for this level and frames of this size [bytes]."""
        usual = level == _FAST and size <= _USUAL_BYTES
        found = self.compressors.get((level, usual))
        if found is None:
            if usual:
                params = zstandard.ZstdCompressionParameters.from_level(level, source_size=_USUAL_BYTES, chain_log=13)
                found = zstandard.ZstdCompressor(compression_params=params)
            else:
                found = zstandard.ZstdCompressor(level=level, write_content_size=True)
            self.compressors[level, usual] = found
        return found


# Frames of records: level 3 with a smaller table of short matches, which stays in the processor's cache: a twelfth quicker, and as small within 0.8 %.
_FAST, _USUAL_BYTES = 3, 256 * 1024
_local = _Local()


def squeeze(kind: int, raw: bytes, *, level: int = 3) -> Frame:
    """The raw bytes compressed, decompressed again and compared; kept as they are where that does not pay. Raises DamagedError."""
    data = _local.compressor(level, len(raw)).compress(raw)
    if len(data) >= len(raw):
        return Frame(kind, Codec.STORED, len(raw), raw)
    if _local.decompressor.decompress(data) != raw:
        raise DamagedError("what was compressed did not come back the same: this machine's memory or zstd library is faulty")
    return Frame(kind, Codec.ZSTD, len(raw), data)


def unsqueeze(codec: int, raw_len: int, data: bytes, where: str | None = None) -> bytes:
    """The raw bytes of ``squeeze``. Raises DamagedError."""
    if codec == Codec.STORED:
        raw = data
    elif codec == Codec.ZSTD:
        try:
            if zstandard.frame_content_size(data) != raw_len:
                raise DamagedError("a frame holds another length than it says", where=where)
            raw = _local.decompressor.decompress(data)
        except zstandard.ZstdError as error:
            raise DamagedError(f"a frame does not decompress: {error}", where=where) from None
    else:
        raise NewerFormat(f"a frame has codec {codec}, which this version does not know", hint="upgrade listbackup")
    if len(raw) != raw_len:
        raise DamagedError("a frame holds another length than it says", where=where)
    return raw


class Sealing:
    """One object being sealed; each frame gets the next index. Not for two threads at once."""

    def __init__(self, keys: KeyScope, place: bytes, kind: ObjectType, object_id: bytes | None = None) -> None:
        self.object_id = object_id or new_object_id()
        kid, data_key = keys.current()
        salt = os.urandom(32)
        key, commitment = derive(data_key, salt, _LABEL)
        self.header = _HEADER.pack(_MAGIC, MAJOR, MINOR, kind, 0, kid, salt, commitment, self.object_id, place)
        self._aes = AESGCM(key)
        self._index = 0
        self._size = HEADER_BYTES

    @property
    def frames(self) -> int:
        """How many frames were sealed so far: the index of the next."""
        return self._index

    @property
    def size_bytes(self) -> int:
        """Where the next frame begins."""
        return self._size

    def seal(self, frame: Frame) -> bytes:
        """The sealed bytes of the next frame."""
        nonce = bytes(4) + self._index.to_bytes(8, "big")
        bound = self.header + _BOUND.pack(self._index, frame.kind, frame.codec, frame.raw_len)
        sealed = self._aes.encrypt(nonce, frame.data, bound)
        self._index += 1
        self._size += len(sealed)
        return sealed

    def finish(self, raw_tail: bytes) -> bytes:
        """The tail and the footer: the last bytes of the object."""
        frame = squeeze(FrameKind.TAIL, raw_tail)
        offset = self._size
        sealed = self.seal(frame)
        trailer = _TRAILER.pack(offset, len(sealed), frame.raw_len, self._index, frame.codec, bytes(3), _END)
        return sealed + self.header + trailer


class Opening:
    """One object being opened: its key derived and checked, its frames opened in any order by any thread."""

    def __init__(
        self, keys: KeyScope, place: bytes, kind: ObjectType, header: bytes, *, where: str, object_id: bytes | None = None
    ) -> None:
        self._where = where
        kid, salt, commitment, self.object_id, self.header = _checked(header, place, kind, object_id, where)
        key, expected = derive(keys.key(kid), salt, _LABEL)
        if not hmac.compare_digest(commitment, expected):
            raise KeyUnavailable(
                f"the key does not fit {where}", hint="the key or the object was exchanged or changed; see which:  listbackup check"
            )
        self._aes = AESGCM(key)

    def open(self, index: int, kind: int, codec: int, raw_len: int, sealed: bytes) -> bytes:
        """The raw bytes of the frame at this index. Raises DamagedError."""
        nonce = bytes(4) + index.to_bytes(8, "big")
        bound = self.header + _BOUND.pack(index, kind, codec, raw_len)
        try:
            data = self._aes.decrypt(nonce, sealed, bound)
        except InvalidTag:
            raise DamagedError(f"{self._where} is damaged: frame {index} was changed, cut, or moved", where=self._where) from None
        return unsqueeze(codec, raw_len, data, self._where)

    def open_tail(self, trailer: Trailer, sealed: bytes) -> bytes:
        """The raw bytes of the tail."""
        return self.open(trailer.frames - 1, FrameKind.TAIL, trailer.tail_codec, trailer.tail_raw, sealed)


def read_footer(end: bytes, size_bytes: int, where: str) -> tuple[bytes, Trailer]:
    """The header and the trailer out of the last bytes (at least the footer) of an object of this size. Raises DamagedError, NewerFormat."""
    if len(end) < FOOTER_BYTES:
        raise DamagedError(f"{where} is cut short", where=where)
    header = end[-FOOTER_BYTES:-TRAILER_BYTES]
    offset, length, raw, frames, codec, zero, magic = _TRAILER.unpack(end[-TRAILER_BYTES:])
    if header[:4] != _MAGIC or magic != _END or zero != bytes(3) or frames < 1:
        raise DamagedError(f"{where} does not end as a sealed object does", where=where)
    if header[4] > MAJOR:
        raise _newer(header[4], where)
    if offset < HEADER_BYTES or offset + length + FOOTER_BYTES != size_bytes:
        raise DamagedError(f"{where} has another size than its footer says", where=where)
    return header, Trailer(offset, length, raw, frames, codec)


def check_front(front: bytes, end: bytes, where: str) -> None:
    """Raises DamagedError unless an object begins (first 112 bytes) with the header that its end repeats: readers go by the end alone."""
    if front != end[-FOOTER_BYTES:-TRAILER_BYTES]:
        raise DamagedError(f"{where} is damaged: its header and its footer differ", where=where)


def seal_small(keys: KeyScope, place: bytes, kind: ObjectType, raw: bytes) -> bytes:
    """A small object whole: header, tail, footer."""
    sealing = Sealing(keys, place, kind)
    return sealing.header + sealing.finish(raw)


def open_small(keys: KeyScope, place: bytes, kind: ObjectType, sealed: bytes, *, where: str) -> bytes:
    """The raw bytes of ``seal_small``. Raises DamagedError, KeyUnavailable, NewerFormat."""
    header, trailer = read_footer(sealed, len(sealed), where)
    if sealed[:HEADER_BYTES] != header or trailer.tail_off != HEADER_BYTES or trailer.frames != 1:
        raise DamagedError(f"{where} is damaged: its header and its footer differ", where=where)
    opening = Opening(keys, place, kind, header, where=where)
    return opening.open_tail(trailer, sealed[HEADER_BYTES : HEADER_BYTES + trailer.tail_len])


def _checked(
    header: bytes, place: bytes, kind: ObjectType, object_id: bytes | None, where: str
) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    if len(header) != HEADER_BYTES:
        raise DamagedError(f"{where} is cut short", where=where)
    magic, major, _, found, flags, kid, salt, commitment, own_id, own_place = _HEADER.unpack(header)
    if magic != _MAGIC or major < 1:
        raise DamagedError(f"{where} does not begin as a sealed object does", where=where)
    if major > MAJOR:
        raise _newer(major, where)
    if found != kind or flags != 0 or own_place != place or (object_id is not None and own_id != object_id):
        raise DamagedError(f"{where} holds another object than its name says: it was moved or exchanged", where=where)
    return kid, salt, commitment, own_id, header


def _newer(major: int, where: str) -> NewerFormat:
    return NewerFormat(f"{where} has format {major}, this version knows {MAJOR}", hint="upgrade listbackup")
