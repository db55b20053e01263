"""Health: each part asked a small question, as often as its answer can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.objects.port import Objects
from listbackup.backends.queue.port import Queue
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.base.errors import ListBackupError
from listbackup.services.accounts import ACCOUNTS, Account
from listbackup.services.stores import Keys
from listbackup.services.system.heartbeats import Heartbeats

FRESH_SECONDS = 5.0


class Unwell(ListBackupError):
    """A part does not work as it should, in words that everybody may read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A question to a part: it answers, or raises. Without an ``essential`` part the installation is degraded and still ready."""

    name: str
    ask: Callable[[], object]
    essential: bool = True
    every_seconds: float = FRESH_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part and whether it answered; ``took_ms`` is how long that took [ms]."""

    name: str
    ok: bool
    took_ms: int
    essential: bool = True
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long scheduler and workers may be silent. ``workers`` None: nobody waits for work, somebody comes when there is some."""

    scheduler: timedelta = timedelta(seconds=60)
    workers: timedelta | None = timedelta(seconds=60)


class Health:
    """The parts that everything stands on, and those that ``probes`` adds."""

    def __init__(
        self,
        clock: Clock,
        *,
        tables: Tables,
        objects: Objects,
        queue: Queue,
        keys: Keys,
        account: Callable[[], Account | None],
        probes: Sequence[Probe] = (),
        patience: Patience = Patience(),
    ) -> None:
        self._clock, self._tables, self._objects, self._queue, self._keys, self._account = clock, tables, objects, queue, keys, account
        self._beats = Heartbeats(tables, clock)
        self._patience = patience
        self._probes = [*self._own_probes(), *probes]
        self._known: dict[str, tuple[float, Part]] = {}

    def parts(self) -> Sequence[Part]:
        """Every part, asked within the last few seconds: whoever asks often must not become a load."""
        return [self._current(probe) for probe in self._probes]

    def status(self) -> str:
        """``ready``; ``degraded`` when something that can be done without does not work; ``not_ready``."""
        unwell = [part for part in self.parts() if not part.ok]
        if any(part.essential for part in unwell):
            return "not_ready"
        return "degraded" if unwell else "ready"

    def depth(self) -> int:
        """Messages on the queue."""
        return self._queue.depth()

    def dead(self) -> int:
        """Messages that were given up, a hundred at most."""
        return len(self._queue.list_dead(limit=100))

    def _own_probes(self) -> Sequence[Probe]:
        ports = [
            Probe(name="tables", ask=lambda: self._tables.open(ACCOUNTS).find("installation", "default")),
            Probe(name="objects", ask=lambda: next(iter(self._objects.list("objects/")), None)),
            Probe(name="queue", ask=self._queue.depth),
            Probe(name="keys", ask=self._open_key),
            Probe(name="scheduler", ask=self._ask_scheduler, essential=False),
        ]
        return ports if self._patience.workers is None else [*ports, Probe(name="workers", ask=self._ask_workers, essential=False)]

    def _open_key(self) -> KeyScope | None:
        account = self._account()
        return self._keys.for_account(account.id) if account is not None else None

    def _ask_scheduler(self) -> None:
        patience = self._patience.scheduler
        ticks = [beat.ticked_at for beat in self._beats.alive(within=patience) if beat.ticked_at is not None]
        if not ticks or self._clock.now() - max(ticks) > patience:
            minutes = "a minute" if patience < timedelta(minutes=2) else f"{patience.total_seconds() / 60:.0f} minutes"
            raise Unwell(f"no scheduler was heard of for {minutes}: nothing starts by itself")

    def _ask_workers(self) -> None:
        if not any(beat.hands for beat in self._beats.alive()):
            raise Unwell("no worker was heard of for a minute: runs wait")

    def _current(self, probe: Probe) -> Part:
        now = self._clock.monotonic()
        known = self._known.get(probe.name)
        if known is None or now - known[0] >= probe.every_seconds:
            known = self._known[probe.name] = (now, self._asked(probe))
        return known[1]

    def _asked(self, probe: Probe) -> Part:
        begun, problem, ok = self._clock.monotonic(), None, True
        try:
            probe.ask()
        except Unwell as error:
            problem, ok = error.message, False
        except ListBackupError:
            ok = False
        took = int((self._clock.monotonic() - begun) * 1000)
        return Part(name=probe.name, ok=ok, took_ms=took, essential=probe.essential, message=problem)
