"""A lost machine, back: a copy of the control plane put into an empty data folder, and what was done since taken up from the objects.

Order: the copy is opened whole into ``listbackup.restoring`` before anything else is touched; then the root key, the tables, the mark, which makes it an
installation. Whatever tables stood there are moved aside, never removed. Broken off anywhere, the same command begins again.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from listbackup.backends.durable import ensure_folder, fsync_folder
from listbackup.backends.identity.table import SESSIONS, TICKETS
from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.keyring.roots import Roots
from listbackup.backends.objects.port import Objects
from listbackup.backends.os_errors import translated
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import Clock, unix_ms
from listbackup.base.errors import Conflict, DamagedError, InputError, KeyUnavailable, NotFound, StoreError
from listbackup.base.ids import new_id
from listbackup.base.paging import iter_pages
from listbackup.bootstrap.folder import OURS, Folder, open_folder
from listbackup.bootstrap.settings import Settings
from listbackup.bootstrap.system import System
from listbackup.services.desk import Fact
from listbackup.services.system import CONFIGURATION, KEYS, MARK, SYSTEM, TABLES, Header, open_copy, read_header, switch_row
from listbackup.store.store import Store

_RESTORING = "listbackup.restoring"
KEPT_CONFIGURATION = "listbackup.config.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """What stands in the data folder now, and where that lies which stood there before."""

    folder: Folder
    header: Header
    aside: Path | None
    configuration: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was found in the installation that came back. ``newer`` sources had snapshots that the copy did not know; of ``bare`` ones no object is here."""

    accounts: int
    connections: int
    sources: int
    jobs: int
    snapshots: int
    newer: int
    bare: Sequence[str]


def put_back(settings: Settings, place: Objects, name: str, *, kit: Roots | None, clock: Clock, replace: bool = False) -> PutBack:
    """The installation of the copy, in the data folder. Raises Conflict (there is one already), InputError (other contents), KeyUnavailable, DamagedError."""

    def read(start: int, length: int) -> bytes:
        return place.get(name, start, length)

    data, header = settings.data, read_header(read, name)
    _refuse_occupied(data, replace=replace)
    root_file = settings.keys / header.installation / "root.key"
    roots = _roots(root_file, data, kit, header, name)
    stage = data / _RESTORING
    with translated("write", str(data)):
        ensure_folder(data)
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        open_copy(read, name, roots, stage)
        _check_mark(stage / MARK, header, name)
        _end_sessions(stage / TABLES)
        _hold(stage / TABLES, name, clock)
        aside = _move_aside(data, clock.now())
        if not root_file.exists():
            FileKeyring.restore(root_file, roots, data_folder=data)
        ensure_folder(data / "logs")
        for file in (TABLES, KEYS):
            os.replace(stage / file, data / file)
        configuration = None
        if (stage / CONFIGURATION).exists():
            configuration = data / KEPT_CONFIGURATION
            os.replace(stage / CONFIGURATION, configuration)
        fsync_folder(data)
        os.replace(stage / MARK, data / MARK)
        fsync_folder(data)
        shutil.rmtree(stage)
        folder = open_folder(settings)
        shutil.rmtree(folder.cache, ignore_errors=True)  # it knows generations that are not there any more
    return PutBack(folder=folder, header=header, aside=aside, configuration=configuration)


def settle(system: System, copy: str, *, start: bool) -> Settled:
    """What the objects know better than the copy is taken up from them: the snapshots made since. Maintenance stays on unless everything is to ``start``."""
    copies = system.copies
    copies.take_over()
    figures = _Figures()
    for account in system.accounts.iter_active():
        scope = system.accounts.enter(account.id, actor="cli")
        figures.accounts += 1
        figures.connections += sum(1 for _ in iter_pages(lambda cursor: system.connections.list(scope, cursor=cursor)))  # noqa: B023
        figures.jobs += sum(1 for _ in iter_pages(lambda cursor: system.jobs.list(scope, cursor=cursor)))  # noqa: B023
        for source in iter_pages(lambda cursor: system.sources.list(scope, cursor=cursor)):  # noqa: B023
            figures.sources += 1
            store = Store(system.stores.ground(scope), source.id)
            if _is_behind(store):
                system.stores.rebuild(scope, source.id)
                figures.newer += 1
            figures.look_at(Store(system.stores.ground(scope), source.id))
    scope = system.enter("cli")
    if start:
        system.installation.maintenance.switch(scope, on=False)
    system.tell(scope, Fact(name="system.restored", subject="installation", about={"copy": copy}))
    return figures.settled()


