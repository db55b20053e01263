"""Pruning: a plan that costs nothing, then its execution: purge the trash, compact, sweep."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from listbackup.base.clock import unix_ms
from listbackup.base.errors import BusyError, OutOfSpace
from listbackup.store.basemerge import merge_base, plan_bases, plan_worthy
from listbackup.store.compact import Compacted, compact_tiers, due_tiers
from listbackup.store.erase import finish_erasures
from listbackup.store.head import Head, edited, without_snapshots
from listbackup.store.model import BLOBS, PruneStats
from listbackup.store.policy import TRASH, ExpirePlan, Policy
from listbackup.store.reattach import reseal_attachments
from listbackup.store.retention import NeedsConfirmation, check_clock, due_for_purge, expire, fewer_copies, plan_for, purge
from listbackup.store.sweep import DEAD_AFTER, GRACE, SweepPlan, plan_sweep, sweep

if TYPE_CHECKING:
    from listbackup.store.store import Store

RESEAL_BYTES = 1024 * 1024 * 1024  # of attachments, after a merge of the rows that name them
Progress = Callable[[str, int, int], None]  # stage, done, in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was done."""

    expired: tuple[int, ...]
    purged: tuple[int, ...]
    compacted: Compacted
    deleted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunePlan:
    """What a prune would do; nothing was touched to make it."""

    store: Store
    now: datetime
    expiry: ExpirePlan | None
    purging: tuple[int, ...]
    tiers: int
    bases: tuple[str, ...]
    merge_bytes: int
    sweeping: SweepPlan
    stored_bytes: int
    grace: timedelta
    trash: timedelta

    def stats(self) -> PruneStats:
        """The plan in numbers."""
        sweeping = self.sweeping
        return PruneStats(
            expiring=len(self.expiry.dropped) if self.expiry else 0,
            purging=len(self.purging),
            tier_merges=self.tiers,
            base_merges=len(self.bases),
            merge_bytes=self.merge_bytes,
            deleting=len(sweeping.garbage) + len(sweeping.orphans),
            deleting_bytes=sweeping.garbage_bytes + sweeping.orphan_bytes,
            waiting_bytes=sweeping.waiting_bytes,
            stored_bytes=self.stored_bytes,
        )

    def execute(self, progress: Progress | None = None, *, confirmed: bool = False) -> Pruned:
        """Carry it out: expire, purge, finish erasures, compact, sweep. Raises NeedsConfirmation before anything is touched; may be broken off and run again at any point."""
        store, tell = self.store, progress or _silent
        if not confirmed:
            check_clock(store.root.read().head, self.now)
            if self.expiry is not None and self.expiry.objections:
                raise NeedsConfirmation("; ".join(self.expiry.objections.values()), hint="look at the plan, then confirm it")
        expired = expire(store, self.expiry, confirmed=confirmed) if self.expiry is not None and self.expiry.dropped else ()
        purged = purge(store, self.now, trash=self.trash, confirmed=confirmed)
        deleted = 0
        try:
            compacted = self._merge(tell)
        except OutOfSpace:  # a merge needs room before it gives some; what is garbage already needs none
            deleted = self._sweep(tell)
            if not deleted:
                raise
            compacted = self._merge(tell)
        deleted += self._sweep(tell)
        store.root.edit(lambda head: _seen(head, self.now), mirror=False)
        return Pruned(expired=expired, purged=purged, compacted=compacted, deleted=deleted)

    def _merge(self, tell: Progress) -> Compacted:
        """Finish erasures, and compact. Raises OutOfSpace."""
        store = self.store
        if store.root.read().head.erasures:
            with suppress(BusyError):  # a run is open: what is to be erased stays hidden until the next prune
                finish_erasures(store, self.now)
        compacted = compact_tiers(store)
        head = store.root.read().head
        bases = tuple(dict.fromkeys((*plan_bases(head, self.now), *plan_worthy(store, head))))
        for stream in bases:
            compacted += merge_base(store, stream, lambda done, total: tell("merge", done, total))
        if BLOBS in bases:  # the bytes that its rows point to follow
            with suppress(BusyError):  # a run is open: with the next merge then
                reseal_attachments(store, at_most_bytes=RESEAL_BYTES, progress=lambda done, total: tell("reseal", done, total))
        return compacted

    def _sweep(self, tell: Progress) -> int:
        """How many objects were deleted that nothing refers to."""
        swept = plan_sweep(self.store, self.now, grace=self.grace, dead_after=DEAD_AFTER)
        return sweep(self.store, swept, lambda done, total: tell("sweep", done, total))


def plan_prune(
    store: Store, now: datetime, policy: Policy | None = None, *, grace: timedelta = GRACE, trash: timedelta = TRASH
) -> PrunePlan:
    """What there is to prune; with a policy, what it would expire first. Raises BackendError when a listing fails."""
    head = store.root.read().head
    due = due_for_purge(head, now, trash)
    tiers = due_tiers(store, head)
    later = without_snapshots(edited(head, purged_at=unix_ms(now)), due) if due else head
    bases = tuple(dict.fromkeys((*plan_bases(later, now), *plan_worthy(store, later))))
    base_bytes = sum(segment.size for name in bases for segment in head.streams[name].segments)
    return PrunePlan(
        store=store,
        now=now,
        expiry=plan_for(store, policy, now) if policy is not None else None,
        purging=due,
        tiers=len(tiers),
        bases=bases,
        merge_bytes=base_bytes + sum(task.size_bytes for task in tiers),
        sweeping=plan_sweep(store, now, grace=grace),
        stored_bytes=sum(ref.size for ref in head.packs.values()),
        grace=grace,
        trash=trash,
    )


def _seen(head: Head, now: datetime) -> Head | None:
    """The latest instant that maintenance has seen; and no more copies of the head than are of use."""
    seen = fewer_copies(edited(head, clock_mark=max(head.clock_mark, unix_ms(now))), unix_ms(now))
    return seen if seen != head else None


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""
