"""Instants as platforms write them, read and written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import assert_never

from listbackup.base.clock import iso
from listbackup.connectors.engine.facts import InstantFormat

_MS_FROM = 100_000_000_000  # a unix time above this is in milliseconds (seconds would be the year 5138)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF = re.compile(r"[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT", re.ASCII)
_FRACTION = re.compile(r"(\.\d{6})\d+")


def read_instant(value: object) -> datetime | None:
    """The instant [UTC] in what a platform wrote: ISO 8601 (without a zone: UTC), unix seconds or milliseconds, RFC 7231; None if it is none of these."""
    try:
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000 if value >= _MS_FROM else value, UTC)
        text = str(value).strip()
        if text[:1].isdigit() and not text.replace(".", "", 1).isdigit():
            moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if text[:1].isdigit():
            return datetime.fromisoformat(text).replace(tzinfo=UTC) if len(text) == 8 else read_instant(float(text))
        return _http(text) or _of_letter(text)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _http(text: str) -> datetime | None:
    """The instant of a ``Date`` header as RFC 9110 wants it."""
    found = _IMF.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    return datetime(year, _MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=UTC)


def _of_letter(text: str) -> datetime:
    from email.utils import parsedate_to_datetime  # takes 5 ms, and few platforms write their dates in another form

    return parsedate_to_datetime(text).astimezone(UTC)


def newest(values: Sequence[object]) -> datetime | None:
    """The latest instant among these; None if there is none."""
    if not values:
        return None
    if _alike(values):
        return read_instant(max(values))  # type: ignore[type-var]
    moments = [moment for value in values if (moment := read_instant(value)) is not None]
    return max(moments, default=None)


def _alike(values: Sequence[object]) -> bool:
    """Whether these are texts of one length in UTC, whose order is that of the instants."""
    first = values[0]
    if type(first) is not str or set(map(type, values)) != {str}:
        return False
    size = len(first)
    if size < 11 or set(map(len, values)) != {size}:  # type: ignore[arg-type]
        return False
    ends = {value[-6:-5] + value[-1:] for value in values}  # type: ignore[index]
    return all(end[-1] == "Z" or (end[0] not in "+-" and end[-1].isdigit()) for end in ends)


def write_instant(moment: datetime, form: InstantFormat) -> str | int:
    """The instant as a request wants it."""
    moment = moment.astimezone(UTC)
    match form:
        case "iso":
            return iso(moment)
        case "iso_seconds":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        case "iso_naive":
            return moment.strftime("%Y-%m-%dT%H:%M:%S")
        case "space":
            return moment.strftime("%Y-%m-%d %H:%M:%S")
        case "date":
            return moment.strftime("%Y-%m-%d")
        case "unix":
            return int(moment.timestamp())
        case "unix_ms":
            return int(moment.timestamp() * 1000)
        case "http":
            return f"{_DAYS[moment.weekday()]}, {moment.day:02} {_MONTHS[moment.month - 1]} {moment:%Y %H:%M:%S} GMT"
    assert_never(form)