class _Figures:
    def __init__(self) -> None:
        self.accounts = self.connections = self.sources = self.jobs = self.snapshots = self.newer = 0
        self.bare: list[str] = []

    def look_at(self, store: Store) -> None:
        """Counts what the source has, and whether it is here."""
        try:
            head = store.head()
        except NotFound:
            return
        living = sum(1 for entry in head.snaps if entry.expired_at is None)
        self.snapshots += living
        if living and store.ground.objects.find(store.place.head) is None:
            self.bare.append(store.place.source)

    def settled(self) -> Settled:
        return Settled(
            accounts=self.accounts,
            connections=self.connections,
            sources=self.sources,
            jobs=self.jobs,
            snapshots=self.snapshots,
            newer=self.newer,
            bare=self.bare,
        )


def _is_behind(store: Store) -> bool:
    """Whether the objects know a younger head than the tables."""
    try:
        store.root.check_mirror()
    except NotFound:  # the tables know none; a source that was never backed up has none there either
        return store.ground.objects.find(store.place.head) is not None
    except DamagedError:
        return True
    return False


def _refuse_occupied(data: Path, *, replace: bool) -> None:
    if not data.exists():
        return
    if any(not entry.name.startswith(OURS) for entry in data.iterdir()):
        raise InputError(f"{data} is not empty and is no ListBackup data folder", hint="name another with --data or LISTBACKUP_DATA")
    if replace or ((data / _RESTORING).exists() and not (data / MARK).exists()):
        return
    if any((data / name).exists() for name in (MARK, TABLES, KEYS)):
        raise Conflict(
            f"{data} holds an installation already",
            hint="name another with --data, or stop it and give --replace: what is there is moved aside",
        )


def _roots(root_file: Path, data: Path, kit: Roots | None, header: Header, name: str) -> Roots:
    """The root keys that open the copy and all that is in it, of the key folder or of the kit."""
    held = FileKeyring.open(root_file, data_folder=data).roots if root_file.exists() else None
    roots = held or kit
    if roots is None:
        raise KeyUnavailable(
            f"the copy {name} is sealed under the root key {header.root}, which is not on this machine",
            hint="give the recovery kit:  --kit FILE   (or --kit - to type it)",
        )
    missing = sorted({header.root, *header.needs} - set(roots.ids))
    if missing:
        whose = f"the key file {root_file}" if held is not None else "the recovery kit"
        raise KeyUnavailable(
            f"the copy {name} needs the root key {', '.join(missing)}, and {whose} has {', '.join(roots.ids)}",
            hint="take the kit or the key file of that time, or another copy:  listbackup system copies --from PLACE",
        )
    return roots


def _check_mark(mark: Path, header: Header, name: str) -> None:
    try:
        installation = json.loads(mark.read_text("utf-8"))["installation"]
    except (ValueError, KeyError, TypeError):
        installation = None
    if installation != header.installation:
        raise DamagedError(f"the copy {name} is of another installation than it says", where=name, hint="take another copy")


def _end_sessions(tables: Path) -> None:
    """A copy is older than the last sign-outs: nobody is signed in after it, and no link sent before works."""
    try:
        with closing(sqlite3.connect(tables, isolation_level=None)) as connection:
            known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}
            for spec in (SESSIONS, TICKETS):
                if f"t_{spec.name}" in known:
                    connection.execute(f'DELETE FROM "t_{spec.name}"')
    except sqlite3.Error as error:
        raise StoreError(f"the copied tables cannot be used: {error}", hint="take another copy") from None


def _hold(tables: Path, name: str, clock: Clock) -> None:
    """The other machine may still run: nothing begins here before a person says so."""
    reason = f"restored from a copy of {name.rpartition('/')[2][:13]}: end this when the other machine is off for good"
    opened = SqliteTables(tables)
    opened.open(SYSTEM).put(switch_row(on=True, reason=reason, at=clock.now(), by="cli"))
    opened.close()
    with closing(sqlite3.connect(tables, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # one file again, to be moved


def _move_aside(data: Path, now: datetime) -> Path | None:
    """The tables that stand there, somewhere else."""
    there = [path for name in (MARK, TABLES, KEYS) for path in sorted(data.glob(f"{name}*"))]
    if not there:
        return None
    aside = (
        data / f"listbackup.before-{new_id('x', unix_ms(now))[2:]}"
    )  # a new one each time: what a broken-off restoring put there is not the same
    aside.mkdir(mode=0o700)
    for path in there:
        os.replace(path, aside / path.name)
    fsync_folder(aside)
    fsync_folder(data)
    return aside
