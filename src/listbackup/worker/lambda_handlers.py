"""The functions of the worker, as AWS calls them."""

from __future__ import annotations

import listbackup.base.compiled  # noqa: F401  before the modules whose classes it is for

# isort: split
from typing import TYPE_CHECKING

from listbackup.base.clock import SystemClock
from listbackup.bootstrap.stage import Called, Lazily, Stage

if TYPE_CHECKING:
    from listbackup.bootstrap.system import System
    from listbackup.worker.watching import Watch


def _work(stage: Stage) -> Called:
    from listbackup.worker.functions import Work

    return Work(system=stage.system(), queue=stage.ports.queue, before=stage.before)


def _run_errand(stage: Stage) -> Called:
    from listbackup.worker.functions import RunErrands

    return RunErrands(system=stage.system(), errands=stage.errands, queue=stage.ports.errand_queue, before=stage.before)


def _tick(stage: Stage) -> Called:
    from listbackup.worker.functions import Tick

    return Tick(system=_telling(stage), errands=stage.errands, behind=_watch(stage).behind)


def _publish(stage: Stage) -> Called:
    from listbackup.worker.functions import Publish

    return Publish(system=_telling(stage))


def _telling(stage: Stage) -> System:
    """A system in which everybody hears what is told, the bus behind the others: a trail that was written is not written twice."""
    system = stage.system(delivers=True)
    if stage.settings.event_bus:
        bus = stage.ports.bus
        system.hear_all(lambda event: bus.publish([event]))
    return system


def _watch(stage: Stage) -> Watch:
    from listbackup.worker.watching import Watch

    return Watch(stage.settings.stage, SystemClock(), lambda line: print(line, flush=True))  # noqa: T201  CloudWatch reads figures from the function's output


def _hear(stage: Stage) -> Called:
    watch = _watch(stage)
    return lambda event, _: watch.hear(event)


def _index_files(stage: Stage) -> Called:
    watch = _watch(stage)
    return lambda event, _: watch.index_files(event)


work = Lazily(_work)
run_errand = Lazily(_run_errand)
tick = Lazily(_tick)
publish = Lazily(_publish)
hear = Lazily(_hear)
index_files = Lazily(_index_files)
