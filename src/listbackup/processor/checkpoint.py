"""What is written down so that a run can go on after a crash, and so that the next one knows where this one ended.

Both are JSON. A *mark* is what a snapshot remembers of a stream for the next run; a *reading* is where an unfinished run stands in a stream.
Neither holds a secret; a page token outlives its run only in a ``Pending``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import NewerFormat
from listbackup.connectors.engine.connector import Mode
from listbackup.processor.progress import StreamProgress

VERSION = 1
Place: TypeAlias = dict[str, Any]  # JSON that only the connector understands


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often a run makes a checkpoint: after so long, or after so much that is new has been staged, whichever comes first.

    ``staged_bytes`` counts records as the platform sent them [bytes]; 32 MiB of them are about 8 MiB once compressed, which is what a crash may cost.
    """

    every: timedelta = timedelta(seconds=10)
    staged_bytes: int = 32 * 1024 * 1024


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A reading that used up our share of the platform's calls, as the snapshot keeps it for the next run: how it is read, where it goes on, what came of it."""

    mode: Mode
    cursor: Place | None
    resume: Place
    started_at: datetime
    filters: str
    seq: int  # of the snapshot that holds what came so far
    seen: bytes | None  # the store's word on which of the earlier records came; without it the silence of the listing proves nothing


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A stream as a run leaves it: where "changed since" begins, when everything was last listed, and under which filters."""

    cursor: Place | None = None
    full_at: datetime | None = None
    filters: str = ""
    pending: Pending | None = None


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """The cursor of a snapshot."""

    v: int = VERSION
    streams: dict[str, Mark] = {}
    next: str | None = None  # the stream at which the share of the platform's calls was used up: the next run begins with it


class Reading(msgspec.Struct, kw_only=True):
    """A stream of an unfinished run: how it is read, where it goes on, what was counted; ``mark`` is set once it is finished."""

    mode: Mode
    cursor: Place | None
    started_at: datetime
    full_at: datetime | None = None  # when everything was last listed, as the snapshot before knows
    resume: Place | None = None
    blind: bool = False  # it goes on with a listing of an earlier run, and what that one saw is not known any more: absence proves nothing
    progress: StreamProgress
    finished: bool = False
    mark: Mark | None = None


class Readings(msgspec.Struct, kw_only=True):
    """The cursor of a checkpoint."""

    v: int = VERSION
    streams: dict[str, Reading] = {}
    calls: int = 0
    checkpoints: int = 0


def read_marks(cursor: bytes | None) -> Marks:
    """The marks of a snapshot; none where there is no snapshot. Raises NewerFormat."""
    return _read(cursor, Marks) if cursor else Marks()


def read_readings(cursor: bytes | None) -> Readings:
    """Where an unfinished run stands; at the beginning where there is no checkpoint. Raises NewerFormat."""
    return _read(cursor, Readings) if cursor else Readings()


T = TypeVar("T", Marks, Readings)


def _read(cursor: bytes, kind: type[T]) -> T:
    version = from_json(cursor, dict[str, msgspec.Raw]).get("v", msgspec.Raw(b"0"))
    if int(bytes(version)) > VERSION:
        raise NewerFormat("the cursor was written by a newer version", hint="upgrade listbackup")
    return from_json(cursor, kind)


def write(cursor: Marks | Readings) -> bytes:
    """The bytes that the store keeps."""
    return msgspec.json.encode(cursor)
