"""The packs of an open run: parts of several streams together, written when they are large enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from listbackup.base.clock import unix_ms
from listbackup.store.head import PackRef, PartRef
from listbackup.store.pack import PackBuilder, PartLabel
from listbackup.store.part import Part

if TYPE_CHECKING:
    from listbackup.store.store import Store
    from listbackup.store.streamwriter import StreamWriter


class Packing:
    """Collects parts, writes packs, and tells each part's owner where it lies."""

    def __init__(self, store: Store, run: str, seq: int, packs: dict[str, PackRef]) -> None:
        self._store = store
        self._run = run
        self._seq = seq
        self.packs = packs
        self.written_bytes = 0
        self._owners: list[StreamWriter] = []
        self._builder = self._new_builder()

    @property
    def full(self) -> bool:
        """Whether what waits is enough for a pack."""
        return self._builder.squeezed_bytes >= self._store.ground.sizes.pack_bytes

    def take(self, owner: StreamWriter, part: Part) -> None:
        """Put a part into the next pack."""
        label = PartLabel(
            stream=owner.name, spec=owner.spec, segment=owner.segment, lo=owner.lo, hi=self._seq, full=owner.first_load, staged=True
        )
        self._builder.add(label, part)
        self._owners.append(owner)

    def write(self) -> None:
        """Write what waits as one pack; each owner then has its part's place."""
        if not self._builder.parts:
            return
        builder, owners = self._builder, self._owners
        self._builder, self._owners = self._new_builder(), []
        firsts = [part.k_first[0] for _, part in builder.parts]
        put, place = self._store.ground.objects.put, self._store.place
        info = builder.write(lambda object_id, pieces: put(place.pack(self._run, object_id.hex()), pieces))
        pack = info.object_id.hex()
        ref = PackRef(run=self._run, size=info.size_bytes, tail_off=info.tail_off, sha=info.sha256)
        self.packs[pack] = ref
        self.written_bytes += info.size_bytes
        self._store.packs.keep(ref, info)
        lens = np.frombuffer(info.tail.lens, "<u4")
        for number, (owner, tail, first) in enumerate(zip(owners, info.tail.parts, firsts, strict=True)):
            size = int(lens[tail.v0 : tail.k0 + len(tail.k_first)].sum())
            owner.parts.append(PartRef(pack, number, tail.rows, size, first, tail.last))

    def _new_builder(self) -> PackBuilder:
        return PackBuilder(self._store.ground.keys, self._store.place.bound, self._run, unix_ms(self._store.ground.clock.now()))
