"""An export that the server makes, fetched into a folder here."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, InputError, ListBackupError
from listbackup.cli.remote.here import here
from listbackup.cli.remote.line import Line
from listbackup.client import UNSET, Download
from listbackup.client.api.models import ExportFormat as SaidFormat
from listbackup.client.api.models import ExportShown
from listbackup.processor.export import BUNDLE, ExportedFile, ExportFormat, ExportOptions, ExportProgress, ExportResult, ListenExport
from listbackup.services.data import write_filter

LOOK_EVERY_SECONDS = 0.25
_GENERATED = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,100}(\.[a-z0-9]{1,8})?")


def fetch_export(
    line: Line, clock: Clock, snapshot: str, dest: Path, *, form: ExportFormat, options: ExportOptions | None, listen: ListenExport | None
) -> ExportResult:
    """The snapshot's records as files in the folder ``dest``, each compared with its SHA-256. Raises InputError for a folder that is not empty."""
    chosen = options or ExportOptions()
    _ready(dest)
    said = line.exports.create(
        snapshot=snapshot,
        format=SaidFormat(form.value),
        streams=list(chosen.streams) if chosen.streams is not None else UNSET,
        fields=[".".join(path) for path in chosen.fields],
        filter=write_filter(chosen.filters) if chosen.filters else UNSET,
        attachments=chosen.attachments,
        raw_cells=chosen.raw_cells,
    )
    said, files = _made(line, clock, said, listen), list[ExportedFile]()
    for one in said.files:
        link = line.exports.create_download_url(said.id, file=one.name)
        with line.downloads.get(link.url.rpartition("/")[2]) as download:
            _keep(download, dest, one.name, one.sha256)
        if one.stream and one.name.endswith(BUNDLE):
            files += _unbundled(dest, one.name, one.stream)
        elif one.stream:
            files.append(here(ExportedFile, one))
    line.exports.delete(said.id)
    return ExportResult(
        folder=str(dest), files=files, records=sum(one.records for one in files), size_bytes=sum(one.size_bytes for one in files)
    )


def _unbundled(dest: Path, name: str, stream: str) -> Iterator[ExportedFile]:
    """The files of a stream's records, where an export of this machine puts them. The server does not decide where that is."""
    folder = dest / "attachments"
    folder.mkdir(exist_ok=True)
    try:
        with zipfile.ZipFile(dest / name) as bundle:
            for member in bundle.infolist():
                if _GENERATED.fullmatch(member.filename) is None:
                    raise BackendError(f"the server names a file {member.filename!r}, which is none", hint="tell its operator")
                path, digest, size = folder / member.filename, hashlib.sha256(), 0
                with bundle.open(member) as packed, open(path, "xb") as file:
                    while piece := packed.read(1 << 20):
                        digest.update(piece)
                        size += file.write(piece)
                yield ExportedFile(name=f"attachments/{path.name}", stream=stream, records=0, size_bytes=size, sha256=digest.hexdigest())
    except (OSError, zipfile.BadZipFile) as error:
        raise BackendError(f"{name} cannot be unpacked: {error}", hint="export again into another folder") from None
    (dest / name).unlink()


def _made(line: Line, clock: Clock, said: ExportShown, listen: ListenExport | None) -> ExportShown:
    """The export when all its files are there."""
    while said.working or said.state.value in ("queued", "running"):
        if listen is not None:
            listen(ExportProgress(stream="all", records=said.records, total=said.records_total))
        clock.sleep(LOOK_EVERY_SECONDS)
        said = line.exports.get(said.id)
    if said.state.value != "done":
        raise ListBackupError(said.message or f"the export ended as {said.state.value}")
    return said


def _ready(dest: Path) -> None:
    try:
        dest.mkdir(parents=True, exist_ok=True)
        if any(dest.iterdir()):
            raise InputError(f"the folder {dest} is not empty", hint="name a new folder", field="dest")
    except OSError as error:
        raise BackendError(f"{dest} cannot be written: {os.strerror(error.errno or 0)}", hint="choose another folder") from None


def _keep(download: Download, dest: Path, name: str, sha256: str) -> None:
    """A file of the export, whole or not at all. The server does not decide where it is written."""
    if Path(name).name != name or name.startswith(".") or "\\" in name:
        raise BackendError(f"the server names a file {name!r}, which is none", hint="tell its operator")
    part, digest = dest / f"{name}.part", hashlib.sha256()
    try:
        with open(part, "xb") as file:
            for piece in download:
                digest.update(piece)
                file.write(piece)
        if sha256 and digest.hexdigest() != sha256:
            raise BackendError(f"{name} is not what the server wrote", hint="export again", retryable=True)
        os.replace(part, dest / name)
    except OSError as error:
        raise BackendError(f"{part} cannot be written: {os.strerror(error.errno or 0)}", hint="choose another folder") from None
    finally:
        part.unlink(missing_ok=True)
