"""Jobs: created, changed, paused and resumed; what is due is claimed here by the scheduler's tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.schedule.port import Due, Schedule
from listbackup.backends.table.port import ConditionFailed
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict, InputError
from listbackup.base.ids import AccountId, JobId
from listbackup.base.paging import Page
from listbackup.services.desk import Desk
from listbackup.services.jobs.events import job_fact
from listbackup.services.jobs.model import Job, RetryPolicy
from listbackup.services.jobs.table import JOBS
from listbackup.services.jobs.timetable import Timetable
from listbackup.services.rows import NamedRows, Writes
from listbackup.services.scope import Scope
from listbackup.services.sources import Sources
from listbackup.store.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class DueJob:
    """A job that is due and claimed: give it to ``settle`` once its run is on the queue. Or, with ``run``, a run whose time to go on has come."""

    account: AccountId
    job: str
    due: Due
    run: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    account: str
    job: str
    run: str | None = None


class Jobs:
    """The standing orders of an account. A job is named by id or by name; its name is its source's unless given."""

    def __init__(
        self, desk: Desk, schedule: Schedule, sources: Sources, *, floor: Callable[[str], timedelta | None] = lambda _: None
    ) -> None:
        """``floor`` says for an account how long its policy keeps every copy, whatever a retention says."""
        self._desk, self._schedule, self._sources, self._floor = desk, schedule, sources, floor

    def create(
        self,
        scope: Scope,
        *,
        source: str,
        timetable: Timetable | None = None,
        retention: Policy | None = None,
        retry: RetryPolicy | None = None,
        name: str | None = None,
    ) -> Job:
        """A new job. Raises NotFound for the source, Conflict when the name is taken, InputError for a retention below what the account's policy keeps."""
        self.check_retention(scope, retention)
        of = self._sources.get(scope, source)
        now = self._desk.clock.now()
        job = Job(
            id=JobId(self._desk.new_id("job")),
            name=name or of.name,
            source=of.id,
            created_at=now,
            timetable=timetable,
            retention=retention or Policy(),
            retry=retry or RetryPolicy(),
            due_at=timetable.next_after(now) if timetable else None,
        )
        rows = self._rows(scope)
        self._commit(scope, job, rows.insert(job), "created")
        return job

    def list(self, scope: Scope, *, source: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Job]:
        """The account's jobs, oldest first; those of one source where one is named."""
        if source is None:
            return self._rows(scope).page(limit=limit, cursor=cursor)
        of = self._sources.get(scope, source)
        return self._rows(scope).page(part=of.id, index="by_source", limit=limit, cursor=cursor)

    def get(self, scope: Scope, job: str) -> Job:
        """The job of this id or name. Raises NotFound."""
        return self._rows(scope).get(job)

    def find_for_source(self, scope: Scope, source: str) -> Job | None:
        """The first job of a source, or None: what the command line calls the source's schedule."""
        return next(iter(self.list(scope, source=source, limit=1).items), None)

    def change(
        self,
        scope: Scope,
        job: str,
        *,
        name: str | None = None,
        timetable: Timetable | None = None,
        no_timetable: bool = False,
        retention: Policy | None = None,
        retry: RetryPolicy | None = None,
        version: int | None = None,
    ) -> Job:
        """The job with these changes; what is None stays as it is. Raises VersionGone for another ``version``."""
        self.check_retention(scope, retention)
        old = self._rows(scope).get_version(job, version)
        when = None if no_timetable else timetable or old.timetable
        edited = replace(old, name=name or old.name, timetable=when, retention=retention or old.retention, retry=retry or old.retry)
        return self._save(scope, old, self._timed(edited), "changed")

    def pause(self, scope: Scope, job: str) -> Job:
        """The job, which is no longer due until it is resumed."""
        old = self.get(scope, job)
        return old if old.paused else self._save(scope, old, replace(old, paused=True, due_at=None), "paused")

    def resume(self, scope: Scope, job: str) -> Job:
        """The job, due again by its timetable from now on."""
        old = self.get(scope, job)
        return self._save(scope, old, self._timed(replace(old, paused=False)), "resumed") if old.paused else old

    def delete(self, scope: Scope, job: str) -> None:
        """Forget the job. Its source and the snapshots stay."""
        rows = self._rows(scope)
        found = rows.get(job)
        self._commit(scope, replace(found, due_at=None), rows.remove(found), "deleted")

    def retention_of(self, scope: Scope, source: str) -> Policy:
        """What is kept of a source: its own retention, else what its jobs keep between them; never less than the account's policy keeps.

        Of several jobs each rule is as generous as the most generous; everything is kept when nobody says otherwise.
        """
        of = self._sources.get(scope, source)
        policies = [of.retention] if of.retention is not None else [job.retention for job in self.list(scope, source=of.id).items]
        if not policies or any(policy.keeps_everything for policy in policies):
            return Policy()
        return self.at_least(scope, most_generous(policies))

    def at_least(self, scope: Scope, policy: Policy) -> Policy:
        """The policy, as generous as the account's own asks at least."""
        floor = self._floor(scope.account)
        if floor is None or policy.keeps_everything:
            return policy
        return replace(policy, within=max(policy.within or timedelta(0), floor))

    def forget_source(self, scope: Scope, source: str) -> None:
        """Delete the jobs of a source that is gone for good."""
        for job in list(self._rows(scope).iter(part=source, index="by_source")):
            self.delete(scope, job.id)

    def floor(self, scope: Scope) -> timedelta | None:
        """For how long the account's policy keeps every copy, whatever a retention says; None: it asks nothing."""
        return self._floor(scope.account)

    def check_retention(self, scope: Scope, retention: Policy | None) -> None:
        """Raises InputError for a retention that lets go of what the account's policy keeps."""
        floor = self._floor(scope.account)
        if floor is None or retention is None or retention.keeps_everything or (retention.within or timedelta(0)) >= floor:
            return
        message = f"the account's policy keeps every copy of the last {floor.days} days"
        raise InputError(message, field="retention", hint=f"keep at least everything within {floor.days} days")

    def claim_due(self, *, limit: int = 100, lease: timedelta = timedelta(minutes=1)) -> Sequence[DueJob]:
        """Jobs of all accounts that are due now, earliest first, claimed by the caller."""
        claimed = []
        for due in self._schedule.claim(self._desk.clock.now(), limit=limit, lease=lease):
            entry = from_json(due.payload, _Entry)
            claimed.append(DueJob(account=AccountId(entry.account), job=entry.job, due=due, run=entry.run))
        return claimed

    def settle(self, scope: Scope, due: DueJob) -> datetime | None:
        """Move a claimed job to its next due instant after now, however many were missed; None when it is not to run again."""
        job = self._rows(scope).find(due.job)
        next_at = None
        if job is not None and job.timetable is not None and not job.paused:
            next_at = job.timetable.next_after(self._desk.clock.now())
        self._settle_at(scope, due, job, next_at)
        return next_at

    def postpone(self, scope: Scope, due: DueJob, until: datetime) -> None:
        """Move a claimed job to a later instant: it fell due, and the platform must not be called before."""
        job = self._rows(scope).find(due.job)
        is_wanted = job is not None and job.timetable is not None and not job.paused
        self._settle_at(scope, due, job, until if is_wanted else None)

    def wake_at(self, scope: Scope, run: str, at: datetime) -> None:
        """Have a run that waits come up in ``claim_due`` at this instant; ``forget`` it then."""
        self._schedule.set(run, at, msgspec.json.encode(_Entry(account=scope.account, job="", run=run)))

    def forget(self, due: DueJob) -> None:
        """The claimed entry has done its work."""
        self._schedule.settle(due.due, None)

    def put_aside(self, due: DueJob, until: datetime) -> None:
        """The claimed entry comes up again at this instant; its job is not touched."""
        self._schedule.settle(due.due, until)

    def quiet_until(self, scope: Scope, source: str) -> datetime | None:
        """When the hours end in which this source's platform is to be left alone now, by any of its jobs; None outside such hours."""
        now = self._desk.clock.now()
        times = [job.timetable for job in self.list(scope, source=source).items if job.timetable is not None and not job.paused]
        end = max((one.allowed_from(now) for one in times), default=now)
        return end if end > now else None

    def reconcile(self, scope: Scope) -> int:
        """Put back entries of the schedule that a crash between two writes lost, and bring forward those that stand later than the timetable says: a crash
        came between a change and its entry, or the clock was ahead when it was settled. How many."""
        return sum(self._repaired(scope, job) for job in self._rows(scope).iter() if job.due_at is not None and job.timetable is not None)

    def _repaired(self, scope: Scope, job: Job) -> bool:
        assert job.due_at is not None
        assert job.timetable is not None
        stands, at = self._schedule.find(job.id), job.timetable.next_after(self._desk.clock.now())
        if stands is None:
            self._schedule.set(job.id, min(job.due_at, at), self._entry(scope, job))
            return True
        if stands <= at:
            return False
        _, writes = self._rows(scope).change(job, replace(job, due_at=at))
        try:
            self._desk.commit(scope, writes)
        except ConditionFailed:  # somebody changes the job at this moment and sets the entry anew
            return False
        self._schedule.set(job.id, at, self._entry(scope, job))
        return True

    def _settle_at(self, scope: Scope, due: DueJob, job: Job | None, next_at: datetime | None) -> None:
        """``job`` is what the instant was judged by: one that somebody paused or changed since keeps what they said."""
        if not self._schedule.settle(due.due, next_at):
            return  # the entry was replaced meanwhile: whoever did knows better
        if job is None:
            return
        _, writes = self._rows(scope).change(job, replace(job, due_at=next_at))
        try:
            self._desk.commit(scope, writes)
        except ConditionFailed:  # somebody changed the job at this moment and has set the entry anew
            return

    def _timed(self, job: Job) -> Job:
        due = job.timetable.next_after(self._desk.clock.now()) if job.timetable is not None and not job.paused else None
        return replace(job, due_at=due)

    def _save(self, scope: Scope, old: Job, edited: Job, happened: str) -> Job:
        new, writes = self._rows(scope).change(old, edited)
        self._commit(scope, new, writes, happened)
        return new

    def _commit(self, scope: Scope, job: Job, writes: Writes, happened: str) -> None:
        try:
            self._desk.commit(scope, writes, job_fact(happened, job))
        except ConditionFailed:
            message = f"job {job.name!r} was changed by somebody else meanwhile, or its name was taken"
            raise Conflict(message, hint="look again and repeat") from None
        if job.due_at is None:
            self._schedule.remove(job.id)
        else:
            self._schedule.set(job.id, job.due_at, self._entry(scope, job))

    def _entry(self, scope: Scope, job: Job) -> bytes:
        return msgspec.json.encode(_Entry(account=scope.account, job=job.id))

    def _rows(self, scope: Scope) -> NamedRows[Job]:
        table = self._desk.open(JOBS, scope)
        return NamedRows(table, Job, noun="job", prefix="job", columns=lambda one: {"source": one.source})


def most_generous(policies: Sequence[Policy]) -> Policy:
    """A policy that keeps at least as much by every rule as each of these; the first one's time zone."""
    within = [policy.within for policy in policies if policy.within is not None]
    return Policy(
        hourly=max(policy.hourly for policy in policies),
        daily=max(policy.daily for policy in policies),
        weekly=max(policy.weekly for policy in policies),
        monthly=max(policy.monthly for policy in policies),
        yearly=max(policy.yearly for policy in policies),
        within=max(within) if within else None,
        last=max(policy.last for policy in policies),
        min_good=max(policy.min_good for policy in policies),
        time_zone=policies[0].time_zone,
    )
