"""Runs: one execution each of backing up a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listbackup.base.loading import when_named
from listbackup.processor.progress import Progress, RunState, StreamProgress, StreamState
from listbackup.services.runs.dead_letters import DeadLetters, DeadRun
from listbackup.services.runs.logbook import WantedLines
from listbackup.services.runs.model import LogLevel, LogLine, Run, Trigger
from listbackup.services.runs.service import Runs, Work
from listbackup.services.runs.slots import Limits, NoRoom
from listbackup.services.runs.table import RUN_LOGS, RUN_MONTHS, RUN_PROGRESS, RUNS

if TYPE_CHECKING:
    from listbackup.services.runs.aging import Aging, RunMonth
    from listbackup.services.runs.execution import Means
else:
    __getattr__ = when_named(
        __name__, {".aging": ("Aging", "RunMonth"), ".execution": ("Means",)}
    )  # the latter with everything that backs up

__all__ = [
    "RUNS",
    "RUN_LOGS",
    "RUN_MONTHS",
    "RUN_PROGRESS",
    "Aging",
    "DeadLetters",
    "DeadRun",
    "Limits",
    "LogLevel",
    "LogLine",
    "Means",
    "NoRoom",
    "Progress",
    "Run",
    "RunMonth",
    "RunState",
    "Runs",
    "StreamProgress",
    "StreamState",
    "Trigger",
    "WantedLines",
    "Work",
]
