"""What a download is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import PurePosixPath

LASTS = timedelta(minutes=5)
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
_HARMLESS = frozenset(
    {
        "application/gzip",
        "application/json",
        "application/pdf",
        "application/x-ndjson",
        "application/zip",
        "audio/mpeg",
        "audio/ogg",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/plain",
        "video/mp4",
        "video/webm",
    }
)


class Kind(StrEnum):
    """What a ticket opens."""

    FILE = "file"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The right to one download; ``token`` is shown once, to who asked for it."""

    token: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is kept of a ticket, under the digest of its token."""

    account: str
    actor: str
    kind: Kind
    thing: str  # what the room that made it opens it by
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The bytes, and the name and type under which they go out: neither was ever chosen by a record."""

    filename: str
    media_type: str
    chunks: Iterator[bytes]
    size_bytes: int | None = None


def safe_name(*parts: str, like: str = "") -> str:
    """A file name made of these words, with the ending of ``like`` where that is harmless: ASCII letters, digits, ``_`` and ``-`` only."""
    stem = "-".join(filter(None, (_UNSAFE.sub("_", part).strip("_-")[:60] for part in parts))) or "file"
    ending = PurePosixPath(like).suffix.lower()
    return stem + (ending if _ENDING.fullmatch(ending) else "")


def safe_type(claimed: str | None) -> str:
    """The media type where a browser can do no harm with it; plain bytes otherwise."""
    named = (claimed or "").partition(";")[0].strip().lower()
    return named if named in _HARMLESS else "application/octet-stream"
