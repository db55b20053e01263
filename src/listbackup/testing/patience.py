"""Waiting for what another thread or process will do, by the clock and not by a number of looks: a busy machine is slow, not wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from listbackup.base.clock import SystemClock

T = TypeVar("T")


def until(look: Callable[[], T], holds: Callable[[T], bool] = bool, *, seconds: float = 90, pause: float = 0.05) -> T:
    """What ``look`` gave when it first held. Raises AssertionError with the last look after this long [s]."""
    clock = SystemClock()
    end = clock.monotonic() + seconds
    while not holds(found := look()):
        if clock.monotonic() > end:
            raise AssertionError(f"still not so after {seconds:.0f} s: {found!r}")
        clock.sleep(pause)
    return found
