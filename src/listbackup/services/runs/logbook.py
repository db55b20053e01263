"""The log of a run and the row that says how far it is: written in bunches, at most once a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from listbackup.backends.table.port import MAX_TRANSACTION
from listbackup.base.decode import from_json
from listbackup.base.errors import InputError
from listbackup.base.paging import Page
from listbackup.connectors.engine.record import Problem
from listbackup.processor.progress import LogLevel, Note, Progress, StreamProgress
from listbackup.services.desk import Desk
from listbackup.services.runs.model import LogLine, Run
from listbackup.services.runs.table import RUN_LOGS, RUN_PROGRESS
from listbackup.services.scope import Scope

_WEIGHT = {LogLevel.INFO: 0, LogLevel.WARNING: 1, LogLevel.ERROR: 2}
_SCANNED, _CHUNK = 5000, 500  # lines looked at for one page, and at once
_LINES_PER_ATTEMPT = 1_000_000
_EVERY_SECONDS = 1.0
_PROBLEMS_IN_A_ROW = 200


class Logbook:
    """What one attempt at a run writes down while it goes on."""

    def __init__(self, desk: Desk, scope: Scope, run: str, attempt: int) -> None:
        self._desk, self._scope, self._run = desk, scope, run
        self._next = attempt * _LINES_PER_ATTEMPT
        self._lines: list[LogLine] = []
        self._progress: Progress | None = None
        self._written_at = -_EVERY_SECONDS

    def note(self, note: Note) -> None:
        """Add a line."""
        at = self._desk.clock.now()
        self._lines.append(
            LogLine(seq=self._next, at=at, level=note.level, message=note.message, stream=note.stream, reason=note.reason, key=note.key)
        )
        self._next += 1

    def listen(self, progress: Progress) -> None:
        """Remember how far the run is; written down when a second has passed."""
        self._progress = progress
        if self._desk.clock.monotonic() - self._written_at >= _EVERY_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write down everything so far."""
        self._written_at = self._desk.clock.monotonic()
        logs = self._desk.open(RUN_LOGS, self._scope)
        writes = [logs.put(f"{line.seq:012d}", {"doc": msgspec.json.encode(line).decode()}, part=self._run) for line in self._lines]
        if self._progress is not None:
            doc = msgspec.json.encode(replace(self._progress, streams=trimmed(self._progress.streams))).decode()
            writes.append(self._desk.open(RUN_PROGRESS, self._scope).put(self._run, {"doc": doc}))
        for start in range(0, len(writes), MAX_TRANSACTION):
            self._desk.commit(self._scope, writes[start : start + MAX_TRANSACTION])
        self._lines, self._progress = [], None


def trimmed(streams: Sequence[StreamProgress]) -> tuple[StreamProgress, ...]:
    """The streams with so few of their problems that a row can hold them; the log has all that were noted."""
    each = max(1, _PROBLEMS_IN_A_ROW // max(1, len(streams)))
    return tuple(replace(stream, problems=tuple(_short(problem) for problem in stream.problems[:each])) for stream in streams)


def _short(problem: Problem) -> Problem:
    return problem if len(problem.message) <= 300 else replace(problem, message=problem.message[:299] + "…")


def read_progress(desk: Desk, scope: Scope, run: str) -> Progress | None:
    """How far a run is, or None when it has not begun."""
    row = desk.open(RUN_PROGRESS, scope).find(run)
    return from_json(str(row["doc"]), Progress) if row is not None else None


def encode_progress(run: Run, progress: Progress) -> bytes:
    """How far a run is, as its listeners are told: counts by stream, without the records that went wrong."""
    streams = [
        {
            "stream": one.stream,
            "state": one.state,
            "total": one.total,
            "records": one.records,
            "added": one.added,
            "changed": one.changed,
            "gone": one.gone,
            "attachments": one.attachments,
            "received_bytes": one.received_bytes + one.attachment_bytes,
            "problems": one.problem_count,
        }
        for one in progress.streams
    ]
    word = {
        "subject": run.id,
        "source": run.source,
        "job": run.job,
        "attempt": run.attempt,
        "records": progress.records,
        "streams": streams,
    }
    return msgspec.json.encode({**word, "received_bytes": progress.received_bytes, "calls": progress.calls})


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLines:
    """Which lines of a log: every condition that is given holds. ``level`` means that one and what matters more; ``text`` without regard to case."""

    text: str | None = None
    level: LogLevel | None = None
    stream: str | None = None
    with_reason: bool = False

    def matches(self, line: LogLine) -> bool:
        """Whether this line is wanted."""
        return (
            (self.level is None or _WEIGHT[line.level] >= _WEIGHT[self.level])
            and (self.stream is None or line.stream == self.stream)
            and (not self.with_reason or line.reason is not None)
            and (self.text is None or self._is_in(line))
        )

    def _is_in(self, line: LogLine) -> bool:
        assert self.text is not None
        return any(self.text.casefold() in part.casefold() for part in (line.message, line.reason, line.key, line.stream) if part)


def read_log(desk: Desk, scope: Scope, run: str, wanted: WantedLines, *, limit: int, cursor: str | None) -> Page[LogLine]:
    """A page of a run's log in the order it was written. Raises InputError for a cursor of something else."""
    table, found = desk.open(RUN_LOGS, scope), list[LogLine]()
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) == 12):
        raise InputError("the cursor is none of this listing", field="cursor", hint="take `next` of the page before")
    after = cursor
    for _ in range(_SCANNED // _CHUNK):
        size = min(limit, _CHUNK) if wanted == WantedLines() else _CHUNK
        rows = table.query(part=run, after=after, limit=size).items
        for place, row in enumerate(rows):
            after = str(row["sk"])
            line = from_json(str(row["doc"]), LogLine)
            if wanted.matches(line):
                found.append(line)
            if len(found) == limit:
                is_last = place == len(rows) - 1 and len(rows) < size
                return Page(items=found, next_cursor=None if is_last else after)
        if len(rows) < size:
            return Page(items=found, next_cursor=None)
    return Page(items=found, next_cursor=after)
