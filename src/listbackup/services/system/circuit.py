"""The circuit: every account is looked after now and then, and where that is stands in a row, because one go may be too short for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Tables
from listbackup.base.clock import Clock
from listbackup.base.decode import from_json
from listbackup.services.system.table import INSTALLATION, SYSTEM

ROUND = timedelta(minutes=5)  # from the beginning of one to the next, where one does not take longer
COUNT = timedelta(hours=1)
JOBS = timedelta(hours=6)

_KEY = "circuit"
_SLACK = timedelta(seconds=30)  # nobody comes to the second


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The present circuit, or the last: behind which account it goes on (``way``, down to it), and what was found on the way. ``jobs``: lost entries of the schedule
    are looked for as well; ``counts``: sources that are late are counted."""

    began_at: datetime
    jobs_at: datetime  # when the last one began that looked for lost entries
    counted_at: datetime
    number: int = 1
    step: int = 0  # of everybody who ever went on: of two at once, one goes on
    way: tuple[str, ...] = ()
    looked_after: int = 0
    late: int = 0
    is_over: bool = False

    @property
    def jobs(self) -> bool:
        """See the class."""
        return self.jobs_at == self.began_at

    @property
    def counts(self) -> bool:
        """See the class."""
        return self.counted_at == self.began_at


class Circuits:
    """Where the circuit of this installation is."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._table, self._clock = tables.open(SYSTEM), clock

    def current(self) -> Circuit | None:
        """The one to go on with; a new one when the last is over and it is time; None until then."""
        row, now = self._table.find(INSTALLATION, _KEY), self._clock.now()
        if row is None:
            return Circuit(began_at=now, jobs_at=now, counted_at=now)
        last = from_json(str(row["doc"]), Circuit)
        if not last.is_over:
            return last
        if now - last.began_at < ROUND - _SLACK:
            return None
        return Circuit(
            began_at=now,
            jobs_at=now if now - last.jobs_at >= JOBS - _SLACK else last.jobs_at,
            counted_at=now if now - last.counted_at >= COUNT - _SLACK else last.counted_at,
            number=last.number + 1,
            step=last.step,
        )

    def keep(self, circuit: Circuit) -> Circuit | None:
        """It came so far. None where somebody else went on meanwhile: leave it to them."""
        kept = replace(circuit, step=circuit.step + 1)
        condition = Equals({"step": circuit.step}) if circuit.step else Absent()
        try:
            self._table.put(
                {"pk": INSTALLATION, "sk": _KEY, "step": kept.step, "doc": msgspec.json.encode(kept).decode()},
                if_=condition,
            )
        except ConditionFailed:
            return None
        return kept
