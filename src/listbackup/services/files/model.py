"""What a file is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from listbackup.base.decode import from_msgpack
from listbackup.base.errors import NotFound
from listbackup.store import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that belonged to a record when a snapshot was taken. ``content_id`` is equal for equal bytes within the account."""

    id: str
    source: str
    snapshot: str
    at: datetime
    stream: str
    record: str  # the key of the record it belongs to
    path: str
    name: str
    size_bytes: int
    content_type: str | None
    content_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which files: of one snapshot (``seq`` of ``source``), of one source or of all as they stood at ``as_of``; all that is given must hold."""

    source: str | None = None
    seq: int | None = None
    as_of: datetime | None = None
    stream: str | None = None
    text: str | None = None  # in the name or the path, whatever the case
    content_type: str | None = None  # ``image/png``, or its beginning: ``image/``
    min_bytes: int | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesFound:
    """A page; ``incomplete``: the time for one page ended before it was full, and what ``next`` leads to was not looked at."""

    items: Sequence[File]
    next: str | None
    incomplete: bool = False


class NodeKind(StrEnum):
    """What stands at a place of the tree."""

    SOURCE = "source"
    STREAM = "stream"
    RECORD = "record"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNode:
    """A place of the tree: sources hold streams, streams hold records, records hold files. ``path`` leads to what is in it."""

    kind: NodeKind
    name: str
    path: str
    file: File | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A page of what one place of the tree holds."""

    items: Sequence[FileNode]
    next: str | None


class Address(msgspec.Struct, frozen=True, array_like=True):
    """Where a file is: the row of a snapshot that names it."""

    source: str
    seq: int
    code: bytes


def write_id(address: Address) -> str:
    """The file's id."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(address)).decode().rstrip("=")


def read_id(text: str) -> Address:
    """The address of ``write_id``. Raises NotFound for anything else: an id that cannot be read is an absent one."""
    try:
        return from_msgpack(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), Address)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise NotFound(f"there is no file {text[:40]!r}") from None


def record_of(parts: Key) -> Key:
    """The key of the record, from that of the attachment's row: (stream, the record's own parts, path)."""
    return parts[1:-1]
