"""``listbackup show``: records exactly as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listbackup.base.decode import one_line
from listbackup.base.errors import InputError
from listbackup.cli.looking import find_snapshot, key_parts, limited, raw_document, show_record, snapshot_document
from listbackup.cli.options import Json, SourceAt, Stream
from listbackup.cli.output import local, size
from listbackup.cli.saving import save_file
from listbackup.cli.shell import Shell, shell
from listbackup.store import AttachmentInfo, SnapshotInfo


def command(
    context: typer.Context,
    source: SourceAt,
    stream: Stream,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help='The record\'s key; ["a",7] for a key of two parts.')] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Without KEY: at most so many records.")] = None,
    files: Annotated[Path | None, typer.Option("--files", metavar="DIR", help="Save the record's files into this folder.")] = None,
    as_json: Json = False,
) -> None:
    """Show one record as it stood, or all records of a stream, one a line.

    What is printed into a file or a pipe are the bytes that the platform sent. On a terminal a single record is indented.

    \b
    Examples:
      listbackup show crm contacts 42
      listbackup show crm@yesterday contacts 42
      listbackup show 'crm@3 days ago' contacts > contacts.jsonl
      listbackup show blog posts 7 --files pictures
    """
    with shell(context, as_json) as sh:
        name, snapshot = find_snapshot(sh, source)
        if key is not None:
            _one(sh, name, snapshot, stream, key, files)
        elif files is not None:
            raise InputError("--files needs the KEY of a record")
        else:
            _all(sh, name, snapshot, stream, limit)


def _one(sh: Shell, name: str, snapshot: SnapshotInfo, stream: str, key: str, files: Path | None) -> None:
    record = sh.house.data.record(sh.scope, name, stream, key, seq=snapshot.seq)
    attached: list[AttachmentInfo] = []
    if sh.out.as_json or sh.out.on_terminal or files is not None:
        attached = list(sh.house.data.attachments(sh.scope, name, stream, record.key, seq=snapshot.seq))
    saved = _save(sh, name, snapshot, attached, files) if files is not None else {}
    if sh.out.as_json:
        about = {"source": name, "snapshot": snapshot_document(snapshot), "stream": stream, "key": key_parts(record.key)}
        sh.out.document({**about, "record": raw_document(record.raw), "files": [_file(one, saved) for one in attached]})
        return
    show_record(sh.out, record.raw)
    if sh.out.on_terminal:
        sh.out.say(sh.out.styled("2", f"snapshot {snapshot.seq} of {local(snapshot.at)}; unchanged since snapshot {record.seq}"))
        for one in attached:
            sh.out.say(f"  file {one.name}  {size(one.size_bytes)}" + (f"  -> {saved[one.path]}" if one.path in saved else ""))


def _all(sh: Shell, name: str, snapshot: SnapshotInfo, stream: str, limit: int | None) -> None:
    for record in limited(sh.house.data.scan(sh.scope, name, stream, seq=snapshot.seq, limit=limit), limit):
        if sh.out.as_json:
            sh.out.line({"key": key_parts(record.key), "record": raw_document(record.raw)})
        elif sh.out.on_terminal:
            show_record(sh.out, one_line(record.raw))
        else:
            sh.out.raw(one_line(record.raw))


def _save(sh: Shell, name: str, snapshot: SnapshotInfo, attached: list[AttachmentInfo], folder: Path) -> dict[str, str]:
    saved = {}
    for number, one in enumerate(attached, start=1):
        chunks = sh.house.data.open_attachment(sh.scope, name, one.id, seq=snapshot.seq)
        saved[one.path] = str(save_file(folder, one.name, chunks, number=number))
    return saved


def _file(one: AttachmentInfo, saved: dict[str, str]) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "path": one.path,
        "bytes": one.size_bytes,
        "content_type": one.content_type,
        "saved_to": saved.get(one.path),
    }
