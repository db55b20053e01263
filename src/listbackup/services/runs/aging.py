"""What becomes of runs with age: first their logs go, then the runs themselves, and counts by month stay.

The last run of a source stays whatever its age, and so does the last that made a snapshot: when a source was backed up last is asked of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from listbackup.backends.table.port import Absent, ConditionFailed, Equals
from listbackup.base.clock import unix_ms
from listbackup.base.decode import from_json
from listbackup.base.ids import SourceId, first_id
from listbackup.base.paging import Page
from listbackup.processor.progress import RunState
from listbackup.services.desk import Desk
from listbackup.services.rows import Writes
from listbackup.services.runs.ledger import Ledger
from listbackup.services.runs.model import Run
from listbackup.services.runs.table import RUN_LOGS, RUN_MONTHS, RUN_PROGRESS, RUNS
from listbackup.services.scope import Scope

_AT_ONCE = 45  # runs in one transaction, beside the rows of their months
_LINES_AT_ONCE = 90
_TRIMMED = "trimmed"  # the row that names the run up to which logs were taken away

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMonth:
    """What the runs of a source came to in one month (``2026-11``, UTC) that were left behind since: how many by how they ended, and their sums."""

    source: SourceId
    month: str
    succeeded: int = 0
    partial: int = 0
    failed: int = 0
    cancelled: int = 0
    records: int = 0
    received_bytes: int = 0
    written_bytes: int = 0
    calls: int = 0
    busy_seconds: int = 0
    version: int = field(default=0, kw_only=True)

    def with_run(self, run: Run) -> RunMonth:
        """These, and this run."""
        busy = int((run.ended_at - run.started_at).total_seconds()) if run.ended_at is not None and run.started_at is not None else 0
        state = run.state
        return replace(
            self,
            succeeded=self.succeeded + (state is RunState.SUCCEEDED),
            partial=self.partial + (state is RunState.PARTIAL),
            failed=self.failed + (state is RunState.FAILED),
            cancelled=self.cancelled + (state is RunState.CANCELLED),
            records=self.records + run.records,
            received_bytes=self.received_bytes + run.received_bytes,
            written_bytes=self.written_bytes + run.written_bytes,
            calls=self.calls + run.calls,
            busy_seconds=self.busy_seconds + max(0, busy),
        )


class Aging:
    """Takes away what is old, a transaction at a time: each step of these iterators is one, and says how many rows went."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def trim_logs(self, scope: Scope, before: datetime) -> Iterator[int]:
        """Logs and progress of runs that were started before this moment and are over."""
        table = self._desk.open(RUNS, scope)
        mark = table.find(_TRIMMED)
        after = str(mark["run"]) if mark is not None else None
        while True:
            items = table.query(prefix="run_", after=after, before=first_id("run", unix_ms(before)), limit=100).items
            if not items:
                return
            for item in items:
                if item.get("active") is None:
                    yield from self._clear(scope, str(item["sk"]))
            after = str(items[-1]["sk"])
            self._desk.commit(scope, [table.put(_TRIMMED, {"run": after})])
            yield 0

    def fold(self, scope: Scope, before: datetime) -> Iterator[int]:
        """The runs themselves, with whatever is left of their logs; their months stay."""
        ledger, table = Ledger(self._desk, scope), self._desk.open(RUNS, scope)
        kept, after = dict[str, frozenset[str]](), None
        while True:
            items = table.query(prefix="run_", after=after, before=first_id("run", unix_ms(before)), limit=_AT_ONCE).items
            if not items:
                return
            after = str(items[-1]["sk"])
            runs = [ledger.rows.read(item) for item in items]
            for source in {run.source for run in runs} - set(kept):
                kept[source] = self._last(ledger, source)
            old = [run for run in runs if run.state.is_final and run.id not in kept[run.source]]
            for run in old:
                yield from self._clear(scope, run.id)
            yield self._fold(scope, ledger, old)

    def months(self, scope: Scope, source: str, *, limit: int = 100, cursor: str | None = None) -> Page[RunMonth]:
        """What was left behind of a source's runs, newest month first."""
        found = self._desk.open(RUN_MONTHS, scope).query(prefix=f"{source}/", reverse=True, limit=limit, cursor=cursor)
        return Page(items=[from_json(str(item["doc"]), RunMonth) for item in found.items], next_cursor=found.next_cursor)

    def _last(self, ledger: Ledger, source: str) -> frozenset[str]:
        """The last run of a source, and the last that made a snapshot."""
        found = set[str]()
        for run in ledger.rows.iter(part=source, index="by_source", reverse=True):
            if not found or run.snapshot_id is not None:
                found.add(run.id)
            if run.snapshot_id is not None:
                break
        return frozenset(found)

    def _clear(self, scope: Scope, run: str) -> Iterator[int]:
        logs, progress = self._desk.open(RUN_LOGS, scope), self._desk.open(RUN_PROGRESS, scope)
        while True:
            lines = logs.query(part=run, limit=_LINES_AT_ONCE).items
            writes = [logs.delete(str(line["sk"]), part=run) for line in lines]
            has_progress = len(lines) < _LINES_AT_ONCE and progress.find(run) is not None
            writes += [progress.delete(run)] if has_progress else []
            if writes:
                self._desk.commit(scope, writes)
                yield len(writes)
            if len(lines) < _LINES_AT_ONCE:
                return

    def _fold(self, scope: Scope, ledger: Ledger, runs: Sequence[Run]) -> int:
        if not runs:
            return 0
        writes = [write for run in runs for write in ledger.rows.remove(run)]
        try:
            self._desk.commit(scope, [*writes, *self._months(scope, runs)])
        except ConditionFailed:  # another process folds, or one was changed at this moment: the next round looks again
            _log.info("runs of %s are folded later", scope.account)
            return 0
        return len(runs)

    def _months(self, scope: Scope, runs: Sequence[Run]) -> Writes:
        table, months = self._desk.open(RUN_MONTHS, scope), dict[str, RunMonth]()
        for run in runs:
            key = f"{run.source}/{run.queued_at:%Y-%m}"
            if key not in months:
                row = table.find(key)
                fresh = RunMonth(source=run.source, month=f"{run.queued_at:%Y-%m}")
                months[key] = from_json(str(row["doc"]), RunMonth) if row is not None else fresh
            months[key] = months[key].with_run(run)
        writes = []
        for key, month in months.items():
            newer = replace(month, version=month.version + 1)
            condition = Equals({"version": month.version}) if month.version else Absent()
            writes.append(table.put(key, {"doc": msgspec.json.encode(newer).decode(), "version": newer.version}, if_=condition))
        return writes


__all__ = ["Aging", "RunMonth"]
