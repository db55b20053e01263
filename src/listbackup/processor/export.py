"""A snapshot as files for people and programs: JSONL with the exact bytes, or CSV, Parquet and XLSX as tables.

Memory stays flat: records are read twice (columns, then rows) and written as they come. Files get their names when they are whole. Names are generated
from the stream's name, so that no record decides where something is written. ``manifest.json`` names every file with its SHA-256 and is written last.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from listbackup.base.clock import iso
from listbackup.base.errors import InputError
from listbackup.processor.export_files import whole_file, writing_error
from listbackup.processor.export_formats import CsvWriter, JsonlWriter, ParquetWriter, TableWriter, XlsxWriter
from listbackup.processor.fields import FieldPath, only_fields
from listbackup.processor.filters import Filter, keeps
from listbackup.processor.flatten import shape_of
from listbackup.store import SnapshotInfo

if TYPE_CHECKING:
    from listbackup.store import View

MANIFEST = "manifest.json"
BUNDLE = ".attachments.zip"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10)), "manifest", "attachments"}


class ExportFormat(StrEnum):
    """What the files are."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """``streams`` None: all. ``raw_cells`` leaves spreadsheet formulas as they are; otherwise a text cell that a spreadsheet would run gets a leading ``'``.

    ``filters``: only records for which all hold; ``fields``: only these of each record (none: all).
    """

    streams: tuple[str, ...] | None = None
    raw_cells: bool = False
    attachments: bool = False
    fields: tuple[FieldPath, ...] = ()
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """One file of an export; ``columns`` is 0 where there are none."""

    name: str
    stream: str
    records: int
    size_bytes: int
    sha256: str
    columns: int = 0
    neutralised_cells: int = 0
    cut_cells: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """What lies in the folder now."""

    folder: str
    files: Sequence[ExportedFile]
    records: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportProgress:
    """How far an export is."""

    stream: str
    records: int
    total: int


ListenExport: TypeAlias = Callable[[ExportProgress], None]


def unheard(_: ExportProgress) -> None:
    """Nobody listens."""


def export(
    view: View,
    snapshot: SnapshotInfo,
    form: ExportFormat,
    dest: Path,
    *,
    options: ExportOptions,
    source_name: str,
    now: datetime,
    listen: ListenExport = unheard,
) -> ExportResult:
    """Every chosen stream as a file in the folder ``dest``. Raises InputError (folder not empty, unknown stream, missing extra), OutOfSpace."""
    streams = _chosen(snapshot, options)
    writer = _writer(form, options)
    with writing_error(dest):
        dest.mkdir(parents=True, exist_ok=True)
        if any(dest.iterdir()):
            raise InputError(f"the folder {dest} is not empty", hint="name a new folder", field="dest")
        names = file_names(streams, form.value)
        files = []
        for stream in streams:
            files.append(_stream(view, snapshot, writer, dest, stream, names[stream], options, listen))
            if options.attachments:
                files.extend(_attachments(view, dest, stream, names[stream].partition(".")[0], options))
        with whole_file(dest / MANIFEST) as part:
            part.write_bytes(manifest_of(files, snapshot, form, options=options, source_name=source_name, now=now))
    return ExportResult(
        folder=str(dest),
        files=files,
        records=sum(file.records for file in files),
        size_bytes=sum(file.size_bytes for file in files),
    )


def export_stream(
    view: View,
    snapshot: SnapshotInfo,
    form: ExportFormat,
    dest: Path,
    *,
    stream: str,
    name: str,
    options: ExportOptions,
    listen: ListenExport = unheard,
) -> ExportedFile:
    """One stream as the file ``name`` (of ``file_names``) in the folder ``dest``: for who exports stream by stream. Raises as ``export``."""
    with writing_error(dest):
        return _stream(view, snapshot, _writer(form, options), dest, stream, name, options, listen)


def bundle_name(name: str) -> str:
    """What the file is called that holds a stream's attachments, beside the stream's own file of this name."""
    return f"{name.partition('.')[0]}{BUNDLE}"


def export_bundle(
    view: View, dest: Path, *, stream: str, name: str, options: ExportOptions, listen: Callable[[], None] = lambda: None
) -> ExportedFile | None:
    """A stream's attachments as one ZIP with what ``export`` writes into ``attachments/``; None where it has none. ``listen`` is called for each."""
    stem = name.partition(".")[0]
    with writing_error(dest):
        loose = []
        with whole_file(dest / name) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as bundle:
            for one in _attachments(view, dest, stream, stem, options):
                listen()
                bundle.write(dest / one.name, one.name.removeprefix("attachments/"))
                (dest / one.name).unlink()
                loose.append(one)
        if not loose:
            (dest / name).unlink()
            return None
        size, digest = _measure(dest / name)
    return ExportedFile(name=name, stream=stream, records=0, size_bytes=size, sha256=digest)


def chosen_streams(snapshot: SnapshotInfo, options: ExportOptions) -> Sequence[str]:
    """The streams that these options choose, in the order in which they are written. Raises InputError for one that is not in the snapshot."""
    return _chosen(snapshot, options)


