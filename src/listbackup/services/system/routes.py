"""What the system offers over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from listbackup import __version__
from listbackup.base.metrics import Metric
from listbackup.http.paging import Listing
from listbackup.http.permission import Permission
from listbackup.services.accounts import Accounts
from listbackup.services.operators import ensure_operator
from listbackup.services.routing import Answer, Call, Route, Text, changing, reading
from listbackup.services.system.copies import Copies
from listbackup.services.system.heartbeats import Beat
from listbackup.services.system.housekeeping import Housekeeping
from listbackup.services.system.installation import Installation
from listbackup.services.system.maintenance import MaintenanceState
from listbackup.services.system.schema import (
    CopiesShown,
    DutyShown,
    HousekeepingShown,
    Live,
    MaintenanceIn,
    QueueShown,
    Ready,
    Status,
    Version,
)

_COPY = "Have the control plane copied within seconds, beside the schedule"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"


def routes(accounts: Accounts, installation: Installation, of_process: Callable[[], Sequence[Metric]]) -> Sequence[Route]:
    """Health, version and figures, which tell nothing of an account; and what an operator turns."""

    def ready(_: Call) -> Answer:
        status = installation.health.status()
        return Answer(content=Ready(status=status, parts=installation.health.parts()), status=503 if status == "not_ready" else 200)

    def status(_: Call) -> Answer:
        state = installation.maintenance.state()
        shown = "maintenance" if state.on else installation.health.status()
        return Answer(content=Status(status=shown, version=__version__, maintenance=state.on, reason=state.reason, since=state.since))

    def queues(call: Call) -> Answer:
        ensure_operator(accounts, call)
        return Answer(content=Listing(items=[QueueShown(name="runs", depth=installation.health.depth(), dead=installation.health.dead())]))

    def processes(call: Call) -> Answer:
        ensure_operator(accounts, call)
        return Answer(content=Listing(items=installation.beats.list()))

    def maintenance(call: Call) -> Answer:
        ensure_operator(accounts, call)
        return Answer(content=installation.maintenance.state())

    def switch(call: Call) -> Answer:
        ensure_operator(accounts, call)
        asked = call.body(MaintenanceIn)
        return Answer(content=installation.maintenance.switch(call.scope, on=asked.on, reason=asked.reason))

    def backups(call: Call) -> Answer:
        ensure_operator(accounts, call)
        return Answer(content=_shown(installation.copies))

    def back_up(call: Call) -> Answer:
        ensure_operator(accounts, call)
        installation.copies.ask(call.scope)
        return Answer(content=_shown(installation.copies))

    def housekeeping(call: Call) -> Answer:
        ensure_operator(accounts, call)
        return Answer(content=_kept(installation.housekeeping))

    operate = Permission.SYSTEM_OPERATE
    return [
        _open("/system/health/live", "Whether this process answers", lambda _: Answer(content=Live(status="live")), Live),
        replace(_open("/system/health/ready", "Whether each part works", ready, Ready), also=(503,)),
        _open("/system/status", "Whether all is well, or in maintenance", status, Status),
        _open("/system/version", "What runs here", lambda _: Answer(content=Version(version=__version__, api="v2")), Version),
        _open(
            "/system/metrics",
            "Figures for Prometheus",
            lambda _: Answer(content=Text(content=installation.figures.page(of_process), media_type=_METRICS)),
            Text,
        ),
        reading("/system/queues", "How full the queues are", operate, queues, Listing[QueueShown]),
        reading("/system/workers", "Who works, as last heard of", operate, processes, Listing[Beat]),
        reading("/system/housekeeping", "What goes with age, and how that goes", operate, housekeeping, HousekeepingShown),
        reading("/system/backups", "Copies of the control plane, and how copying goes", operate, backups, CopiesShown),
        changing("POST", "/system/backups", _COPY, operate, back_up, answers=CopiesShown, status=202, step_up=True, problems=(409,)),
        reading("/system/maintenance", "Whether the installation is in maintenance", operate, maintenance, MaintenanceState),
        changing(
            "PUT",
            "/system/maintenance",
            "Turn maintenance on or off: changes answer 503 and no run begins, what is kept can be read",
            operate,
            switch,
            step_up=True,
            body=MaintenanceIn,
            answers=MaintenanceState,
        ),
    ]


def _shown(copies: Copies) -> CopiesShown:
    state, age = copies.state(), copies.age_seconds()
    return CopiesShown(
        place=state.place,
        every_seconds=state.every_seconds,
        newest_at=state.newest_at,
        age_seconds=int(age) if age is not None else None,
        took_ms=state.took_ms,
        asked_at=state.asked_at,
        failed_at=state.failed_at,
        problem=state.problem,
        items=copies.list() if copies.has_place else [],
    )


def _kept(housekeeping: Housekeeping) -> HousekeepingShown:
    state = housekeeping.state()
    duties = [
        DutyShown(
            name=duty.name,
            about=duty.about,
            keeps_days=duty.keeps.days if duty.keeps is not None else None,
            removed=state.removed.get(duty.name, 0),
            removed_ever=state.removed_ever.get(duty.name, 0),
        )
        for duty in housekeeping.duties
    ]
    return HousekeepingShown(began_at=state.began_at, ended_at=state.ended_at, problem=state.problem, duties=duties)


def _open(path: str, summary: str, handle: Callable[[Call], Answer], answers: object) -> Route:
    return Route(method="GET", path=path, summary=summary, access=None, handle=handle, answers=answers)
