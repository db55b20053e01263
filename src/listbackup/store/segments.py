"""Writing segments: ordered rows into parts, parts into packs, and how HEAD refers to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from listbackup.base.clock import unix_ms
from listbackup.store.columns import Rows
from listbackup.store.head import PackRef, PartRef, Segment
from listbackup.store.jobs import Job
from listbackup.store.model import StreamSpec
from listbackup.store.pack import PACK_BYTES, PackBuilder, PackInfo, PartLabel, PartTail
from listbackup.store.part import PartBuilder

if TYPE_CHECKING:
    from listbackup.store.store import Store


@dataclass(slots=True)
class Output:
    """A segment being written."""

    label: Segment
    parts: list[PartRef]


class SegmentWriter:
    """Writes ordered rows of one segment after the other into packs of a job; small segments share a pack."""

    def __init__(self, store: Store, mine: Job, *, part_bytes: int = PACK_BYTES) -> None:
        self.refs: dict[str, PackRef] = {}
        self.rows = 0
        self._packs = store.packs
        self._ground = store.ground
        self._place = store.place
        self._job = mine
        self._part_bytes = part_bytes
        self._waiting: list[Output] = []
        self._pack = self._new_pack()
        self._builder: PartBuilder | None = None

    def begin(self, stream: str, spec: StreamSpec, label: Segment, done: Sequence[PartRef] = ()) -> None:
        """The next rows are this segment's; ``done`` are parts that it has already."""
        self._stream, self._spec = stream, spec
        self._output = Output(label, list(done))

    def add(self, rows: Rows, values: list[bytes], *, level: int) -> bool:
        """Append rows that part no key; true when a pack was written, so that everything up to here is durable."""
        if self._builder is None:
            self._builder = PartBuilder(level=level, bloom=self._output.label.lo > 0)
        self._builder.add(rows, values)
        self.rows += len(rows)
        if self._builder.squeezed_bytes < self._part_bytes:
            return False
        self._cut()
        self.flush()
        return True

    def end(self) -> Output:
        """The segment's rows are all there; ``segment`` tells it whole once ``flush`` has been called."""
        self._cut()
        if self._pack.squeezed_bytes >= self._part_bytes:
            self.flush()
        return self._output

    def segment(self, output: Output) -> Segment:
        """The finished segment of an output."""
        parts = tuple(output.parts)
        return msgspec.structs.replace(
            output.label, parts=parts, rows=sum(part.rows for part in parts), size=sum(part.size for part in parts)
        )

    def parts(self) -> tuple[PartRef, ...]:
        """The parts of the present segment that are durable."""
        return tuple(self._output.parts)

    def flush(self) -> None:
        """Write what waits as one pack."""
        if not self._waiting:
            return
        info = self._pack.write(self._put)
        name = info.object_id.hex()
        self.refs[name] = PackRef(run=self._job.run, size=info.size_bytes, tail_off=info.tail_off, sha=info.sha256)
        self._packs.keep(self.refs[name], info)
        for index, output in enumerate(self._waiting):
            output.parts.append(part_ref(info, index))
        self._waiting = []
        self._pack = self._new_pack()

    def _cut(self) -> None:
        if self._builder is None:
            return
        label = self._output.label
        whose = PartLabel(
            stream=self._stream, spec=self._spec, segment=label.id, lo=label.lo, hi=label.hi, level=label.level, full=label.full
        )
        self._pack.add(whose, self._builder.finish())
        self._waiting.append(self._output)
        self._builder = None

    def _put(self, object_id: bytes, pieces: Iterator[bytes]) -> None:
        self._ground.objects.put(self._place.pack(self._job.run, object_id.hex()), pieces)

    def _new_pack(self) -> PackBuilder:
        return PackBuilder(self._ground.keys, self._place.bound, self._job.run, unix_ms(self._ground.clock.now()))


def part_ref(info: PackInfo, index: int) -> PartRef:
    """How HEAD refers to a part of a pack just written."""
    part = info.tail.parts[index]
    return PartRef(info.object_id.hex(), index, part.rows, part_size(info.tail.lens, part), part.first, part.last)


def part_size(lens: bytes, part: PartTail) -> int:
    """Sealed bytes of a part's frames."""
    sizes = np.frombuffer(lens, "<u4")
    values, keys = len(part.v_first), len(part.k_first)
    return int(sizes[part.v0 : part.v0 + values].sum(dtype=np.int64) + sizes[part.k0 : part.k0 + keys].sum(dtype=np.int64))
