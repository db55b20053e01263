"""What the store says to the outside: frozen facts, no bytes of the format.

A *key* is a tuple of str, int and (only for streams without a key of their own) bytes. A *code* is its order-preserving form (``keycode.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TypeAlias

import msgspec

KeyPart: TypeAlias = str | int | bytes
Key: TypeAlias = tuple[KeyPart, ...]
Path: TypeAlias = tuple[str, ...]


class Op(IntEnum):
    """What a row says of its key: did not exist before, existed before, exists no more."""

    INSERT = 0
    UPDATE = 1
    DELETE = 2
    CANCEL = 3  # only in staged packs: this run, after all, leaves the key as it was


class SnapshotKind(StrEnum):
    """How much of the source a snapshot's run looked at."""

    FULL = "full"  # every stream listed whole
    INCREMENTAL = "incremental"  # complete, some streams by their changes only
    PARTIAL = "partial"  # something failed; the snapshot says what


class StreamStatus(StrEnum):
    """How a stream stands in a snapshot."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    CARRIED = "carried"  # not read by this run: as it was in the snapshot before


class ChangeKind(StrEnum):
    """How a record differs between two snapshots."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """What must be known of a stream to keep it.

    ``volatile`` paths (tuples of object keys, ``*`` for every element of an array) change without the record changing. ``append_only`` streams never
    lose records. Records of a ``keyless`` stream are named by the store: (content hash, occurrence).
    """

    key_fields: tuple[str, ...] = ()
    volatile: tuple[Path, ...] = ()
    append_only: bool = False
    keyless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of delivered records: ``seen`` = ``added`` + ``changed`` + ``unchanged``; ``gone`` were reported or found missing."""

    seen: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            seen=self.seen + other.seen,
            added=self.added + other.added,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            gone=self.gone + other.gone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCounts:
    """A stream in a snapshot: how many records live, what its run changed, the order-free digest of what lives (see ``digest.py``)."""

    live: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    status: StreamStatus = StreamStatus.COMPLETE
    problems: tuple[str, ...] = ()
    digest: bytes = bytes(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotInfo:
    """A source as it stood at one instant."""

    id: str
    seq: int
    at: datetime
    run: str
    kind: SnapshotKind
    held: str | None  # why it is held, or None
    suspect: bool  # an implausible share of the records vanished: retention waits for a person
    verified_at: datetime | None
    expired_at: datetime | None  # in the trash since
    streams: Mapping[str, StreamCounts]
    written_bytes: int
    cursor: bytes
    facts: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether nothing failed while it was taken."""
        return self.kind is not SnapshotKind.PARTIAL

    @property
    def verified(self) -> bool:
        """Whether a verification against the source or the digests succeeded."""
        return self.verified_at is not None


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as it stood: the exact bytes the platform sent, and the snapshot that brought them."""

    key: Key
    raw: bytes
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One turn in a record's life: ``raw`` is None where it ceased to exist, ``evidence`` says how we know."""

    seq: int
    at: datetime | None  # None: the snapshot that brought it has been dropped since
    op: Op
    raw: bytes | None
    evidence: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record that differs between two snapshots."""

    stream: str
    key: Key
    kind: ChangeKind
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCounts:
    """How many records differ between two snapshots."""

    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where an interrupted run stood: its cursor as given, and what it had counted per stream."""

    cursor: bytes
    at: datetime
    streams: Mapping[str, Counts] = field(default_factory=dict)
    finished: Sequence[str] = ()  # streams that were finished already


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentInfo:
    """A file that belongs to a record; ``id`` is the keyed hash of its bytes (hex), equal for equal bytes within an account."""

    id: str
    stream: str
    key: Key
    path: str
    name: str
    size_bytes: int
    content_type: str | None = None
    version: str | None = None
    fresh: bool = False  # the bytes were stored by this call, not found already kept


HIDDEN = "_"  # streams whose name begins so are the store's own
ATTACHMENTS = "_attachments"
BLOBS = "_blobs"

EVIDENCE = (
    "unknown",
    "vendor_tombstone",
    "direct_read",
    "absent_from_listing",
    "merged",
    "filtered",
    "permission_lost",
    "record_removed",  # an attachment whose record is gone
)


def evidence_code(evidence: str) -> int:
    """The 6-bit code of an evidence that is kept in a deletion's row; what is not in the list is ``unknown``."""
    return EVIDENCE.index(evidence) if evidence in EVIDENCE else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneStats:
    """A plan in numbers; bytes are sealed bytes as they lie in the bucket."""

    expiring: int
    purging: int
    tier_merges: int
    base_merges: int
    merge_bytes: int
    deleting: int
    deleting_bytes: int
    waiting_bytes: int
    stored_bytes: int
