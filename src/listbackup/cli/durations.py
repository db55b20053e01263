"""Lengths of time as people write them: ``15m``, ``1h30m``, ``7d``, ``2w``."""

from __future__ import annotations

import re
from datetime import timedelta

from listbackup.base.errors import InputError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SHAPE = re.compile(r"^(?:\d{1,6}\s*[smhdw]\s*)+$")


def parse_duration(text: str, *, field: str) -> timedelta:
    """The length of time. Raises InputError."""
    words = text.strip().lower()
    if not _SHAPE.match(words):
        raise InputError(f"{text!r} is no length of time", field=field, hint="write 15m, 1h30m, 7d or 2w")
    return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)\s*([smhdw])", words)))


def show_duration(length: timedelta) -> str:
    """The shortest way to write it: ``1h30m``."""
    rest, parts = int(length.total_seconds()), []
    for unit, seconds in sorted(_UNITS.items(), key=lambda pair: -pair[1]):
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
