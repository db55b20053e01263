"""Which keys a store still needs, and its packs sealed anew under the present one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from listbackup.base.errors import DamagedError
from listbackup.store.compact import Compacted, Task, commit
from listbackup.store.head import Head
from listbackup.store.jobs import job
from listbackup.store.reattach import reseal_attachments
from listbackup.store.rewrite import rewrite
from listbackup.store.sealed import HEADER_BYTES

if TYPE_CHECKING:
    from listbackup.store.store import Store

_KID = slice(8, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """How many objects of a store need which data key (by its id)."""

    objects: dict[bytes, int]

    def needs_only(self, kid: bytes) -> bool:
        """Whether every other key could be destroyed and the store still be read."""
        return set(self.objects) <= {kid}


def keys_in_use(store: Store) -> KeyUse:
    """What every object in the bucket says it was sealed with, garbage and copies included. Raises DamagedError for an object too short to say."""
    objects: dict[bytes, int] = {}
    for info in store.ground.objects.list(store.place.prefix):
        kid = _kid(store, info.name)
        objects[kid] = objects.get(kid, 0) + 1
    return KeyUse(objects=objects)


def reseal(store: Store, progress: Callable[[int, int], None] | None = None) -> Compacted:
    """Seal every large attachment anew that is under an older key, then every segment that lies in a pack of one; the old objects become garbage.

    Raises BusyError (a run is open while there are attachments to be sealed), JobLost.
    """
    reseal_attachments(store)
    done = Compacted()
    tasks = _outdated(store, store.root.read().head)
    for number, task in enumerate(tasks, start=1):
        with job(store, "compact") as mine:
            head = store.root.read().head
            outputs, writer = rewrite(store, head, mine, [task])
            commit(store, mine, outputs, writer.refs)
        written = sum(ref.size for ref in writer.refs.values())
        done += Compacted(tasks=1, read_bytes=task.size_bytes, written_bytes=written, rows=writer.rows)
        if progress is not None:
            progress(number, len(tasks))
    return done


def _outdated(store: Store, head: Head) -> list[Task]:
    current, _ = store.ground.keys.current()
    old = {pack for pack, ref in head.packs.items() if _kid(store, store.place.pack(ref.run, pack)) != current}
    return [
        Task(stream=name, inputs=(segment,))
        for name, state in head.streams.items()
        for segment in state.segments
        if any(part.pack in old for part in segment.parts)
    ]


def _kid(store: Store, name: str) -> bytes:
    header = store.ground.objects.get(name, 0, HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        raise DamagedError(f"{name} is cut short", where=name)
    return header[_KID]
