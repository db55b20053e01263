"""``client.data``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET, Raw, Struct, UnsetType, field

from listbackup.client.api.shared import ChangeKind, Policy, PolicyIn
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, version_header
from listbackup.client.words import Word


class ChangeCounts(Struct, frozen=True, kw_only=True):
    """How many records differ between two snapshots."""

    added: int = 0
    changed: int = 0
    removed: int = 0


class ChangeSet(Struct, frozen=True, kw_only=True):
    """Records that changed together. ``fields`` are the top fields that differ (none where a record came or went), ``keys`` a few of the
    records.

    ``exact`` is False where there was more to read than one request may: then ``count`` is what the runs counted, and the fields are not
    known.
    """

    snapshot: str
    number: int
    stream: str
    kind: ChangeKind
    fields: Sequence[str]
    count: int
    began_at: datetime
    ended_at: datetime
    keys: Sequence[str]
    exact: bool = True


class ChangeShown(Struct, frozen=True, kw_only=True):
    """A record that differs between two snapshots."""

    stream: str
    key: str
    parts: Sequence[str | int]
    kind: ChangeKind
    before: Raw
    after: Raw
    fields: Sequence[str] = ()


class Cover(Word):
    """How a stream stands."""

    COVERED = "covered"
    GONE = "gone"
    LEFT_OUT = "left_out"
    SHORT = "short"
    WAITING = "waiting"


class Coverage(Struct, frozen=True, kw_only=True):
    """What the platform shows now beside what is kept. ``share`` of its streams are covered, 0 to 1."""

    snapshot: str | None
    at: datetime | None
    share: float
    streams: Sequence[StreamCover]


class Decision(Struct, frozen=True, kw_only=True):
    """What happens to one snapshot: kept for these reasons, or dropped when there are none."""

    seq: int
    at: datetime
    reasons: Sequence[str]


class DecisionShown(Struct, frozen=True, kw_only=True):
    """What would become of one snapshot: kept for these reasons, or dropped where there are none."""

    snapshot: str
    number: int
    at: datetime
    kept: bool
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


class Expired(Struct, frozen=True, kw_only=True):
    """The snapshots that went into the trash, by number; they can be taken out of it for seven days."""

    numbers: Sequence[int]


class FieldKind(Word):
    """What stands in a field."""

    BOOL = "bool"
    EMPTY = "empty"
    NULL = "null"
    NUMBER = "number"
    TEXT = "text"


class FieldShown(Struct, frozen=True, kw_only=True):
    """A field of a record: the path of names and positions that leads to it, and its value as text."""

    path: str
    kind: FieldKind
    value: str


class HitShown(Struct, frozen=True, kw_only=True):
    """A record that a search found."""

    source: str
    snapshot: str
    stream: str
    key: str
    parts: Sequence[str | int]
    since: int
    record: Raw


class Hits(Struct, frozen=True, kw_only=True):
    """What a search found; ``more`` when there is a ``next`` page.

    ``incomplete``: the time for one page ended before it was full. What lies behind ``next`` was not looked at yet.
    """

    items: Sequence[HitShown]
    more: bool
    next: str | None
    incomplete: bool


class PreviewShown(Struct, frozen=True, kw_only=True):
    """What a retention would do now. What is dropped rests in the trash for 7 days. With objections a person has to confirm it."""

    retention: Policy
    decisions: Sequence[DecisionShown]
    dropped: int
    objections: Mapping[str, str]


class PruneShown(Struct, frozen=True, kw_only=True):
    """The last prune of a source that somebody asked for. One that is ``running`` and not ``working`` was interrupted: ask again."""

    source: str
    state: VerificationState
    working: bool
    asked_at: datetime
    ended_at: datetime | None
    purged: Sequence[int]
    deleted: int
    message: str | None


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


class Recoverability(Struct, frozen=True, kw_only=True):
    """How much of what is held could be written back: ``score`` is the share of records that could be made again, 0 to 1."""

    snapshot: str | None
    at: datetime | None
    score: float
    records: int
    could_be_created: int
    could_be_updated: int
    streams: Sequence[StreamRecoverable]


class Recoverable(Word):
    """What could be done for the records of a stream."""

    CREATED = "created"
    NOT = "not"
    UPDATED = "updated"
    WHOLE = "whole"


class ReferenceShown(Struct, frozen=True, kw_only=True):
    """Another record that this one refers to, as far as the platform's facts say; ``kept`` whether the same snapshot has it."""

    path: str
    stream: str
    key: str
    kept: bool


