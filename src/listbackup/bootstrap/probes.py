"""Questions beyond those to the ports: is there room on this machine's disk, does its mail server answer, do letters go out."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from listbackup.backends.table.port import Tables
from listbackup.bootstrap.settings import MailSettings
from listbackup.services.post import trouble
from listbackup.services.system import Copies, Probe, Unwell

LOW_DISK_BYTES = 256 * 1024 * 1024  # below it writes begin to be refused by SQLite's log and by packs
_PATIENCE_SECONDS = 2.0


def probes_of(folder: Path, mail: MailSettings | None, copies: Copies, tidy: Callable[[], object]) -> list[Probe]:
    """What this machine adds to the health of the ports: its disk, copies of itself, its housekeeping, its mail server."""
    probes = [Probe(name="disk", ask=lambda: disk_has_room(folder))]
    if copies.has_place:
        probes.append(Probe(name="copies", ask=copies.check, essential=False, every_seconds=15))
    probes.append(Probe(name="housekeeping", ask=tidy, essential=False, every_seconds=60))
    if mail is not None:
        probes.append(Probe(name="mail", ask=lambda: mail_answers(mail), essential=False, every_seconds=60))
    return probes


def disk_has_room(folder: Path, *, least: int = LOW_DISK_BYTES) -> int:
    """The free bytes of the folder's disk [bytes]. Raises Unwell when they are few."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise Unwell(f"the data folder's disk cannot be asked: {error.strerror}") from None
    if free < least:
        raise Unwell("the data folder's disk is nearly full", hint="docs/runbooks/disk-full.md")
    return free


def letters_go_out(tables: Tables) -> None:
    """Raises Unwell while nobody takes our letters, with what the operator has to mend."""
    found = trouble(tables)
    if found is not None:
        raise Unwell(f"letters wait ({found.letters}): {found.why}")


def mail_answers(mail: MailSettings) -> None:
    """Raises Unwell when nobody listens where letters are handed in."""
    try:
        socket.create_connection((mail.host, mail.port), timeout=_PATIENCE_SECONDS).close()
    except OSError:
        raise Unwell("the mail server does not answer: letters wait") from None
