"""Housekeeping: what is old enough goes, a little at a time, so that tables stay as large as what they are needed for.

What belongs to whom is known to the rooms; here is only when, how much at once, and what came of it. One process at a time keeps house.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.table.lease import Lease, LeaseGone, Leases
from listbackup.base.decode import from_json
from listbackup.base.errors import BusyError, ListBackupError
from listbackup.base.ids import new_id
from listbackup.services.desk import Desk
from listbackup.services.system.service import Unwell
from listbackup.services.system.table import INSTALLATION, SYSTEM

EVERY = timedelta(hours=6)  # from the end of one round to the next
PIECE_SECONDS = 0.5  # of each tick: the rest is for whoever works

_LEASE, _LASTS = "housekeeping", timedelta(minutes=2)
_KEY = "housekeeping"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Rows of one kind that go with age. ``sweep`` takes away what is older than the moment it is given, a transaction at a time: each step is one, and says how
    many rows went. ``keeps`` None: each row says itself when it ends, or all stay (``sweep`` None)."""

    name: str
    about: str
    keeps: timedelta | None
    sweep: Callable[[datetime], Iterator[int]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How it went: when the last round began and ended, what it took away, what all rounds did, and why the last one left something."""

    began_at: datetime | None = None
    ended_at: datetime | None = None
    removed: Mapping[str, int] = field(default_factory=dict)
    removed_ever: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None


class Housekeeping:
    """Keeps house. ``is_steady``: whether the clock can be trusted; nothing goes within a day of its jump."""

    def __init__(self, desk: Desk, duties: Sequence[Duty] = (), *, is_steady: Callable[[], bool] = lambda: True) -> None:
        self._desk, self.duties, self._is_steady = desk, duties, is_steady
        self._table = desk.tables.open(SYSTEM)
        self._leases = Leases(desk.tables, desk.clock)
        self._holder = new_id("wrk", 0)
        self._round: Iterator[None] | None = None
        self._lease: Lease | None = None

    def state(self) -> Rounds:
        """How it goes."""
        row = self._table.find(INSTALLATION, _KEY)
        return from_json(str(row["doc"]), Rounds) if row is not None else Rounds()

    def ask(self) -> None:
        """Raises Unwell when the last round left something that should have gone."""
        problem = self.state().problem
        if problem is not None:
            raise Unwell(f"old rows are not all taken away: {problem}")

    def tick(self, *, seconds: float = PIECE_SECONDS) -> bool:
        """A piece of the present round, or the beginning of the next when it is due; whether there is more to do at once."""
        if self._round is None and not self._is_due():
            return False
        if not self._hold():
            self._round = None
            return False
        self._round = self._round or self._go_round()
        until = self._desk.clock.monotonic() + seconds
        for _ in self._round:
            if self._desk.clock.monotonic() >= until:
                return True
        self._round = None
        self._let_go()
        return False

    def _is_due(self) -> bool:
        ended = self.state().ended_at
        now = self._desk.clock.now()
        return (ended is None or not timedelta(0) <= now - ended < EVERY) and self._is_steady()

    def _hold(self) -> bool:
        try:
            if self._lease is None:
                self._lease = self._leases.acquire(_LEASE, self._holder, _LASTS)
            elif self._lease.until - self._desk.clock.now() < _LASTS * 2 / 3:
                self._lease = self._leases.renew(self._lease, _LASTS)
        except (BusyError, LeaseGone):  # another process keeps house
            self._lease = None
        return self._lease is not None

    def _let_go(self) -> None:
        if self._lease is not None:
            self._leases.release(self._lease)
            self._lease = None

    def _go_round(self) -> Iterator[None]:
        """One step for each transaction of each duty. A duty that meets something wrong ends there; the others go on."""
        began, removed, problems = self._desk.clock.now(), Counter[str](), list[str]()
        before = self.state()
        for duty in self.duties:
            if duty.sweep is None:
                continue
            try:
                for count in duty.sweep(began - (duty.keeps or timedelta(0))):
                    removed[duty.name] += count
                    yield
            except ListBackupError as error:
                _log.warning("housekeeping of %s goes on another time: %s", duty.name, error)
                problems.append(f"{duty.name}: {error.message}")
        ever = Counter(before.removed_ever) + removed
        done = Rounds(
            began_at=began,
            ended_at=self._desk.clock.now(),
            removed=dict(removed),
            removed_ever=dict(ever),
            problem="; ".join(problems)[:500] or None,
        )
        self._table.put({"pk": INSTALLATION, "sk": _KEY, "doc": msgspec.json.encode(done).decode()})
        if removed:
            _log.info("housekeeping took away %s", ", ".join(f"{count} of {name}" for name, count in sorted(removed.items())))


__all__ = ["EVERY", "Duty", "Housekeeping", "Rounds"]
