"""Checkpoints of an open run: written strictly after the packs they name, deleted when the run is over.

An object of type C, a msgpack map::

    v 1 | run | token | base | at | cursor | written | packs {object id: {run, size, tail_off, sha}} | streams {name: stream}
    stream  {spec, parts [[pack, part, rows, size, first, last]], cancels (per part: whether it holds cancel rows), counts [seen, added, changed, unchanged, gone], delta [added, changed, removed, plus, minus],
             finished, listing, complete, problems, seen, staged (zstd bitmaps over the live records in the order of their ids), occurrences, removed}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from listbackup.backends.objects.port import ObjectMissing
from listbackup.base.decode import from_msgpack
from listbackup.base.errors import BusyError, DamagedError
from listbackup.store.head import PackRef, PartRef
from listbackup.store.model import Counts, StreamSpec
from listbackup.store.sealed import ObjectType, open_small

if TYPE_CHECKING:
    from listbackup.store.store import Store


class StreamMark(msgspec.Struct, kw_only=True, frozen=True):
    """A stream in a checkpoint."""

    spec: StreamSpec
    parts: tuple[PartRef, ...]
    cancels: tuple[bool, ...]
    counts: tuple[int, int, int, int, int]
    delta: tuple[int, int, int, bytes, bytes]
    finished: bool
    listing: bool
    complete: bool
    problems: tuple[str, ...]
    seen: bytes
    staged: bytes
    occurrences: dict[bytes, int] = {}
    removed: tuple[bytes, ...] = ()


class CheckpointBody(msgspec.Struct, kw_only=True, frozen=True):
    """A checkpoint's body."""

    v: int = 1
    run: str
    token: int
    base: int
    at: int
    cursor: bytes
    written: int
    packs: dict[str, PackRef]
    streams: dict[str, StreamMark]


def read_checkpoint(store: Store, run: str, base: int, *, since: int) -> CheckpointBody | None:
    """The run's last checkpoint since it was opened afresh (with the token ``since``), or None. Raises DamagedError."""
    listed = [info for info in store.ground.objects.list(store.place.checkpoints(run)) if _token(info.name) >= since]
    if not listed:
        return None
    found = listed[-1]
    try:
        sealed = store.ground.objects.get(found.name)
    except ObjectMissing:  # swept: somebody closed the run since it was opened
        raise BusyError(f"run {run} was closed by another worker meanwhile", hint="run again") from None
    raw = open_small(store.ground.keys, store.place.bound, ObjectType.CHECKPOINT, sealed, where=found.name)
    try:
        body = from_msgpack(raw, CheckpointBody)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"{found.name} cannot be read: {error}", where=found.name) from None
    if body.run != run or not found.name.rsplit("/", 1)[1].startswith(f"{body.token:08d}-"):
        raise DamagedError(f"{found.name} holds another checkpoint than its name says", where=found.name)
    return body if body.base == base else None


def _token(name: str) -> int:
    digits = name.rsplit("/", 1)[1].partition("-")[0]
    return int(digits) if digits.isdigit() else 0


def pack_bits(flags: npt.NDArray[np.bool_]) -> bytes:
    """A bitmap, compressed."""
    return zstandard.ZstdCompressor(level=1).compress(np.packbits(flags).tobytes())


def unpack_bits(data: bytes, n: int) -> npt.NDArray[np.bool_]:
    """The flags of ``pack_bits``."""
    packed = np.frombuffer(zstandard.ZstdDecompressor().decompress(data), np.uint8)
    return np.unpackbits(packed, count=n).astype(np.bool_)


def counts_of_mark(mark: StreamMark) -> Counts:
    """The stream's counts as the checkpoint has them."""
    seen, added, changed, unchanged, gone = mark.counts
    return Counts(seen=seen, added=added, changed=changed, unchanged=unchanged, gone=gone)
