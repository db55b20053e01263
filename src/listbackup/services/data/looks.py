"""Who looked at the content of copies: a line of the trail for each look, not for each page of it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from listbackup.services.data.events import source_data_fact
from listbackup.services.desk import Desk
from listbackup.services.scope import Scope

ONE_LOOK = timedelta(minutes=10)  # the same person, at the same thing, in the same way: one look goes on as long as this is not passed
_REMEMBERED = 10_000


class Looks:
    """Tells the trail of looks at content: who, at which stream of which snapshot, and how. No key and no word that was searched for stands there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen: dict[tuple[str, ...], datetime] = {}
        self._lock = threading.Lock()

    def note(self, scope: Scope, how: str, source: str, *, snapshot: str = "", stream: str = "") -> None:
        """Somebody is about to be shown content; told before it is shown."""
        look, now = (scope.account, scope.actor, how, source, snapshot, stream), self._desk.clock.now()
        with self._lock:
            last = self._seen.get(look)
            if last is not None and last <= now < last + ONE_LOOK:
                return
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[look] = now
        about = {name: value for name, value in (("how", how), ("snapshot", snapshot), ("stream", stream[:200])) if value}
        self._desk.commit(scope, [], source_data_fact("content.viewed", source, **about))
