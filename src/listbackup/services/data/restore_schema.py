"""Restores as they go over the wire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from pydantic import AwareDatetime, Field

from listbackup.http.paging import Body, PageParameters, SnapshotRef, SourceRef
from listbackup.processor.fields import MOST_FIELDS
from listbackup.processor.restore_model import Action, Entry, EntryState, RestorePlan, RestoreProgress, RestoreResult, Why
from listbackup.services.connections import QuotaShown, show_quota
from listbackup.services.data.keys import show_key
from listbackup.services.data.model import Restore, RestoreState
from listbackup.services.data.schema import KeyText, StreamName, key_parts
from listbackup.services.data.undoing import WantedSet
from listbackup.store import ChangeKind

STEPS_SHOWN = 1000


class ChangeSetIn(Body):
    """A change set, by what the listing says of it."""

    stream: StreamName
    kind: Annotated[ChangeKind, Field(description="`changed` or `removed`: what came is not taken back.")]
    fields: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=500)] = ()
    began_at: Annotated[AwareDatetime, Field(description="When the first of these changes was made [UTC].")]
    ended_at: Annotated[AwareDatetime, Field(description="When the run of the snapshot was over, or the last of these changes [UTC].")]

    def wanted(self) -> WantedSet:
        """As the service takes it."""
        return WantedSet(stream=self.stream, kind=self.kind, fields=self.fields, began_at=self.began_at, ended_at=self.ended_at)


class RestoreIn(Body):
    """Which records of a snapshot: these streams (null: all), or only these keys. ``overwrite`` writes over edits that no snapshot holds.

    With ``change_set`` the records of a change set of that snapshot go back to what they were in the snapshot before; those that were changed again stay.
    With ``fields`` only these fields are written, into records that are there: what was changed beside them stays, and is no conflict.
    """

    snapshot: SnapshotRef
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1, max_length=500)] | None = None
    keys: Annotated[dict[StreamName, Annotated[tuple[KeyText, ...], Field(min_length=1, max_length=10_000)]], Field(max_length=100)] = (
        Field(default={})
    )
    overwrite: bool = False
    fields: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=500)], ...],
        Field(max_length=MOST_FIELDS, description="Only these fields of the records, their parts joined by dots; none: the whole records."),
    ] = ()
    change_set: Annotated[
        ChangeSetIn | None,
        Field(description="Take this change set of the snapshot back, as one; null or left out: write the snapshot's own records back."),
    ] = None


class RestoreParameters(PageParameters):
    """Which restores."""

    source: SourceRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """What a restore would do with one record. Of a conflict, ``now`` is what is on the platform, for those who may look at content (null: it was not looked at by itself)."""

    stream: str
    key: str
    parts: Sequence[str | int]
    action: Action
    why: Why
    now: msgspec.Raw | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShown:
    """What a restore would do: counts by stream and action, and the first thousand steps that do something.

    ``seconds`` is what the calls will take if the platform goes on as it did while the plan was made (null where that is not known). ``left_out`` are the
    records that it will not write, by reason: edits that no snapshot holds, and what the platform does not let us write. ``quota`` is null where no quota is known;
    ``goes_on_at`` says when the restore can be gone on with after it stopped for want of calls (null: the calls are enough).
    """

    source: str
    snapshot: str
    streams: Mapping[str, Mapping[Action, int]]
    writes: int
    calls: int
    side_effects: Sequence[str]
    steps: Sequence[StepShown]
    creates: int
    updates: int
    skips: int
    conflicts: int
    seconds: float | None
    left_out: Mapping[Why, int]
    quota: QuotaShown | None
    goes_on_at: datetime | None
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreShown:
    """A restore. ``working`` is whether this server is at it; one that is ``running`` (``undoing``) without that was interrupted: resume (undo) it;
    ``message`` says what interrupted it, where that is known."""

    id: str
    source: str
    snapshot_number: int
    overwrite: bool
    state: RestoreState
    working: bool
    progress: RestoreProgress | None
    created_at: datetime
    ended_at: datetime | None
    result: RestoreResult | None
    undo_result: RestoreResult | None
    message: str | None
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryShown:
    """One write of a restore: what was done to which record, under which key it lives since, and what went wrong."""

    stream: str
    key: str
    action: Action
    state: EntryState
    target: str | None
    message: str | None


def show_plan(
    plan: RestorePlan, snapshot: str, *, took_seconds: float = 0, with_content: bool = False, changed_later: int = 0
) -> PlanShown:
    """The plan as it goes out; what is on the platform only ``with_content``. ``changed_later`` records of a change set are not part of it."""
    left_out: Counter[Why] = Counter(
        step.why for step in plan.steps if step.action in (Action.SKIP, Action.CONFLICT) and step.why is not Why.SAME
    )
    left_out += Counter({Why.CHANGED_LATER: changed_later})
    steps = [step for step in plan.steps if step.action is not Action.SKIP][:STEPS_SHOWN]
    return PlanShown(
        source=plan.source,
        snapshot=snapshot,
        streams=plan.by_stream(),
        writes=plan.writes,
        calls=plan.calls,
        side_effects=plan.side_effects,
        steps=[
            StepShown(
                stream=step.stream,
                key=show_key(step.key),
                parts=key_parts(step.key),
                action=step.action,
                why=step.why,
                now=msgspec.Raw(step.now) if with_content and step.now is not None else None,
            )
            for step in steps
        ],
        creates=plan.count(Action.CREATE),
        updates=plan.count(Action.UPDATE),
        skips=plan.count(Action.SKIP),
        conflicts=plan.count(Action.CONFLICT),
        seconds=round(plan.calls * took_seconds / plan.planning_calls, 1) if plan.planning_calls else None,
        left_out=left_out,
        quota=show_quota(plan.quota) if plan.quota is not None else None,
        goes_on_at=plan.goes_on_at,
        fields=plan.selection.fields,
    )


def show_restore(restore: Restore, *, working: bool, progress: RestoreProgress | None = None) -> RestoreShown:
    """The restore as it goes out."""
    return RestoreShown(
        id=restore.id,
        source=restore.source,
        snapshot_number=restore.snapshot_seq,
        overwrite=restore.overwrite,
        state=restore.state,
        working=working,
        progress=progress,
        created_at=restore.created_at,
        ended_at=restore.ended_at,
        result=restore.result,
        undo_result=restore.undo_result,
        message=restore.message,
        fields=restore.selection.fields,
    )


def show_entry(entry: Entry) -> EntryShown:
    """The entry as it goes out."""
    target = show_key(entry.target) if entry.target is not None else None
    return EntryShown(
        stream=entry.stream, key=show_key(entry.key), action=entry.action, state=entry.state, target=target, message=entry.message
    )
