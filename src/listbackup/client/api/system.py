"""``client.system``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.paging import Page
from listbackup.client.session import Request, Session, given


class Beat(Struct, frozen=True, kw_only=True):
    """A worker as it was when it was last heard of. ``ticked_at`` is when its scheduler last looked for what is due, ``late_seconds`` how
    long the latest of that had waited [s].
    """

    process: str
    at: datetime
    hands: int
    busy: int
    ticked_at: datetime | None = None
    late_seconds: float = 0.0


class CopiesShown(Struct, frozen=True, kw_only=True):
    """Copies of the control plane, the newest first, and how copying goes: ``place`` is none where no copies are taken, ``problem`` why the
    last one failed.
    """

    place: str | None
    every_seconds: int | None
    newest_at: datetime | None
    age_seconds: int | None
    took_ms: int | None
    asked_at: datetime | None
    failed_at: datetime | None
    problem: str | None
    items: Sequence[Copy]


class Copy(Struct, frozen=True, kw_only=True):
    """A copy of the control plane at its place."""

    name: str
    at: datetime
    size_bytes: int


class DutyShown(Struct, frozen=True, kw_only=True):
    """Rows that go with age: how many days they are kept (null: each says itself when it ends, or all stay), and how many went, in the last
    round and ever.
    """

    name: str
    about: str
    keeps_days: int | None
    removed: int
    removed_ever: int


class HousekeepingShown(Struct, frozen=True, kw_only=True):
    """How housekeeping goes: its last round (null: there was none yet), why it left something (null: it did not), and its duties."""

    began_at: datetime | None
    ended_at: datetime | None
    problem: str | None
    duties: Sequence[DutyShown]


class Live(Struct, frozen=True, kw_only=True):
    """This process answers."""

    status: str


class MaintenanceState(Struct, frozen=True, kw_only=True):
    """Whether it is on, why, since when and by whom."""

    on: bool = False
    reason: str | None = None
    since: datetime | None = None
    by: str | None = None


class Part(Struct, frozen=True, kw_only=True):
    """A part and whether it answered; ``took_ms`` is how long that took [ms]."""

    name: str
    ok: bool
    took_ms: int
    essential: bool = True
    message: str | None = None


class QueueShown(Struct, frozen=True, kw_only=True):
    """A queue: messages that wait or are leased, and those that were given up (a hundred at most)."""

    name: str
    depth: int
    dead: int


class Ready(Struct, frozen=True, kw_only=True):
    """Whether this installation can work, part by part: ``ready``, ``degraded`` (without something that can be done without), ``not_ready``."""

    status: str
    parts: Sequence[Part]


class Status(Struct, frozen=True, kw_only=True):
    """What a page shows on top: ``ready``, ``degraded``, ``not_ready`` or ``maintenance``, and why."""

    status: str
    version: str
    maintenance: bool
    reason: str | None
    since: datetime | None


class Version(Struct, frozen=True, kw_only=True):
    """What runs here."""

    version: str
    api: str


class SystemApi:
    """The operations of ``system``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def backups(self) -> CopiesShown:
        """Copies of the control plane, and how copying goes."""
        request = Request(method="GET", path="/v2/system/backups")
        return self._session.ask(CopiesShown, request)

    def health_live(self) -> Live:
        """Whether this process answers."""
        request = Request(method="GET", path="/v2/system/health/live", signed=False)
        return self._session.ask(Live, request)

    def health_ready(self) -> Ready:
        """Whether each part works."""
        request = Request(method="GET", path="/v2/system/health/ready", signed=False)
        return self._session.ask(Ready, request)

    def housekeeping(self) -> HousekeepingShown:
        """What goes with age, and how that goes."""
        request = Request(method="GET", path="/v2/system/housekeeping")
        return self._session.ask(HousekeepingShown, request)

    def maintenance(self) -> MaintenanceState:
        """Whether the installation is in maintenance."""
        request = Request(method="GET", path="/v2/system/maintenance")
        return self._session.ask(MaintenanceState, request)

    def metrics(self) -> str:
        """Figures for Prometheus."""
        request = Request(method="GET", path="/v2/system/metrics", signed=False)
        return self._session.text(request)

    def post_system_backups(self) -> CopiesShown:
        """Have the control plane copied within seconds, beside the schedule."""
        request = Request(method="POST", path="/v2/system/backups")
        return self._session.ask(CopiesShown, request)

    def queues(self) -> Page[QueueShown]:
        """How full the queues are."""
        request = Request(method="GET", path="/v2/system/queues")
        return self._session.ask(Page[QueueShown], request)

    def set_maintenance(self, *, on: bool, reason: str | UnsetType = UNSET) -> MaintenanceState:
        """Turn maintenance on or off: changes answer 503 and no run begins, what is kept can be read."""
        request = Request(method="PUT", path="/v2/system/maintenance", body=given({"on": on, "reason": reason}))
        return self._session.ask(MaintenanceState, request)

    def status(self) -> Status:
        """Whether all is well, or in maintenance."""
        request = Request(method="GET", path="/v2/system/status", signed=False)
        return self._session.ask(Status, request)

    def version(self) -> Version:
        """What runs here."""
        request = Request(method="GET", path="/v2/system/version", signed=False)
        return self._session.ask(Version, request)

    def workers(self) -> Page[Beat]:
        """Who works, as last heard of."""
        request = Request(method="GET", path="/v2/system/workers")
        return self._session.ask(Page[Beat], request)
