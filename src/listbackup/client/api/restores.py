"""``client.restores``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import UNSET, Raw, Struct, UnsetType

from listbackup.client.api.shared import ChangeKind, QuotaShown
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header
from listbackup.client.words import Word


class Action(Word):
    """What is to happen to one record on the platform."""

    CONFLICT = "conflict"
    CREATE = "create"
    SKIP = "skip"
    UPDATE = "update"


class ChangeSetIn(Struct, frozen=True, kw_only=True):
    """A change set, by what the listing says of it."""

    stream: str
    kind: ChangeKind
    fields: Sequence[str] | UnsetType = UNSET
    began_at: datetime
    ended_at: datetime


class EntryShown(Struct, frozen=True, kw_only=True):
    """One write of a restore: what was done to which record, under which key it lives since, and what went wrong."""

    stream: str
    key: str
    action: Action
    state: EntryState
    target: str | None
    message: str | None


class EntryState(Word):
    """How far one write of a restore is."""

    DONE = "done"
    FAILED = "failed"
    INTENT = "intent"
    KEPT = "kept"
    UNDOING = "undoing"
    UNDONE = "undone"


class PlanShown(Struct, frozen=True, kw_only=True):
    """What a restore would do: counts by stream and action, and the first thousand steps that do something.

    ``seconds`` is what the calls will take if the platform goes on as it did while the plan was made (null where that is not known).
    ``left_out`` are the records that it will not write, by reason: edits that no snapshot holds, and what the platform does not let us
    write. ``quota`` is null where no quota is known; ``goes_on_at`` says when the restore can be gone on with after it stopped for want of
    calls (null: the calls are enough).
    """

    source: str
    snapshot: str
    streams: Mapping[str, Mapping[str, int]]
    writes: int
    calls: int
    side_effects: Sequence[str]
    steps: Sequence[StepShown]
    creates: int
    updates: int
    skips: int
    conflicts: int
    seconds: float | None
    left_out: Mapping[str, int]
    quota: QuotaShown | None
    goes_on_at: datetime | None
    fields: Sequence[str]


class RestoreProgress(Struct, frozen=True, kw_only=True):
    """How far a restore, an undo or the making of a plan is."""

    done: int
    total: int
    stream: str


class RestoreResult(Struct, frozen=True, kw_only=True):
    """What a restore, or its undoing, did."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    conflicts: int = 0
    failed: int = 0
    deleted: int = 0
    reverted: int = 0
    kept: int = 0
    problems: Sequence[str] = ()


class RestoreShown(Struct, frozen=True, kw_only=True):
    """A restore. ``working`` is whether this server is at it; one that is ``running`` (``undoing``) without that was interrupted: resume
    (undo) it; ``message`` says what interrupted it, where that is known.
    """

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


class RestoreState(Word):
    """Where a restore stands."""

    CANCELLED = "cancelled"
    DONE = "done"
    PARTIAL = "partial"
    RUNNING = "running"
    UNDOING = "undoing"
    UNDONE = "undone"


class StepShown(Struct, frozen=True, kw_only=True):
    """What a restore would do with one record. Of a conflict, ``now`` is what is on the platform, for those who may look at content (null: it
    was not looked at by itself).
    """

    stream: str
    key: str
    parts: Sequence[str | int]
    action: Action
    why: Why
    now: Raw = Raw(b"null")


class Why(Word):
    """Why a step does what it does."""

    CANNOT_CREATE = "cannot_create"
    CANNOT_LOOK = "cannot_look"
    CANNOT_UPDATE = "cannot_update"
    CHANGED_LATER = "changed_later"
    CHANGED_SINCE_PLAN = "changed_since_plan"
    DIFFERS = "differs"
    FOLLOWS = "follows"
    MISSING = "missing"
    NEWER_EDIT = "newer_edit"
    NOT_KEPT = "not_kept"
    NOT_THERE = "not_there"
    OVERWRITE = "overwrite"
    SAME = "same"


class RestoresApi:
    """The operations of ``restores``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def cancel(self, restore: str) -> RestoreShown:
        """Stop a restore; what was written stays until it is undone."""
        request = Request(method="POST", path=f"/v2/restores/{part(restore)}/cancel")
        return self._session.ask(RestoreShown, request)

    def create(
        self,
        *,
        snapshot: str,
        streams: Sequence[str] | None | UnsetType = UNSET,
        keys: Mapping[str, Sequence[str]] | UnsetType = UNSET,
        overwrite: bool | UnsetType = UNSET,
        fields: Sequence[str] | UnsetType = UNSET,
        change_set: ChangeSetIn | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> RestoreShown:
        """Write records of a snapshot back to the platform."""
        request = Request(
            method="POST",
            path="/v2/restores",
            body=given(
                {"snapshot": snapshot, "streams": streams, "keys": keys, "overwrite": overwrite, "fields": fields, "change_set": change_set}
            ),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(RestoreShown, request)

    def get(self, restore: str) -> RestoreShown:
        """A restore, how far it is and how it ended."""
        request = Request(method="GET", path=f"/v2/restores/{part(restore)}")
        return self._session.ask(RestoreShown, request)

    def list(
        self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, source: str | None | UnsetType = UNSET
    ) -> Page[RestoreShown]:
        """Restores, newest first."""
        request = Request(method="GET", path="/v2/restores", query={"cursor": cursor, "limit": limit, "source": source})
        return self._session.ask(Page[RestoreShown], request)

    def iter(self, *, limit: int | UnsetType = UNSET, source: str | None | UnsetType = UNSET) -> Iterator[RestoreShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, source=source, cursor=cursor))

    def plan(
        self,
        *,
        snapshot: str,
        streams: Sequence[str] | None | UnsetType = UNSET,
        keys: Mapping[str, Sequence[str]] | UnsetType = UNSET,
        overwrite: bool | UnsetType = UNSET,
        fields: Sequence[str] | UnsetType = UNSET,
        change_set: ChangeSetIn | None | UnsetType = UNSET,
    ) -> PlanShown:
        """What a restore would do; nothing is written."""
        request = Request(
            method="POST",
            path="/v2/restores/plan",
            body=given(
                {"snapshot": snapshot, "streams": streams, "keys": keys, "overwrite": overwrite, "fields": fields, "change_set": change_set}
            ),
        )
        return self._session.ask(PlanShown, request)

    def report(self, restore: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[EntryShown]:
        """What a restore did to each record."""
        request = Request(method="GET", path=f"/v2/restores/{part(restore)}/report", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[EntryShown], request)

    def iter_report(self, restore: str, *, limit: int | UnsetType = UNSET) -> Iterator[EntryShown]:
        """Every item of ``report``, page after page."""
        return every(lambda cursor: self.report(restore, limit=limit, cursor=cursor))

    def resume(self, restore: str) -> RestoreShown:
        """Go on with a restore that was interrupted."""
        request = Request(method="POST", path=f"/v2/restores/{part(restore)}/resume")
        return self._session.ask(RestoreShown, request)

    def undo(self, restore: str) -> RestoreShown:
        """Take a restore back, except records that were changed since."""
        request = Request(method="POST", path=f"/v2/restores/{part(restore)}/undo")
        return self._session.ask(RestoreShown, request)
