"""What restores offer over HTTP: planned while the caller waits, carried out and undone in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from listbackup.base.errors import Conflict, InputError
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.processor.fields import field_paths
from listbackup.processor.restore_model import Selection
from listbackup.services.data.errands import Errander, ErrandKind, order
from listbackup.services.data.keys import platform_key
from listbackup.services.data.model import Restore, RestoreState
from listbackup.services.data.restore_schema import (
    EntryShown,
    PlanShown,
    RestoreIn,
    RestoreParameters,
    RestoreShown,
    show_entry,
    show_plan,
    show_restore,
)
from listbackup.services.data.restores import Restores
from listbackup.services.data.service import Data
from listbackup.services.data.undoing import undoing_of
from listbackup.services.routing import Answer, Call, Handle, Route, changing, reading
from listbackup.services.scope import Scope
from listbackup.store import SnapshotInfo

_ONE = "/restores/{restore:rst}"


def restore_routes(data: Data, restores: Restores, errands: Errander) -> Sequence[Route]:
    """The account's restores."""
    return [*_begun(data, restores, errands), *_seen(restores, errands), *_turned(restores, errands)]


def _begun(data: Data, restores: Restores, errands: Errander) -> Sequence[Route]:
    def plan(call: Call) -> Answer:
        asked = call.body(RestoreIn)
        chosen = _chosen(data, call.scope, asked)
        begun = data.clock.monotonic()
        found = restores.plan(call.scope, chosen.source, seq=chosen.snapshot.seq, selection=chosen.selection, overwrite=asked.overwrite)
        took, may_look = data.clock.monotonic() - begun, Permission.CONTENT_READ in call.caller.permissions
        shown = show_plan(found, chosen.snapshot.id, took_seconds=took, with_content=may_look, changed_later=chosen.changed_later)
        return Answer(content=shown)

    def start(call: Call) -> Answer:
        asked = call.body(RestoreIn)
        chosen = _chosen(data, call.scope, asked)
        opened = restores.open(call.scope, chosen.source, seq=chosen.snapshot.seq, selection=chosen.selection, overwrite=asked.overwrite)
        return _go_on(restores, errands, call.scope, opened)

    execute = Permission.RESTORES_EXECUTE
    return [
        changing(
            "POST",
            "/restores/plan",
            "What a restore would do; nothing is written",
            Permission.RESTORES_PLAN,
            plan,
            body=RestoreIn,
            answers=PlanShown,
            problems=(502,),
        ),
        changing(
            "POST",
            "/restores",
            "Write records of a snapshot back to the platform",
            execute,
            start,
            body=RestoreIn,
            answers=RestoreShown,
            status=202,
            step_up=True,
            repeatable=True,
        ),
    ]


def _seen(restores: Restores, errands: Errander) -> Sequence[Route]:
    def list_all(call: Call) -> Answer:
        asked = call.query(RestoreParameters)
        found = restores.list(call.scope, source=asked.source, limit=asked.limit, cursor=asked.cursor)
        return Answer(content=listing(found, lambda one: show_restore(one, working=errands.is_active(one.id))))

    def get(call: Call) -> Answer:
        found = restores.get(call.scope, call.path["restore"])
        progress = restores.progress(call.scope, found.id) if found.state in (RestoreState.RUNNING, RestoreState.UNDOING) else None
        return Answer(content=show_restore(found, working=errands.is_active(found.id), progress=progress))

    def report(call: Call) -> Answer:
        page = call.query(PageParameters)
        found = restores.report(call.scope, call.path["restore"], limit=page.limit, cursor=page.cursor)
        return Answer(content=listing(found, show_entry))

    read = Permission.RESTORES_READ
    return [
        reading("/restores", "Restores, newest first", read, list_all, Listing[RestoreShown], RestoreParameters),
        reading(_ONE, "A restore, how far it is and how it ended", read, get, RestoreShown),
        reading(f"{_ONE}/report", "What a restore did to each record", read, report, Listing[EntryShown], PageParameters),
    ]