class RetentionShown(Struct, frozen=True, kw_only=True):
    """What is kept of a source: its own word, what holds when its jobs and the account's policy are counted, and what the policy asks at
    least.
    """

    own: Policy | None
    effective: Policy
    minimum: timedelta | None


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


class SourceSnapshots(Struct, frozen=True, kw_only=True):
    """A source's newest snapshots, newest first, without those in the trash. With a ``problem`` there are none here, and what is kept is not
    known.
    """

    source: str
    snapshots: Sequence[SnapshotShown]
    problem: str | None


class StreamCover(Struct, frozen=True, kw_only=True):
    """One stream of the platform, or of the newest snapshot."""

    stream: str
    label: str
    cover: Cover
    records: int
    is_filtered: bool
    has_attachments: bool
    problems: Sequence[str]


class StreamRecoverable(Struct, frozen=True, kw_only=True):
    """One stream of the newest snapshot. ``new_ids``: a record that is made again gets another id; ``files`` whether attachments go back too."""

    stream: str
    records: int
    recoverable: Recoverable
    new_ids: bool
    has_attachments: bool
    files: bool
    side_effects: Sequence[str]


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


class VerificationShown(Struct, frozen=True, kw_only=True):
    """The last verification of a snapshot. ``result`` is what a sample showed, once it is done."""

    snapshot: str
    state: VerificationState
    working: bool
    asked_at: datetime
    ended_at: datetime | None
    good: bool | None
    sampled: int
    result: Verification | None
    message: str | None


