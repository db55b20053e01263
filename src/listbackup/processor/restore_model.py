"""What a restore is: a plan of steps made before anything is touched, a journal that survives a crash, and a map from old ids to new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from listbackup.connectors.engine.quota import QuotaLeft
from listbackup.connectors.engine.record import Key

RESERVE_CALLS = 10  # a record is not begun with fewer calls left: writing one with its files, or taking half of it back, is not broken off


class Action(StrEnum):
    """What is to happen to one record on the platform."""

    CREATE = "create"  # it is not there
    UPDATE = "update"  # it is there and differs, and what is there now is in a snapshot
    SKIP = "skip"  # nothing to do, or nothing that the platform lets us do
    CONFLICT = "conflict"  # it was changed since the last backup: writing would lose what nobody has a copy of


class Why(StrEnum):
    """Why a step does what it does."""

    MISSING = "missing"
    DIFFERS = "differs"
    SAME = "same"
    NEWER_EDIT = "newer_edit"
    CHANGED_SINCE_PLAN = "changed_since_plan"
    FOLLOWS = "follows"  # the same, but it refers to a record that gets a new id
    OVERWRITE = "overwrite"  # a newer edit that the person chose to overwrite
    CANNOT_CREATE = "cannot_create"
    CANNOT_UPDATE = "cannot_update"
    CANNOT_LOOK = "cannot_look"  # the platform does not show single records, so nothing can be written safely
    NOT_KEPT = "not_kept"  # asked for by key, or by field, and not in the snapshot
    NOT_THERE = "not_there"  # a field goes back into a record that is there, and this one is not
    CHANGED_LATER = "changed_later"  # of a change set: changed again since, as a later snapshot shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which records: all of these streams (None: every stream), or only these keys of a stream that has an entry in ``keys``.

    With ``fields`` (names, their parts joined by dots) nothing else of the records is written, and none that is gone is made again.
    """

    streams: tuple[str, ...] | None = None
    keys: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One record of a plan. ``target`` is its key on the platform where it is there; ``seen`` the digest of what is there now.

    ``now`` is what is there itself, of a conflict that was looked at by itself: who decides about it wants to see it.
    """

    stream: str
    key: Key
    action: Action
    why: Why
    target: Key | None = None
    seen: str | None = None
    now: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """What a restore would do, parents before children. Nothing has been written."""

    source: str
    snapshot_seq: int
    selection: Selection
    overwrite: bool
    steps: Sequence[Step]
    calls: int  # requests that carrying it out costs
    planning_calls: int
    side_effects: Sequence[str]
    quota: QuotaLeft | None = None  # what is left of our share of the platform's calls, now that the plan is made
    changed_later: int = 0  # records of a change set that are not as it left them any more, and are not part of this

    @property
    def goes_on_at(self) -> datetime | None:
        """When the restore goes on after it used up what is left of our share; None where it is enough, or no quota is known."""
        if self.quota is None or self.calls + RESERVE_CALLS <= self.quota.calls:
            return None
        return self.quota.enough_at

    def count(self, action: Action) -> int:
        """How many steps do this."""
        return sum(step.action is action for step in self.steps)

    def by_stream(self) -> Mapping[str, Mapping[Action, int]]:
        """How many steps of each stream do what, in the order in which streams are written."""
        counted: dict[str, Counter[Action]] = {}
        for step in self.steps:
            counted.setdefault(step.stream, Counter())[step.action] += 1
        return counted

    @property
    def writes(self) -> int:
        """How many records would be written."""
        return self.count(Action.CREATE) + self.count(Action.UPDATE)


class EntryState(StrEnum):
    """How far one write of a restore is."""

    INTENT = "intent"  # about to be written, or written and not yet noted
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    KEPT = "kept"  # not undone: it was changed since


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was last written back for a record: under which key it lives since, the digest of what was wanted and of what the platform made of it."""

    target: Key
    wanted: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One write of a restore as the journal keeps it. ``before`` is what was there (None: nothing), ``after`` the digest of what is there since."""

    position: int
    stream: str
    key: Key
    action: Action
    state: EntryState
    idempotency_key: str
    target: Key | None = None
    before: bytes | None = None
    after: str | None = None
    earlier: Restored | None = None  # what the id map said before this write
    message: str | None = None


class Journal(Protocol):
    """The durable record of one restore. ``put`` is durable when it returns."""

    def find(self, stream: str, key: Key) -> Entry | None:
        """What was noted for this record, or None."""
        ...

    def put(self, entry: Entry) -> None:
        """Note it, replacing what was noted for the record."""
        ...

    def iter(self) -> Iterator[Entry]:
        """Every entry, last written first, without its ``before``: memory stays flat however large the restore was."""
        ...


class IdMap(Protocol):
    """What was written back for the records of a source, across its restores: the map from old ids to new."""

    def find(self, stream: str, key: Key) -> Restored | None:
        """What was last written back for this record, or None."""
        ...

    def set(self, stream: str, key: Key, restored: Restored) -> None:
        """Remember it, durably."""
        ...

    def forget(self, stream: str, key: Key) -> None:
        """It was taken back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreProgress:
    """How far a restore, an undo or the making of a plan is."""

    done: int
    total: int
    stream: str


ListenRestore: TypeAlias = Callable[[RestoreProgress], None]


def unheard_restore(_: RestoreProgress) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreResult:
    """What a restore, or its undoing, did."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    conflicts: int = 0
    failed: int = 0
    deleted: int = 0  # undo: what had been created
    reverted: int = 0  # undo: what had been updated
    kept: int = 0  # undo: changed since, so left alone
    problems: tuple[str, ...] = ()
