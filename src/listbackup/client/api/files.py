"""``client.files``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import DownloadUrl
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part
from listbackup.client.words import Word


class File(Struct, frozen=True, kw_only=True):
    """A file that belonged to a record when a snapshot was taken. ``content_id`` is equal for equal bytes within the account."""

    id: str
    source: str
    snapshot: str
    at: datetime
    stream: str
    record: str
    path: str
    name: str
    size_bytes: int
    content_type: str | None
    content_id: str


class FileNode(Struct, frozen=True, kw_only=True):
    """A place of the tree: sources hold streams, streams hold records, records hold files. ``path`` leads to what is in it."""

    kind: NodeKind
    name: str
    path: str
    file: File | None = None


class FilesFound(Struct, frozen=True, kw_only=True):
    """A page; ``incomplete``: the time for one page ended before it was full, and what ``next`` leads to was not looked at."""

    items: Sequence[File]
    next: str | None
    incomplete: bool = False


class NodeKind(Word):
    """What stands at a place of the tree."""

    FILE = "file"
    RECORD = "record"
    SOURCE = "source"
    STREAM = "stream"


class FilesApi:
    """The operations of ``files``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create_download_url(self, file: str) -> DownloadUrl:
        """A link to the file's bytes, good once and for 5 minutes."""
        request = Request(method="POST", path=f"/v2/data/files/{part(file)}/download-url")
        return self._session.ask(DownloadUrl, request)

    def get(self, file: str) -> File:
        """A file."""
        request = Request(method="GET", path=f"/v2/data/files/{part(file)}")
        return self._session.ask(File, request)

    def list(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        snapshot: str | None | UnsetType = UNSET,
        source: str | None | UnsetType = UNSET,
        as_of: datetime | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
    ) -> FilesFound:
        """Files of records, by source and record."""
        request = Request(
            method="GET",
            path="/v2/data/files",
            query={"cursor": cursor, "limit": limit, "snapshot": snapshot, "source": source, "as_of": as_of, "stream": stream, "q": q},
        )
        return self._session.ask(FilesFound, request)

    def iter(
        self,
        *,
        limit: int | UnsetType = UNSET,
        snapshot: str | None | UnsetType = UNSET,
        source: str | None | UnsetType = UNSET,
        as_of: datetime | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
    ) -> Iterator[File]:
        """Every item of ``list``, page after page."""
        return every(
            lambda cursor: self.list(limit=limit, snapshot=snapshot, source=source, as_of=as_of, stream=stream, q=q, cursor=cursor)
        )

    def search(
        self,
        *,
        snapshot: str | None | UnsetType = UNSET,
        source: str | None | UnsetType = UNSET,
        as_of: datetime | None | UnsetType = UNSET,
        stream: str | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
        content_type: str | None | UnsetType = UNSET,
        min_bytes: int | None | UnsetType = UNSET,
        max_bytes: int | None | UnsetType = UNSET,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
    ) -> FilesFound:
        """Files by name, type and size."""
        request = Request(
            method="POST",
            path="/v2/data/files/search",
            body=given(
                {
                    "snapshot": snapshot,
                    "source": source,
                    "as_of": as_of,
                    "stream": stream,
                    "q": q,
                    "content_type": content_type,
                    "min_bytes": min_bytes,
                    "max_bytes": max_bytes,
                    "cursor": cursor,
                    "limit": limit,
                }
            ),
        )
        return self._session.ask(FilesFound, request)

    def snapshots_streams_records_attachments(self, snapshot: str, stream: str, key: str) -> Page[File]:
        """The files of a record."""
        request = Request(method="GET", path=f"/v2/snapshots/{part(snapshot)}/streams/{part(stream)}/records/{part(key)}/attachments")
        return self._session.ask(Page[File], request)

    def tree(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        path: str | UnsetType = UNSET,
        as_of: datetime | None | UnsetType = UNSET,
    ) -> Page[FileNode]:
        """Files as a tree: sources, streams, records, files."""
        request = Request(method="GET", path="/v2/data/tree", query={"cursor": cursor, "limit": limit, "path": path, "as_of": as_of})
        return self._session.ask(Page[FileNode], request)

    def iter_tree(
        self, *, limit: int | UnsetType = UNSET, path: str | UnsetType = UNSET, as_of: datetime | None | UnsetType = UNSET
    ) -> Iterator[FileNode]:
        """Every item of ``tree``, page after page."""
        return every(lambda cursor: self.tree(limit=limit, path=path, as_of=as_of, cursor=cursor))
