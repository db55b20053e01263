"""Restores: planned, carried out, gone on with after a crash, and undone as one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import BusyError, Conflict, InputError, Interrupted, ListBackupError
from listbackup.base.ids import RestoreId, SourceId
from listbackup.base.paging import Page
from listbackup.processor.fields import field_paths
from listbackup.processor.restore import carry_out, undo
from listbackup.processor.restore_model import (
    Entry,
    ListenRestore,
    RestorePlan,
    RestoreProgress,
    RestoreResult,
    Selection,
    unheard_restore,
)
from listbackup.processor.restore_plan import plan_restore
from listbackup.processor.restore_room import RestoreRoom
from listbackup.services.connections import Connections
from listbackup.services.data.change_sets import ChangeSet
from listbackup.services.data.events import restore_fact
from listbackup.services.data.journal import TableIdMap, TableJournal
from listbackup.services.data.model import Restore, RestoreState, lease_of
from listbackup.services.data.restore_watch import Watch, read_progress
from listbackup.services.data.service import pick
from listbackup.services.data.table import RESTORES
from listbackup.services.data.undoing import undoing_of, wanted_of
from listbackup.services.desk import Desk
from listbackup.services.holding import Hold, held, is_held
from listbackup.services.rows import Rows
from listbackup.services.scope import Scope
from listbackup.services.sources import Source, Sources
from listbackup.services.stores import Keys, Stores


def never() -> bool:
    """Nobody says stop."""
    return False


class Restores:
    """The write-backs of an account's sources. One process at a time writes for a restore, or takes it back: each holds it, and what it notes names its hold."""

    def __init__(self, desk: Desk, *, connections: Connections, sources: Sources, stores: Stores, keys: Keys) -> None:
        self._desk, self._connections, self._sources, self._stores, self._keys = desk, connections, sources, stores, keys

    def plan(
        self,
        scope: Scope,
        source: str,
        *,
        seq: int | None = None,
        selection: Selection = Selection(),
        overwrite: bool = False,
        listen: ListenRestore = unheard_restore,
        should_stop: Callable[[], bool] = never,
    ) -> RestorePlan:
        """What writing these records back would do; asks the platform, writes nothing. ``overwrite`` also plans to write over edits that no snapshot holds.

        Raises NotFound, InputError (a stream that is not in the snapshot), PlatformError.
        """
        of = self._sources.get(scope, source)
        with self._room(scope, of, seq, selection, should_stop) as room:
            return plan_restore(room, of.id, selection, overwrite=overwrite, listen=listen)

    def plan_change_set(
        self,
        scope: Scope,
        source: str,
        change_set: ChangeSet,
        *,
        fields: tuple[str, ...] = (),
        overwrite: bool = False,
        listen: ListenRestore = unheard_restore,
    ) -> RestorePlan:
        """What taking a change set back would do: its records as they were in the snapshot before. Raises as ``plan``, Conflict when it is not there any more."""
        of = self._sources.get(scope, source)
        store, infos = self._stores.open(scope, of.id), self._sources.described(scope, of.id)
        undoing = undoing_of(store, infos, store.snapshot(change_set.number), wanted_of(change_set))
        selection = replace(undoing.selection, fields=fields)
        plan = self.plan(scope, of.id, seq=undoing.before.seq, selection=selection, overwrite=overwrite, listen=listen)
        return replace(plan, changed_later=undoing.changed_later)

    def start(
        self, scope: Scope, plan: RestorePlan, *, listen: ListenRestore = unheard_restore, should_stop: Callable[[], bool] = never
    ) -> Restore:
        """The restore of this plan, carried out to its end. What changed on the platform since the plan is left alone and counted as a conflict.

        Raises Interrupted or PlatformError with the restore left ``running``: ``resume`` goes on with it.
        """
        source = self._sources.get(scope, plan.source)
        restore = self._begin(scope, source.id, plan.snapshot_seq, plan.selection, plan.overwrite)
        with self._hold(scope, restore.id) as hold:
            return self._write(scope, restore, hold, listen, should_stop, plan)

    def open(
        self, scope: Scope, source: str, *, seq: int | None = None, selection: Selection = Selection(), overwrite: bool = False
    ) -> Restore:
        """A restore that is only written down: ``resume`` plans it and carries it out. Raises NotFound, InputError (a stream that is not in the snapshot)."""
        of = self._sources.get(scope, source)
        snapshot = pick(self._stores.open(scope, of.id), of.name, seq)
        field_paths(selection.fields)
        unknown = sorted({*(selection.streams or ()), *selection.keys} - set(snapshot.streams))
        if unknown:
            raise InputError(f"the snapshot has no stream {unknown[0]!r}", field="streams", hint="it has: " + ", ".join(snapshot.streams))
        return self._begin(scope, of.id, snapshot.seq, selection, overwrite)

    def resume(
        self,
        scope: Scope,
        restore: str,
        *,
        listen: ListenRestore = unheard_restore,
        should_stop: Callable[[], bool] = never,
        take_over: bool = False,
    ) -> Restore:
        """The restore that was interrupted, planned anew and carried out to its end; nothing is written twice. One that is over is returned as it is.

        Raises BusyError while another process is at it, unless that one died (``take_over``).
        """
        self.get(scope, restore)
        with self._hold(scope, restore, take_over=take_over) as hold:
            found = self.get(scope, restore)
            if found.state is RestoreState.UNDOING:
                raise Conflict(f"restore {found.id} is being undone", hint="undo it again to go on with that")
            if found.state is not RestoreState.RUNNING:
                return found
            going = self._change(scope, found, replace(found, message=None)) if found.message is not None else found
            with self._giving_up(scope, restore):
                return self._write(scope, going, hold, listen, should_stop)

    def check_free(self, scope: Scope, restore: str) -> None:
        """Raises BusyError while a process is at it: what is asked for now would end at once, where nobody sees it."""
        if is_held(self._desk, lease_of(scope.account, restore)):
            raise BusyError(
                f"restore {restore} is being worked on", hint="wait for it to end; what a process left that died is free in two minutes"
            )

    def give_up(self, scope: Scope, restore: str, why: str) -> None:
        """The restore (its undoing) is interrupted, for this reason, until somebody goes on with it. Raises NotFound."""
        found = self.get(scope, restore)
        if found.state in (RestoreState.RUNNING, RestoreState.UNDOING):
            with suppress(Conflict):  # somebody does
                self._change(scope, found, replace(found, message=why))

    def cancel(self, scope: Scope, restore: str) -> Restore:
        """The restore, stopped: whoever carries it out ends at the next record. What was written stays until it is undone. Raises Conflict when it is over."""
        found = self.get(scope, restore)
        if found.state is not RestoreState.RUNNING:
            raise Conflict(f"there is nothing to stop: the restore is {found.state.value}")
        stopped = replace(found, state=RestoreState.CANCELLED, ended_at=self._desk.clock.now())
        return self._change(scope, found, stopped, "cancelled")

    def progress(self, scope: Scope, restore: str) -> RestoreProgress | None:
        """How far the restore (its plan, its undoing) is, a second old at most; None where nobody is at it."""
        return read_progress(self._desk, scope, restore)

    def report(self, scope: Scope, restore: str, *, limit: int = 100, cursor: str | None = None) -> Page[Entry]:
        """What was done to each record, in the order in which it was. Raises NotFound."""
        return self._journal(scope, self.get(scope, restore)).page(limit=limit, cursor=cursor)

    def undo(
        self,
        scope: Scope,
        restore: str,
        *,
        listen: ListenRestore = unheard_restore,
        should_stop: Callable[[], bool] = never,
        take_over: bool = False,
    ) -> Restore:
        """The restore taken back whole, except records that were changed since. Undoing again after an interruption goes on. Raises BusyError as ``resume``."""
        self.get(scope, restore)
        with self._hold(scope, restore, take_over=take_over) as hold:
            return self._take_back(scope, restore, hold, listen, should_stop)

    def _take_back(self, scope: Scope, restore: str, hold: Hold, listen: ListenRestore, should_stop: Callable[[], bool]) -> Restore:
        found = self.get(scope, restore)
        if found.state is RestoreState.UNDONE:
            return found
        undoing = self._change(scope, found, replace(found, state=RestoreState.UNDOING, message=None))
        source, tell = self._sources.get(scope, found.source), Watch(self._desk, scope, found, should_stop, self.get).listening(listen)
        with self._giving_up(scope, restore):
            with self._room(scope, source, found.snapshot_seq, found.selection, should_stop, hold) as room:
                result = undo(room, self._journal(scope, found, hold), listen=tell)
        done = replace(undoing, state=RestoreState.UNDONE, undo_result=result, ended_at=self._desk.clock.now())
        return self._change(scope, undoing, done, "undone")

    def get(self, scope: Scope, restore: str) -> Restore:
        """The restore of this id. Raises NotFound."""
        return self._rows(scope).get(restore)

    def list(self, scope: Scope, *, source: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Restore]:
        """Restores, newest first; those of one source where one is named."""
        if source is None:
            return self._rows(scope).page(reverse=True, limit=limit, cursor=cursor)
        of = self._sources.get(scope, source)
        return self._rows(scope).page(part=of.id, index="by_source", reverse=True, limit=limit, cursor=cursor)

    def _begin(self, scope: Scope, source: SourceId, seq: int, selection: Selection, overwrite: bool) -> Restore:
        """A new restore, written down."""
        restore = Restore(
            id=RestoreId(self._desk.new_id("rst")),
            source=source,
            snapshot_seq=seq,
            selection=selection,
            overwrite=overwrite,
            state=RestoreState.RUNNING,
            created_at=self._desk.clock.now(),
        )
        self._desk.commit(scope, self._rows(scope).insert(restore), restore_fact("started", restore))
        return restore

    def _write(
        self,
        scope: Scope,
        restore: Restore,
        hold: Hold,
        listen: ListenRestore,
        should_stop: Callable[[], bool],
        plan: RestorePlan | None = None,
    ) -> Restore:
        """The restore carried out by its plan, or one made now; as it was cancelled, if it was meanwhile."""
        source, watch = self._sources.get(scope, restore.source), Watch(self._desk, scope, restore, should_stop, self.get)
        tell = watch.listening(listen)
        try:
            with self._room(scope, source, restore.snapshot_seq, restore.selection, watch.should_stop, hold) as room:
                plan = plan or plan_restore(room, source.id, restore.selection, overwrite=restore.overwrite, listen=tell)
                return self._carry_out(scope, restore, room, plan, tell, hold)
        except (Interrupted, Conflict):
            now = self.get(scope, restore.id)
            if now.state is not RestoreState.CANCELLED:
                raise
            return now

    def _carry_out(
        self, scope: Scope, restore: Restore, room: RestoreRoom, plan: RestorePlan, listen: ListenRestore, hold: Hold
    ) -> Restore:
        result: RestoreResult = carry_out(room, plan, self._journal(scope, restore, hold), restore.id, listen=listen)
        state = RestoreState.PARTIAL if result.failed else RestoreState.DONE
        ended = replace(restore, state=state, result=result, ended_at=self._desk.clock.now())
        return self._change(scope, restore, ended, state.value)

    @contextmanager
    def _hold(self, scope: Scope, restore: str, *, take_over: bool = False) -> Iterator[Hold]:
        """The only right to write for this restore. Raises BusyError."""
        if not take_over:
            self.check_free(scope, restore)
        with held(self._desk, lease_of(scope.account, restore), take_over=take_over) as hold:
            yield hold

    @contextmanager
    def _giving_up(self, scope: Scope, restore: str) -> Iterator[None]:
        """What goes wrong is told with the restore: nobody goes on with it by itself."""
        try:
            yield
        except (Interrupted, Conflict):
            raise
        except ListBackupError as error:
            self.give_up(scope, restore, error.message)
            raise

    @contextmanager
    def _room(
        self,
        scope: Scope,
        source: Source,
        seq: int | None,
        selection: Selection,
        should_stop: Callable[[], bool],
        hold: Hold | None = None,
    ) -> Iterator[RestoreRoom]:
        store = self._stores.open(scope, source.id)
        snapshot = pick(store, source.name, seq)
        session = self._connections.open(scope, source.connection, should_stop=should_stop)
        try:
            yield RestoreRoom(
                session=session,
                view=store.at(snapshot.seq),
                latest=store.at(pick(store, source.name, None).seq),
                snapshot=snapshot,
                infos={info.name: info for info in session.discover()},
                ids=TableIdMap(self._desk, scope, source.id, hold),
                secret=self._keys.for_account(scope.account).id_key,
                should_stop=should_stop,
                fields=field_paths(selection.fields),
            )
        finally:
            session.close()

    def _journal(self, scope: Scope, restore: Restore, hold: Hold | None = None) -> TableJournal:
        return TableJournal(self._desk, scope, self._keys.for_account(scope.account), restore.id, hold)

    def _change(self, scope: Scope, old: Restore, edited: Restore, happened: str | None = None) -> Restore:
        new, writes = self._rows(scope).change(old, edited)
        try:
            self._desk.commit(scope, writes, *([restore_fact(happened, new)] if happened else []))
        except ConditionFailed:
            raise Conflict(f"restore {old.id} is being worked on by somebody else", hint="wait for it to end") from None
        return new

    def _rows(self, scope: Scope) -> Rows[Restore]:
        table = self._desk.open(RESTORES, scope)
        return Rows(table, Restore, noun="restore", prefix="rst", columns=lambda one: {"source": one.source})
