"""The drill of ``doctor --drill``: an installation at work loses its machine, is brought back from the copy it made of itself, and everything is timed and compared.

The installation is real (its own folder, real commands as processes, a simulated platform), the loss is the removal of its data folder, key folder and cache
with the worker killed; what is left is what a person has: the place of the copies, the recovery kit, and the objects, as in a bucket.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from listbackup.backends.keyring.recovery_kit import print_kit
from listbackup.base.clock import Clock
from listbackup.base.errors import ListBackupError
from listbackup.base.paging import iter_pages
from listbackup.base.secret import Secret
from listbackup.bootstrap.configuration import PREFIX
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.settings import Settings, SystemBackupSettings
from listbackup.bootstrap.system import System
from listbackup.cli.output import Output
from listbackup.cli.sandbox import Sandbox, sandbox
from listbackup.cli.saving import write_text
from listbackup.cli.simulated import SimulatedCrm, simulated_crm
from listbackup.services.jobs import Timetable
from listbackup.services.runs import Run, Trigger, Work
from listbackup.services.scope import Scope

EACH = 4  # connections, sources and jobs of an account: as many as may run at once
_WATCHED = tuple(f"crm-0-{each}" for each in range(EACH))  # sources that are really backed up, twice
LOST = 5  # sources that are made after the copy
_RECORDS = 200
_STREAMS = ("tags",)
_QUARTER = timedelta(minutes=15)
_PATIENCE_SECONDS = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Jobs that were due at one instant: how long after it their runs were queued and begun [s]."""

    jobs: int
    hands: int
    queued_p99: float
    p50: float
    p99: float
    slowest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What was measured. ``restore_seconds`` is the command alone, ``rto_seconds`` until a worker worked again, ``rpo_seconds`` what the copy was short of."""

    accounts: int
    connections: int
    sources: int
    jobs: int
    copy_bytes: int
    copy_seconds: float
    restore_seconds: float
    rto_seconds: float
    rpo_seconds: float
    lost_sources: int
    snapshots: int
    started: Started
    problems: Sequence[str] = field(default_factory=tuple)

    @property
    def held(self) -> bool:
        """Whether everything came back that the copy and the objects had."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lost:
    """An installation that died at work: what its copy was, what it had, and what its snapshots held."""

    died_at: datetime
    copy_at: datetime
    copy_bytes: int
    copy_seconds: float
    expected: dict[str, int]
    truth: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Back:
    """The way back: what the command said, how long it took alone, and until a worker worked again [s]."""

    said: dict[str, int]
    restore_seconds: float
    rto_seconds: float


