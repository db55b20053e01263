"""The sweep: deletes what nothing refers to and nothing ever will, without a clock in the argument.

In this order, and it matters:

1. list the objects, 2. *then* read HEAD (from the table, not from memory);
3. close entries of runs that died long ago, and stop there: their objects are looked at next time;
4. delete garbage whose grace is over (readers that hold an older HEAD have finished by then);
5. delete listed objects that HEAD does not name and whose run is not open;
6. take the deleted garbage off HEAD's list.

Why 5 is safe: a pack is written only under an open run. If at 2 its run is closed and the pack unnamed, the fence makes every later commit of that run fail; names are
never used twice, and what was taken out of HEAD is never put back. Spilled lists and copies under ``st/`` carry the generation they were written for: a HEAD beyond it that
does not name them never will. A failed listing raises before anything is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from listbackup.backends.objects.port import ObjectInfo, Objects
from listbackup.base.clock import from_unix_ms, unix_ms
from listbackup.store.ground import StoreGround
from listbackup.store.head import Garbage, Head, edited, pack_name, without_open
from listbackup.store.packs import Packs
from listbackup.store.root import Root

GRACE = timedelta(hours=72)  # longer than any reader goes on without reading HEAD again
DEAD_AFTER = timedelta(days=3)  # beyond its lease, before a run is given up that nobody resumed


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """What a sweep would do: names within the source."""

    dead: tuple[str, ...]
    garbage: tuple[Garbage, ...]
    orphans: tuple[ObjectInfo, ...]
    garbage_bytes: int
    waiting_bytes: int  # garbage whose grace is not over

    @property
    def orphan_bytes(self) -> int:
        """Bytes of what no run will ever commit."""
        return sum(info.size_bytes for info in self.orphans)


def plan_sweep(
    root: Root, ground: StoreGround, now: datetime, *, grace: timedelta = GRACE, dead_after: timedelta = DEAD_AFTER
) -> SweepPlan:
    """What is to be swept. Raises BackendError when a listing fails."""
    prefix = root.place.prefix
    listed = list_objects(ground.objects, prefix)  # 1: before HEAD is read
    head = root.read().head  # 2
    due = tuple(each for each in head.garbage if now - grace >= from_unix_ms(each.at))
    sizes = {info.name.removeprefix(prefix): info.size_bytes for info in listed}
    due_names = {each.name for each in due}
    return SweepPlan(
        dead=tuple(run for run, entry in head.open.items() if unix_ms(now) > entry.free_at() + _ms(dead_after)),
        garbage=due,
        orphans=tuple(orphans(head, prefix, listed, now, grace)),
        garbage_bytes=sum(sizes.get(name, 0) for name in due_names),
        waiting_bytes=sum(sizes.get(each.name, 0) for each in head.garbage if each.name not in due_names),
    )


def list_objects(objects: Objects, prefix: str) -> Sequence[ObjectInfo]:
    """Every object of a source, the whole listing or an error."""
    return list(objects.list(prefix))


def orphans(head: Head, prefix: str, listed: Iterable[ObjectInfo], now: datetime, grace: timedelta) -> Iterable[ObjectInfo]:
    """The listed objects that this head, read after them, does not name and no later one will."""
    named = names_of(head)
    for info in listed:
        name = info.name.removeprefix(prefix)
        folder, _, rest = name.partition("/")
        if name in named:
            continue
        if folder in ("p", "r", "b") and rest.partition("/")[0] not in head.open:
            if folder != "b":
                yield info
        elif folder == "st" and _generation(rest) < head.gen and now - info.modified_at > grace:
            yield info


def names_of(head: Head) -> set[str]:
    """Every object that the head names: packs, spilled lists, copies, garbage."""
    packs = {pack_name(ref, pack) for pack, ref in head.packs.items()}
    spilled = {state.spilled.name for state in head.streams.values() if state.spilled is not None}
    return packs | spilled | {ref.name for ref in head.spills} | {copy.name for copy in head.copies} | {each.name for each in head.garbage}


def sweep(root: Root, packs: Packs, ground: StoreGround, plan: SweepPlan, progress: Callable[[int, int], None] | None = None) -> int:
    """Carry the plan out; how many objects were deleted. Safe at any time after ``plan_sweep``, also twice."""
    if plan.dead:
        dead = set(plan.dead)
        now = unix_ms(ground.clock.now())
        root.edit(lambda head: without_open(head, [run for run in dead & set(head.open) if head.open[run].free_at() < now]), mirror=False)
    names = [each.name for each in plan.garbage] + [info.name.removeprefix(root.place.prefix) for info in plan.orphans]
    for number, name in enumerate(names, start=1):
        ground.objects.delete(root.place.name(name))
        if name.startswith("p/"):
            packs.forget(name.rpartition("/")[2])
        if progress is not None:
            progress(number, len(names))
    if plan.garbage:
        swept = set(plan.garbage)
        root.edit(lambda head: edited(head, garbage=tuple(each for each in head.garbage if each not in swept)), mirror=False)
    return len(names)


def _generation(rest: str) -> int:
    digits = rest.partition("-")[0]
    return int(digits) if digits.isdigit() else 0


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
