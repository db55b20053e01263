"""What follows a run: a little tidying every time, and once a day retention, pruning, compaction in earnest, and a thirtieth of the data read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from listbackup.base.clock import from_unix_ms
from listbackup.processor.progress import LogLevel, Note
from listbackup.store import Store
from listbackup.store.basemerge import merge_base, plan_bases
from listbackup.store.compact import compact_tiers
from listbackup.store.policy import Policy

DAILY = timedelta(hours=20)


def after_run(store: Store, policy: Policy, *, now: datetime) -> Iterator[Note]:
    """Does what is due and tells of it. What asks for a person's word is told and left undone. Raises StoreError, BackendError; may be broken off anywhere."""
    head = store.head()
    marked_at = from_unix_ms(head.clock_mark) if head.clock_mark else None
    if marked_at is not None and now - marked_at < DAILY:
        yield from _tidy(store, now)
        return
    yield from _daily(store, policy, now)


def _daily(store: Store, policy: Policy, now: datetime) -> Iterator[Note]:
    from listbackup.store.check import Level, check  # once a day: the other runs need not load it
    from listbackup.store.prune import plan_prune
    from listbackup.store.retention import NeedsConfirmation

    plan = plan_prune(store, now, policy)
    try:
        done = plan.execute()
    except NeedsConfirmation as error:
        yield Note(message=f"{error.message} ({error.hint})", level=LogLevel.WARNING, reason="needs_confirmation")
        yield from _tidy(store, now)
        return
    report = check(store, Level.READ_DATA, rolling_day=now.toordinal())
    for finding in report.findings:
        if not finding.harmless:
            text = f"{finding.where}: {finding.what}. {finding.remedy}"
            yield Note(message=text, level=LogLevel.ERROR, reason=finding.kind.value)
    if done.expired or done.purged or done.deleted:
        yield Note(message=f"{len(done.expired)} snapshots expired, {len(done.purged)} purged, {done.deleted} objects deleted.")


def _tidy(store: Store, now: datetime) -> Iterator[Note]:
    compact_tiers(store)
    for stream in plan_bases(store.head(), now):
        merge_base(store, stream)
        yield Note(message=f"Merged the base of {stream}.", stream=stream)
