"""What people mean by ``crm@yesterday``: the snapshot of a source that stood at the moment they name.

``@WHEN`` is one of
- nothing, ``latest``, ``previous``, ``first``;
- a snapshot's number (``12``, ``#12``; ``-1`` is the one before the latest) or its id, or enough of the id's beginning;
- an instant: ``2026-11-01T14:30``, ``2026-11-01``, ``14:30``, with a zone or in the machine's own;
- words: ``yesterday``, ``monday``, ``3 days ago``, ``yesterday 14:30``. Dots or dashes may stand for the spaces: ``crm@3.days.ago``.

An instant means the newest snapshot at or before it. A day without a time means the end of that day, so that ``@monday`` shows Monday's last snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol, TypeVar

from listbackup.base.clock import iso
from listbackup.base.errors import InputError, NotFound

EXAMPLES = "latest, previous, 12, snp_…, yesterday, monday, '3 days ago', 2026-11-01, 2026-11-01T14:30"

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {
    "s": timedelta(seconds=1),
    "sec": timedelta(seconds=1),
    "second": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "d": timedelta(days=1),
    "day": timedelta(days=1),
    "w": timedelta(weeks=1),
    "week": timedelta(weeks=1),
}
_MONTHS = {"month": 1, "y": 12, "year": 12}
_AGO = re.compile(r"^(\d+|an?|one)\s*([a-z]+?)s?\s+ago$|^(\d+)\s*([a-z]+?)s?$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


class Moment(Protocol):
    """What a snapshot must tell to be found."""

    @property
    def id(self) -> str:
        """Its id, ``snp_…``."""
        ...

    @property
    def seq(self) -> int:
        """Its number within the source, rising."""
        ...

    @property
    def at(self) -> datetime:
        """When the source stood so [UTC]."""
        ...


M = TypeVar("M", bound=Moment)


def split_source(text: str) -> tuple[str, str]:
    """``("crm", "yesterday")`` of ``crm@yesterday``; an empty second part when there is no ``@``."""
    name, _, when = text.partition("@")
    if not name:
        raise InputError(f"{text!r} names no source", hint="write SOURCE or SOURCE@WHEN, for example crm@yesterday")
    return name, when


def choose(snapshots: Sequence[M], when: str, *, now: datetime, zone: tzinfo | None = None) -> M:
    """The snapshot meant by ``when`` among these of one source, in any order.

    ``zone`` is that of times written without one; None is the machine's own. Raises InputError for words that mean nothing here,
    NotFound when there is no such snapshot.
    """
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.seq)
    if not ordered:
        raise NotFound("this source has no snapshot yet", hint="make one with:  listbackup backup SOURCE")
    text = when.strip().lower()
    by_name = _by_name(ordered, text)
    if by_name is not None:
        return by_name
    return _at(ordered, instant(text, now=now, zone=zone), when)


def instant(text: str, *, now: datetime, zone: tzinfo | None = None) -> datetime:
    """The instant [UTC] that these words mean at ``now``. Raises InputError."""
    try:
        found = _instant(text.strip().lower(), now, zone)
    except (OverflowError, ValueError):  # the year 0, or 10000, once the zone is reckoned in
        raise InputError(f"{text!r} is further away than dates go", hint=f"write one of: {EXAMPLES}") from None
    if found is None:
        raise InputError(f"{text!r} is no moment that can be understood", hint=f"write one of: {EXAMPLES}")
    return found


def _instant(words: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    """What these words mean, in any of the ways to write them. Raises OverflowError, ValueError for what no date can tell."""
    for reading in (words, words.replace(".", " ").replace("_", " "), re.sub(r"(?<=[a-z0-9])-(?=[a-z])|(?<=[a-z])-(?=\d)", " ", words)):
        found = _absolute(reading, zone) or _ago(reading, now, zone) or _day_and_time(reading, now, zone)
        if found is not None:
            return found
    return None


def _by_name(ordered: Sequence[M], text: str) -> M | None:
    if text in ("", "latest", "last", "newest"):
        return ordered[-1]
    if text in ("first", "oldest"):
        return ordered[0]
    if text == "previous":
        return _back(ordered, 1)
    if re.fullmatch(r"-\d{1,6}", text):
        return _back(ordered, int(text[1:]))
    if re.fullmatch(r"#?\d{1,9}", text):
        return _numbered(ordered, int(text.lstrip("#")))
    if text.startswith("snp_"):
        return _identified(ordered, text)
    return None


def _back(ordered: Sequence[M], steps: int) -> M:
    if steps >= len(ordered):
        count = "there is only one snapshot" if len(ordered) == 1 else f"there are only {len(ordered)} snapshots"
        raise NotFound(f"{count}, so none is {steps} before the latest")
    return ordered[-1 - steps]


def _numbered(ordered: Sequence[M], seq: int) -> M:
    for snapshot in ordered:
        if snapshot.seq == seq:
            return snapshot
    raise NotFound(f"there is no snapshot number {seq}; they are {ordered[0].seq} to {ordered[-1].seq}, some may have expired")


def _identified(ordered: Sequence[M], beginning: str) -> M:
    found = [snapshot for snapshot in ordered if snapshot.id.startswith(beginning)]
    if not found:
        raise NotFound(f"there is no snapshot {beginning}", hint="list them with:  listbackup snapshots SOURCE")
    if len(found) > 1:
        raise InputError(f"{beginning} is the beginning of {len(found)} snapshot ids", hint="write more of the id")
    return found[0]


def _at(ordered: Sequence[M], moment: datetime, words: str) -> M:
    for snapshot in reversed(ordered):
        if snapshot.at <= moment:
            return snapshot
    oldest = ordered[0]
    raise NotFound(
        f"nothing is kept from {words!r} ({iso(moment)}): the oldest snapshot is number {oldest.seq} of {iso(oldest.at)}",
        hint="see what there is with:  listbackup snapshots SOURCE",
    )


def _absolute(text: str, zone: tzinfo | None) -> datetime | None:
    if _DATE.match(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return None
        return _end_of(day, zone)
    try:
        written = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return written.astimezone(UTC) if written.tzinfo is not None else _to_utc(written, zone)


def _ago(text: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    match = _AGO.match(text)
    if match is None:
        return None
    count_text, unit = (match[1], match[2]) if match[1] else (match[3], match[4])
    count = int(count_text) if count_text.isdigit() else 1
    if unit in _UNITS:
        return now - count * _UNITS[unit]
    if unit in _MONTHS:
        return _months_before(now, count * _MONTHS[unit], zone)
    return None


def _months_before(now: datetime, months: int, zone: tzinfo | None) -> datetime:
    here = now.astimezone(zone)
    index = here.year * 12 + here.month - 1 - months
    if index < 12:
        raise OverflowError
    year, month = divmod(index, 12)
    for day in range(here.day, here.day - 4, -1):  # 31 March minus a month is the last day of February
        try:
            return _to_utc(here.replace(year=year, month=month + 1, day=day, tzinfo=None), zone)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _day_and_time(text: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    if text == "now":
        return now
    if not text.strip():  # of "." or "_"
        return None
    *day_words, last = text.split()
    clock = _clock(last)
    if clock is None:
        day_words.append(last)
    day = _day(" ".join(day_words), now.astimezone(zone).date())
    if day is None:
        return None
    return _end_of(day, zone) if clock is None else _to_utc(datetime.combine(day, clock), zone)


def _clock(word: str) -> time | None:
    if word == "noon":
        return time(12)
    match = _CLOCK.match(word)
    if match is None:
        return None
    try:
        return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        return None


def _day(words: str, today: date) -> date | None:
    if words in ("", "today"):
        return today
    if words == "yesterday":
        return today - timedelta(days=1)
    if _DATE.match(words):
        try:
            return date.fromisoformat(words)
        except ValueError:
            return None
    name = words.removeprefix("last ")
    matches = [index for index, day in enumerate(_DAYS) if len(name) >= 3 and day.startswith(name)]
    if len(matches) != 1:
        return None
    back = (today.weekday() - matches[0]) % 7
    if back == 0 and words.startswith("last "):
        back = 7
    return today - timedelta(days=back)


def _end_of(day: date, zone: tzinfo | None) -> datetime:
    return _to_utc(datetime.combine(day + timedelta(days=1), time()), zone) - timedelta(microseconds=1)


def _to_utc(written: datetime, zone: tzinfo | None) -> datetime:
    """A naive time of this zone (None: the machine's) as an instant."""
    return (written if zone is None else written.replace(tzinfo=zone)).astimezone(UTC)
