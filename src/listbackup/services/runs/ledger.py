"""The rows of runs: one active run per source, a fenced lease in the row itself, and every turn of its life by compare-and-set.

A worker holds a run by its ``epoch``. Whatever it writes names that epoch, so that one who was away for longer than its lease and comes back finds its
writes refused and stops; what it staged in the store is fenced there in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from listbackup.backends.table.lease import LeaseGone
from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Scalar
from listbackup.base.clock import iso
from listbackup.base.errors import BusyError
from listbackup.processor.progress import RunState
from listbackup.services.desk import Desk
from listbackup.services.rows import Rows, Writes
from listbackup.services.runs.events import run_fact
from listbackup.services.runs.model import Run
from listbackup.services.runs.slots import Limits, Slots
from listbackup.services.runs.table import RUNS
from listbackup.services.scope import AccountTable, Scope

ACTIVE = "1"
TRIES = 50
MAX_CRASHES = 100  # a run that takes its worker down with it must not do so for ever


class Ledger:
    """The runs of one account as rows."""

    def __init__(self, desk: Desk, scope: Scope, limits: Limits = Limits()) -> None:
        self._desk, self._scope = desk, scope
        self._table: AccountTable = desk.open(RUNS, scope)
        self.rows: Rows[Run] = Rows(self._table, Run, noun="run", prefix="run", columns=_columns)
        self.slots = Slots(self._table, limits, self._is_held)

    def active_of(self, source: str) -> Run | None:
        """The run of this source that is not over, or None."""
        row = self._table.find(_active_key(source))
        found = self.rows.find(str(row["run"])) if row is not None else None
        return found if found is not None and found.is_active else None

    def open(self, run: Run) -> Run:
        """The new run, or the one of the same source that is not over yet."""
        for _ in range(TRIES):
            found = self.active_of(run.source)
            if found is not None:
                return found
            mark = self._table.put(_active_key(run.source), {"run": run.id}, if_=Absent())
            try:
                self._desk.commit(self._scope, [*self.rows.insert(run), mark], run_fact("queued", run))
            except ConditionFailed:
                self._drop_stale_mark(run.source)
                continue
            return run
        raise BusyError(f"source {run.source} is being started by too many at once", hint="try again")

    def change(self, run: str, edit: Callable[[Run], Run], *happened: str, entering: Callable[[Run], Writes] | None = None) -> Run:
        """The run after the edit; the edit is made anew when somebody else's came between. It may raise to refuse. ``entering`` gives the writes that belong
        to a run that begins."""
        for _ in range(TRIES):
            old = self.rows.get(run)
            edited = edit(old)
            if edited == old:
                return old
            new, writes = self.rows.change(old, edited)
            if new.state.is_final and self._is_marked(old):
                writes = [*writes, self._table.delete(_active_key(old.source), if_=Equals({"run": old.id}))]
            if new.state is RunState.RUNNING and entering is not None:
                writes = [*writes, *entering(new)]
            if old.state is RunState.RUNNING and new.state is not RunState.RUNNING:
                writes = [*writes, *self.slots.leave(old)]
            if old.state is RunState.QUEUED and new.state.is_final:
                writes = [*writes, *self.slots.unpark(old.id)]
            try:
                self._desk.commit(self._scope, writes, *(run_fact(one, new) for one in happened))
            except ConditionFailed:
                continue
            return new
        raise BusyError(f"run {run} is being changed by too many at once", hint="try again")

    def take(self, run: str, owner: str, lease: timedelta, *, connection: str = "", must_fit: bool = False) -> Run:
        """The run, held by this owner from now on. A run that is over, or cancelled before it began, is returned as it is; raises BusyError while another's lease
        holds, and while the platform wants to be left alone; NoRoom when it ``must_fit`` beside the runs that go on and does not."""
        now = self._desk.clock.now()

        def taken(old: Run) -> Run:
            if old.state.is_final:
                return old
            if old.is_held_at(now) and old.lease_until is not None:
                message = f"run {old.id} is being carried out by {old.owner}"
                raise BusyError(message, hint=f"wait for it, or until its lease runs out at {iso(old.lease_until)}")
            if old.not_before is not None and old.not_before > now:
                until = iso(old.not_before)
                message = f"the platform asked to be left alone until {until}"
                if old.reason == "backend":
                    message = f"the ground gave way; it is left alone until {until}"
                raise BusyError(message, hint="run it again then; a worker does so by itself")
            crashes = old.crashes + (old.state is RunState.RUNNING)
            if crashes >= MAX_CRASHES:
                text = f"{crashes} workers were lost while they carried it out."
                return replace(old, state=RunState.FAILED, ended_at=now, reason="crashes", message=text, crashes=crashes, owner=None)
            if old.cancel_requested:
                return replace(old, state=RunState.CANCELLED, ended_at=now, reason="cancelled", message="Cancelled before it went on.")
            return replace(
                old,
                state=RunState.RUNNING,
                epoch=old.epoch + 1,
                attempt=old.attempt + 1,
                crashes=crashes,
                owner=owner,
                lease_until=now + lease,
                started_at=old.started_at or now,
                not_before=None,
                reason=None,
                message=None,
                hint=None,
            )

        return self.change(run, taken, "started", entering=lambda new: self.slots.enter(new, connection, must_fit=must_fit))

    def park(self, run: str, connection: str) -> None:
        """Let the run wait for a slot."""
        found = self.rows.get(run)
        if found.state is RunState.QUEUED:
            self._desk.commit(self._scope, self.slots.park(found, connection))

    def call_parked(self) -> Run | None:
        """A run that waited for a slot and for which there is room now; it waits no longer. None when there is none."""
        while (run := self.slots.find_parked()) is not None:
            self._desk.commit(self._scope, self.slots.unpark(run))
            found = self.rows.find(run)
            if found is not None and found.state is RunState.QUEUED:
                return found
        return None

    def hold(self, held: Run, lease: timedelta) -> Run:
        """The run with its lease extended. Raises LeaseGone."""
        until = self._desk.clock.now() + lease
        return self.change(held.id, lambda old: replace(_mine(old, held), lease_until=until))

    def peek(self, held: Run) -> Run:
        """The run as it is now. Raises LeaseGone."""
        return _mine(self.rows.get(held.id), held)

    def settle(self, held: Run, edit: Callable[[Run], Run], happened: str) -> Run:
        """The run after its worker's last word. Raises LeaseGone when it was no longer that worker's."""
        return self.change(held.id, lambda old: replace(edit(_mine(old, held)), owner=None, lease_until=None), happened)

    def _is_held(self, run: str) -> bool:
        found = self.rows.find(run)
        return found is not None and found.is_held_at(self._desk.clock.now())

    def _is_marked(self, run: Run) -> bool:
        row = self._table.find(_active_key(run.source))
        return row is not None and row["run"] == run.id

    def _drop_stale_mark(self, source: str) -> None:
        row = self._table.find(_active_key(source))
        found = self.rows.find(str(row["run"])) if row is not None else None
        if row is not None and (found is None or not found.is_active):
            stale = Equals({"run": row["run"]})
            try:
                self._desk.commit(self._scope, [self._table.delete(_active_key(source), if_=stale)])
            except ConditionFailed:
                return


def _mine(old: Run, held: Run) -> Run:
    if old.epoch != held.epoch or old.state is not RunState.RUNNING:
        raise LeaseGone(f"run {held.id} was taken on by another worker", hint="nothing is lost; the other one goes on")
    return old


def _active_key(source: str) -> str:
    return f"active/{source}"


def _columns(run: Run) -> dict[str, Scalar]:
    return {"source": run.source, "job": run.job, "active": ACTIVE if run.is_active else None}


__all__ = ["ACTIVE", "LeaseGone", "Ledger"]
