"""What files offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from listbackup.base.errors import NotFound
from listbackup.http.paging import Listing
from listbackup.http.permission import Permission
from listbackup.services.data import Data
from listbackup.services.downloads import DownloadUrl, show_ticket
from listbackup.services.files.model import Branch, File, FilesFound, Wanted
from listbackup.services.files.schema import FileParameters, FileSearch, TreeParameters
from listbackup.services.files.service import Files
from listbackup.services.routing import Answer, Call, Route, changing, reading

_ONE = "/data/files/{file}"
_OF_RECORD = "/snapshots/{snapshot:snp}/streams/{stream}/records/{key:path}/attachments"


def routes(files: Files, data: Data) -> Sequence[Route]:
    """The account's files."""

    def place(call: Call, snapshot: str | None, source: str | None) -> tuple[str | None, int | None]:
        if snapshot is None:
            return source, None
        of, found = data.place(call.scope, snapshot)
        return of.id, found.seq

    def list_all(call: Call) -> Answer:
        asked = call.query(FileParameters)
        source, seq = place(call, asked.snapshot, asked.source)
        wanted = Wanted(source=source, seq=seq, as_of=asked.as_of, stream=asked.stream, text=asked.q)
        return Answer(content=files.page(call.scope, wanted, limit=asked.limit, cursor=asked.cursor))

    def search(call: Call) -> Answer:
        asked = call.body(FileSearch)
        source, seq = place(call, asked.snapshot, asked.source)
        as_of = asked.as_of.replace(tzinfo=asked.as_of.tzinfo or UTC) if asked.as_of is not None else None
        wanted = Wanted(
            source=source,
            seq=seq,
            as_of=as_of,
            stream=asked.stream,
            text=asked.q,
            content_type=asked.content_type,
            min_bytes=asked.min_bytes,
            max_bytes=asked.max_bytes,
        )
        return Answer(content=files.page(call.scope, wanted, limit=asked.limit, cursor=asked.cursor))

    def tree(call: Call) -> Answer:
        asked = call.query(TreeParameters)
        return Answer(content=files.branch(call.scope, asked.path, asked.as_of, limit=asked.limit, cursor=asked.cursor))

    def of_record(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        stream = call.path["stream"]
        if stream not in snapshot.streams:
            raise NotFound(f"the snapshot has no stream {stream!r}")
        data.looks.note(call.scope, "record", source.id, snapshot=snapshot.id, stream=stream)
        return Answer(content=Listing(items=files.of_record(call.scope, source, snapshot, stream, call.path["key"])))

    def get(call: Call) -> Answer:
        return Answer(content=files.get(call.scope, call.path["file"]))

    def offer(call: Call) -> Answer:
        return Answer(content=show_ticket(files.offer(call.scope, call.path["file"])))

    look = Permission.CONTENT_READ
    return [
        reading("/data/files", "Files of records, by source and record", look, list_all, FilesFound, FileParameters),
        changing("POST", "/data/files/search", "Files by name, type and size", look, search, body=FileSearch, answers=FilesFound),
        reading("/data/tree", "Files as a tree: sources, streams, records, files", look, tree, Branch, TreeParameters),
        reading(_ONE, "A file", look, get, File),
        reading(_OF_RECORD, "The files of a record", look, of_record, Listing[File]),
        changing(
            "POST",
            f"{_ONE}/download-url",
            "A link to the file's bytes, good once and for 5 minutes",
            look,
            offer,
            answers=DownloadUrl,
            status=201,
        ),
    ]