def file_names(streams: Sequence[str], extension: str) -> dict[str, str]:
    """A safe, distinct file name for each stream, on file systems that ignore case too."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for stream in streams:
        stem = _UNSAFE.sub("_", stream).strip("_-")[:80] or "stream"
        if stem.lower() in _RESERVED:
            stem = f"stream_{stem}"
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        names[stream] = f"{name}.{extension}"
    return names


def _chosen(snapshot: SnapshotInfo, options: ExportOptions) -> Sequence[str]:
    kept = sorted(snapshot.streams)
    for stream in options.streams or ():
        if stream not in snapshot.streams:
            raise InputError(f"snapshot {snapshot.seq} has no stream {stream!r}", field="stream", hint="it has: " + ", ".join(kept))
    return list(dict.fromkeys(options.streams)) if options.streams is not None else kept


def _writer(form: ExportFormat, options: ExportOptions) -> TableWriter:
    match form:
        case ExportFormat.JSONL:
            return JsonlWriter()
        case ExportFormat.CSV:
            return CsvWriter(raw_cells=options.raw_cells)
        case ExportFormat.PARQUET:
            return ParquetWriter()
        case ExportFormat.XLSX:
            return XlsxWriter(raw_cells=options.raw_cells)


def _stream(
    view: View,
    snapshot: SnapshotInfo,
    writer: TableWriter,
    dest: Path,
    stream: str,
    name: str,
    options: ExportOptions,
    listen: ListenExport,
) -> ExportedFile:
    total = snapshot.streams[stream].live

    def raws() -> Iterator[bytes]:
        for count, record in enumerate(view.scan(stream), 1):
            if keeps(options.filters, record.raw):
                yield only_fields(record.raw, options.fields) if options.fields else record.raw
            if count % 1000 == 0:
                listen(ExportProgress(stream=stream, records=count, total=total))

    shape = shape_of(raws()) if writer.needs_shape else None
    with whole_file(dest / name) as part:
        written = writer.write(part, shape, raws())
    listen(ExportProgress(stream=stream, records=written.records, total=total))
    size, digest = _measure(dest / name)
    return ExportedFile(
        name=name,
        stream=stream,
        records=written.records,
        size_bytes=size,
        sha256=digest,
        columns=len(shape.columns) if shape is not None else 0,
        neutralised_cells=written.neutralised_cells,
        cut_cells=written.cut_cells,
    )


def _attachments(view: View, dest: Path, stream: str, stem: str, options: ExportOptions) -> Iterator[ExportedFile]:
    """Attachments under generated names; ``attachments/<stream>.jsonl`` says which record each belongs to and what it was called."""
    kept = (record for record in view.scan(stream) if keeps(options.filters, record.raw))
    files = ((record.key, info) for record in kept for info in view.attachments(stream, record.key))
    first = next(files, None)
    if first is None:
        return
    folder = dest / "attachments"
    folder.mkdir(exist_ok=True)
    listing = folder / f"{stem}.jsonl"
    with whole_file(listing) as part, part.open("wb") as lines:
        for number, (record_key, info) in enumerate(itertools.chain([first], files), 1):
            name = f"{stem}-{number:07d}{_extension(info.name)}"
            size, digest = _write_attachment(view, folder / name, info.id)
            key = [piece.hex() if isinstance(piece, bytes) else piece for piece in record_key]
            lines.write(msgspec.json.encode({"file": name, "key": key, "path": info.path, "name": info.name, "sha256": digest}) + b"\n")
            yield ExportedFile(name=f"attachments/{name}", stream=stream, records=0, size_bytes=size, sha256=digest)
    size, digest = _measure(listing)
    yield ExportedFile(name=f"attachments/{listing.name}", stream=stream, records=0, size_bytes=size, sha256=digest)


def _write_attachment(view: View, path: Path, attachment: str) -> tuple[int, str]:
    with whole_file(path) as part, part.open("wb") as file:
        for chunk in view.open_attachment(attachment):
            file.write(chunk)
    return _measure(path)


def _extension(name: str) -> str:
    ending = Path(name).suffix.lower()
    return ending if re.fullmatch(r"\.[a-z0-9]{1,8}", ending) else ""


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, digest


def manifest_of(
    files: Sequence[ExportedFile], snapshot: SnapshotInfo, form: ExportFormat, *, options: ExportOptions, source_name: str, now: datetime
) -> bytes:
    """What ``manifest.json`` says of these files."""
    manifest = {
        "made_by": "listbackup",
        "made_at": iso(now),
        "source": source_name,
        "snapshot": {"id": snapshot.id, "seq": snapshot.seq, "at": iso(snapshot.at), "kind": snapshot.kind.value},
        "format": form.value,
        **({"fields": [".".join(path) for path in options.fields]} if options.fields else {}),
        **({"filter": options.filters} if options.filters else {}),
        "raw_cells": options.raw_cells or form in (ExportFormat.JSONL, ExportFormat.PARQUET),
        "files": files,
    }
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