class Ahead:
    """The machine's clock, put forward."""

    def __init__(self, clock: Clock, by: timedelta) -> None:
        self._clock, self._by = clock, by

    def now(self) -> datetime:
        """See ``Clock``."""
        return self._clock.now() + self._by

    def monotonic(self) -> float:
        """See ``Clock``."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """See ``Clock``."""
        self._clock.sleep(seconds)


def drill(out: Output, clock: Clock, *, accounts: int, hands: int) -> Drill:
    """A whole loss and the way back, with so many accounts of four connections, sources and jobs each."""
    with sandbox(out) as box, simulated_crm(records=_RECORDS) as crm, out.progress("") as bars:
        place, settings = box.folder / "another-disk", _settings(box, hands)
        box.environment.update({f"{PREFIX}SYSTEM_BACKUP_TO": str(place), f"{PREFIX}SYSTEM_BACKUP_EVERY": "5"})
        bars.update("furnishing", 0, 5)
        init_system(settings)
        with _opened(settings, clock) as system:
            _furnish(system, crm, accounts)
            write_text(box.folder / "kit.txt", print_kit(system.keyring.roots, made_at=clock.now()), mode=0o600)
            bars.update("copying", 1, 5)
            lost = _die_at_work(system, crm, box, clock)
        bars.update("restoring", 2, 5)
        _lose(settings, box.folder)
        back = _come_back(settings, box, place, clock)
        bars.update("comparing", 3, 5)
        with _opened(settings, clock) as system:
            problems = [*_missing(back.said, lost.expected), *_differing(lost.truth, _snapshots(system)), *_closed(system)]
            lost_sources = LOST - sum(1 for name in _names(system) if name.startswith("late-"))
            ahead = _until_due(system, clock)
        bars.update("starting", 4, 5)
        with _opened(settings, Ahead(clock, ahead)) as system:
            started = _start(system, Ahead(clock, ahead), hands=hands, jobs=lost.expected["jobs"])
    return Drill(
        accounts=back.said["accounts"],
        connections=back.said["connections"],
        sources=back.said["sources"],
        jobs=back.said["jobs"],
        copy_bytes=lost.copy_bytes,
        copy_seconds=lost.copy_seconds,
        restore_seconds=back.restore_seconds,
        rto_seconds=back.rto_seconds,
        rpo_seconds=(lost.died_at - lost.copy_at).total_seconds(),
        lost_sources=lost_sources,
        snapshots=len(lost.truth),
        started=started,
        problems=problems,
    )


def _die_at_work(system: System, crm: SimulatedCrm, box: Sandbox, clock: Clock) -> _Lost:
    """The worker makes its copy, the world goes on, and the worker is killed."""
    worker = box.start("worker")
    copy_at, copy_bytes, copy_seconds = _copied(system, clock)
    expected = _counted(system)
    crm.pass_day(changed=0.2, added=0.1, deleted=0.0)
    _change(system)
    truth = _snapshots(system)
    worker.kill()  # as a machine dies
    worker.communicate()
    return _Lost(died_at=clock.now(), copy_at=copy_at, copy_bytes=copy_bytes, copy_seconds=copy_seconds, expected=expected, truth=truth)


def _come_back(settings: Settings, box: Sandbox, place: Path, clock: Clock) -> _Back:
    """The copy put back by the command, and a worker that works on it."""
    begun = clock.monotonic()
    said = box.ask("system", "restore", "--from", str(place), "--kit", "kit.txt", "--start")
    restored = clock.monotonic() - begun
    worker = box.start("worker")
    try:
        with _opened(settings, clock) as system:
            _wait(clock, lambda: bool(system.installation.beats.alive()), "a worker that works again")
            return _Back(said=said, restore_seconds=restored, rto_seconds=clock.monotonic() - begun)
    finally:
        worker.terminate()
        worker.communicate()


def _settings(box: Sandbox, hands: int) -> Settings:
    settings = Settings(data=box.folder / "data", keys=box.folder / "keys", cache=box.folder / "cache", allow_loopback=True, workers=hands)
    return replace(settings, system_backup=SystemBackupSettings(to=str(box.folder / "another-disk")))


@contextmanager
def _opened(settings: Settings, clock: Clock) -> Iterator[System]:
    system = open_system(settings, clock=clock)
    try:
        yield system
    finally:
        system.close()


def _furnish(system: System, crm: SimulatedCrm, accounts: int) -> None:
    """Accounts at work: every source with a quarter-hourly job, some with a snapshot."""
    default = system.accounts.get_default().id
    for number in range(accounts):
        account = default if number == 0 else system.accounts.create(f"account {number}", actor="drill").id
        scope = system.accounts.enter(account, actor="drill")
        for each in range(EACH):
            name = f"crm-{number}-{each}"
            connection = system.connections.create(
                scope, platform="demo-crm", name=name, values={"url": crm.url}, secrets={"token": Secret(crm.token)}
            )
            source = system.sources.create(scope, connection=connection.id, name=name, streams=_STREAMS)
            system.jobs.create(scope, source=source.id, timetable=Timetable(every=_QUARTER))
            if name in _WATCHED:
                system.runs.backup(scope, source.id, Work(owner="drill"))


def _change(system: System) -> None:
    """What the copy does not know: snapshots, which come back from the objects, and sources, which do not."""
    for scope, name in _watched(system):
        system.runs.backup(scope, name, Work(owner="drill"))
    scope = system.enter("drill")
    connection = next(iter(system.connections.list(scope, limit=1).items))
    for number in range(LOST):
        system.sources.create(scope, connection=connection.id, name=f"late-{number}", streams=_STREAMS)


def _copied(system: System, clock: Clock) -> tuple[datetime, int, float]:
    """When the worker's own copy was made, how large it is [bytes] and how long it took [s]."""
    _wait(clock, lambda: system.copies.state().newest_at is not None, "a copy by the worker")
    state, newest = system.copies.state(), system.copies.list()[0]
    assert state.newest_at is not None
    return state.newest_at, newest.size_bytes, (state.took_ms or 0) / 1000


def _sources(system: System) -> Iterator[tuple[Scope, str]]:
    for account in system.accounts.iter_active():
        scope = system.accounts.enter(account.id, actor="drill")
        for source in iter_pages(lambda cursor: system.sources.list(scope, cursor=cursor)):  # noqa: B023
            yield scope, source.name


def _watched(system: System) -> Iterator[tuple[Scope, str]]:
    return ((scope, name) for scope, name in _sources(system) if name in _WATCHED)


def _names(system: System) -> list[str]:
    return [name for _, name in _sources(system)]


