"""Heartbeats: every process that works says so now and then; who was not heard of for a minute is thought to be gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.base.decode import from_json
from listbackup.services.system.table import INSTALLATION, SYSTEM

EVERY = timedelta(seconds=15)
GONE_AFTER = timedelta(seconds=60)
_FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A worker as it was when it was last heard of. ``ticked_at`` is when its scheduler last looked for what is due, ``late_seconds`` how long the latest of
    that had waited [s]."""

    process: str
    at: datetime
    hands: int
    busy: int
    ticked_at: datetime | None = None
    late_seconds: float = 0.0


class Heartbeats:
    """Who works on this installation."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._table, self._clock = tables.open(SYSTEM), clock

    def beat(self, beat: Beat) -> None:
        """Say that this process works."""
        until = int((self._clock.now() + _FORGOTTEN_AFTER).timestamp())
        doc = msgspec.json.encode(beat).decode()
        self._table.put({"pk": INSTALLATION, "sk": f"beat/{beat.process}", "doc": doc, "expires_at": until})

    def leave(self, process: str) -> None:
        """Say that this process ends."""
        self._table.delete(INSTALLATION, f"beat/{process}")

    def list(self) -> Sequence[Beat]:
        """Everybody who was heard of within the last hour and did not leave; some hundreds at most."""
        items = self._table.query(INSTALLATION, prefix="beat/", limit=500).items
        return [from_json(str(item["doc"]), Beat) for item in items]

    def alive(self, *, within: timedelta = GONE_AFTER) -> Sequence[Beat]:
        """Those who are thought to work now: heard of within this time."""
        since = self._clock.now() - within
        return [beat for beat in self.list() if beat.at >= since]
