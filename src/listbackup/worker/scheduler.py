"""The scheduler's tick: what is due among all jobs becomes runs on the queue."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from listbackup.base.clock import Clock, iso
from listbackup.base.errors import BackendError, ListBackupError, NotFound
from listbackup.base.log import log_context
from listbackup.services.accounts import Accounts, AccountState
from listbackup.services.jobs import DueJob, Jobs
from listbackup.services.runs import Runs, Trigger

_IN_TRASH = timedelta(minutes=15)  # between looks at a job whose account is in the trash

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What one tick did; ``lateness`` is the longest time between due and queued."""

    started: int = 0
    lateness: timedelta = timedelta()


class Scheduler:
    """Turns due jobs into queued runs. Any number of them may tick over one ground: each due entry is claimed by one."""

    def __init__(self, accounts: Accounts, jobs: Jobs, runs: Runs, clock: Clock) -> None:
        self._accounts, self._jobs, self._runs, self._clock = accounts, jobs, runs, clock

    def tick(self, *, limit: int = 100) -> Tick:
        """Start a run for each job that is due, up to ``limit``. A job that missed several instants while nobody looked runs once."""
        started, latest = 0, timedelta()
        for due in self._jobs.claim_due(limit=limit):
            try:
                started += self._begin(due)
            except ListBackupError as error:  # those behind it are claimed too: they would wait with it, and so for ever
                _log.error("what is due at %s stays claimed and comes up again: %s", iso(due.due.due_at), error)
                continue
            latest = max(latest, self._clock.now() - due.due.due_at)
        return Tick(started=started, lateness=latest)

    def _begin(self, due: DueJob) -> int:
        if due.run is not None:
            self._wake(due, due.run)
            return 0
        with log_context(account=due.account, job=due.job):
            return self._start(due)

    def _wake(self, due: DueJob, run: str) -> None:
        """A run that waited goes on the queue again."""
        with log_context(account=due.account, run=run):
            try:
                self._runs.wake(self._accounts.enter(due.account, actor="scheduler"), run)
            except NotFound:  # the account is gone
                pass
            except BackendError as error:
                _log.warning("a run that waits stays claimed and comes up again: %s", error)
                return
            self._jobs.forget(due)

    def _put_aside(self, due: DueJob) -> None:
        """What lies in the trash with its account is looked at now and then: it may be taken back, and is not to wait for reconciliation then."""
        if self._accounts.tree.find(due.account) is None:
            self._jobs.forget(due)
        else:
            self._jobs.put_aside(due, self._clock.now() + _IN_TRASH)

    def _start(self, due: DueJob) -> int:
        try:
            scope = self._accounts.enter(due.account, actor="scheduler")
        except NotFound:
            self._put_aside(due)
            return 0
        if self._accounts.state(due.account) is AccountState.SUSPENDED:
            self._jobs.settle(scope, due)
            return 0
        try:
            job = self._jobs.get(scope, due.job)
            started = 0
            if not job.paused and job.timetable is not None:
                free = job.timetable.allowed_from(self._clock.now())
                if free > self._clock.now():  # caught up inside hours in which the platform must be left alone
                    self._jobs.postpone(scope, due, free)
                    return 0
                self._runs.start(scope, job.source, job=job.id, trigger=Trigger.SCHEDULE)
                started = 1
        except NotFound:  # the job or its source was deleted meanwhile
            started = 0
        except BackendError as error:
            _log.warning("a due job stays claimed and comes up again: %s", error)
            return 0
        self._jobs.settle(scope, due)
        return started
