"""Packs as readers meet them: tails kept (in memory, and sealed on disk for ever), frames fetched by range."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from listbackup.backends.objects.port import ObjectMissing
from listbackup.base.errors import DamagedError
from listbackup.store.ground import Place, StoreGround
from listbackup.store.head import PackRef
from listbackup.store.pack import PackInfo, PackReader, open_pack

TAILS_IN_MEMORY = 512


MISSING = "see what is missing, and how it is mended:  listbackup check"


class PackGone(DamagedError):
    """A pack that a head refers to is not there: the head at hand may be old."""


class Packs:
    """The packs of one source; safe to use from several threads."""

    def __init__(self, ground: StoreGround, place: Place) -> None:
        self._ground = ground
        self._place = place
        self._folder = ground.cache(place.source, "tails")
        self._open: OrderedDict[str, PackReader] = OrderedDict()
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def reader(self, pack: str, ref: PackRef) -> PackReader:
        """The pack with its tail at hand. Raises PackGone, DamagedError, KeyUnavailable, NewerFormat."""
        with self._lock:
            found = self._open.get(pack)
            if found is not None:
                self._open.move_to_end(pack)
                return found
        reader = self._from_disk(pack, ref) or self._fetch(pack, ref)
        self._remember(pack, reader)
        return reader

    def readers(self, wanted: Sequence[tuple[str, PackRef]]) -> list[PackReader]:
        """Several packs, the missing tails fetched side by side."""
        with self._lock:
            missing = [(pack, ref) for pack, ref in dict(wanted).items() if pack not in self._open]
        if self._folder is not None:  # what lies here is read at once: a thread would take longer to begin
            missing = [(pack, ref) for pack, ref in missing if not (self._folder / pack).exists()]
        if len(missing) > 1:
            list(self.pool().map(lambda each: self.reader(*each), missing))
        return [self.reader(pack, ref) for pack, ref in wanted]

    def keep(self, ref: PackRef, info: PackInfo) -> None:
        """Remember the tail of a pack that was just written."""
        self._save(info.object_id.hex(), info.tail_bytes)

    def forget(self, pack: str) -> None:
        """Drop what is cached of a pack that is no more."""
        with self._lock:
            self._open.pop(pack, None)
        if self._folder is not None:
            (self._folder / pack).unlink(missing_ok=True)

    def read(self, name: str, start: int, length: int) -> bytes:
        """A range of an object. Raises PackGone when it is not there."""
        try:
            return self._ground.objects.get(name, start, length)
        except ObjectMissing:
            raise PackGone(f"{name} is missing", where=name, hint=MISSING) from None

    def pool(self) -> ThreadPoolExecutor:
        """Threads for reads side by side."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="store-read")
            return self._pool

    def close(self) -> None:
        """End the threads."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _from_disk(self, pack: str, ref: PackRef) -> PackReader | None:
        path = self._folder / pack if self._folder is not None else None
        if path is None or not path.exists():
            return None
        try:
            return self._opened(pack, ref, path.read_bytes())
        except DamagedError:
            path.unlink(missing_ok=True)  # a cache that does not open is fetched again
            return None

    def _fetch(self, pack: str, ref: PackRef) -> PackReader:
        end = self.read(self._place.pack(ref.run, pack), ref.tail_off, ref.size - ref.tail_off)
        reader = self._opened(pack, ref, end)
        self._save(pack, end)
        return reader

    def _opened(self, pack: str, ref: PackRef, end: bytes) -> PackReader:
        name = self._place.pack(ref.run, pack)
        return open_pack(
            self._ground.keys,
            self._place.bound,
            bytes.fromhex(pack),
            ref.size,
            end,
            lambda start, length: self.read(name, start, length),
            name,
        )

    def _save(self, pack: str, end: bytes) -> None:
        if self._folder is None:
            return
        path = self._folder / pack
        partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        partial.write_bytes(end)
        partial.replace(path)

    def _remember(self, pack: str, reader: PackReader) -> None:
        with self._lock:
            self._open[pack] = reader
            while len(self._open) > TAILS_IN_MEMORY:
                self._open.popitem(last=False)
