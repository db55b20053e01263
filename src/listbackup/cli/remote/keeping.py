"""Jobs, retention, holds, the trail and API keys of a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from msgspec import UNSET, UnsetType

from listbackup.base.clock import Clock
from listbackup.base.errors import ListBackupError, NotFound
from listbackup.base.ids import AccountId
from listbackup.base.paging import Page
from listbackup.base.secret import Secret
from listbackup.cli.remote.data import RemoteData, snapshot_here
from listbackup.cli.remote.here import absent, here, page_here, page_size
from listbackup.cli.remote.line import Line
from listbackup.cli.remote.sources import RemoteSources
from listbackup.client.api.models import KeyShown, PolicyIn, QuietIn, RetryIn, TimetableIn
from listbackup.http.permission import Bundle, Permission
from listbackup.processor.verify import Verification
from listbackup.services.accounts import ApiKey, NewApiKey
from listbackup.services.activity import Activity, Wanted
from listbackup.services.jobs import Job, RetryPolicy, Timetable
from listbackup.services.scope import Scope
from listbackup.store import SnapshotInfo
from listbackup.store.model import PruneStats
from listbackup.store.policy import Decision, ExpirePlan, Objection, Policy

LOOK_EVERY_SECONDS = 0.25


class RemoteJobs:
    """When the server backs up by itself, and what it keeps."""

    def __init__(self, line: Line, sources: RemoteSources) -> None:
        self._line, self._sources = line, sources

    def create(
        self,
        scope: Scope,
        *,
        source: str,
        name: str | None = None,
        timetable: Timetable | None = None,
        retention: Policy | None = None,
        retry: RetryPolicy | None = None,
    ) -> Job:
        """A new job of this source."""
        of, when, keeps = self._sources.names.get(source).id, _timetable(timetable), _policy(retention)
        return here(Job, self._line.jobs.create(source=of, name=name, timetable=when, retention=keeps, retry=_retry(retry)))

    def list(self, scope: Scope, *, source: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Job]:
        """The jobs, oldest first."""
        of = self._sources.names.get(source).id if source is not None else None
        return page_here(Job, self._line.jobs.list(source=of, limit=page_size(limit), cursor=cursor))

    def find_for_source(self, scope: Scope, source: str) -> Job | None:
        """The first job of a source, or None."""
        return next(iter(self.list(scope, source=source, limit=1).items), None)

    def change(
        self,
        scope: Scope,
        job: str,
        *,
        timetable: Timetable | None = None,
        retention: Policy | None = None,
        retry: RetryPolicy | None = None,
    ) -> Job:
        """The job with these changes."""
        when, keeps = _timetable(timetable), _policy(retention)
        return here(Job, self._line.jobs.update(job, timetable=when, retention=keeps, retry=_retry(retry)))

    def pause(self, scope: Scope, job: str) -> Job:
        """The job, no longer due."""
        return here(Job, self._line.jobs.pause(job))

    def resume(self, scope: Scope, job: str) -> Job:
        """The job, due again."""
        return here(Job, self._line.jobs.resume(job))

    def delete(self, scope: Scope, job: str) -> None:
        """Forget it."""
        self._line.jobs.delete(job)


class RemotePrunePlan:
    """What a prune by the server would do."""

    def __init__(self, stats: PruneStats) -> None:
        self._stats = stats

    def stats(self) -> PruneStats:
        """In numbers."""
        return self._stats


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedThere:
    """What a prune by the server did (``cli.house.DonePrune``)."""

    expired: tuple[int, ...]
    purged: tuple[int, ...]
    deleted: int


class RemoteUpkeep:
    """What the server keeps, looked after as far as its API goes."""

    def __init__(self, line: Line, sources: RemoteSources, data: RemoteData, clock: Clock) -> None:
        self._line, self._sources, self._data, self._clock = line, sources, data, clock
        self._tried: dict[str, Policy | None] = {}  # what a plan was made with: the server plans by itself

    def hold(self, scope: Scope, source: str, seq: int | None, reason: str) -> SnapshotInfo:
        """The snapshot, kept until it is released."""
        return snapshot_here(self._line.data.hold(self._data.pick(scope, source, seq).id, reason=reason))

    def release(self, scope: Scope, source: str, seq: int | None) -> SnapshotInfo:
        """The snapshot without its hold."""
        snapshot = self._data.pick(scope, source, seq)
        self._line.data.release(snapshot.id)
        return snapshot_here(self._line.data.snapshot(snapshot.id))

    def undelete(self, scope: Scope, source: str, seq: int) -> SnapshotInfo:
        """The snapshot, out of the trash."""
        kept = self._data.snapshots(scope, source, with_trash=True)
        snapshot = next((one for one in kept if one.seq == seq), None)
        if snapshot is None:
            raise NotFound(f"source {self._sources.names.get(source).id} has no snapshot {seq}")
        self._line.data.undelete(snapshot.id)
        return snapshot_here(self._line.data.snapshot(snapshot.id))

    def clear_suspicion(self, scope: Scope, source: str, seq: int) -> SnapshotInfo:
        """The snapshot, trusted: the retention goes on."""
        return snapshot_here(self._line.data.trust(self._data.pick(scope, source, seq).id))

    def plan_expire(self, scope: Scope, source: str, policy: Policy | None = None) -> ExpirePlan:
        """Which snapshots a policy (None: what is kept of the source) would keep and drop."""
        of = self._sources.names.get(source).id
        self._tried[of] = policy
        if policy is None:
            return here(ExpirePlan, self._line.data.preview_retention(of))
        said = self._line.data.try_retention(of, retention=_policy(policy))
        return ExpirePlan(
            now=self._clock.now(),
            decisions=tuple(Decision(seq=one.number, at=one.at, reasons=tuple(one.reasons)) for one in said.decisions),
            objections={Objection(kind): text for kind, text in said.objections.items()},
        )

    def expire(self, scope: Scope, source: str, plan: ExpirePlan, *, confirmed: bool = False) -> tuple[int, ...]:
        """The snapshots that went into the trash; the server refuses when others would go by now than this plan of ours says."""
        of, numbers = self._sources.names.get(source).id, list(plan.dropped)
        return tuple(self._line.data.expire(of, retention=_policy(self._tried.get(of)), numbers=numbers, confirmed=confirmed).numbers)

    def plan_prune(self, scope: Scope, source: str) -> RemotePrunePlan:
        """What there is to purge, compact and sweep."""
        return RemotePrunePlan(here(PruneStats, self._line.data.preview_prune(self._sources.names.get(source).id)))

    def prune(
        self,
        scope: Scope,
        source: str,
        plan: RemotePrunePlan,
        *,
        progress: Callable[[str, int, int], None] | None = None,
        confirmed: bool = False,
    ) -> PrunedThere:
        """What the server did; it plans anew."""
        of = self._sources.names.get(source).id
        found = self._line.data.prune(of, confirmed=confirmed)
        while found.working:
            self._clock.sleep(LOOK_EVERY_SECONDS)
            found = self._line.data.last_prune(of)
        if found.message is not None or found.ended_at is None:
            raise ListBackupError(found.message or "the server was stopped while it pruned", hint="prune again: it goes on")
        return PrunedThere(expired=(), purged=tuple(found.purged), deleted=found.deleted)

    def verify(
        self,
        scope: Scope,
        source: str,
        *,
        seq: int | None = None,
        sample: int = 20,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Verification:
        """How a sample compares with the platform as it is now."""
        snapshot = self._data.pick(scope, source, seq)
        found = self._line.data.verify(snapshot.id, sample=min(sample, 1000))
        while found.working:
            self._clock.sleep(LOOK_EVERY_SECONDS)
            found = self._line.data.verification(snapshot.id)
        if found.result is None:
            raise ListBackupError(found.message or "the server could not compare the snapshot with the platform", hint="try again")
        return here(Verification, found.result)


class RemoteActivities:
    """The trail of the server's account."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def list(self, scope: Scope, wanted: Wanted = Wanted(), *, limit: int = 100, cursor: str | None = None) -> Page[Activity]:
        """Lines, newest first."""
        found = self._line.activity.list(
            subject=wanted.subject,
            action=wanted.action,
            actor=wanted.actor,
            since=wanted.since,
            until=wanted.until,
            q=wanted.text,
            limit=page_size(limit),
            cursor=cursor,
        )
        return page_here(Activity, found)


