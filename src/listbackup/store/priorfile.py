"""The local state file of a stream: written, mapped, and carried on to the next snapshot in flat memory.

File: "LBST" | u32 version 1 | u64 n | u64 flags (1: canon) | 32 bytes SHA-256 of what follows | n u64 first words | n u64 second words | n u64 vhash | [n u64 canon]

Derived data: whatever is wrong with it, it is made again from the key frames. Its name says the stream and the digest of what it must hold.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from listbackup.store.columns import U64, Rows
from listbackup.store.detect import Ids, Prior, id_order, make_prior, sorted_prior
from listbackup.store.model import Op
from listbackup.store.sizes import Sizes

_HEAD = struct.Struct("<4sIQQ32s")
_MAGIC, _VERSION = b"LBST", 1


def load_prior(path: Path, *, with_canon: bool, sizes: Sizes = Sizes()) -> Prior | None:
    """The prior of this file, mapped; None where it is missing, damaged, or lacks the canon column."""
    columns = 4 if with_canon else 3
    try:
        with path.open("rb") as file:
            magic, version, n, flags, digest = _HEAD.unpack(file.read(_HEAD.size))
            size = os.fstat(file.fileno()).st_size
            if magic != _MAGIC or version != _VERSION or size != _HEAD.size + 8 * n * columns or bool(flags & 1) != with_canon:
                return None
            if hashlib.file_digest(file, "sha256").digest() != digest:
                return None
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, struct.error):
        return None
    table = np.frombuffer(mapped, "<u8", offset=_HEAD.size).reshape(columns, n)
    prior = make_prior(table[0], table[1], table[2], table[3] if with_canon else None)
    prior.mapped, prior.offset, prior.sizes = mapped, _HEAD.size, sizes
    return prior


def build_prior(path: Path, ids: Ids, live: Iterable[Rows], *, with_canon: bool, expected_rows: int, sizes: Sizes = Sizes()) -> None:
    """Write the file of these live rows (in any order): as many buckets of ids as keep each one small, sorted one after the other."""
    bits = max(0, (expected_rows // sizes.bucket_rows).bit_length())
    width = 4 if with_canon else 3
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        buckets = [Path(folder, str(number)) for number in range(1 << bits)]
        rows = sum(_spread(buckets, bits, _table(ids, part, with_canon)) for part in _gathered(live, sizes.bucket_rows))
        with _replacing(path, rows, with_canon) as file:
            done = 0
            for bucket in buckets:
                table = np.fromfile(bucket, "<u8").reshape(-1, width) if bucket.exists() else np.empty((0, width), np.uint64)
                table = table[id_order(table[:, 0], table[:, 1])]
                for column in range(width):
                    file.seek(_HEAD.size + 8 * (column * rows + done))
                    file.write(_bytes(table[:, column]))
                done += len(table)


def carry_on(prior: Prior, path: Path, ids: Ids, changes: Rows) -> None:
    """Write the file of the next snapshot: the prior and a run's rows (one per key)."""
    first, second = ids.of(changes.codes)
    positions, found, _ = prior.find(first, second)
    kept = np.ones(len(prior), np.bool_)
    kept[positions[found]] = False
    canon = changes.canon if changes.canon is not None else np.zeros(len(changes), np.uint64)
    order = id_order(first, second)
    order = order[changes.kind[order] != Op.DELETE]
    places = _places(prior, first[order], second[order])
    step = prior.sizes.bucket_rows
    old = [prior.first, prior.second, prior.vhash] + ([prior.canon] if prior.canon is not None else [])
    new = [first, second, changes.vhash, canon][: len(old)]
    rows = int(kept.sum()) + len(order)
    with _replacing(path, rows, prior.canon is not None) as file:
        for before, added in zip(old, new, strict=True):
            for start, piece in _woven(before, kept, places, added[order], step):
                file.write(_bytes(piece))
                prior.let_go(start, min(len(prior), start + step))


def _places(prior: Prior, first: U64, second: U64) -> npt.NDArray[np.int64]:
    """Before which row of the prior each new id (ascending) belongs."""
    places = np.zeros(len(first), np.int64)
    begin = 0
    for low in range(0, len(prior), prior.sizes.bucket_rows):
        high = min(low + prior.sizes.bucket_rows, len(prior))
        end = len(first) if high == len(prior) else int(np.searchsorted(first, prior.first[high], side="left"))
        places[begin:end] = np.searchsorted(prior.first[low:high], first[begin:end]) + low
        prior.let_go(low, high)
        begin = end
    inside = np.flatnonzero(places < len(prior))
    equal = inside[prior.first[places[inside]] == first[inside]] if len(inside) else inside
    for index in equal.tolist():
        place = int(places[index])
        while place < len(prior) and prior.first[place] == first[index] and prior.second[place] < second[index]:
            place += 1
        places[index] = place
    return places


def _woven(before: U64, kept: npt.NDArray[np.bool_], places: npt.NDArray[np.int64], added: U64, step: int) -> Iterator[tuple[int, U64]]:
    for start in range(0, max(1, len(before)), step):
        stop = min(len(before), start + step)
        last = stop == len(before)
        low = int(np.searchsorted(places, start, side="left"))
        high = len(places) if last else int(np.searchsorted(places, stop, side="left"))
        keep = kept[start:stop]
        shifted = np.concatenate([[0], np.cumsum(keep)])[places[low:high] - start]
        yield start, np.insert(before[start:stop][keep], shifted, added[low:high])


def _gathered(live: Iterable[Rows], bucket_rows: int) -> Iterator[Sequence[Rows]]:
    """Rows together, a bucket's worth at a time."""
    waiting: list[Rows] = []
    for rows in live:
        waiting.append(rows)
        if sum(map(len, waiting)) >= bucket_rows:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _table(ids: Ids, parts: Sequence[Rows], with_canon: bool) -> npt.NDArray[np.uint64]:
    prior = sorted_prior(ids, parts, with_canon=with_canon)
    columns = [prior.first, prior.second, prior.vhash] + ([prior.canon] if prior.canon is not None else [])
    return np.stack(columns, axis=1)


def _spread(buckets: Sequence[Path], bits: int, table: npt.NDArray[np.uint64]) -> int:
    """Append the sorted rows to their buckets; how many."""
    bounds = np.searchsorted(table[:, 0] >> np.uint64(64 - bits), np.arange(1 << bits)).tolist() if bits else [0]
    for bucket, start, stop in zip(buckets, bounds, [*bounds[1:], len(table)], strict=True):
        if stop > start:
            with bucket.open("ab") as file:
                file.write(np.ascontiguousarray(table[start:stop], "<u8").data.cast("B"))
    return len(table)


@contextmanager
def _replacing(path: Path, rows: int, with_canon: bool) -> Iterator[IO[bytes]]:
    """A file to write the columns to, put in place with its head when all is written."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.seek(_HEAD.size)
            yield file
            file.flush()
            file.seek(_HEAD.size)
            digest = hashlib.sha256()
            while piece := file.read(1 << 20):
                digest.update(piece)
            file.seek(0)
            file.write(_HEAD.pack(_MAGIC, _VERSION, rows, int(with_canon), digest.digest()))
            file.flush()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _bytes(column: U64) -> memoryview:
    return np.ascontiguousarray(column, "<u8").data.cast("B")
