"""What a connector is: a platform's facts, and a session that reads, tests and writes back through one connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from listbackup.base.clock import Clock
from listbackup.base.secret import Secret
from listbackup.connectors.engine.quota import SHARE, QuotaBook
from listbackup.connectors.engine.record import AttachmentRef, Json, Key, StreamReading


class Mode(StrEnum):
    """How a stream is read in this run."""

    FULL = "full"  # list everything; absence means deletion
    INCREMENTAL = "incremental"  # what changed since the cursor; deletions only from the platform's own word


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigField:
    """A value a person gives to connect: what the form and ``listbackup connect`` ask for."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str | None = None
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What restore can do with a stream on this platform."""

    create: bool = False
    update: bool = False
    delete: bool = False
    keeps_id: bool = False  # a re-created record has its old id
    knows_repetitions: bool = False  # a create sent twice under one idempotency key makes one record
    files: bool = False  # attachments go back too: the session is a ``TakesFiles``
    side_effects: Sequence[str] = ()  # "sends a welcome e-mail", shown in the plan


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """What people are told of a stream."""

    name: str
    label: str
    key: Sequence[str]  # field names of the key
    cursor: str | None = None  # field name of "changed at", None: always read in full
    syncs: bool = False  # changes are told by a token, which the cursor holds
    parent: str | None = None
    attachments: bool = False
    append_only: bool = False  # events: never deleted, no deletion inference
    volatile: Sequence[tuple[str, ...]] = ()  # paths that change without the record changing
    restore: Capability = field(default_factory=Capability)
    references: Mapping[str, str] = field(default_factory=dict)  # field path -> stream it names a record of (for the id map)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the credentials open, found by asking: shown after ``test``."""

    name: str
    url: str
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The platform's answer to a write-back."""

    key: Key
    raw: bytes  # the record as it is now on the platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One connection's configuration: plain values and secrets by field name."""

    values: Mapping[str, str]
    secrets: Mapping[str, Secret]

    def text(self, name: str) -> str | None:
        """The plain or secret value of this field, for building a request."""
        secret = self.secrets.get(name)
        return secret.reveal() if secret is not None else self.values.get(name)


class Renew(Protocol):
    """Renews the tokens of one connection, once, whoever else wants to at the same time: threads, processes, machines."""

    def __call__(self, stale: str, send: Callable[[Secret | None], Mapping[str, Secret]]) -> Mapping[str, Secret]:
        """The tokens as they are kept now, durable, other than the access token ``stale``.

        ``send`` gives a refresh token to the platform, once, and returns what it granted. Raises PlatformError.
        """
        ...


class Memory(Protocol):
    """Where a connector keeps what it made of one connection's values, so that it need not make it again. Whatever is kept may be gone the next time."""

    def recall(self, of: str) -> bytes | None:
        """What was kept last, if it was made of this text; else None."""
        ...

    def keep(self, of: str, made: bytes) -> None:
        """Keep what was made of this text in place of what was kept before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the house hands to a session: time, egress rules, how to keep a rotated token, when to stop."""

    clock: Clock
    allow_loopback: bool = False  # plain http and 127.0.0.0/8: simulators, tests and self-hosted sites, never the default
    concurrency: int = 16  # at most this many requests in flight
    keep_secrets: Callable[[Mapping[str, Secret]], None] | None = (
        None  # called with rotated secrets BEFORE their first use; durable on return
    )
    should_stop: Callable[[], bool] = lambda: False
    renew: Renew | None = None  # how tokens are renewed where more than this session may want to; without it, by this session alone
    calls_per_second: float | None = None  # at most, beside what the platform declares
    quota: QuotaBook | None = None  # where the connection's calls are counted; without it, this session counts its own
    quota_share: float = SHARE  # of a known quota, at most
    memory: Memory | None = None  # without it, everything is made again at each opening


class Session(Protocol):
    """One connection, open. Reading is safe from one thread at a time; the session itself fetches in parallel."""

    def test(self) -> Site:
        """Ask the platform who we are. Raises PlatformError (needs_reauth, unreachable …)."""
        ...

    def discover(self) -> Sequence[StreamInfo]:
        """The streams that this connection can see."""
        ...

    def read(
        self, stream: str, mode: Mode, *, cursor: Mapping[str, Json] | None = None, resume: Mapping[str, Json] | None = None
    ) -> StreamReading:
        """Start reading a stream; ``resume`` continues an interrupted reading of the same mode and cursor."""
        ...

    def fetch_attachment(self, ref: AttachmentRef) -> Iterable[bytes]:
        """The attachment's bytes in chunks. Raises PlatformError (gone, forbidden …) before or between chunks."""
        ...

    def fetch(self, stream: str, key: Key) -> bytes | None:
        """The record as it is on the platform now, or None when it is gone."""
        ...

    def create(self, stream: str, raw: bytes, *, idempotency_key: str) -> Written:
        """Write a record that is not on the platform; its key may be new."""
        ...

    def update(self, stream: str, key: Key, raw: bytes) -> Written:
        """Bring an existing record to this content."""
        ...

    def delete(self, stream: str, key: Key) -> None:
        """Remove a record that a restore created; no error when it is gone."""
        ...

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        ...

    def close(self) -> None:
        """Close connections and threads; idempotent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """A record's file on its way back to the platform."""

    path: str  # as in ``AttachmentRef.path``
    name: str
    content_type: str | None
    size_bytes: int
    open: Callable[[], Iterable[bytes]]  # the bytes from the beginning, each time it is called


@runtime_checkable
class TakesFiles(Protocol):
    """A session that can write a record back together with its files; streams say so with ``Capability.files``."""

    def create_with_files(self, stream: str, raw: bytes, files: Sequence[RecordFile], *, idempotency_key: str) -> Written:
        """``create``, and the record's attachments with it. Raises PlatformError; nothing half-made is left behind knowingly."""
        ...


class Connector(Protocol):
    """A platform that can be connected."""

    @property
    def platform(self) -> str:
        """The platform's name in commands and ids: ``wordpress``."""
        ...

    @property
    def label(self) -> str:
        """The platform's name for people: ``WordPress``."""
        ...

    @property
    def config(self) -> Sequence[ConfigField]:
        """What to ask for."""
        ...

    def open(self, credentials: Credentials, ground: Ground) -> Session:
        """A session; sends nothing yet. Raises InputError for a configuration that cannot work."""
        ...


class AuthMethod(StrEnum):
    """How a person lets us in."""

    KEY = "key"  # a key, a password, a token: typed or pasted
    OAUTH = "oauth"  # through the platform's own sign-in page


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamNature:
    """A stream as a platform offers it to anybody, and how changes and deletions are seen there."""

    info: StreamInfo
    incremental: bool  # can be asked for what changed since
    deletions: str  # ``feed``, ``flag``, ``trash``: the platform's own word; ``listing``: what a whole listing lacks; ``never``


@runtime_checkable
class Describes(Protocol):
    """A connector that can say what there is before anybody connects."""

    def describe(self) -> Sequence[StreamNature]:
        """The streams that the platform offers."""
        ...


@runtime_checkable
class AsksByValues(Protocol):
    """A connector that asks for more once it knows the first answers: the REST connector, whose description says what it needs."""

    def config_for(self, values: Mapping[str, str]) -> Sequence[ConfigField]:
        """What to ask for, given these plain values. Raises InputError when they cannot be used."""
        ...


def asked_fields(connector: Connector, values: Mapping[str, str]) -> Sequence[ConfigField]:
    """What a connector asks for, as far as it can be known from these values. Raises InputError."""
    return connector.config_for(values) if isinstance(connector, AsksByValues) else connector.config