class VerificationState(Word):
    """Where a verification stands."""

    DONE = "done"
    FAILED = "failed"
    RUNNING = "running"


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

    def change_sets(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        source: str,
        since: datetime | None | UnsetType = UNSET,
        until: datetime | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
    ) -> Page[ChangeSet]:
        """What was changed together, newest run first."""
        request = Request(
            method="GET",
            path="/v2/change-sets",
            query={"cursor": cursor, "limit": limit, "source": source, "since": since, "until": until, "stream": stream},
        )
        return self._session.ask(Page[ChangeSet], request)

    def iter_change_sets(
        self,
        *,
        limit: int | UnsetType = UNSET,
        source: str,
        since: datetime | None | UnsetType = UNSET,
        until: datetime | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
    ) -> Iterator[ChangeSet]:
        """Every item of ``change_sets``, page after page."""
        return every(lambda cursor: self.change_sets(limit=limit, source=source, since=since, until=until, stream=stream, cursor=cursor))

    def coverage(self, source: str) -> Coverage:
        """What the platform has and what of it is backed up."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/coverage")
        return self._session.ask(Coverage, request)

    def diff(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        from_: str,
        to: str,
        stream: str | None | UnsetType = UNSET,
        values: bool | UnsetType = UNSET,
    ) -> Page[ChangeShown]:
        """What differs between two snapshots of a source."""
        request = Request(
            method="GET",
            path="/v2/diff",
            query={"cursor": cursor, "limit": limit, "from": from_, "to": to, "stream": stream, "values": values},
        )
        return self._session.ask(Page[ChangeShown], request)

    def iter_diff(
        self,
        *,
        limit: int | UnsetType = UNSET,
        from_: str,
        to: str,
        stream: str | None | UnsetType = UNSET,
        values: bool | UnsetType = UNSET,
    ) -> Iterator[ChangeShown]:
        """Every item of ``diff``, page after page."""
        return every(lambda cursor: self.diff(limit=limit, from_=from_, to=to, stream=stream, values=values, cursor=cursor))

    def diff_counts(self, *, from_: str, to: str) -> Mapping[str, ChangeCounts]:
        """How much differs, by stream."""
        request = Request(method="GET", path="/v2/diff/counts", query={"from": from_, "to": to})
        return self._session.ask(dict[str, ChangeCounts], request)

    def expire(
        self, source: str, *, numbers: Sequence[int], retention: PolicyIn | None | UnsetType = UNSET, confirmed: bool | UnsetType = UNSET
    ) -> Expired:
        """Put snapshots into the trash that a retention does not keep."""
        request = Request(
            method="POST",
            path=f"/v2/sources/{part(source)}/expire",
            body=given({"retention": retention, "numbers": numbers, "confirmed": confirmed}),
        )
        return self._session.ask(Expired, request)

    def history(self, snapshot: str, stream: str, key: str) -> Page[VersionShown]:
        """Every kept version of a record, newest first."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records/{part(key)}/history")
        return self._session.ask(Page[VersionShown], request)

    def hold(self, snapshot: str, *, reason: str) -> SnapshotShown:
        """Keep a snapshot whatever the retention says."""
        request = Request(method="POST", path=f"/v2/snapshots/{part(snapshot)}/hold", body=given({"reason": reason}))
        return self._session.ask(SnapshotShown, request)

    def last_prune(self, source: str) -> PruneShown:
        """How the last prune that somebody asked for ended."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/prune")
        return self._session.ask(PruneShown, request)

    def newest_snapshots(
        self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, newest: int | UnsetType = UNSET
    ) -> Page[SourceSnapshots]:
        """The newest snapshots of each source."""
        request = Request(method="GET", path="/v2/snapshots", query={"cursor": cursor, "limit": limit, "newest": newest})
        return self._session.ask(Page[SourceSnapshots], request)

    def iter_newest_snapshots(self, *, limit: int | UnsetType = UNSET, newest: int | UnsetType = UNSET) -> Iterator[SourceSnapshots]:
        """Every item of ``newest_snapshots``, page after page."""
        return every(lambda cursor: self.newest_snapshots(limit=limit, newest=newest, cursor=cursor))

    def preview_prune(self, source: str) -> PruneStats:
        """What a prune would do."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/prune/preview")
        return self._session.ask(PruneStats, request)

    def preview_retention(self, source: str) -> ExpirePlan:
        """Which snapshots the retention would keep and drop."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/retention/preview")
        return self._session.ask(ExpirePlan, request)

    def prune(self, source: str, *, confirmed: bool | UnsetType = UNSET) -> PruneShown:
        """Free what no snapshot needs, in the background."""
        request = Request(method="POST", path=f"/v2/sources/{part(source)}/prune", body=given({"confirmed": confirmed}))
        return self._session.ask(PruneShown, request)

    def record(self, snapshot: str, stream: str, key: str) -> RecordShown:
        """A record as it stood."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records/{part(key)}")
        return self._session.ask(RecordShown, request)

    def record_fields(self, snapshot: str, stream: str, key: str) -> Page[FieldShown]:
        """A record's fields, one by one."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records/{part(key)}/fields")
        return self._session.ask(Page[FieldShown], request)

    def record_references(self, snapshot: str, stream: str, key: str) -> Page[ReferenceShown]:
        """The records that a record refers to."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records/{part(key)}/references")
        return self._session.ask(Page[ReferenceShown], request)

    def records(
        self,
        snapshot: str,
        stream: str,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        after: str | None | UnsetType = UNSET,
        position: int | None | UnsetType = UNSET,
        filter: str | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
        sort: str | None | UnsetType = UNSET,
        fields: str | None | UnsetType = UNSET,
    ) -> Page[RecordShown]:
        """Records as they stood, in order of their keys or of a field."""
        request = Request(
            method="GET",
            path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records",
            query={
                "cursor": cursor,
                "limit": limit,
                "after": after,
                "position": position,
                "filter": filter,
                "q": q,
                "sort": sort,
                "fields": fields,
            },
        )
        return self._session.ask(Page[RecordShown], request)

    def iter_records(
        self,
        snapshot: str,
        stream: str,
        *,
        limit: int | UnsetType = UNSET,
        after: str | None | UnsetType = UNSET,
        position: int | None | UnsetType = UNSET,
        filter: str | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
        sort: str | None | UnsetType = UNSET,
        fields: str | None | UnsetType = UNSET,
    ) -> Iterator[RecordShown]:
        """Every item of ``records``, page after page."""
        return every(
            lambda cursor: self.records(
                snapshot, stream, limit=limit, after=after, position=position, filter=filter, q=q, sort=sort, fields=fields, cursor=cursor
            )
        )

    def recoverability(self, source: str) -> Recoverability:
        """How much could be written back today."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/recoverability")
        return self._session.ask(Recoverability, request)

    def release(self, snapshot: str) -> None:
        """Let a held snapshot go."""
        request = Request(method="DELETE", path=f"/v2/snapshots/{part(snapshot)}/hold")
        self._session.do(request)

    def retention(self, source: str) -> RetentionShown:
        """What is kept of a source."""
        request = Request(method="GET", path=f"/v2/sources/{part(source)}/retention")
        return self._session.ask(RetentionShown, request)

    def search(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        q: str,
        snapshot: str | None | UnsetType = UNSET,
        source: str | None | UnsetType = UNSET,
        as_of: datetime | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
    ) -> Hits:
        """Records that hold a text: of a snapshot, of a source, of all sources at an instant."""
        request = Request(
            method="GET",
            path="/v2/search",
            query={"cursor": cursor, "limit": limit, "q": q, "snapshot": snapshot, "source": source, "as_of": as_of, "stream": stream},
        )
        return self._session.ask(Hits, request)

    def iter_search(
        self,
        *,
        limit: int | UnsetType = UNSET,
        q: str,
        snapshot: str | None | UnsetType = UNSET,
        source: str | None | UnsetType = UNSET,
        as_of: datetime | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
    ) -> Iterator[HitShown]:
        """Every item of ``search``, page after page."""
        return every(
            lambda cursor: self.search(limit=limit, q=q, snapshot=snapshot, source=source, as_of=as_of, stream=stream, cursor=cursor)
        )

    def set_retention(self, source: str, *, retention: PolicyIn | None, version: int | None = None) -> RetentionShown:
        """Set what is kept of a source; never less than the account's policy asks."""
        request = Request(
            method="PUT",
            path=f"/v2/sources/{part(source)}/retention",
            body=given({"retention": retention}),
            headers={**version_header(version)},
        )
        return self._session.ask(RetentionShown, request)

    def snapshot(self, snapshot: str) -> SnapshotShown:
        """A snapshot."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}")
        return self._session.ask(SnapshotShown, request)

    def snapshots(
        self, source: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET, with_trash: bool | UnsetType = UNSET
    ) -> Page[SnapshotShown]:
        """A source's snapshots, newest first."""
        request = Request(
            method="GET", path=f"/v2/sources/{part(source)}/snapshots", query={"cursor": cursor, "limit": limit, "with_trash": with_trash}
        )
        return self._session.ask(Page[SnapshotShown], request)

    def iter_snapshots(
        self, source: str, *, limit: int | UnsetType = UNSET, with_trash: bool | UnsetType = UNSET
    ) -> Iterator[SnapshotShown]:
        """Every item of ``snapshots``, page after page."""
        return every(lambda cursor: self.snapshots(source, limit=limit, with_trash=with_trash, cursor=cursor))

    def streams(self, snapshot: str) -> Page[StreamShown]:
        """The streams of a snapshot."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams")
        return self._session.ask(Page[StreamShown], request)

    def trust(self, snapshot: str) -> SnapshotShown:
        """A suspect snapshot is true: let the retention go on."""
        request = Request(method="POST", path=f"/v2/snapshots/{part(snapshot)}/trust")
        return self._session.ask(SnapshotShown, request)

    def try_retention(self, source: str, *, retention: PolicyIn | None | UnsetType = UNSET) -> PreviewShown:
        """What another retention would keep and drop."""
        request = Request(method="POST", path=f"/v2/sources/{part(source)}/retention/preview", body=given({"retention": retention}))
        return self._session.ask(PreviewShown, request)

    def undelete(self, snapshot: str) -> SnapshotShown:
        """Take a snapshot out of the trash."""
        request = Request(method="POST", path=f"/v2/snapshots/{part(snapshot)}/undelete")
        return self._session.ask(SnapshotShown, request)

    def verification(self, snapshot: str) -> VerificationShown:
        """How the last verification of a snapshot ended."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/verification")
        return self._session.ask(VerificationShown, request)

    def verify(self, snapshot: str, *, sample: int | UnsetType = UNSET) -> VerificationShown:
        """Compare a sample with the platform as it is now, in the background."""
        request = Request(method="POST", path=f"/v2/snapshots/{part(snapshot)}/verify", body=given({"sample": sample}))
        return self._session.ask(VerificationShown, request)
