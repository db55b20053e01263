"""The sweep: deletes what nothing refers to and nothing ever will, without a clock in the argument.

In this order, and it matters:

1. list the objects, 2. *then* read HEAD (from the table, not from memory);
3. close entries of runs that died long ago, and leave their objects to the next sweep;
4. delete garbage whose grace is over (readers that hold an older HEAD have finished by then);
5. delete listed objects that HEAD does not name and whose run is not open;
6. take the deleted garbage off HEAD's list.

Why 5 is safe: a pack is written only under an open run. If at 2 its run is closed and the pack unnamed, the fence makes every later commit of that run fail; names are
never used twice, and what was taken out of HEAD is never put back. Spilled lists and copies under ``st/`` carry the generation they were written for: a HEAD of that generation or a
later one that does not name them never will. Large attachments are named by rows of ``_blobs``, not by HEAD: those that no row names any more are condemned, that is,
they become garbage and are deleted a grace later. A failed listing raises before anything is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from listbackup.backends.objects.port import ObjectInfo
from listbackup.base.clock import from_unix_ms, unix_ms
from listbackup.store.attach import blob_pointer
from listbackup.store.compact import segment_blocks
from listbackup.store.head import Garbage, Head, WasteRef, demand_droppable, edited, pack_name, without_open
from listbackup.store.model import BLOBS

if TYPE_CHECKING:
    from listbackup.store.store import Store

GRACE = timedelta(hours=72)  # longer than any reader goes on without reading HEAD again
DEAD_AFTER = timedelta(days=3)  # beyond its lease, before a run is given up that nobody resumed


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """What a sweep would do; names are relative to the source's prefix."""

    dead: tuple[str, ...]
    garbage: tuple[Garbage, ...]
    lists: tuple[WasteRef, ...]  # those of the garbage lists that are done with when their garbage is deleted
    orphans: tuple[ObjectInfo, ...]
    condemned: tuple[str, ...]  # large attachments that become garbage now
    garbage_bytes: int
    waiting_bytes: int  # garbage whose grace is not over, and what is condemned

    @property
    def orphan_bytes(self) -> int:
        """Bytes of what no run will ever commit."""
        return sum(info.size_bytes for info in self.orphans)


def plan_sweep(store: Store, now: datetime, *, grace: timedelta = GRACE, dead_after: timedelta = DEAD_AFTER) -> SweepPlan:
    """What is to be swept. Raises BackendError when a listing fails."""
    prefix = store.place.prefix
    listed, head = look(store)
    demand_droppable(head)
    sizes = {info.name.removeprefix(prefix): info.size_bytes for info in listed}
    lists = tuple(ref for ref in head.waste if now - grace >= from_unix_ms(ref.at))
    due = tuple(each for ref in lists for each in store.root.wasted(ref))
    due += tuple(each for each in head.garbage if now - grace >= from_unix_ms(each.at))
    due_names = {each.name for each in due}
    condemned = tuple(_unnamed_blobs(store, head, sizes))
    waiting = {each.name for each in store.root.garbage(head) if each.name not in due_names} | set(condemned)
    return SweepPlan(
        dead=tuple(run for run, entry in head.open.items() if unix_ms(now) > entry.free_at() + _ms(dead_after)),
        garbage=due,
        lists=lists,
        orphans=tuple(_orphans(head, names_of(store, head), prefix, listed, now, grace)),
        condemned=condemned,
        garbage_bytes=sum(sizes.get(name, 0) for name in due_names),
        waiting_bytes=sum(sizes.get(name, 0) for name in waiting),
    )


def look(store: Store) -> tuple[Sequence[ObjectInfo], Head]:
    """Every object of the source, the whole listing or an error; and HEAD as it is after it was listed."""
    listed = list(store.ground.objects.list(store.place.prefix))  # 1
    return listed, store.root.read().head  # 2


