"""The embedded ground: SQLite and files (or a bucket) under every port, composed here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.keyring.roots import Roots
from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.objects.metered import MeteredObjects
from listbackup.backends.objects.port import Objects
from listbackup.backends.queue.port import Queue
from listbackup.backends.queue.sqlite import SqliteQueue
from listbackup.backends.schedule.port import Schedule
from listbackup.backends.schedule.sqlite import SqliteSchedule
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import Clock, SystemClock
from listbackup.bootstrap.folder import Folder, create_folder, is_folder, open_folder
from listbackup.bootstrap.logs import close_log, open_log
from listbackup.bootstrap.machine import Machine
from listbackup.bootstrap.reserve import keep_reserve
from listbackup.bootstrap.settings import Settings
from listbackup.bootstrap.site import Site
from listbackup.bootstrap.system import System
from listbackup.services.desk import Desk

RUN_QUEUE = "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedGround:
    """See ``Ground``; everything is open."""

    site: Site
    clock: Clock
    desk: Desk
    tables: SqliteTables
    keys: AccountKeys
    objects: Objects
    queue: Queue
    schedule: Schedule
    closing: Sequence[Callable[[], None]]

    def close(self) -> None:
        """See ``Ground``."""
        for close in self.closing:
            close()


def init_system(settings: Settings, *, clock: Clock | None = None) -> Folder:
    """A new installation: folder, root key, account. Raises Conflict when there is one; one that was broken off is finished."""
    time = clock or SystemClock()

    def furnish(folder: Folder) -> None:
        if not folder.root_file.exists():
            FileKeyring.create(folder.root_file, data_folder=folder.data)
        if folder.s3 is not None:
            from listbackup.bootstrap.buckets import open_bucket

            # say now, not at the first backup, that the bucket cannot be used
            open_bucket(folder.s3, settings).prove_create_once()
        system = _wire(folder, settings, time)
        try:
            system.accounts.ensure_default(actor="cli")
        finally:
            system.close()

    return create_folder(settings, time, furnish)


def open_system(settings: Settings, *, clock: Clock | None = None) -> System:
    """The installation in the data folder. Raises InputError (there is none), NewerFormat, KeyUnavailable, DamagedError, BackendError."""
    return _wire(open_folder(settings), settings, clock or SystemClock())


def restore_root(settings: Settings, roots: Roots) -> Folder:
    """The installation whose root keys were put back from a recovery kit. Raises Conflict when there are root keys already."""
    folder = open_folder(settings)
    FileKeyring.restore(folder.root_file, roots, data_folder=folder.data)
    return folder


def open_objects(folder: Folder, settings: Settings, clock: Clock) -> Objects:
    """Where packs and attachments lie: files of the data folder, or a bucket behind the retry loop."""
    if folder.s3 is None:
        return FilesObjects(folder.objects_dir)
    from listbackup.backends.objects.retrying import RetryingObjects
    from listbackup.bootstrap.buckets import open_bucket

    return RetryingObjects(open_bucket(folder.s3, settings), clock)


def _wire(folder: Folder, settings: Settings, clock: Clock) -> System:
    keyring = FileKeyring.open(folder.root_file, data_folder=folder.data)
    log = open_log(folder.logs_dir, level=settings.log_level, clock=clock, stderr=settings.log_stderr)
    file = SqliteFile(folder.tables_file, clock=clock)
    tables = SqliteTables(file, clock=clock)
    key_tables = SqliteTables(folder.keys_file, clock=clock)
    keys = AccountKeys(key_tables, keyring, clock, scrub=key_tables.scrub)

    ground = EmbeddedGround(
        site=Machine(folder, settings, clock, keyring=keyring, key_tables=key_tables, keys=keys),
        clock=clock,
        desk=Desk(tables, OutboxEvents(tables), clock),
        tables=tables,
        keys=keys,
        objects=MeteredObjects(open_objects(folder, settings, clock)),
        queue=SqliteQueue(file, RUN_QUEUE, clock=clock),
        schedule=SqliteSchedule(file),
        closing=(tables.close, key_tables.close, lambda: close_log(log), lambda: keep_reserve(folder.data)),
    )
    return System(ground, settings)


__all__ = ["init_system", "is_folder", "open_objects", "open_system", "restore_root"]