def _turned(restores: Restores, errands: Errander) -> Sequence[Route]:
    def cancel(call: Call) -> Answer:
        found = restores.cancel(call.scope, call.path["restore"])
        return Answer(content=show_restore(found, working=errands.is_active(found.id)))

    def resume(call: Call) -> Answer:
        found = restores.get(call.scope, call.path["restore"])
        if found.state is not RestoreState.RUNNING:
            raise Conflict(f"the restore is not interrupted: it is {found.state.value}")
        _check_free(restores, errands, call.scope, found)
        return _go_on(restores, errands, call.scope, found)

    def undo(call: Call) -> Answer:
        scope, found = call.scope, restores.get(call.scope, call.path["restore"])
        if found.state is RestoreState.UNDONE:
            raise Conflict("the restore was undone already")
        is_over = found.state not in (RestoreState.RUNNING, RestoreState.UNDOING)
        _check_free(restores, errands, scope, found)
        errands.send(
            order(ErrandKind.UNDO, scope, found.id),
            lambda should_stop: restores.undo(scope, found.id, should_stop=should_stop),
            behind=is_over,
        )
        return Answer(content=show_restore(found, working=True), location=f"/v2/restores/{found.id}")

    stop = "Stop a restore; what was written stays until it is undone"
    return [
        changing("POST", f"{_ONE}/cancel", stop, Permission.RESTORES_EXECUTE, cancel, answers=RestoreShown),
        _act(f"{_ONE}/resume", "Go on with a restore that was interrupted", resume),
        _act(f"{_ONE}/undo", "Take a restore back, except records that were changed since", undo),
    ]


def _act(path: str, summary: str, handle: Handle) -> Route:
    return changing("POST", path, summary, Permission.RESTORES_EXECUTE, handle, answers=RestoreShown, status=202, step_up=True)


def _check_free(restores: Restores, errands: Errander, scope: Scope, restore: Restore) -> None:
    """What is at work for this server's people is waited for; another process at the same restore (the command line, one that died just now) is told."""
    if not errands.is_active(restore.id):
        restores.check_free(scope, restore.id)


def _go_on(restores: Restores, errands: Errander, scope: Scope, restore: Restore) -> Answer:
    errands.send(
        order(ErrandKind.RESTORE, scope, restore.id), lambda should_stop: restores.resume(scope, restore.id, should_stop=should_stop)
    )
    return Answer(content=show_restore(restore, working=True), location=f"/v2/restores/{restore.id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    source: str
    snapshot: SnapshotInfo  # whose records go back
    selection: Selection
    changed_later: int = 0


def _chosen(data: Data, scope: Scope, asked: RestoreIn) -> _Chosen:
    """What is to go back: records of the snapshot, or those of a change set as they were in the one before."""
    field_paths(asked.fields)
    source, snapshot = data.place(scope, asked.snapshot)
    if asked.change_set is None:
        return _Chosen(source=source.id, snapshot=snapshot, selection=_selection(data, scope, source.id, snapshot, asked))
    if asked.streams is not None or asked.keys:
        raise InputError("a change set says itself which records", field="change_set")
    store, wanted = data.store(scope, source.id), asked.change_set.wanted()
    if wanted.stream.startswith("_") or wanted.stream not in snapshot.streams:
        raise InputError(f"the snapshot has no stream {wanted.stream!r}", field="change_set/stream")
    undoing = undoing_of(store, data.described(scope, source.id), snapshot, wanted)
    selection = replace(undoing.selection, fields=asked.fields)
    return _Chosen(source=source.id, snapshot=undoing.before, selection=selection, changed_later=undoing.changed_later)


def _selection(data: Data, scope: Scope, source: str, snapshot: SnapshotInfo, asked: RestoreIn) -> Selection:
    if asked.fields and asked.streams is None and not asked.keys:
        raise InputError("say of which streams or records these are the fields", field="fields")
    for stream in [*(asked.streams or ()), *asked.keys]:
        if stream.startswith("_") or stream not in snapshot.streams:
            raise InputError(f"the snapshot has no stream {stream!r}", field="streams")
    chosen = {}
    for stream, keys in asked.keys.items():
        found = [platform_key(data.record(scope, source, stream, key, seq=snapshot.seq).key) for key in keys]
        if None in found:
            raise InputError("records without a key of their own cannot be restored one by one", field="keys")
        chosen[stream] = tuple(key for key in found if key is not None)
    streams = asked.streams if asked.streams is not None or not chosen else None
    return Selection(streams=streams, keys=chosen, fields=asked.fields)
