"""Restores of a server: planned and carried out there, watched from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec import UnsetType

from listbackup.base.clock import Clock
from listbackup.base.ids import RestoreId, SourceId
from listbackup.base.paging import Page
from listbackup.cli.remote.data import RemoteData
from listbackup.cli.remote.here import absent, here, page_size
from listbackup.cli.remote.line import Line
from listbackup.cli.remote.sources import RemoteSources
from listbackup.client import UNSET
from listbackup.client.api.models import ChangeKind, QuotaShown, RestoreShown
from listbackup.client.api.restores import ChangeSetIn, PlanShown
from listbackup.connectors.engine.facts import Per
from listbackup.connectors.engine.quota import QuotaLeft
from listbackup.processor.restore_model import ListenRestore, RestorePlan, RestoreResult, Selection, Step, Why, unheard_restore
from listbackup.services.data import Action, ChangeSet, Restore, RestoreState, show_key
from listbackup.services.scope import Scope

LOOK_EVERY_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePlan(RestorePlan):
    """A plan as the server tells it: all counts, and the first thousand steps that do something."""

    snapshot: str
    change_set: ChangeSet | None = None
    counts: Mapping[str, Mapping[Action, int]] = field(default_factory=dict)

    def count(self, action: Action) -> int:
        """How many steps do this."""
        return sum(one.get(action, 0) for one in self.counts.values())

    def by_stream(self) -> Mapping[str, Mapping[Action, int]]:
        """How many steps of each stream do what, in the order in which streams are written."""
        return self.counts


class RemoteRestores:
    """Write-backs by the server."""

    def __init__(self, line: Line, sources: RemoteSources, data: RemoteData, clock: Clock) -> None:
        self._line, self._sources, self._data, self._clock = line, sources, data, clock

    def plan(
        self,
        scope: Scope,
        source: str,
        *,
        seq: int | None = None,
        selection: Selection = Selection(),
        overwrite: bool = False,
        listen: ListenRestore = unheard_restore,
    ) -> RestorePlan:
        """What writing these records back would do."""
        snapshot = self._data.pick(scope, source, seq)
        said = self._line.restores.plan(
            snapshot=snapshot.id, overwrite=overwrite, streams=_streams(selection), keys=_keys(selection), fields=list(selection.fields)
        )
        return _plan_here(said, seq=snapshot.seq, selection=selection, overwrite=overwrite)

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
        """What taking a change set back would do."""
        wanted = _set(change_set)
        said = self._line.restores.plan(snapshot=change_set.snapshot, overwrite=overwrite, fields=list(fields), change_set=wanted)
        before = self._line.data.snapshot(said.snapshot).number
        return _plan_here(said, seq=before, selection=Selection(fields=fields), overwrite=overwrite, change_set=change_set)

    def start(self, scope: Scope, plan: RestorePlan, *, listen: ListenRestore, should_stop: Callable[[], bool]) -> Restore:
        """The restore at its end, or as it is when told to stop: the server goes on with it."""
        fields, of = list(plan.selection.fields), plan.change_set if isinstance(plan, RemotePlan) else None
        if of is not None:
            said = self._line.restores.create(snapshot=of.snapshot, overwrite=plan.overwrite, fields=fields, change_set=_set(of))
            return self._watch(said, should_stop)
        snapshot = self._data.pick(scope, plan.source, plan.snapshot_seq)
        said = self._line.restores.create(
            snapshot=snapshot.id,
            overwrite=plan.overwrite,
            streams=_streams(plan.selection),
            keys=_keys(plan.selection),
            fields=fields,
        )
        return self._watch(said, should_stop)

    def resume(self, scope: Scope, restore: str, *, listen: ListenRestore, should_stop: Callable[[], bool]) -> Restore:
        """The restore at its end, gone on with where the server had to leave it."""
        with absent("restore", restore):
            found = self._line.restores.get(restore)
        if found.state == RestoreState.RUNNING.value and not found.working:
            found = self._line.restores.resume(restore)
        return self._watch(found, should_stop)

    def undo(self, scope: Scope, restore: str, *, listen: ListenRestore, should_stop: Callable[[], bool]) -> Restore:
        """The restore taken back whole, except records that were changed since."""
        with absent("restore", restore):
            found = self._line.restores.get(restore)
        if found.state == RestoreState.UNDONE.value:
            return restore_here(found)
        return self._watch(found if found.working else self._line.restores.undo(restore), should_stop)

    def list(self, scope: Scope, *, source: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Restore]:
        """Restores, newest first."""
        of = self._sources.names.get(source).id if source is not None else None
        page = self._line.restores.list(source=of, limit=page_size(limit), cursor=cursor)
        return Page(items=[restore_here(one) for one in page.items], next_cursor=page.next)

    def _watch(self, said: RestoreShown, should_stop: Callable[[], bool]) -> Restore:
        while said.working and not should_stop():
            self._clock.sleep(LOOK_EVERY_SECONDS)
            said = self._line.restores.get(said.id)
        return restore_here(said)


def _plan_here(said: PlanShown, *, seq: int, selection: Selection, overwrite: bool, change_set: ChangeSet | None = None) -> RemotePlan:
    steps = [Step(stream=one.stream, key=tuple(one.parts), action=here(Action, one.action), why=here(Why, one.why)) for one in said.steps]
    return RemotePlan(
        source=said.source,
        snapshot_seq=seq,
        selection=selection,
        overwrite=overwrite,
        steps=steps,
        calls=said.calls,
        planning_calls=0,
        side_effects=list(said.side_effects),
        quota=_quota(said.quota) if said.quota is not None else None,
        changed_later=said.left_out.get(Why.CHANGED_LATER.value, 0),
        snapshot=said.snapshot,
        change_set=change_set,
        counts={stream: {Action(action): count for action, count in one.items()} for stream, one in said.streams.items()},
    )


def _set(one: ChangeSet) -> ChangeSetIn:
    return ChangeSetIn(
        stream=one.stream, kind=ChangeKind(one.kind.value), fields=list(one.fields), began_at=one.began_at, ended_at=one.ended_at
    )


def restore_here(said: RestoreShown) -> Restore:
    """The restore as the service says it."""
    return Restore(
        id=RestoreId(said.id),
        source=SourceId(said.source),
        snapshot_seq=said.snapshot_number,
        selection=Selection(),
        overwrite=said.overwrite,
        state=here(RestoreState, said.state),
        created_at=said.created_at,
        ended_at=said.ended_at,
        result=here(RestoreResult, said.result) if said.result is not None else None,
        undo_result=here(RestoreResult, said.undo_result) if said.undo_result is not None else None,
    )


def _quota(said: QuotaShown) -> QuotaLeft:
    per: Per = "hour" if said.per == "hour" else "month" if said.per == "month" else "day"
    return QuotaLeft(calls=said.calls, of=said.of, per=per, share=said.share, enough_at=said.enough_at)


def _streams(selection: Selection) -> list[str] | UnsetType:
    return list(selection.streams) if selection.streams is not None else UNSET


def _keys(selection: Selection) -> dict[str, list[str]]:
    return {stream: [show_key(key) for key in keys] for stream, keys in selection.keys.items()}
