"""Retention as it is carried out: snapshots into the trash and back, holds, and the end of what rested long enough.

``policy.py`` plans and says why; nothing here drops a snapshot that the plan did not name, that is the newest, that is held, or that an open run builds on.
An expired snapshot counts as retained until it is purged: until then its every version is kept, and ``undelete`` takes it back whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from listbackup.base.clock import from_unix_ms, unix_ms
from listbackup.base.errors import Conflict, NotFound
from listbackup.store.head import (
    Garbage,
    Head,
    HeadCopy,
    SnapshotEntry,
    demand_droppable,
    edited,
    with_dropped,
    with_snapshot_entry,
    without_snapshots,
)
from listbackup.store.policy import TRASH, ExpirePlan, Policy, clock_objection, plan_expire

if TYPE_CHECKING:
    from listbackup.store.store import Store

COPIES_KEPT = 14

__all__ = ["ExpirePlan", "Policy", "clear_suspicion", "expire", "hold", "plan_expire", "plan_for", "purge", "release", "undelete"]


class NeedsConfirmation(Conflict):
    """Something is odd enough that a person must say yes first; nothing was changed."""


def plan_for(store: Store, policy: Policy, now: datetime) -> ExpirePlan:
    """``plan_expire`` for the store's snapshots as they are."""
    head = store.root.read().head
    kept = [info for info in store.snapshots() if info.expired_at is None]
    mark = from_unix_ms(head.clock_mark) if head.clock_mark else None
    return plan_expire(kept, policy, now, clock_mark=mark, bases=_bases(head))


def expire(store: Store, plan: ExpirePlan, *, confirmed: bool = False) -> tuple[int, ...]:
    """Move the plan's dropped snapshots into the trash; which of them it still could. Raises NeedsConfirmation for a plan with objections."""
    if plan.objections and not confirmed:
        reasons = "; ".join(plan.objections.values())
        raise NeedsConfirmation(f"nothing expires unattended: {reasons}", hint="look at the plan, then confirm it")
    expired: tuple[int, ...] = ()
    now = unix_ms(plan.now)

    def move(head: Head) -> Head:
        nonlocal expired
        expired = tuple(
            entry.seq for entry in head.snaps if entry.seq in plan.dropped and _may_go(head, entry) and entry.expired_at is None
        )
        for seq in expired:
            head = with_snapshot_entry(head, seq, expired_at=now)
        return edited(head, clock_mark=max(head.clock_mark, now))

    store.root.edit(move)
    return expired


def undelete(store: Store, seq: int) -> None:
    """Take an expired snapshot out of the trash. Raises NotFound once it was purged."""
    _change_entry(store, seq, expired_at=None)


def hold(store: Store, seq: int, reason: str) -> None:
    """Keep a snapshot whatever the policy says, also if it was in the trash. Raises NotFound."""
    _change_entry(store, seq, held=reason, expired_at=None)


def release(store: Store, seq: int) -> None:
    """End a hold. Raises NotFound."""
    _change_entry(store, seq, held=None)


def clear_suspicion(store: Store, seq: int) -> None:
    """A person looked at a suspect snapshot and found it true: retention goes on. Raises NotFound."""
    _change_entry(store, seq, suspect=False)


def due_for_purge(head: Head, now: datetime, trash: timedelta = TRASH) -> tuple[int, ...]:
    """The snapshots that have rested in the trash long enough, as far as the clock can be believed."""
    return tuple(
        entry.seq
        for entry in head.snaps
        if entry.expired_at is not None and now - from_unix_ms(entry.expired_at) >= trash and _may_go(head, entry)
    )


def check_clock(head: Head, now: datetime) -> None:
    """Raises NeedsConfirmation when the clock is not to be believed."""
    mark = from_unix_ms(head.clock_mark) if head.clock_mark else None
    objection = clock_objection(now, mark, [from_unix_ms(entry.at) for entry in head.snaps])
    if objection is not None:
        raise NeedsConfirmation(f"nothing is deleted unattended: {objection}", hint="set the clock right, or confirm")


def purge(store: Store, now: datetime, *, trash: timedelta = TRASH, confirmed: bool = False) -> tuple[int, ...]:
    """Drop for good what rested in the trash long enough, after a copy of the head was kept. Raises NeedsConfirmation."""
    rooted = store.root.read()
    demand_droppable(rooted.head)
    if not confirmed:
        check_clock(rooted.head, now)
    if not due_for_purge(rooted.head, now, trash):
        return ()
    copy = HeadCopy(name=store.root.keep_copy(rooted), gen=rooted.head.gen, at=unix_ms(now))
    purged: tuple[int, ...] = ()

    def drop(head: Head) -> Head:
        nonlocal purged
        purged = due_for_purge(head, now, trash)
        mark = max(head.clock_mark, unix_ms(now))
        return edited(with_dropped(without_snapshots(head, purged), unix_ms(now)), clock_mark=mark, copies=(*head.copies, copy))

    store.root.edit(drop)
    return purged


def fewer_copies(head: Head, now_ms: int) -> Head:
    """The head with its newest fourteen copies; older ones are garbage."""
    old, kept = head.copies[:-COPIES_KEPT], head.copies[-COPIES_KEPT:]
    garbage = tuple(Garbage(name=each.name, gen=head.gen, at=now_ms) for each in old)
    return edited(head, copies=kept, garbage=head.garbage + garbage) if old else head


def _may_go(head: Head, entry: SnapshotEntry) -> bool:
    return entry.seq != head.last_seq and entry.held is None and entry.seq not in _bases(head)


def _bases(head: Head) -> Sequence[int]:
    return [entry.base for entry in head.open.values() if entry.kind == "run"]


def _change_entry(store: Store, seq: int, **changes: object) -> None:
    def change(head: Head) -> Head:
        if head.entry(seq) is None:
            raise NotFound(f"there is no snapshot {seq}", hint="list the snapshots; a purged one cannot come back")
        return with_snapshot_entry(head, seq, **changes)

    store.root.edit(change)


def mark_verified(store: Store, seqs: Iterable[int], now: datetime) -> None:
    """Note that these snapshots were read whole and found true."""
    good = set(seqs)

    def note(head: Head) -> Head:
        for entry in head.snaps:
            if entry.seq in good:
                head = with_snapshot_entry(head, entry.seq, verified_at=unix_ms(now))
        return head

    if good:
        store.root.edit(note)