class RemoteApiKeys:
    """Credentials of programs."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def create(self, scope: Scope, *, name: str, permissions: Iterable[Bundle | Permission], life: timedelta) -> NewApiKey:
        """A new key and its text."""
        asked: Any = [one.value for one in permissions]
        made = self._line.api_keys.create(name=name, scopes=asked, days=max(1, life.days))
        return NewApiKey(key=_key(made.key), text=Secret(made.text))

    def list(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[ApiKey]:
        """The keys, oldest first."""
        page = self._line.api_keys.list(limit=page_size(limit), cursor=cursor)
        return Page(items=[_key(one) for one in page.items], next_cursor=page.next)

    def revoke(self, scope: Scope, key: str) -> ApiKey:
        """The key, which opens nothing from now on."""
        with absent("API key", key):
            self._line.api_keys.delete(key)
        return _key(self._line.api_keys.get(key))


def _key(said: KeyShown) -> ApiKey:
    return ApiKey(
        id=said.id,
        account=AccountId(""),
        name=said.name,
        permissions=tuple(here(Permission, one) for one in said.scopes),
        created_at=said.created_at,
        created_by=said.created_by,
        expires_at=said.expires_at,
        revoked_at=said.revoked_at,
        used_at=said.used_at,
    )


def _timetable(asked: Timetable | None) -> TimetableIn | UnsetType:
    if asked is None:
        return UNSET
    quiet = [QuietIn(start=one.start, end=one.end, days=list(one.days)) for one in asked.quiet]
    return TimetableIn(cron=asked.cron, every=asked.every, time_zone=asked.time_zone, quiet=quiet)


def _retry(asked: RetryPolicy | None) -> RetryIn | UnsetType:
    return UNSET if asked is None else RetryIn(attempts=asked.attempts, wait=asked.wait)


def _policy(asked: Policy | None) -> PolicyIn | UnsetType:
    if asked is None:
        return UNSET
    return PolicyIn(
        hourly=asked.hourly,
        daily=asked.daily,
        weekly=asked.weekly,
        monthly=asked.monthly,
        yearly=asked.yearly,
        last=asked.last,
        within=asked.within,
        min_good=asked.min_good,
        time_zone=asked.time_zone,
    )
