"""What passes from a connector to whoever keeps it: batches of records with their exact bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

KeyPart: TypeAlias = str | int
Key: TypeAlias = tuple[KeyPart, ...]
Json: TypeAlias = "str | int | float | bool | None | list[Json] | dict[str, Json]"


class Evidence(StrEnum):
    """Why we believe that a record is gone on the platform."""

    VENDOR_TOMBSTONE = "vendor_tombstone"  # the platform's own feed or flag says deleted
    DIRECT_READ = "direct_read"  # 404/410 when asked for by id
    ABSENT_FROM_LISTING = "absent_from_listing"  # missing from a complete listing
    MERGED = "merged"  # the platform merged it into another record
    FILTERED = "filtered"  # the source's own filter leaves it out now
    PERMISSION_LOST = "permission_lost"  # it is there but we may no longer see it


@dataclass(frozen=True, slots=True)
class AttachmentRef:
    """A file that belongs to a record: where its bytes are to be had."""

    path: str  # pointer inside the record (``/source_url``), unique within it
    url: str
    name: str
    content_type: str | None = None
    size_bytes: int | None = None
    version: str | None = None  # changes when the bytes do (etag, modified time); None: not known, fetched again when the record changed


@dataclass(slots=True)
class Batch:
    """Records of one stream as they were delivered.

    ``keys[i]`` names ``raws[i]``, which are the record's exact bytes as the platform sent them. A key may come twice; the later wins.
    ``resume`` is where reading continues once this batch is kept durably; it holds no secret and is JSON.
    """

    keys: Sequence[Key]
    raws: Sequence[bytes]
    resume: Mapping[str, Json]
    gone: Sequence[tuple[Key, Evidence]] = ()
    attachments: Sequence[tuple[Key, AttachmentRef]] = ()
    calls: int = 1
    received_bytes: int = 0
    total: int | None = None  # how many records the platform says the whole listing holds
    pages: Sequence[PageMark] = ()  # the pages it came in, one after the other, where a ``Recognises`` is to learn them
    known: KnownBatch | None = None  # it is a page that is known; then there are neither keys nor raws


@dataclass(frozen=True, slots=True)
class PageMark:
    """A page of a batch: how many records, the mark it is known by when it comes again, and what is to be told then. Without a mark it is not learnt."""

    count: int
    mark: bytes = b""
    told: bytes = b""


@dataclass(frozen=True, slots=True)
class KnownBatch:
    """A page that is known by this number: how many records it holds, and, if they are needed after all, what they are called and their exact bytes."""

    number: int
    count: int
    open: Callable[[], tuple[Sequence[Key], Sequence[bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that makes a run ``partial``: machine-readable reason, one sentence, where."""

    reason: str  # ``truncated_body``, ``page_loop``, ``total_mismatch``, ``missing_key``, ``forbidden`` …
    message: str
    stream: str
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How reading a stream ended."""

    complete: bool  # every page up to a positive end was read and nothing contradicted itself
    listing: bool  # the whole stream was listed, so that absence means deletion
    cursor: Mapping[str, Json] | None  # "changed since" for the next run; None: none, or unchanged
    problems: Sequence[Problem] = field(default_factory=tuple)


class StreamReading(Protocol):
    """One stream being read. Iterate it to the end, then ask for the outcome."""

    def __iter__(self) -> Iterator[Batch]:
        """Batches in an order in which each ``resume`` covers all earlier batches. Raises PlatformError when the platform cannot go on at all."""
        ...

    @property
    def outcome(self) -> Outcome:
        """How it ended; valid once the iterator is exhausted."""
        ...

    def close(self) -> None:
        """Stop fetching at once and free what is held; idempotent."""
        ...
