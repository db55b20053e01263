"""One export, made: stream by stream, so that what a crash interrupts goes on with the streams that are not written yet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from listbackup.base.errors import Interrupted
from listbackup.processor.export import (
    MANIFEST,
    ExportedFile,
    ExportOptions,
    ExportProgress,
    bundle_name,
    chosen_streams,
    export_bundle,
    export_stream,
    file_names,
    manifest_of,
)
from listbackup.services.exports.model import Export
from listbackup.services.exports.shelf import Shelf
from listbackup.store import SnapshotInfo

if TYPE_CHECKING:
    from listbackup.store import View

Note = Callable[[Callable[[Export], Export]], Export]


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What an export is made of, and whom to tell. ``note`` keeps a change of the row; ``pause`` raises where it is time to stop."""

    view: View
    snapshot: SnapshotInfo
    source_name: str
    shelf: Shelf
    room: Path  # a folder of its own, in the clear while one stream is written
    note: Note
    pause: Callable[[int], None]

    def carry_out(self, export: Export) -> Export:
        """The export with all its files on the shelf, the manifest last. Raises Interrupted, InputError, OutOfSpace."""
        options = export.options()
        streams = chosen_streams(self.snapshot, options)
        names = file_names(streams, export.format.value)
        done = {file.name for file in export.files}
        for stream in streams:
            if names[stream] not in done:
                export = self._one(export, options, stream, names[stream])
            if options.attachments and bundle_name(names[stream]) not in done:
                export = self._bundle(export, options, stream, bundle_name(names[stream]))
        return self._manifest(export, options)

    def _bundle(self, export: Export, options: ExportOptions, stream: str, name: str) -> Export:
        def listen() -> None:
            self.pause(export.records)

        file = export_bundle(self.view, self._fresh(), stream=stream, name=name, options=options, listen=listen)
        return self._shelve(export, file, self.room / name) if file is not None else export

    def _one(self, export: Export, options: ExportOptions, stream: str, name: str) -> Export:
        before = export.records

        def listen(progress: ExportProgress) -> None:
            self.pause(before + progress.records)

        file = export_stream(
            self.view, self.snapshot, export.format, self._fresh(), stream=stream, name=name, options=options, listen=listen
        )
        return self._shelve(export, file, self.room / name)

    def _manifest(self, export: Export, options: ExportOptions) -> Export:
        path = self._fresh() / MANIFEST
        path.write_bytes(
            manifest_of(export.files, self.snapshot, export.format, options=options, source_name=self.source_name, now=export.created_at)
        )
        file = ExportedFile(name=MANIFEST, stream="", records=0, size_bytes=path.stat().st_size, sha256="")
        return self._shelve(export, file, path)

    def _shelve(self, export: Export, file: ExportedFile, path: Path) -> Export:
        self.shelf.put(len(export.files), path)
        path.unlink()

        def with_file(old: Export) -> Export:
            files: Sequence[ExportedFile] = (*old.files, file)
            return replace(old, files=files, records=sum(one.records for one in files))

        return self.note(with_file)

    def _fresh(self) -> Path:
        shutil.rmtree(self.room, ignore_errors=True)
        self.room.mkdir(parents=True, mode=0o700)
        return self.room


class Cancelled(Interrupted):
    """Somebody no longer wants it."""

    def __init__(self) -> None:
        super().__init__("the export was cancelled")
