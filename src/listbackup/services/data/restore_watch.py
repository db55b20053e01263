"""A restore while it goes on: how far it is, for everybody who asks; and whether somebody said stop, wherever they said it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from listbackup.backends.table.port import Scalar
from listbackup.processor.restore_model import ListenRestore, RestoreProgress
from listbackup.services.data.model import Restore, RestoreState
from listbackup.services.data.table import RESTORES
from listbackup.services.desk import Desk
from listbackup.services.scope import Scope

_EVERY = 1.0  # seconds between two looks, and between two notes
_FRESH = timedelta(minutes=1)


class Get(Protocol):
    """Reads a restore anew."""

    def __call__(self, scope: Scope, restore: str) -> Restore: ...


class Watch:
    """What stands beside one restore."""

    def __init__(self, desk: Desk, scope: Scope, restore: Restore, should_stop: Callable[[], bool], get: Get) -> None:
        self._desk, self._scope, self._restore, self._should_stop, self._get = desk, scope, restore, should_stop, get
        self._looked = self._told = desk.clock.monotonic()
        self._cancelled = False

    def should_stop(self) -> bool:
        """Whether this process ends, or somebody cancelled the restore: seen within a second."""
        now = self._desk.clock.monotonic()
        if not self._cancelled and now - self._looked >= _EVERY:
            self._looked = now
            self._cancelled = self._get(self._scope, self._restore.id).state is RestoreState.CANCELLED
        return self._cancelled or self._should_stop()

    def listening(self, listen: ListenRestore) -> ListenRestore:
        """As ``listen``, and noted for who asks."""

        def tell(progress: RestoreProgress) -> None:
            listen(progress)
            now = self._desk.clock.monotonic()
            if now - self._told >= _EVERY:
                self._told = now
                self._note(progress)

        return tell

    def _note(self, progress: RestoreProgress) -> None:
        table, at = self._desk.open(RESTORES, self._scope), int(self._desk.clock.now().timestamp())
        doc: dict[str, Scalar] = {"done": progress.done, "total": progress.total, "stream": progress.stream, "at": at}
        self._desk.tables.transact([table.put(_key(self._restore.id), doc)])


def read_progress(desk: Desk, scope: Scope, restore: str) -> RestoreProgress | None:
    """What was noted within the last minute, or None."""
    row = desk.open(RESTORES, scope).find(_key(restore))
    if row is None or int(row["at"] or 0) < (desk.clock.now() - _FRESH).timestamp():
        return None
    return RestoreProgress(done=int(row["done"] or 0), total=int(row["total"] or 0), stream=str(row["stream"]))


def _key(restore: str) -> str:
    return f"progress/{restore}"
