"""Changed rows on their way into packs.

Rows wait in a buffer. While they arrive in key order they flow on into a growing part (compressed at once); where they do not, every 24 MiB of them are sorted into a
part of their own. When a stream is finished, parts that do not overlap are its segment as they are; otherwise they are merged once, the later delivery winning.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from listbackup.store.columns import OP_MASK, U8, U64, Rows
from listbackup.store.digest import EMPTY, add_to
from listbackup.store.model import Op
from listbackup.store.part import Part, PartBuilder
from listbackup.store.sizes import Sizes

_ROW_BYTES = 64  # of a row in the buffer besides its value
PASSING, FAST, SMALL = 1, 3, 6  # zstd levels: of parts that will be merged anyway, of a large load, of a run's few changes


@dataclass(slots=True)
class Delta:
    """What staged rows change: how many were inserted, updated, deleted, and the digests to add and to take."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    plus: bytes = EMPTY
    minus: bytes = EMPTY

    def count(self, rows: Rows, old: U64, times: int = 1) -> None:
        """Take these rows into account (or, with -1, out of it); ``old`` is the vhash each key had before the run, 0 for none."""
        kind = rows.kind
        counts = np.bincount(kind, minlength=4).tolist()
        self.added += times * counts[Op.INSERT]
        self.changed += times * counts[Op.UPDATE]
        self.removed += times * counts[Op.DELETE]
        real = kind != Op.CANCEL
        new = rows.vhash
        if not real.all():
            new, old = new[real], old[real]
        if times < 0:
            new, old = old, new
        self.plus = add_to(self.plus, new)
        self.minus = add_to(self.minus, old)

    def applied(self, digest: bytes) -> bytes:
        """The digest after these rows."""
        plus = np.frombuffer(self.plus, "<u8").tolist()
        minus = np.frombuffer(self.minus, "<u8").tolist()
        have = np.frombuffer(digest, "<u8").tolist()
        words = [(have[i] + plus[i] - minus[i]) & 0xFFFFFFFFFFFFFFFF for i in range(2)]
        return b"".join(word.to_bytes(8, "little") for word in words)


@dataclass(slots=True)
class _Buffer:
    codes: list[bytes] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    op: list[U8] = field(default_factory=list)
    vhash: list[U64] = field(default_factory=list)
    old: list[U64] = field(default_factory=list)
    canon: list[U64] = field(default_factory=list)
    size: int = 0
    ascending: bool = True