def _counted(system: System) -> dict[str, int]:
    accounts = list(system.accounts.iter_active())
    sources = len(_names(system))
    return {"accounts": len(accounts), "connections": sources, "sources": sources, "jobs": sources}


def _snapshots(system: System) -> dict[str, str]:
    """The hash of every record of every snapshot, by source and number."""
    found = {}
    for scope, name in _watched(system):
        for snapshot in system.data.snapshots(scope, name):
            sha = hashlib.sha256()
            for record in system.data.scan(scope, name, _STREAMS[0], seq=snapshot.seq):
                sha.update(record.raw)
            found[f"{name}@{snapshot.seq}"] = sha.hexdigest()
    return found


def _lose(settings: Settings, elsewhere: Path) -> None:
    """The machine is gone. The objects are where a bucket would keep them, and are there again at once."""
    shutil.move(settings.data / "objects", elsewhere / "objects")
    for folder in (settings.data, settings.keys, settings.cache):
        shutil.rmtree(folder, ignore_errors=True)
    settings.data.mkdir(mode=0o700)
    shutil.move(elsewhere / "objects", settings.data / "objects")


def _missing(said: dict[str, int], expected: dict[str, int]) -> list[str]:
    return [f"{said[name]} {name} came back of {count}" for name, count in expected.items() if said[name] != count]


def _differing(truth: dict[str, str], found: dict[str, str]) -> list[str]:
    return [f"the snapshot {name} {'differs' if name in found else 'is missing'}" for name in truth if found.get(name) != truth[name]]


def _closed(system: System) -> list[str]:
    """Connections whose secrets do not open; those that are backed up are asked of the platform too."""
    problems = []
    for account in system.accounts.iter_active():
        scope = system.accounts.enter(account.id, actor="drill")
        for connection in iter_pages(lambda cursor: system.connections.list(scope, cursor=cursor)):  # noqa: B023
            try:
                system.connections.open(scope, connection.id).close()
            except ListBackupError as error:
                problems.append(f"the connection {connection.name} does not open: {error.message}")
    return problems


def _until_due(system: System, clock: Clock) -> timedelta:
    """How far the clock is put forward so that a job falls due three seconds from then: every one of them is due at once."""
    due = max(job.due_at for scope, name in _sources(system) if (job := system.jobs.find_for_source(scope, name)) and job.due_at)
    return due - clock.now() - timedelta(seconds=3)


def _start(system: System, clock: Clock, *, hands: int, jobs: int) -> Started:
    """All jobs due at one instant, and a worker at work: when their runs began."""
    from listbackup.worker.main import Worker, WorkerParts

    parts = WorkerParts(
        accounts=system.accounts,
        jobs=system.jobs,
        runs=system.runs,
        queue=system.queue,
        clock=clock,
        installation=system.installation,
    )
    due_at = max(job.due_at for scope, name in _sources(system) if (job := system.jobs.find_for_source(scope, name)) and job.due_at)
    worker = Worker(parts, hands=hands)
    working = threading.Thread(target=worker.run, name="worker")
    working.start()
    try:
        _wait(clock, lambda: _is_begun(system, jobs, due_at), "all runs begun")
    finally:
        worker.stop()
        working.join()
    runs = list(_scheduled(system, due_at))
    queued = sorted((run.queued_at - due_at).total_seconds() for run in runs)
    begun = sorted((run.started_at - due_at).total_seconds() for run in runs if run.started_at is not None)
    at = int(len(begun) * 0.99)
    return Started(
        jobs=len(begun),
        hands=hands,
        queued_p99=queued[min(at, len(queued) - 1)],
        p50=begun[len(begun) // 2],
        p99=begun[min(at, len(begun) - 1)],
        slowest=begun[-1],
    )


def _is_begun(system: System, jobs: int, since: datetime) -> bool:
    runs = list(_scheduled(system, since))
    return len(runs) >= jobs and all(run.started_at is not None for run in runs)


def _scheduled(system: System, since: datetime) -> Iterator[Run]:
    for account in system.accounts.iter_active():
        scope = system.accounts.enter(account.id, actor="drill")
        for run in iter_pages(lambda cursor: system.runs.list(scope, cursor=cursor)):  # noqa: B023
            if run.trigger is Trigger.SCHEDULE and run.queued_at >= since:
                yield run


def _wait(clock: Clock, ask: object, what: str) -> None:
    assert callable(ask)
    begun = clock.monotonic()
    while not ask():
        if clock.monotonic() - begun > _PATIENCE_SECONDS:
            raise ListBackupError(f"waited half an hour for {what}")
        clock.sleep(1.0)
