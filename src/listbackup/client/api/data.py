"""``client.data``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import UNSET, Raw, Struct, UnsetType, field

from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part
from listbackup.client.words import Word


class ChangeCounts(Struct, frozen=True, kw_only=True):
    """How many records differ between two snapshots."""

    added: int = 0
    changed: int = 0
    removed: int = 0


class ChangeKind(Word):
    """How a record differs between two snapshots."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class ChangeShown(Struct, frozen=True, kw_only=True):
    """A record that differs between two snapshots."""

    stream: str
    key: str
    parts: Sequence[str | int]
    kind: ChangeKind
    before: Raw
    after: Raw


class Decision(Struct, frozen=True, kw_only=True):
    """What happens to one snapshot: kept for these reasons, or dropped when there are none."""

    seq: int
    at: datetime
    reasons: Sequence[str]


class Difference(Struct, frozen=True, kw_only=True):
    """A record of the sample that is not on the platform as it was kept, and was not changed there since as far as the platform says."""

    stream: str
    key: Sequence[str | int]


class ExpirePlan(Struct, frozen=True, kw_only=True):
    """A decision for every snapshot, oldest first, and what speaks against carrying it out unattended."""

    now: datetime
    decisions: Sequence[Decision]
    objections: Mapping[str, str] = field(default_factory=dict)


class HitShown(Struct, frozen=True, kw_only=True):
    """A record that a search found."""

    stream: str
    key: str
    parts: Sequence[str | int]
    since: int
    record: Raw


class Hits(Struct, frozen=True, kw_only=True):
    """What a search found; ``more`` when the limit ended it."""

    items: Sequence[HitShown]
    more: bool


class PruneStats(Struct, frozen=True, kw_only=True):
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


class RecordShown(Struct, frozen=True, kw_only=True):
    """A record as the platform sent it; ``key`` is what addresses it, ``since`` the number of the snapshot that brought it so.

    ``parts`` are the key as it is: numbers as numbers, a part that the store made up in hexadecimal.
    """

    key: str
    parts: Sequence[str | int]
    since: int
    record: Raw


class SnapshotKind(Word):
    """How much of the source a snapshot's run looked at."""

    FULL = "full"
    INCREMENTAL = "incremental"
    PARTIAL = "partial"


class SnapshotShown(Struct, frozen=True, kw_only=True):
    """A source as it stood at one instant."""

    id: str
    source: str
    number: int
    at: datetime
    kind: SnapshotKind
    run: str
    held: str | None
    suspect: bool
    verified_at: datetime | None
    expired_at: datetime | None
    written_bytes: int
    records: int
    streams: Sequence[StreamShown]


class StreamShown(Struct, frozen=True, kw_only=True):
    """A stream in a snapshot: how many records live, and what its run changed."""

    name: str
    records: int
    added: int
    changed: int
    removed: int
    status: StreamStatus
    problems: Sequence[str]


class StreamStatus(Word):
    """How a stream stands in a snapshot."""

    CARRIED = "carried"
    COMPLETE = "complete"
    PARTIAL = "partial"


class StreamVerified(Struct, frozen=True, kw_only=True):
    """What a sample of one stream showed. ``changed_since`` are records that the platform says were changed after the snapshot."""

    stream: str
    sampled: int = 0
    same: int = 0
    changed_since: int = 0
    gone_since: int = 0
    askable: bool = True
    differences: Sequence[Difference] = ()


class Verification(Struct, frozen=True, kw_only=True):
    """A verification. ``good`` when every record that was looked at is as it was kept or was changed or deleted since."""

    snapshot_seq: int
    streams: Sequence[StreamVerified]


class VersionShown(Struct, frozen=True, kw_only=True):
    """One turn in a record's life; ``record`` is null where it ceased to exist, ``evidence`` says how that is known."""

    since: int
    at: datetime | None
    happened: str
    record: Raw
    evidence: str | None


