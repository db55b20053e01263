"""Large attachments as sealed objects of their own, written and read in pieces (layout in ``attach.py``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from listbackup.backends.objects.port import ObjectMissing
from listbackup.base.decode import from_msgpack
from listbackup.base.errors import DamagedError
from listbackup.store.ground import Place, StoreGround
from listbackup.store.packs import MISSING
from listbackup.store.sealed import FOOTER_BYTES, HEADER_BYTES, FrameKind, ObjectType, Opening, Sealing, read_footer, squeeze

PIECE_BYTES = 4 * 1024 * 1024
_FIRST_TAIL = 64 * 1024


class BlobTail(msgspec.Struct, kw_only=True, frozen=True):
    """The directory of a blob."""

    v: int
    size: int
    kinds: bytes
    codecs: bytes
    lens: bytes
    raws: bytes


def write_blob(ground: StoreGround, place: Place, run: str, chunks: Iterable[bytes]) -> tuple[str, int, int]:
    """Store the bytes as one object in bounded memory; its object id (hex), its size and its sealed size [bytes]."""
    sealing = Sealing(ground.keys, place.bound, ObjectType.BLOB)
    blob = sealing.object_id.hex()
    sizes = [0, 0]

    def pieces() -> Iterator[bytes]:
        directory: list[tuple[int, int, int, int]] = []
        yield sealing.header
        for raw in _cut(chunks):
            frame = squeeze(FrameKind.BYTES, raw, level=1)
            sealed = sealing.seal(frame)
            directory.append((frame.kind, frame.codec, len(sealed), frame.raw_len))
            sizes[0] += len(raw)
            yield sealed
        tail = BlobTail(
            v=1,
            size=sizes[0],
            kinds=bytes(row[0] for row in directory),
            codecs=bytes(row[1] for row in directory),
            lens=np.array([row[2] for row in directory], "<u4").tobytes(),
            raws=np.array([row[3] for row in directory], "<u4").tobytes(),
        )
        ending = sealing.finish(msgspec.msgpack.encode(tail))
        sizes[1] = sealing.size_bytes + FOOTER_BYTES
        yield ending

    ground.objects.put(place.blob(run, blob), pieces())
    return blob, sizes[0], sizes[1]


def read_blob(ground: StoreGround, place: Place, run: str, blob: str, size_bytes: int) -> Iterator[bytes]:
    """The bytes in pieces of at most 4 MiB. Raises DamagedError, KeyUnavailable, NewerFormat."""
    name = place.blob(run, blob)
    opening, tail = open_blob_tail(ground, place, name, bytes.fromhex(blob))
    if tail.size != size_bytes:
        raise DamagedError(f"{name} holds another attachment than was expected", where=name)
    offset = HEADER_BYTES
    lens, raws = np.frombuffer(tail.lens, "<u4").tolist(), np.frombuffer(tail.raws, "<u4").tolist()
    for index, (length, raw_len) in enumerate(zip(lens, raws, strict=True)):
        sealed = ground.objects.get(name, offset, length)
        yield opening.open(index, tail.kinds[index], tail.codecs[index], raw_len, sealed)
        offset += length


def open_blob_tail(ground: StoreGround, place: Place, name: str, object_id: bytes) -> tuple[Opening, BlobTail]:
    """The key and the directory of a blob. Raises DamagedError, KeyUnavailable, NewerFormat."""
    try:
        end, size = ground.objects.get_tail(name, _FIRST_TAIL)
        header, trailer = read_footer(end, size, name)
        if size - trailer.tail_off > len(end):
            end = ground.objects.get(name, trailer.tail_off)
    except ObjectMissing:
        raise DamagedError(f"{name} is missing", where=name, hint=MISSING) from None
    start = len(end) - (size - trailer.tail_off)
    opening = Opening(ground.keys, place.bound, ObjectType.BLOB, header, where=name, object_id=object_id)
    raw = opening.open_tail(trailer, end[start : start + trailer.tail_len])
    try:
        tail = from_msgpack(raw, BlobTail)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"the directory of {name} cannot be read: {error}", where=name) from None
    if HEADER_BYTES + int(np.frombuffer(tail.lens, "<u4").sum(dtype=np.int64)) != trailer.tail_off or trailer.frames != len(tail.kinds) + 1:
        raise DamagedError(f"the frames of {name} do not tile it", where=name)
    return opening, tail


def _cut(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of 4 MiB, the last one shorter."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PIECE_BYTES:
            yield bytes(waiting[:PIECE_BYTES])
            del waiting[:PIECE_BYTES]
    if waiting:
        yield bytes(waiting)
