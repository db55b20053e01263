"""Files as they are asked for over the wire; they go out as they are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from listbackup.http.instant import Instant
from listbackup.http.paging import Body, PageParameters, SnapshotRef, SourceRef

StreamName = Annotated[str, Field(min_length=1, max_length=200)]
AsOf = Annotated[Instant | None, Field(description="As everything stood at this instant; now, when it is not given.")]


class FileParameters(PageParameters):
    """Which files: of one snapshot, of one source, or of all; all that is given must hold."""

    snapshot: SnapshotRef | None = None
    source: SourceRef | None = None
    as_of: AsOf = None
    stream: StreamName | None = None
    q: Annotated[str | None, Field(min_length=1, max_length=200, description="In the name or the path, whatever the case.")] = None


class FileSearch(Body):
    """Which files, as ``FileParameters``, and by type and size."""

    snapshot: SnapshotRef | None = None
    source: SourceRef | None = None
    as_of: Annotated[datetime | None, Field(description="With a time zone.")] = None
    stream: StreamName | None = None
    q: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    content_type: Annotated[str | None, Field(min_length=1, max_length=100, examples=["image/"])] = None
    min_bytes: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    max_bytes: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    cursor: Annotated[str | None, Field(max_length=4096)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class TreeParameters(PageParameters):
    """A place of the tree: nothing for its root, else the ``path`` of a node."""

    path: Annotated[str, Field(max_length=3000, description="`path` of the place to look into; empty: the sources.")] = ""
    as_of: AsOf = None