class Stage:
    """One stream's changed rows of one run. ``emit`` takes finished parts in the order they were made."""

    def __init__(self, seq: int, emit: Callable[[Part, bool], None], *, bloom: bool, sizes: Sizes) -> None:
        self._sizes = sizes
        self._seq = seq
        self._emit = emit
        self._bloom = bloom
        self._buffer = _Buffer()
        self._builder: PartBuilder | None = None
        self._builder_last = b""
        self._emitted = False
        self._bounds: list[tuple[bytes, bytes]] = []
        self.delta = Delta()
        self.kept: list[Rows] | None = []  # every row so far, while they are few: what the local state needs after the commit
        self._kept_rows = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes of values in the buffer."""
        return self._buffer.size

    def already(self) -> None:
        """Parts of an earlier attempt exist: cancellations must be kept, and the rows are not all at hand."""
        self._emitted = True
        self.kept = None

    def add(self, codes: list[bytes], values: Sequence[bytes], op: U8, vhash: U64, old: U64, canon: U64 | None) -> None:
        """Stage rows as they were delivered."""
        if not codes:
            return
        buffer = self._buffer
        if buffer.ascending:
            last = buffer.codes[-1] if buffer.codes else self._builder_last
            buffer.ascending = codes[0] > last and (len(codes) == 1 or all(map(operator.lt, codes, islice(codes, 1, None))))
        buffer.codes.extend(codes)
        buffer.values.extend(values)
        buffer.op.append(op)
        buffer.vhash.append(vhash)
        buffer.old.append(old)
        if canon is not None:
            buffer.canon.append(canon)
        buffer.size += sum(map(len, values)) + _ROW_BYTES * len(codes)
        if buffer.size >= self._sizes.feed_bytes:
            if buffer.ascending:
                self._feed()
            elif buffer.size >= self._sizes.sort_bytes:
                self.flush()

    def flush(self, *, final: bool = False) -> None:
        """Make parts of everything that waits."""
        if self._buffer.codes:
            if self._buffer.ascending and (self._builder is not None or self._buffer.size > self._sizes.small_bytes):
                self._feed()
            else:
                self._close()
                self._sort(final=final)
        self._close()

    def _feed(self) -> None:
        value_bytes = self._buffer.size - _ROW_BYTES * len(self._buffer.codes)
        rows, values = self._taken()
        if self._builder is None:
            self._builder = PartBuilder(level=FAST, bloom=self._bloom, sizes=self._sizes)
        self._builder.add(rows, values, value_bytes)
        self._builder_last = rows.codes[-1]
        if self._builder.squeezed_bytes >= self._sizes.pack_bytes:
            self._close(keep_last=True)

    def _close(self, *, keep_last: bool = False) -> None:
        builder, self._builder = self._builder, None
        if builder is not None and len(builder):
            self._hand_over(builder.finish(), cancels=False)
        if not keep_last:
            self._builder_last = b""

    def _sort(self, *, final: bool) -> None:
        small = final and not self._emitted and self._buffer.size <= self._sizes.small_bytes
        rows, values = self._taken(sort=True)
        if not len(rows):
            return
        level = SMALL if small else PASSING if self._passing(rows.codes[0], rows.codes[-1]) else FAST
        builder = PartBuilder(level=level, bloom=self._bloom, sizes=self._sizes)
        builder.add(rows, values)
        self._hand_over(builder.finish(), cancels=bool((rows.kind == Op.CANCEL).any()))

    def _passing(self, first: bytes, last: bytes) -> bool:
        """Whether the rows lie across an earlier part, so that both will be merged."""
        crossing = any(first <= other[1] and other[0] <= last for other in self._bounds)
        self._bounds.append((first, last))
        return crossing

    def _hand_over(self, part: Part, *, cancels: bool) -> None:
        self._emitted = True
        self._emit(part, cancels)

    def _taken(self, *, sort: bool = False) -> tuple[Rows, list[bytes]]:
        """The buffer's rows, sorted with the last of each key where asked; counted, and the buffer empty."""
        buffer, self._buffer = self._buffer, _Buffer()
        op, vhash, old = np.concatenate(buffer.op), np.concatenate(buffer.vhash), np.concatenate(buffer.old)
        canon = np.concatenate(buffer.canon) if buffer.canon else None
        rows = Rows(buffer.codes, np.full(len(op), self._seq, np.uint32), op, vhash, canon)
        values = buffer.values
        if sort and not (buffer.ascending and not (op & OP_MASK == Op.CANCEL).any()):
            order = last_of_each(buffer.codes)
            if not self._emitted:
                order = order[op[order] & OP_MASK != Op.CANCEL]  # nothing staged before: there is nothing to cancel
            rows, values, old = rows.take(order), [values[i] for i in order.tolist()], old[order]
        self.delta.count(rows, old)
        self._keep(rows)
        return rows, values

    def _keep(self, rows: Rows) -> None:
        self._kept_rows += len(rows)
        if self._kept_rows > 100_000:
            self.kept = None
        elif self.kept is not None:
            self.kept.append(rows)


def last_of_each(codes: Sequence[bytes]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """The places of the last row of each code, in the order of the codes."""
    order = sorted(range(len(codes)), key=codes.__getitem__)
    kept = [place for place, following in zip(order, [*order[1:], -1], strict=True) if following < 0 or codes[place] != codes[following]]
    return np.array(kept, np.intp)


def groups(bounds: Sequence[tuple[bytes, bytes]]) -> list[list[int]]:
    """Which of these (first, last) ranges hang together by sharing codes: their places, each group's ascending."""
    found: list[list[int]] = []
    reach = b""
    for place in sorted(range(len(bounds)), key=bounds.__getitem__):
        first, last = bounds[place]
        if found and first <= reach:
            found[-1].append(place)
        else:
            found.append([place])
        reach = max(reach, last)
    return [sorted(group) for group in found]
