"""What ``doctor`` looks at, one question each; a question that cannot be asked is itself a finding."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from listbackup.base.errors import ListBackupError
from listbackup.base.paging import iter_pages
from listbackup.cli import surroundings
from listbackup.cli.exit_codes import ExitCode, exit_code
from listbackup.cli.findings import Finding
from listbackup.cli.output import local, size
from listbackup.cli.shell import Shell

LOW_DISK_BYTES = 1_000_000_000
_LATE = timedelta(hours=1)


def examine(sh: Shell) -> list[Finding]:
    """A finding for everything there is to look at, in the order in which one depends on the other."""
    settings, now = sh.settings, sh.clock.now()
    found = [_asked("python", _python), _asked("data folder", lambda: _folder(sh)), _asked("disk", lambda: _disk(sh))]
    around = [
        surroundings.configuration(settings),
        surroundings.port(settings.serve),
        surroundings.mail(settings.mail, settings.data),
    ]
    if found[1].code is not ExitCode.OK:
        return [*found, *around]
    found += [*around, surroundings.writable(settings.data), surroundings.machine_clock(settings.data, now)]
    found.append(_asked("key file", lambda: _key_file(sh)))
    for name in ("tables.db", "keys.db"):
        found.append(_asked(name, lambda name=name: _sqlite(sh.settings.data / name)))  # type: ignore[misc]
    found.append(_asked("keys", lambda: _keys(sh)))
    if all(one.code is ExitCode.OK for one in found):
        found += [_asked("objects", lambda: _objects(sh)), _asked("trail", lambda: _trail(sh)), _asked("clock", lambda: _clock(sh))]
        found += [_asked("connections", lambda: _connections(sh)), _asked("queue", lambda: _queue(sh))]
        found.append(_asked("workers", lambda: _workers(sh)))
        found.append(_asked("system copies", lambda: _copies(sh)))
    return found


def _asked(subject: str, ask: Callable[[], Finding]) -> Finding:
    try:
        return ask()
    except ListBackupError as error:
        return Finding(subject=subject, message=error.message, code=exit_code(error), hint=error.hint)


def _python() -> Finding:
    return Finding(subject="python", message=f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}")


def _folder(sh: Shell) -> Finding:
    from listbackup.bootstrap.folder import open_folder

    folder = open_folder(sh.settings)
    mode = os.stat(folder.data).st_mode & 0o077
    if mode:
        hint = f"chmod 700 {folder.data}"
        return Finding(subject="data folder", message=f"{folder.data} can be read by others", code=ExitCode.INPUT, hint=hint)
    return Finding(subject="data folder", message=f"{folder.data} (installation {folder.installation})")


def _key_file(sh: Shell) -> Finding:
    from listbackup.bootstrap.folder import open_folder

    return surroundings.key_file(sh.settings.data, open_folder(sh.settings).root_file)


def _workers(sh: Shell) -> Finding:
    """No finding against it: who backs up by hand needs none."""
    installation = sh.system.installation
    state, alive = installation.maintenance.state(), installation.beats.alive()
    if state.on:
        return Finding(subject="workers", message=f"in maintenance: {state.reason}", hint="listbackup maintenance off")
    if not alive:
        return Finding(
            subject="workers", message="none was heard of within a minute: what is scheduled waits for `listbackup serve` or `worker`"
        )
    return Finding(subject="workers", message=f"{len(alive)}, {sum(one.hands for one in alive)} runs at once")


def _copies(sh: Shell) -> Finding:
    """No finding against it where none are taken: who has one machine and its copies elsewhere may want none."""
    copies = sh.system.copies
    if not copies.has_place:
        return Finding(subject="system copies", message="none are taken: LISTBACKUP_SYSTEM_BACKUP_TO names no place")
    state = copies.state()
    if state.problem is not None:
        hint = "mend that, then:  listbackup system backup"
        return Finding(subject="system copies", message=f"the last one failed: {state.problem}", code=ExitCode.FAILED, hint=hint)
    newest = f"the newest is of {local(state.newest_at)}" if state.newest_at is not None else "none was taken yet"
    return Finding(subject="system copies", message=f"{newest}, at {state.place}")


def _disk(sh: Shell) -> Finding:
    folder = next(path for path in (sh.settings.data, *sh.settings.data.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        hint = "free some space; then listbackup expire and listbackup prune make more (docs/runbooks/disk-full.md)"
        return Finding(subject="disk", message=f"only {size(free)} free", code=ExitCode.NO_SPACE, hint=hint)
    return Finding(subject="disk", message=f"{size(free)} free")


def _sqlite(path: Path) -> Finding:
    """The whole file read and judged by SQLite itself."""
    if not path.exists():
        return Finding(subject=path.name, message=f"{path} is missing", code=ExitCode.DAMAGED, hint="put it back from a copy")
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            answer = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as error:
        if (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):  # a full disk
            hint = "free some space, or see who may read the data folder; then look again"
            return Finding(subject=path.name, message=f"{path} cannot be examined: {error}", code=ExitCode.NO_SPACE, hint=hint)
        answer = str(error)
    if answer != "ok":
        hint = "see docs/runbooks/damaged-store.md"
        return Finding(subject=path.name, message=f"{path} is damaged: {answer}", code=ExitCode.DAMAGED, hint=hint)
    return Finding(subject=path.name, message=f"whole, {size(path.stat().st_size)}")


def _keys(sh: Shell) -> Finding:
    scope = sh.system.keys.for_account(sh.scope.account)
    scope.current()
    rotating = ", a rotation was broken off: listbackup keys rotate" if sh.system.keys.is_rotating() else ""
    return Finding(subject="keys", message=f"root key {sh.system.keyring.current()} opens the account's keys{rotating}")


def _objects(sh: Shell) -> Finding:
    count = total = 0
    for one in sh.system.objects.list(""):
        count, total = count + 1, total + one.size_bytes
    where = f"bucket {sh.system.folder.s3.bucket}" if sh.system.folder.s3 is not None else str(sh.system.folder.objects_dir)
    return Finding(subject="objects", message=f"{count:,} in {where}, {size(total)}")


def _trail(sh: Shell) -> Finding:
    broken = sh.system.activities.verify(sh.scope)
    if broken is not None:
        hint = "somebody changed the trail, or tables.db was put back from an older copy"
        return Finding(subject="trail", message=broken.message, code=ExitCode.DAMAGED, hint=hint)
    return Finding(subject="trail", message="every line is as it was written")


def _clock(sh: Shell) -> Finding:
    now = sh.clock.now()
    newest = next(iter(sh.system.runs.list(sh.scope, limit=1).items), None)
    if newest is not None and newest.queued_at - now > _LATE:
        message = f"it is {local(now)}, but a run was started at {local(newest.queued_at)}"
        return Finding(subject="clock", message=message, code=ExitCode.FAILED, hint="set the machine's clock")
    return Finding(subject="clock", message=local(now))


def _connections(sh: Shell) -> Finding:
    connections = list(iter_pages(lambda cursor: sh.system.connections.list(sh.scope, cursor=cursor)))
    refused = [one.name for one in connections if one.state.value == "needs_reauth"]
    if refused:
        hint = f"listbackup connect PLATFORM --name {refused[0]} --again"
        return Finding(
            subject="connections", message=f"refused by the platform: {', '.join(refused)}", code=ExitCode.NEEDS_REAUTH, hint=hint
        )
    return Finding(subject="connections", message=f"{len(connections)}, none refused")


def _queue(sh: Shell) -> Finding:
    dead = sh.system.runs.letters.list(sh.scope, everybody=True).items
    if dead:
        hint = "docs/runbooks/dead-letters.md"
        return Finding(subject="queue", message=f"{len(dead)} messages were given up", code=ExitCode.FAILED, hint=hint)
    return Finding(subject="queue", message=f"{sh.system.queue.depth()} waiting")
