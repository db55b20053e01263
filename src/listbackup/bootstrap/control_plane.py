"""The control plane of this machine as files that can be copied, and the places where copies of it may lie."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.keyring.key_records import ACCOUNT_KEYS, LIVE, SHREDDED, bytes_of, receipt_of
from listbackup.backends.keyring.roots import wrapping_root
from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.objects.port import Objects
from listbackup.backends.objects.retrying import RetryingObjects
from listbackup.backends.os_errors import translated
from listbackup.backends.sqlite_copy import copy_database
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.base.ids import new_id
from listbackup.base.paging import iter_pages
from listbackup.bootstrap.buckets import open_bucket
from listbackup.bootstrap.folder import Folder
from listbackup.bootstrap.settings import S3Settings, Settings
from listbackup.services.system import CONFIGURATION, KEYS, MARK, TABLES, Gathered

_SCRATCH = "listbackup.copying"
_BESIDE_OBJECTS = "system-copies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where copies lie, and how people call it."""

    objects: Objects
    where: str


class MachinePlane:
    """``services.system.Plane`` over a data folder and its keyring."""

    def __init__(self, folder: Folder, keyring: FileKeyring, keys: SqliteTables, *, configuration: Path | None) -> None:
        self._folder, self._keyring, self._keys, self._configuration = folder, keyring, keys, configuration
        self._known: tuple[object, str] | None = None

    @property
    def installation(self) -> str:
        """See the port."""
        return self._folder.installation

    @property
    def roots(self) -> FileKeyring:
        """See the port."""
        return self._keyring

    def root(self) -> str:
        """See the port."""
        return self._keyring.current()

    def fingerprint(self) -> str:
        """See the port. What is asked of the disk is asked when something was committed to the key store."""
        root, stamp = self._keyring.current(), self._keys.stamp()
        if self._known is None or self._known[0] != (root, stamp):
            self._known = ((root, stamp), f"{root}/{self._keys.digest(ACCOUNT_KEYS)}")
        return self._known[1]

    def last_shredding(self) -> datetime | None:
        """See the port."""
        table = self._keys.open(ACCOUNT_KEYS)
        graves = iter_pages(lambda cursor: table.query(SHREDDED, index="by_state", cursor=cursor))
        return max((receipt_of(grave).shredded_at for grave in graves), default=None)

    @contextmanager
    def gather(self) -> Iterator[tuple[Gathered, Path]]:
        """See the port. The tables first: whatever account they name has its keys in the key store that is copied after them."""
        scratch = self._folder.data / f"{_SCRATCH}.{new_id('tmp', 0)[-8:]}"
        with translated("write", str(scratch)):
            self._clear()
            scratch.mkdir(mode=0o700)
        try:
            copy_database(self._folder.tables_file, scratch / TABLES)
            copy_database(self._folder.keys_file, scratch / KEYS)
            files = {MARK: self._folder.data / MARK, TABLES: scratch / TABLES, KEYS: scratch / KEYS}
            if self._configuration is not None and self._configuration.is_file():
                files[CONFIGURATION] = self._configuration
            yield Gathered(files=files, needs=needed_roots(scratch / KEYS)), scratch / "sealed"
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _clear(self) -> None:
        """What a copying that was killed left behind: nobody else copies while this one holds the lease."""
        for left in self._folder.data.glob(f"{_SCRATCH}.*"):
            shutil.rmtree(left, ignore_errors=True)


def needed_roots(keys: Path) -> Sequence[str]:
    """The root keys that open a copied key store: two while a change of the root key goes on."""
    tables = SqliteTables(keys)
    try:
        table = tables.open(ACCOUNT_KEYS)
        living = iter_pages(lambda cursor: table.query(LIVE, index="by_state", cursor=cursor))
        return sorted({wrapping_root(bytes_of(item, "wrapped")) for item in living})
    finally:
        tables.close()
        with contextlib.suppress(OSError):
            for beside in keys.parent.glob(f"{keys.name}-*"):
                beside.unlink()


def open_place(text: str, settings: Settings, clock: Clock) -> Place:
    """The place that ``text`` names: a folder, or ``s3://BUCKET/PREFIX``. Raises InputError for one inside the data folder."""
    if text.startswith("s3://"):
        bucket, _, prefix = text.removeprefix("s3://").partition("/")
        if not bucket:
            raise InputError(f"{text!r} names no bucket", hint="such as s3://backups/listbackup")
        where = S3Settings(
            bucket=bucket, prefix=prefix.strip("/"), endpoint=settings.system_backup.endpoint, region=settings.system_backup.region
        )
        return Place(objects=RetryingObjects(open_bucket(where, settings), clock), where=text)
    folder = Path(text).expanduser().absolute()
    if folder.resolve().is_relative_to(settings.data.resolve()):
        raise InputError(
            f"{folder} lies inside the data folder: what takes one takes both", hint="name a folder on another disk, or s3://BUCKET/PREFIX"
        )
    return Place(objects=FilesObjects(folder), where=str(folder))


def place_of(folder: Folder, settings: Settings, clock: Clock) -> Place | None:
    """Where this installation's copies go: where the settings say, else beside the objects where those lie in a bucket, else nowhere."""
    said = settings.system_backup.to
    if said is not None:
        return open_place(said, settings, clock)
    if folder.s3 is None:
        return None
    prefix = f"{folder.s3.prefix}/{_BESIDE_OBJECTS}".lstrip("/")
    objects = RetryingObjects(open_bucket(replace(folder.s3, prefix=prefix), settings), clock)
    return Place(objects=objects, where=f"s3://{folder.s3.bucket}/{prefix}")
