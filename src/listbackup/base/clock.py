"""The one place that knows what time it is. Everybody else is handed a ``Clock``."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time and a monotonic counter; tests hand in ``testing.clock.ManualClock``."""

    def now(self) -> datetime:
        """This instant [UTC], aware."""
        ...

    def monotonic(self) -> float:
        """Seconds [s] on a counter that never goes back; only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait this long [s]."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """This instant [UTC], aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds [s] on the machine's monotonic counter."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait this long [s]."""
        time.sleep(seconds)


def unix_ms(instant: datetime) -> int:
    """Whole milliseconds [ms] since 1970 UTC."""
    return int(instant.timestamp() * 1000)


def from_unix_ms(milliseconds: int) -> datetime:
    """The instant [UTC] of ``unix_ms``."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def iso(instant: datetime) -> str:
    """RFC 3339 text in UTC with milliseconds and ``Z``; sorts as text."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """The instant of ``iso``; accepts any RFC 3339 offset. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant.astimezone(UTC)
