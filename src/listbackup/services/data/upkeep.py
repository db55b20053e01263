"""Upkeep: holds, retention, the trash, pruning, checks and verification of a source's snapshots."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from listbackup.processor.verify import Verification, verify_sample
from listbackup.services.connections import Connections
from listbackup.services.data.events import source_data_fact
from listbackup.services.data.service import pick
from listbackup.services.desk import Desk
from listbackup.services.jobs import Jobs
from listbackup.services.scope import Scope
from listbackup.services.sources import Source, Sources
from listbackup.services.stores import Stores
from listbackup.store import Key, SnapshotInfo
from listbackup.store.findings import Level, Report
from listbackup.store.head import Erased
from listbackup.store.policy import ExpirePlan, Policy
from listbackup.store.retention import clear_suspicion, expire, hold, plan_for, release, undelete

if TYPE_CHECKING:  # what goes through a store's packs is loaded when it is done: most requests only ask how things stand
    from listbackup.store import Store
    from listbackup.store.prune import Pruned, PrunePlan
    from listbackup.store.rebuild import Rebuilt

Progress = Callable[[str, int, int], None]


class Upkeep:
    """What keeps the kept trustworthy and small. A plan touches nothing; carrying one out that has objections needs a person's ``confirmed``."""

    def __init__(self, desk: Desk, *, connections: Connections, sources: Sources, jobs: Jobs, stores: Stores) -> None:
        self._desk, self._connections, self._sources, self._jobs, self._stores = desk, connections, sources, jobs, stores

    def hold(self, scope: Scope, source: str, seq: int | None, reason: str) -> SnapshotInfo:
        """The snapshot, kept whatever the retention says until it is released; also taken out of the trash. Raises NotFound."""
        return self._change(scope, source, seq, lambda store, found: hold(store, found, reason), "snapshot.held", reason=reason)

    def release(self, scope: Scope, source: str, seq: int | None) -> SnapshotInfo:
        """The snapshot without its hold. Raises NotFound."""
        return self._change(scope, source, seq, release, "snapshot.released")

    def undelete(self, scope: Scope, source: str, seq: int) -> SnapshotInfo:
        """The snapshot, taken out of the trash. Raises NotFound once it was purged."""
        return self._change(scope, source, seq, undelete, "snapshot.undeleted")

    def clear_suspicion(self, scope: Scope, source: str, seq: int) -> SnapshotInfo:
        """The suspect snapshot, found true by a person: retention goes on. Raises NotFound."""
        return self._change(scope, source, seq, clear_suspicion, "snapshot.cleared")

    @property
    def desk(self) -> Desk:
        """What the upkeep stands on."""
        return self._desk

    def retention(self, scope: Scope, source: str) -> tuple[Source, Policy, timedelta | None]:
        """The source with its own retention, what holds when everything is counted, and for how long the account's policy keeps every copy."""
        of = self._sources.get(scope, source)
        return of, self._jobs.retention_of(scope, of.id), self._jobs.floor(scope)

    def set_retention(self, scope: Scope, source: str, policy: Policy | None, *, version: int | None = None) -> Source:
        """The source with this retention of its own. Raises InputError for one that lets go of what the account's policy keeps, VersionGone."""
        if policy is not None:
            self._jobs.check_retention(scope, policy)
        return self._sources.set_retention(scope, source, policy, version=version)

    def tried(self, scope: Scope, source: str, policy: Policy | None) -> Policy:
        """The policy as it would hold, the account's own counted; the one that holds now for None."""
        return self._jobs.retention_of(scope, source) if policy is None else self._jobs.at_least(scope, policy)

    def plan_expire(self, scope: Scope, source: str, policy: Policy | None = None) -> ExpirePlan:
        """Which snapshots a policy (None: that of the source's jobs) would keep and drop, each with the reasons."""
        of, store = self._open(scope, source)
        return plan_for(store, self.tried(scope, of.id, policy), self._desk.clock.now())

    def expire(self, scope: Scope, source: str, plan: ExpirePlan, *, confirmed: bool = False) -> tuple[int, ...]:
        """The snapshots that went into the trash. Raises NeedsConfirmation for a plan with objections."""
        of, store = self._open(scope, source)
        expired = expire(store, plan, confirmed=confirmed)
        numbers = ",".join(map(str, expired))[:500]
        self._tell(scope, "snapshot.expired", of, count=len(expired), seqs=numbers)
        return expired

    def plan_prune(self, scope: Scope, source: str, *, policy: Policy | None = None) -> PrunePlan:
        """What there is to purge, compact and sweep; with a policy, what would expire first."""
        from listbackup.store.prune import plan_prune

        return plan_prune(self._open(scope, source)[1], self._desk.clock.now(), policy)

    def prune(self, scope: Scope, source: str, plan: PrunePlan, *, progress: Progress | None = None, confirmed: bool = False) -> Pruned:
        """What was done. May be broken off and planned again at any point. Raises NeedsConfirmation before anything is touched."""
        pruned = plan.execute(progress, confirmed=confirmed)
        of = self._sources.get(scope, source)
        self._tell(scope, "store.pruned", of, expired=len(pruned.expired), purged=len(pruned.purged), deleted=pruned.deleted)
        return pruned

    def check(
        self, scope: Scope, source: str, *, level: Level = Level.TAILS, rolling_day: int | None = None, progress: Progress | None = None
    ) -> Report:
        """What is wrong with the source's store, read as deep as ``level`` says; a clean check of the digests marks the snapshots as verified."""
        from listbackup.store.check import check

        of, store = self._open(scope, source)
        report = check(store, level, progress, rolling_day=rolling_day, note_at=self._desk.clock.now())
        self._tell(scope, "store.checked", of, level=level.value, ok=report.ok, findings=len(report.findings))
        return report

    def rebuild(self, scope: Scope, source: str) -> Rebuilt:
        """The source's head, put back from its mirror, a copy or the packs where it was lost or damaged. Raises StoreError when nothing opens."""
        of = self._sources.get(scope, source)
        rebuilt = self._stores.rebuild(scope, of.id)
        self._tell(scope, "store.rebuilt", of, origin=rebuilt.origin.value, snapshots=rebuilt.snapshots)
        return rebuilt

    def erase(self, scope: Scope, source: str, records: Sequence[tuple[str, Key]]) -> Erased:
        """These records (stream, key), gone from every snapshot, out of the packs and out of what restores noted, also of a source in the trash; the bytes go when the
        grace of a prune is over. Raises BusyError while a run or a restore of the source goes on."""
        from listbackup.services.data.forgetting import forget_records
        from listbackup.store.erase import erase

        of = self._sources.get_kept(scope, source)
        store = self._stores.open(scope, of.id)
        erased = erase(store, records, self._desk.clock.now())
        forget_records(self._desk, scope, of.id, records)
        self._tell(scope, "records.erased", of, count=len(records))
        return erased

    def verify(
        self,
        scope: Scope,
        source: str,
        *,
        seq: int | None = None,
        sample: int = 20,
        seed: int | None = None,
        progress: Progress | None = None,
    ) -> Verification:
        """How ``sample`` records of each stream of a snapshot compare with the platform as it is now. Raises PlatformError."""
        of, store = self._open(scope, source)
        snapshot = pick(store, of.name, seq)
        session = self._connections.open(scope, of.connection)
        try:
            infos = {info.name: info for info in session.discover()}
            dice = random.Random(seed)
            found = verify_sample(store.at(snapshot.seq), snapshot, session, infos, sample=sample, dice=dice, progress=progress)
        finally:
            session.close()
        self._tell(scope, "snapshot.verified", of, snapshot=snapshot.id, good=found.good, sampled=found.sampled)
        return found

    def _change(
        self, scope: Scope, source: str, seq: int | None, change: Callable[[Store, int], None], happened: str, **about: str
    ) -> SnapshotInfo:
        of, store = self._open(scope, source)
        snapshot = pick(store, of.name, seq)
        change(store, snapshot.seq)
        self._tell(scope, happened, of, snapshot=snapshot.id, **about)
        return store.snapshot(snapshot.seq)

    def _tell(self, scope: Scope, happened: str, source: Source, **about: str | int) -> None:
        self._desk.commit(scope, [], source_data_fact(happened, source.id, **about))

    def _open(self, scope: Scope, source: str) -> tuple[Source, Store]:
        of = self._sources.get(scope, source)
        return of, self._stores.open(scope, of.id)
