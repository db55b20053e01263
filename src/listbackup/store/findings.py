"""What a check finds and reports: the object, what is wrong with it, what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How deep a check goes; each level does what those before it do."""

    HEAD = "head"  # the head and its mirror open and agree with themselves
    LISTING = "listing"  # every object that is named is there, whole by its size
    TAILS = "tails"  # every pack's directory opens and says what the head says
    READ_DATA = "read_data"  # every frame opens; rows are in order and as many as they should be
    DIGESTS = "digests"  # every record hashes to what was noted, every retained snapshot to its digest


class Kind(StrEnum):
    """What sort of thing was found."""

    HEAD_DAMAGED = "head_damaged"
    HEAD_ROLLED_BACK = "head_rolled_back"
    HEAD_INCONSISTENT = "head_inconsistent"
    MIRROR_DAMAGED = "mirror_damaged"
    MIRROR_BEHIND = "mirror_behind"
    OBJECT_MISSING = "object_missing"
    OBJECT_SIZE = "object_size"
    OBJECT_DAMAGED = "object_damaged"
    KEY_UNAVAILABLE = "key_unavailable"
    TAIL_DIFFERS = "tail_differs"
    ROWS_WRONG = "rows_wrong"
    VALUE_DIFFERS = "value_differs"
    DIGEST_DIFFERS = "digest_differs"
    UNKNOWN_OBJECT = "unknown_object"
    ORPHAN = "orphan"


NOTES = frozenset({Kind.ORPHAN, Kind.UNKNOWN_OBJECT, Kind.MIRROR_BEHIND})

_REMEDIES = {
    Kind.HEAD_DAMAGED: "rebuild the head from its copies or the packs (`check --rebuild`), or put the control plane's backup back",
    Kind.HEAD_ROLLED_BACK: "the control plane was restored from an older copy: rebuild the head from the bucket before the next run",
    Kind.HEAD_INCONSISTENT: "keep a copy of the store as it is and report this: no operation should leave it so",
    Kind.MIRROR_DAMAGED: "the next run writes it anew; if the table is lost as well, rebuild the head",
    Kind.MIRROR_BEHIND: "the next run writes it anew",
    Kind.OBJECT_MISSING: "put the object back from another copy of the bucket (an older version, a replica); snapshots that do not need it are unharmed",
    Kind.OBJECT_SIZE: "put the object back from another copy of the bucket; snapshots that do not need it are unharmed",
    Kind.OBJECT_DAMAGED: "put the object back from another copy of the bucket; a full run stores again what the platform still has",
    Kind.KEY_UNAVAILABLE: "put the account's keys back from a recovery kit made before the key was lost",
    Kind.TAIL_DIFFERS: "put the object back from another copy of the bucket",
    Kind.ROWS_WRONG: "put the object back from another copy of the bucket and report this",
    Kind.VALUE_DIFFERS: "put the object back from another copy of the bucket and report this",
    Kind.DIGEST_DIFFERS: "treat the snapshot as incomplete, keep the store as it is and report this",
    Kind.UNKNOWN_OBJECT: "look at it and remove it by hand if it is not yours",
    Kind.ORPHAN: "none: left by a run that did not commit, `prune` removes it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found."""

    kind: Kind
    where: str  # the object's name, or the stream and snapshot
    what: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES[self.kind]

    @property
    def harmless(self) -> bool:
        """Whether this is only worth knowing."""
        return self.kind in NOTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check did and found; ``ok`` when nothing but notes."""

    level: Level
    findings: Sequence[Finding]
    objects: int = 0
    read_bytes: int = 0
    rows: int = 0
    snapshots: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.harmless for finding in self.findings)
