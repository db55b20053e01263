"""A data folder: what it is, which installation it belongs to, where its objects lie, and which version wrote it.

``DATA/listbackup.json`` is written once, by ``listbackup init``, and says what must never change under the data that is there. Layout::

    DATA/listbackup.json      this installation's id, the format's number, where objects lie
    DATA/tables.db            accounts, connections, sources, jobs, runs, roots of snapshots (SQLite)
    DATA/keys.db              account keys, wrapped by the root key
    DATA/objects/             packs and attachments, sealed (unless a bucket holds them)
    DATA/logs/                one JSON object a line, one file a day
    DATA/mail/                letters, where no mail server takes them
    DATA/listbackup.reserve   room for the day when the disk is full
    DATA/listbackup.*/        what a copying, a restoring of the control plane works with, or moved aside
    KEYS/<installation>/      the root key, and since when trails are sealed: apart from the data, so that a copy of one is useless without the other
    CACHE/<installation>/     what was read from a bucket; safe to delete
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from listbackup.base.clock import Clock, iso, unix_ms
from listbackup.base.errors import BackendError, Conflict, DamagedError, InputError, NewerFormat, OutOfSpace
from listbackup.base.ids import new_id
from listbackup.bootstrap.settings import S3Settings, Settings

FORMAT = 1
MARK = "listbackup.json"
OURS = ("listbackup.", "tables.db", "keys.db", "objects", "logs", "mail", "lost+found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """An installation on this machine; ``s3`` is None when objects are files in the folder."""

    installation: str
    data: Path
    keys: Path
    cache: Path
    s3: S3Settings | None

    @property
    def tables_file(self) -> Path:
        """The SQLite file of the control plane."""
        return self.data / "tables.db"

    @property
    def objects_dir(self) -> Path:
        """Where objects are files."""
        return self.data / "objects"

    @property
    def logs_dir(self) -> Path:
        """Where the log of each day is."""
        return self.data / "logs"

    @property
    def root_file(self) -> Path:
        """The root key."""
        return self.keys / "root.key"

    @property
    def workspace(self) -> Path:
        """Where exports lie in the clear while they are written, by account."""
        return self.cache / "exports"

    @property
    def sealing_file(self) -> Path:
        """Since when lines of the trail are sealed."""
        return self.keys / "sealing.json"

    @property
    def keys_file(self) -> Path:
        """The SQLite file of the wrapped account keys (docs/decisions/0081)."""
        return self.data / "keys.db"


def is_folder(settings: Settings) -> bool:
    """Whether ``listbackup init`` was here."""
    return (settings.data / MARK).exists()


def create_folder(settings: Settings, clock: Clock, furnish: Callable[[Folder], None]) -> Folder:
    """A new installation in an absent or empty data folder, readable by its owner only. Raises Conflict when there is one, InputError for other contents.

    ``furnish`` puts in what belongs there; the folder counts as made once it returned. What a broken-off making left is taken up by the next.
    """
    mark = settings.data / MARK
    if mark.exists():
        raise Conflict(
            f"{settings.data} is a ListBackup data folder already", hint="nothing to do; go on with:  listbackup connect PLATFORM"
        )
    try:
        _make(settings.data)
        if any(not entry.name.startswith(OURS) for entry in settings.data.iterdir()):
            raise InputError(
                f"{settings.data} is not empty and is no ListBackup data folder", hint="name another with --data or LISTBACKUP_DATA"
            )
        content = _draft(settings, clock)
        folder = _folder(settings, content)
        _make(folder.keys)
        _make(folder.logs_dir)
        _write(mark.with_suffix(".draft"), content)
        furnish(folder)
        _write(mark, content)
        mark.with_suffix(".draft").unlink(missing_ok=True)
    except OSError as error:
        raise _ground(error, settings.data) from error
    return folder


def open_folder(settings: Settings) -> Folder:
    """The installation in the data folder. Raises InputError when there is none, NewerFormat, DamagedError."""
    mark = settings.data / MARK
    try:
        content = json.loads(mark.read_text("utf-8"))
        written_by = content["format"]
    except FileNotFoundError:
        raise InputError(
            f"there is no ListBackup data folder at {settings.data}",
            hint="make one with:  listbackup init   (or name another with --data)",
        ) from None
    except PermissionError:
        raise InputError(
            f"the data folder {settings.data} belongs to another user", hint="run as that user, or name another with --data"
        ) from None
    except OSError as error:
        raise _ground(error, settings.data) from error
    except (ValueError, KeyError, TypeError):
        raise _damaged(mark) from None
    if isinstance(written_by, int) and written_by > FORMAT:
        raise NewerFormat(
            f"the data folder {settings.data} was written by a newer ListBackup (format {written_by}; this version knows {FORMAT})",
            hint="upgrade ListBackup on this machine; nothing was changed",
        )
    try:
        return _folder(settings, content)
    except (KeyError, TypeError, AttributeError):
        raise _damaged(mark) from None


def _folder(settings: Settings, content: dict[str, Any]) -> Folder:
    installation = str(content["installation"])
    objects = content["objects"]
    s3 = None
    if objects["kind"] == "s3":
        s3 = S3Settings(bucket=objects["bucket"], endpoint=objects["endpoint"], region=objects["region"], prefix=objects["prefix"])
    elif objects["kind"] != "files":
        raise NewerFormat(
            f"objects of {settings.data} lie in a {objects['kind']!r}, which this version does not know", hint="upgrade ListBackup"
        )
    return Folder(
        installation=installation,
        data=settings.data,
        keys=settings.keys / installation,
        cache=settings.cache / installation,
        s3=s3,
    )


def _draft(settings: Settings, clock: Clock) -> dict[str, Any]:
    """What the mark will say; an unfinished making keeps its id, because keys were made for it."""
    installation = new_id("ins", unix_ms(clock.now()))
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        installation = str(json.loads((settings.data / MARK).with_suffix(".draft").read_text("utf-8"))["installation"])
    return {"format": FORMAT, "installation": installation, "created_at": iso(clock.now()), "objects": _objects_of(settings.s3)}


def _objects_of(s3: S3Settings | None) -> dict[str, str | None]:
    if s3 is None:
        return {"kind": "files"}
    return {"kind": "s3", "bucket": s3.bucket, "endpoint": s3.endpoint, "region": s3.region, "prefix": s3.prefix}


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all, and durable."""
    draft = path.with_suffix(".new")
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(mark: Path) -> DamagedError:
    return DamagedError(
        f"{mark} cannot be read: it is not what `listbackup init` wrote",
        where=str(mark),
        hint="put it back from a copy; see docs/runbooks/damaged-store.md",
    )


def _ground(error: OSError, path: Path) -> BackendError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutOfSpace(f"the disk of {path} is full", hint="free some space and run the same again; nothing was lost")
    return BackendError(f"{path} cannot be used: {error.strerror}", hint="check the path, its owner and its file system")
