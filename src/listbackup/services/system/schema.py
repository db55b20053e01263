"""The system as it goes over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body
from listbackup.services.system.copies import Copy
from listbackup.services.system.service import Part


class MaintenanceIn(Body):
    """The switch; ``reason`` is needed to turn it on, and everybody is shown it."""

    on: bool
    reason: Annotated[str, Field(max_length=300, examples=["moving to a larger disk, back at 14:00"])] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """This process answers."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Whether this installation can work, part by part: ``ready``, ``degraded`` (without something that can be done without), ``not_ready``."""

    status: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What runs here."""

    version: str
    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a page shows on top: ``ready``, ``degraded``, ``not_ready`` or ``maintenance``, and why."""

    status: str
    version: str
    maintenance: bool
    reason: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueShown:
    """A queue: messages that wait or are leased, and those that were given up (a hundred at most)."""

    name: str
    depth: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyShown:
    """Rows that go with age: how many days they are kept (null: each says itself when it ends, or all stay), and how many went, in the last round and ever."""

    name: str
    about: str
    keeps_days: int | None
    removed: int
    removed_ever: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingShown:
    """How housekeeping goes: its last round (null: there was none yet), why it left something (null: it did not), and its duties."""

    began_at: datetime | None
    ended_at: datetime | None
    problem: str | None
    duties: Sequence[DutyShown]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesShown:
    """Copies of the control plane, the newest first, and how copying goes: ``place`` is none where no copies are taken, ``problem`` why the last one failed."""

    place: str | None
    every_seconds: int | None
    newest_at: datetime | None
    age_seconds: int | None
    took_ms: int | None
    asked_at: datetime | None
    failed_at: datetime | None
    problem: str | None
    items: Sequence[Copy]
