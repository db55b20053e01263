"""How much one request may look at before it says honestly that it has not seen everything."""

from __future__ import annotations

from listbackup.base.clock import Clock

SECONDS = 2.0
ROWS = 100_000


class Budget:
    """Some seconds and some rows, spent as they are looked at."""

    def __init__(self, clock: Clock, *, seconds: float = SECONDS, rows: int = ROWS) -> None:
        self._clock, self._ends, self._rows = clock, clock.monotonic() + seconds, rows

    def spend(self, rows: int) -> None:
        """These many were looked at."""
        self._rows -= rows

    @property
    def is_over(self) -> bool:
        """Whether it is time to answer with what there is."""
        return self._rows <= 0 or self._clock.monotonic() >= self._ends
