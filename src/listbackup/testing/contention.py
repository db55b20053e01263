"""Many workers on the same jobs, with clocks that disagree: who does each job's one effect?"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from listbackup.backends.table.lease import Lease, Leases
from listbackup.backends.table.port import ConditionFailed, Put, Table, Tables, TableSpec, Write
from listbackup.base.clock import SystemClock
from listbackup.base.errors import BusyError
from listbackup.base.paging import iter_pages
from listbackup.testing.clock import EPOCH, ManualClock

EFFECTS = TableSpec(name="effects", about="pk the job, sk the epoch that did it: two items of one job are one too many.")

_LEASE = timedelta(seconds=10)
_PAUSES_SECONDS = (0.0, 0.0, 0.0005, 0.002)
_SKEW_SECONDS = 30.0  # more than the lease, so that leases are taken from the living


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of the jobs: how often each number of effects per job, how many epochs were given out beyond the first."""

    effects_per_job: dict[int, int]
    takeovers: int


def work_through(
    tables: Tables, jobs: int, seed: int, *, fenced: bool = True, pause: Callable[[float], None] = SystemClock().sleep
) -> None:
    """One worker, on every job in turn until it is done. ``fenced=False`` plants the mistake of trusting the lease's time alone.

    ``pause`` takes the seconds [s] that a page, a slow disk or the collector may take.
    """
    dice = random.Random(seed)
    leases = Leases(tables, ManualClock(EPOCH + timedelta(seconds=dice.uniform(0, _SKEW_SECONDS))))
    effects = tables.open(EFFECTS)
    for number in range(jobs):
        job = f"job_{number:06}"
        while not effects.query(job, limit=1).items:
            try:
                lease = leases.acquire(job, f"worker {seed}", _LEASE)
            except BusyError:
                pause(dice.choice(_PAUSES_SECONDS))
                continue
            if effects.query(job, limit=1).items:  # done by somebody between the look and the lease
                break
            pause(dice.choice(_PAUSES_SECONDS))
            _finish(tables, effects, leases, lease, fenced=fenced)


def tally(tables: Tables, jobs: int) -> Tally:
    """Counts what the workers left."""
    effects, leases = tables.open(EFFECTS), Leases(tables, ManualClock(EPOCH))
    counts: Counter[int] = Counter()
    takeovers = 0
    for number in range(jobs):
        job = f"job_{number:06}"
        counts[len(list(iter_pages(lambda cursor, job=job: effects.query(job, cursor=cursor))))] += 1  # type: ignore[misc]
        takeovers += leases.acquire(job, "counter", _LEASE, take_over=True).epoch - 2
    return Tally(effects_per_job=dict(counts), takeovers=takeovers)


def _finish(tables: Tables, effects: Table, leases: Leases, lease: Lease, *, fenced: bool) -> None:
    effect: tuple[Table, Write] = (effects, Put(item={"pk": lease.name, "sk": f"{lease.epoch:06}", "holder": lease.holder}))
    try:
        tables.transact([leases.release_write(lease), effect] if fenced else [effect])
    except ConditionFailed:
        return
