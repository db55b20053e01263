"""A platform inside the process: a few streams of records behind the connector contract, for tests that need thousands of runs.

It behaves as platforms do: keys are given by it unless it keeps them, a write may be conditional on what was read last, an idempotency key makes a second
create harmless. ``before`` is called ahead of every request and may raise, or edit records as a person would at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.connector import (
    Capability,
    ConfigField,
    Credentials,
    Ground,
    Mode,
    Session,
    Site,
    StreamInfo,
    Written,
)
from listbackup.connectors.engine.record import AttachmentRef, Batch, Evidence, Json, Key, Outcome, Problem, StreamReading

Row = dict[str, Json]


def nothing(_request: str, _stream: str, _key: Key) -> None:
    """Lets every request pass."""


@dataclass(slots=True)
class FakeStream:
    """One stream: its facts, its live rows by id, and when rows were deleted (by the platform's tick)."""

    info: StreamInfo
    rows: dict[int, Row] = field(default_factory=dict)
    deleted: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class FakePlatform:
    """The platform itself: edit it directly, or through sessions."""

    streams: dict[str, FakeStream]
    page_size: int = 10
    before: Callable[[str, str, Key], None] = nothing
    announces_deletions: bool = False
    refuses_stale_writes: bool = True  # a write over what changed since it was looked at is refused (412)
    knows_repetitions: bool = True  # idempotency keys are heeded
    tick: int = 0
    created: int = 0  # how many records were made by create requests that were not repetitions
    requests: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    ends: dict[str, Outcome] = field(default_factory=dict)  # how the next readings of a stream end, instead of the truth
    _answers: dict[str, Written] = field(default_factory=dict)

    def put(self, stream: str, id_: int, **fields: Json) -> None:
        """Create or change a record as a person does."""
        self.tick += 1
        rows = self.streams[stream].rows
        old = rows.get(id_, {"id": id_})
        rows[id_] = {**old, **fields, "id": id_, "updated_at": self.tick}
        self.streams[stream].deleted.pop(id_, None)

    def drop(self, stream: str, id_: int) -> None:
        """Delete a record as a person does."""
        self.tick += 1
        if self.streams[stream].rows.pop(id_, None) is not None:
            self.streams[stream].deleted[id_] = self.tick

    def truth(self, stream: str) -> dict[Key, bytes]:
        """Every live record's exact bytes by key."""
        return {(id_,): encode(row) for id_, row in sorted(self.streams[stream].rows.items())}

    def request(self, name: str, stream: str, key: Key) -> None:
        """Count a request and let the test have its say."""
        self.requests += 1
        self.before(name, stream, key)


def fake_platform(*streams: StreamInfo, page_size: int = 10) -> FakePlatform:
    """An empty platform with these streams."""
    return FakePlatform(streams={info.name: FakeStream(info=info) for info in streams}, page_size=page_size)


def fake_stream(
    name: str,
    *,
    keeps_id: bool = False,
    cursor: bool = True,
    attachments: bool = False,
    references: Mapping[str, str] | None = None,
    knows_repetitions: bool = True,
) -> StreamInfo:
    """A stream that can be read and written, with an integer id that the platform gives unless ``keeps_id``."""
    return StreamInfo(
        name=name,
        label=name.title(),
        key=("id",),
        cursor="updated_at" if cursor else None,
        attachments=attachments,
        restore=Capability(create=True, update=True, delete=True, keeps_id=keeps_id, knows_repetitions=knows_repetitions),
        references=references or {},
    )


def encode(row: Row) -> bytes:
    """The exact bytes of a row."""
    return msgspec.json.encode(row)


class FakeConnector:
    """Connects to one ``FakePlatform``; the token must be ``good``."""

    platform = "fake"
    label = "Fake"
    config: Sequence[ConfigField] = (
        ConfigField(name="url", label="Address", default="memory"),
        ConfigField(name="token", label="Token", secret=True),
    )

    def __init__(self, world: FakePlatform) -> None:
        self.world = world

    def open(self, credentials: Credentials, ground: Ground) -> Session:
        """See ``Connector``."""
        return FakeSession(self.world, ground, credentials.text("token") or "")


class FakeSession:
    """See ``Session``."""

    def __init__(self, world: FakePlatform, ground: Ground, token: str = "good") -> None:  # noqa: S107
        self._world, self._ground, self._token = world, ground, token
        self._seen: dict[tuple[str, Key], bytes] = {}
        self._calls = 0

    @property
    def calls(self) -> int:
        """See ``Session``."""
        return self._calls

    def close(self) -> None:
        """See ``Session``."""

    def test(self) -> Site:
        """See ``Session``."""
        self._request("test", "", ())
        return Site(name="Fake", url="memory")

    def discover(self) -> Sequence[StreamInfo]:
        """See ``Session``."""
        self._request("discover", "", ())
        return [stream.info for stream in self._world.streams.values()]

    def read(
        self, stream: str, mode: Mode, *, cursor: Mapping[str, Json] | None = None, resume: Mapping[str, Json] | None = None
    ) -> StreamReading:
        """See ``Session``."""
        return FakeReading(self, self._world, stream, mode, cursor, resume)

    def fetch_attachment(self, ref: AttachmentRef) -> Iterable[bytes]:
        """See ``Session``."""
        self._request("attachment", "", (ref.url,))
        content = self._world.files.get(ref.url)
        if content is None:
            raise PlatformError(f"{ref.url} is gone", fault=PlatformFault.GONE, status=404)
        return [content[start : start + 1000] for start in range(0, len(content), 1000)]

    def fetch(self, stream: str, key: Key) -> bytes | None:
        """See ``Session``; what is seen here is what ``update`` is conditional on."""
        self._request("fetch", stream, key)
        raw = self._raw(stream, key)
        if raw is None:
            self._seen.pop((stream, key), None)
        else:
            self._seen[stream, key] = raw
        return raw

    def create(self, stream: str, raw: bytes, *, idempotency_key: str) -> Written:
        """See ``Session``."""
        self._request("create", stream, ())
        known = self._world._answers.get(idempotency_key) if self._world.knows_repetitions else None
        if known is None:
            known = self._create(stream, raw)
            self._world._answers[idempotency_key] = known
            self._world.created += 1
        self._request("created", stream, known.key)
        return known

    def update(self, stream: str, key: Key, raw: bytes) -> Written:
        """See ``Session``."""
        self._request("update", stream, key)
        now = self._raw(stream, key)
        if now is None:
            raise PlatformError("no such record", fault=PlatformFault.GONE, status=404)
        if self._world.refuses_stale_writes and self._seen.get((stream, key), now) != now:
            raise PlatformError("the record changed meanwhile", fault=PlatformFault.REFUSED, status=412)
        id_ = _id(key)
        fields = {name: value for name, value in from_json(raw, dict[str, Any]).items() if name not in ("id", "updated_at")}
        self._world.streams[stream].rows[id_] = {"id": id_}
        self._world.put(stream, id_, **fields)
        written = self._written(stream, id_)
        self._request("updated", stream, key)
        return written

    def delete(self, stream: str, key: Key) -> None:
        """See ``Session``."""
        self._request("delete", stream, key)
        now = self._raw(stream, key)
        if self._world.refuses_stale_writes and now is not None and self._seen.get((stream, key), now) != now:
            raise PlatformError("the record changed meanwhile", fault=PlatformFault.REFUSED, status=412)
        self._world.drop(stream, _id(key))
        self._request("deleted", stream, key)

    def _create(self, stream: str, raw: bytes) -> Written:
        fields = from_json(raw, dict[str, Any])
        rows = self._world.streams[stream]
        wanted = fields.get("id")
        keeps = rows.info.restore.keeps_id and isinstance(wanted, int) and wanted not in rows.rows
        id_ = wanted if keeps and isinstance(wanted, int) else max([*rows.rows, *rows.deleted, 0]) + 1000
        self._world.put(stream, id_, **{name: value for name, value in fields.items() if name not in ("id", "updated_at")})
        return self._written(stream, id_)

    def _written(self, stream: str, id_: int) -> Written:
        raw = encode(self._world.streams[stream].rows[id_])
        self._seen[stream, (id_,)] = raw
        return Written(key=(id_,), raw=raw)

    def _raw(self, stream: str, key: Key) -> bytes | None:
        row = self._world.streams[stream].rows.get(_id(key))
        return encode(row) if row is not None else None

    def _request(self, name: str, stream: str, key: Key) -> None:
        self._calls += name not in ("created", "updated", "deleted")
        if self._token != "good":  # noqa: S105
            raise PlatformError("the token is refused", fault=PlatformFault.NEEDS_REAUTH, status=401)
        self._world.request(name, stream, key)


class FakeReading:
    """See ``StreamReading``: pages by id, each page a request."""

    def __init__(
        self,
        session: FakeSession,
        world: FakePlatform,
        stream: str,
        mode: Mode,
        cursor: Mapping[str, Json] | None,
        resume: Mapping[str, Json] | None,
    ) -> None:
        self._session, self._world, self._name, self._mode = session, world, stream, mode
        self._since = _number(cursor, "since") if mode is Mode.INCREMENTAL else 0
        self._after = _number(resume, "after")
        self._started = _number(resume, "started") if resume is not None else world.tick
        self._outcome: Outcome | None = None
        self._closed = False

    def __iter__(self) -> Iterator[Batch]:
        stream = self._world.streams[self._name]
        while not self._closed:
            self._session._request("page", self._name, (self._after,))
            ids = sorted(id_ for id_, row in stream.rows.items() if id_ > self._after and _changed(row) > self._since)
            page = ids[: self._world.page_size]
            gone = []
            if self._mode is Mode.INCREMENTAL and self._world.announces_deletions and self._after == 0:
                gone = [((id_,), Evidence.VENDOR_TOMBSTONE) for id_, at in stream.deleted.items() if at > self._since]
            if page or gone:
                self._after = page[-1] if page else self._after
                yield self._batch(stream, page, gone)
            if len(page) < self._world.page_size:
                break
        self._outcome = Outcome(complete=True, listing=self._mode is Mode.FULL, cursor={"since": self._started})

    @property
    def outcome(self) -> Outcome:
        """See ``StreamReading``."""
        if self._outcome is None:
            problem = Problem(reason="stopped", message="The reading was stopped.", stream=self._name)
            return Outcome(complete=False, listing=False, cursor=None, problems=(problem,))
        return self._world.ends.get(self._name, self._outcome)

    def close(self) -> None:
        """See ``StreamReading``."""
        self._closed = True

    def _batch(self, stream: FakeStream, page: Sequence[int], gone: Sequence[tuple[Key, Evidence]]) -> Batch:
        raws = [encode(stream.rows[id_]) for id_ in page]
        files = [
            (
                (id_,),
                AttachmentRef(
                    path="/file", url=str(stream.rows[id_]["file"]), name=f"{id_}.bin", version=str(stream.rows[id_].get("file_version"))
                ),
            )
            for id_ in page
            if stream.info.attachments and stream.rows[id_].get("file")
        ]
        return Batch(
            keys=[(id_,) for id_ in page],
            raws=raws,
            resume={"after": self._after, "started": self._started},
            gone=gone,
            attachments=files,
            received_bytes=sum(map(len, raws)),
        )


def _changed(row: Row) -> int:
    changed = row["updated_at"]
    assert isinstance(changed, int)
    return changed


def _number(values: Mapping[str, Json] | None, name: str) -> int:
    value = (values or {}).get(name, 0)
    assert isinstance(value, int)
    return value


def _id(key: Key) -> int:
    assert isinstance(key[0], int)
    return key[0]