class DataApi:
    """The operations of ``data``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def diff(
        self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, from_: str, to: str, stream: str
    ) -> Page[ChangeShown]:
        """What differs between two snapshots of a source."""
        request = Request(
            method="GET", path="/v2/diff", query={"cursor": cursor, "limit": limit, "from": from_, "to": to, "stream": stream}
        )
        return self._session.ask(Page[ChangeShown], request)

    def iter_diff(self, *, limit: int | UnsetType = UNSET, from_: str, to: str, stream: str) -> Iterator[ChangeShown]:
        """Every item of ``diff``, page after page."""
        return every(lambda cursor: self.diff(limit=limit, from_=from_, to=to, stream=stream, cursor=cursor))

    def diff_counts(self, *, from_: str, to: str) -> Mapping[str, ChangeCounts]:
        """How much differs, by stream."""
        request = Request(method="GET", path="/v2/diff/counts", query={"from": from_, "to": to})
        return self._session.ask(dict[str, ChangeCounts], request)

    def history(self, snapshot: str, stream: str, key: str) -> Page[VersionShown]:
        """Every kept version of a record, newest first."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records/{part(key)}/history")
        return self._session.ask(Page[VersionShown], request)

    def hold(self, snapshot: str, *, reason: str) -> SnapshotShown:
        """Keep a snapshot whatever the retention says."""
        request = Request(method="POST", path=f"/v2/snapshots/{part(snapshot)}/hold", body=given({"reason": reason}))
        return self._session.ask(SnapshotShown, request)

    def preview_prune(self, source: str) -> PruneStats:
        """What a prune would do."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/prune/preview")
        return self._session.ask(PruneStats, request)

    def preview_retention(self, source: str) -> ExpirePlan:
        """Which snapshots the retention would keep and drop."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/retention/preview")
        return self._session.ask(ExpirePlan, request)

    def record(self, snapshot: str, stream: str, key: str) -> RecordShown:
        """A record as it stood."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records/{part(key)}")
        return self._session.ask(RecordShown, request)

    def records(
        self,
        snapshot: str,
        stream: str,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        after: str | None | UnsetType = UNSET,
    ) -> Page[RecordShown]:
        """Records as they stood, in order of their keys."""
        request = Request(
            method="GET",
            path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records",
            query={"cursor": cursor, "limit": limit, "after": after},
        )
        return self._session.ask(Page[RecordShown], request)

    def iter_records(
        self, snapshot: str, stream: str, *, limit: int | UnsetType = UNSET, after: str | None | UnsetType = UNSET
    ) -> Iterator[RecordShown]:
        """Every item of ``records``, page after page."""
        return every(lambda cursor: self.records(snapshot, stream, limit=limit, after=after, cursor=cursor))

    def release(self, snapshot: str) -> None:
        """Let a held snapshot go."""
        request = Request(method="DELETE", path=f"/v2/snapshots/{part(snapshot)}/hold")
        self._session.do(request)

    def search(self, *, snapshot: str, q: str, stream: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Hits:
        """Records of a snapshot that hold a text."""
        request = Request(method="GET", path="/v2/search", query={"snapshot": snapshot, "q": q, "stream": stream, "limit": limit})
        return self._session.ask(Hits, request)

    def snapshot(self, snapshot: str) -> SnapshotShown:
        """A snapshot."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}")
        return self._session.ask(SnapshotShown, request)

    def snapshots(self, source: str, *, with_trash: bool | UnsetType = UNSET) -> Page[SnapshotShown]:
        """A source's snapshots, newest first."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/snapshots", query={"with_trash": with_trash})
        return self._session.ask(Page[SnapshotShown], request)

    def streams(self, snapshot: str) -> Page[StreamShown]:
        """The streams of a snapshot."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams")
        return self._session.ask(Page[StreamShown], request)

    def verify(self, snapshot: str, *, sample: int | UnsetType = UNSET) -> Verification:
        """Compare a sample with the platform as it is now."""
        request = Request(method="POST", path=f"/v2/snapshots/{part(snapshot)}/verify", body=given({"sample": sample}))
        return self._session.ask(Verification, request)
