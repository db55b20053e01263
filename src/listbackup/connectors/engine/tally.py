"""What was counted while a listing was read, and whether it adds up.

The rule for listings that move while they are read (``verdict``):

* the platform's total must equal the number of different records that came, if it stayed the same;
* if it grew, the records must be at least as many as at the beginning and at most as many as at the end;
* if it shrank, a listing cut by position (page numbers, offsets) may have skipped a record: it does not add up; one cut by tokens may hold any number
  between the two;
* where the stream says when a record was made, the growth must equal the number of records made meanwhile plus those that came twice: otherwise
  something was deleted meanwhile.

A listing that does not add up is read again, at most twice; if it still does not, the reading is not complete.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from listbackup.connectors.engine.faults import Reason
from listbackup.connectors.engine.instants import newest, read_instant
from listbackup.connectors.engine.page import Page
from listbackup.connectors.engine.recognise import KnownPages, Recognised, Told
from listbackup.connectors.engine.record import Json, Key

Fault = tuple[Reason, str]
_RECOUNT = 2000  # records
_SKEW = timedelta(minutes=1)


class Tally:
    """Counts one pass over one listing. Resumed, it goes on from what was counted before."""

    def __init__(self, *, before: Mapping[str, Json] | None = None, known: KnownPages | None = None) -> None:
        before = before or {}
        self._known = known  # tells keys apart where pages are known whose keys nobody looks at
        self._before = _int(before.get("seen"))
        self._edge = {_key(one) for one in _list(before.get("edge"))}
        self._repeated = _int(before.get("repeated"))  # before the interruption, and across it
        totals = [_int(one) for one in _list(before.get("totals"))]  # first, lowest, highest, last
        self._totals: list[int] = totals if len(totals) == 4 else []
        self._hashes: array[int] = array("q")
        self._unhashed: list[Key] = []  # many at once cost less
        self._counted_at = self._different = 0  # how many hashes were there when the different ones were last counted
        self._made = _int(before.get("made"))
        self._empty = _int(before.get("empty"))
        self._short = bool(before.get("short"))
        self._size = _int(before.get("size"))
        self._shrunk = bool(before.get("shrunk"))
        self._last: list[Key] = []
        self.began_at = _moment(before.get("date"))  # the platform's own time when the listing began

    def add(self, page: Page, keys: Sequence[Key], created: Sequence[object], *, last: bool) -> None:
        """Count a page, in order."""
        self._begin(page)
        if self._edge:
            self._repeated += len(self._edge.intersection(keys))
            self._edge = set()
        if self._known is None:
            self._hashes.frombytes(np.fromiter(map(hash, keys), np.int64, len(keys)).tobytes())
        else:
            self._unhashed += keys
        if keys:
            self._last = list(keys[-2:])
        self._made += self._made_meanwhile(created, page.headers.get("date"))
        self._measure(page, last)

    def can_recognise(self, told: Told, page: Page) -> bool:
        """Whether a known page can be counted without its keys: not behind an interruption, and not where a record may have been made since the listing began."""
        if self._known is None or self._edge:
            return False
        began = self.began_at or read_instant(page.headers.get("date"))
        return told.made is None or began is None or told.made < began

    def recognise(self, page: Page, known: Recognised, *, last: bool) -> None:
        """Count a known page, in order."""
        assert self._known is not None
        self._begin(page)
        self._hashes.frombytes(self._known.hashes_of(known.number))
        self._last = list(known.told.edge)
        self._measure(page, last)

    def _begin(self, page: Page) -> None:
        if self.began_at is None and "date" in page.headers:
            self.began_at = read_instant(page.headers["date"])
        if page.total is not None:
            self._total(page.total)

    def _measure(self, page: Page, last: bool) -> None:
        got = len(page.raws)
        if not got and not last and not page.end:
            self._empty += 1
        if got and self._short:
            self._shrunk = True  # a page in the middle was smaller than the ones before it
        self._size = max(self._size, got)
        self._short = got < self._size

    def state(self) -> dict[str, Json]:
        """What a later process needs to go on counting."""
        seen, repeated = self._counted(exactly=False)
        kept: dict[str, Json] = {"seen": seen + repeated}
        if self._totals:
            kept["totals"] = list(self._totals)
        if self._last:
            kept["edge"] = [list(key) for key in self._last]
        if repeated:
            kept["repeated"] = repeated
        if self._made:
            kept["made"] = self._made
        if self._empty:
            kept["empty"] = self._empty
        if self._short:
            kept |= {"size": self._size, "short": True}
        if self._shrunk:
            kept["shrunk"] = True
        if self.began_at is not None:
            kept["date"] = self.began_at.isoformat()
        return kept

    def verdict(
        self, *, positions: bool, empty_pages: bool, distinct: bool, totals: bool = True, promised: bool = False
    ) -> Sequence[Fault]:
        """What does not add up; empty if everything does. ``promised``: this platform always says a total."""
        seen, repeated = self._counted()
        known = self._totals if totals else []
        faults = self._against_total(seen, repeated, known, positions) if known else []
        if promised and totals and seen and not known:
            faults.append((Reason.NO_TERMINATOR, "no answer said how many records there are, though this platform does"))
        if not known:
            if distinct and repeated:
                faults.append((Reason.REPEATED_RECORDS, f"{repeated} records came more than once"))
            if self._empty and not empty_pages:
                faults.append((Reason.EMPTY_PAGE, f"{self._empty} pages in the middle were empty"))
            if self._shrunk and positions:
                faults.append((Reason.PAGE_SHRUNK, "a page in the middle held fewer records than the others"))
        return faults

    def _against_total(self, seen: int, repeated: int, known: Sequence[int], positions: bool) -> list[Fault]:
        first, lowest, highest, last = known
        if positions and (lowest < first or last < highest):
            return [(Reason.CHANGED_MEANWHILE, f"the listing shrank from {highest} to {last} records while it was read")]
        if not lowest <= seen <= highest:
            return [(Reason.TOTAL_MISMATCH, f"the platform counts {last} records and listed {seen}")]
        if positions and self._made and self._made + repeated != last - first:
            return [(Reason.CHANGED_MEANWHILE, f"{self._made} records were made meanwhile and the total grew by {last - first}")]
        return []

    def _counted(self, *, exactly: bool = True) -> tuple[int, int]:
        """Different records, and how many came again. Counting costs a sort; between checkpoints it is done when there are as many more."""
        if self._known is not None and (exactly or len(self._unhashed) >= _RECOUNT):
            self._hashes.frombytes(self._known.hashes(self._unhashed))
            self._unhashed = []
        fresh = len(self._hashes) - self._counted_at
        if fresh and (exactly or fresh >= max(_RECOUNT, self._counted_at)):
            ordered = np.frombuffer(self._hashes, np.int64)
            ordered.sort()  # where they lie: of ten million a copy is 80 MB
            self._different = 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
            self._counted_at, fresh = len(self._hashes), 0
        repeated = self._repeated + self._counted_at - self._different
        return self._before + len(self._hashes) + len(self._unhashed) - repeated, repeated

    def _total(self, total: int) -> None:
        if not self._totals:
            self._totals = [total, total, total, total]
        first, lowest, highest, _ = self._totals
        self._totals = [first, min(lowest, total), max(highest, total), total]

    def _made_meanwhile(self, created: Sequence[object], date: str | None) -> int:
        """Made since the listing began, and not in the future: WordPress dates a scheduled post so."""
        if not created or self.began_at is None:
            return 0
        latest = newest(created)
        if latest is None or latest < self.began_at:
            return 0
        now = read_instant(date)
        until = now + _SKEW if now is not None else None
        moments = [moment for one in created if (moment := read_instant(one)) is not None]
        return sum(1 for moment in moments if moment >= self.began_at and (until is None or moment <= until))


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _key(value: object) -> Key:
    return tuple(part for part in _list(value) if isinstance(part, str | int))


def _moment(value: object) -> datetime | None:
    return read_instant(value) if isinstance(value, str) else None