def names_of(store: Store, head: Head) -> set[str]:
    """Every object that the head names: packs, spilled lists, copies, garbage."""
    packs = {pack_name(ref, pack) for pack, ref in head.packs.items()}
    spilled = {state.spilled.name for state in head.streams.values() if state.spilled is not None}
    lists = {ref.name for ref in head.spills} | {ref.name for ref in head.waste}
    return packs | spilled | lists | {copy.name for copy in head.copies} | {each.name for each in store.root.garbage(head)}


def blob_names(store: Store, head: Head) -> Iterator[tuple[str, int]]:
    """Name and content size [bytes] of every large attachment that some kept row names."""
    state = head.streams.get(BLOBS)
    for segment in state.segments if state else ():
        for _, values in segment_blocks(store, head, segment):
            for value in values:
                pointer = blob_pointer(value) if value else None
                if pointer is not None:
                    yield f"b/{pointer.run}/{pointer.blob}", pointer.size


def sweep(store: Store, plan: SweepPlan, progress: Callable[[int, int], None] | None = None) -> int:
    """Carry the plan out; how many objects were deleted. Safe at any time after ``plan_sweep``, also twice."""
    if plan.dead:
        store.root.edit(lambda head: _close_dead(head, plan.dead, unix_ms(store.ground.clock.now())), mirror=False)
    if plan.condemned:
        store.root.edit(lambda head: _condemn(head, plan.condemned, unix_ms(store.ground.clock.now())), mirror=False)
    names = [each.name for each in plan.garbage] + [info.name.removeprefix(store.place.prefix) for info in plan.orphans]
    for number, name in enumerate(names, start=1):
        store.ground.objects.delete(store.place.name(name))
        if name.startswith("p/"):
            store.packs.forget(name.rpartition("/")[2])
        if progress is not None:
            progress(number, len(names))
    if plan.garbage or plan.lists:
        store.root.edit(lambda head: _swept(head, plan, unix_ms(store.ground.clock.now())), mirror=False)
    return len(names)


def _swept(head: Head, plan: SweepPlan, now_ms: int) -> Head:
    """The head without what was deleted; a list that is done with waits out a grace of its own, for there may be readers of an older head."""
    swept, done = set(plan.garbage), {ref.name for ref in plan.lists}
    lists = tuple(Garbage(name=ref.name, gen=head.gen, at=now_ms) for ref in head.waste if ref.name in done)
    garbage = tuple(each for each in head.garbage if each not in swept)
    return edited(head, garbage=garbage + lists, waste=tuple(ref for ref in head.waste if ref.name not in done))


def _orphans(
    head: Head, named: set[str], prefix: str, listed: Iterable[ObjectInfo], now: datetime, grace: timedelta
) -> Iterator[ObjectInfo]:
    """The listed objects that this head, read after them, does not name and no later one will."""
    for info in listed:
        name = info.name.removeprefix(prefix)
        folder, _, rest = name.partition("/")
        if name in named:
            continue
        left_by_a_run = folder in ("p", "r") and rest.partition("/")[0] not in head.open
        outdated = folder == "st" and _generation(rest) <= head.gen and now - info.modified_at > grace
        if left_by_a_run or outdated:
            yield info


def _unnamed_blobs(store: Store, head: Head, names: Iterable[str]) -> Sequence[str]:
    waiting = {each.name for each in store.root.garbage(head)}
    blobs = [name for name in names if name.startswith("b/") and name.split("/")[1] not in head.open and name not in waiting]
    if not blobs:
        return ()
    named = {name for name, _ in blob_names(store, head)}
    return [name for name in blobs if name not in named]


def _close_dead(head: Head, dead: Iterable[str], now_ms: int) -> Head | None:
    still = [run for run in dead if run in head.open and head.open[run].free_at() < now_ms]
    return without_open(head, still) if still else None


def _condemn(head: Head, names: Iterable[str], now_ms: int) -> Head | None:
    known = {each.name for each in head.garbage}
    fresh = tuple(Garbage(name=name, gen=head.gen, at=now_ms) for name in names if name not in known)
    return edited(head, garbage=head.garbage + fresh) if fresh else None


def _generation(rest: str) -> int:
    digits = rest.partition("-")[0]
    return int(digits) if digits.isdigit() else 0


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
