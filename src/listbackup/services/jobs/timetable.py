"""When a job is due: cron with a time zone, or every so many minutes, outside the hours in which the platform must be left alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from listbackup.base.errors import InputError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SHORTEST = timedelta(minutes=1)
_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietWindow:
    """Hours in which the platform is not called: from ``start`` to ``end`` (``HH:MM``, half open, over midnight when the end is not later), on days 0 (Monday) to 6."""

    start: str
    end: str
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            if not _CLOCK.match(getattr(self, name)):
                raise InputError(f"{getattr(self, name)!r} is not a time of day as HH:MM", field="timetable/quiet")
        if self.start == self.end:
            raise InputError("a window that ends when it starts has no length", field="timetable/quiet")
        if not self.days or any(day not in range(7) for day in self.days):
            raise InputError("days are numbers from 0 (Monday) to 6 (Sunday)", field="timetable/quiet")

    def spans(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """The window that begins on this day as instants [UTC], or None when there is none."""
        if day.weekday() not in self.days:
            return None
        last_day = day if self.end > self.start else day + timedelta(days=1)
        return _instant(day, self.start, zone), _instant(last_day, self.end, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Either ``cron`` (five fields, in ``time_zone``) or ``every`` (aligned to the clock: every 15 minutes is :00, :15, …)."""

    cron: str | None = None
    every: timedelta | None = None
    time_zone: str = "UTC"
    quiet: tuple[QuietWindow, ...] = ()

    def __post_init__(self) -> None:
        if (self.cron is None) == (self.every is None):
            raise InputError("a timetable is either a cron expression or an interval", field="timetable/cron")
        if self.every is not None and (self.every < _SHORTEST or self.every % _SHORTEST):
            raise InputError("an interval is a whole number of minutes, at least one", field="timetable/every")
        try:
            _zone(self.time_zone)
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is the first
            raise InputError(
                f"{self.time_zone!r} is not a time zone", field="timetable/time_zone", hint="use a name such as Europe/Berlin or UTC"
            ) from None
        if self.cron is not None:
            _check_cron(self.cron)
        if self.quiet and self._quiet_until(_EPOCH) is None:
            raise InputError("the quiet windows leave no time at all", field="timetable/quiet")

    def next_after(self, instant: datetime) -> datetime:
        """The first due instant [UTC] strictly after this one; one that falls into a quiet window is moved to the window's end."""
        due = self._next_raw(instant)
        moved = self.allowed_from(due)
        return moved if moved > instant else self.next_after(due)

    def allowed_from(self, instant: datetime) -> datetime:
        """The instant itself, or the end of the quiet windows that hold it."""
        free = self._quiet_until(instant)
        assert free is not None
        return free

    def interval_after(self, instant: datetime) -> timedelta:
        """How long from the next due instant to the one after it: what a missed run is measured by."""
        first = self.next_after(instant)
        return self.next_after(first) - first

    def _next_raw(self, instant: datetime) -> datetime:
        if self.every is not None:
            return _EPOCH + ((instant - _EPOCH) // self.every + 1) * self.every
        assert self.cron is not None
        from cronsim import CronSim  # a backup that somebody starts by hand asks no timetable

        return next(CronSim(self.cron, instant.astimezone(_zone(self.time_zone)))).astimezone(UTC)

    def _quiet_until(self, instant: datetime) -> datetime | None:
        """The first instant from this one on that no window holds; None when two weeks hold none."""
        zone, free = _zone(self.time_zone), instant
        while free <= instant + timedelta(days=14):
            end = self._end_of_window_at(free, zone)
            if end is None:
                return free
            free = end
        return None

    def _end_of_window_at(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        today = instant.astimezone(zone).date()
        for window in self.quiet:
            for day in (today - timedelta(days=1), today):
                span = window.spans(day, zone)
                if span is not None and span[0] <= instant < span[1]:
                    return span[1]
        return None


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


@lru_cache(maxsize=1000)
def _check_cron(expression: str) -> None:
    """Judged once, not with every job that is read. Raises InputError."""
    from cronsim import CronSim, CronSimError

    try:
        next(CronSim(expression, _EPOCH))
    except (CronSimError, StopIteration):
        message = f"{expression!r} is not a cron expression that ever comes due"
        raise InputError(message, field="timetable/cron", hint='five fields: minute hour day month weekday, as "0 3 * * *"') from None
