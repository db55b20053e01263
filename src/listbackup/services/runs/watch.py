"""Keeps a run's lease alive beside the work, and brings word when somebody cancels it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from listbackup.backends.table.lease import LeaseGone
from listbackup.base.errors import BackendError, ListBackupError
from listbackup.processor.progress import Stop
from listbackup.services.runs.ledger import Ledger
from listbackup.services.runs.model import Run

_LOOK_EVERY_SECONDS = 0.5


class Watch:
    """A thread that looks at the run twice a second and extends its lease at every third of it. Use as a context."""

    def __init__(
        self,
        ledger: Ledger,
        run: Run,
        lease: timedelta,
        *,
        should_stop: Callable[[], bool],
        extend: Callable[[timedelta], None] | None = None,
    ) -> None:
        self._ledger, self._run, self._lease = ledger, run, lease
        self._should_stop, self._extend = should_stop, extend
        self._ended = threading.Event()
        self._reason: Stop | None = None
        self._thread = threading.Thread(target=self._look, name=f"lease of {run.id}", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def must_stop(self) -> Stop | None:
        """Why to stop, or None to go on."""
        if self._reason is None and self._should_stop():
            self._reason = Stop.PAUSE
        return self._reason

    def _look(self) -> None:
        looks_per_extension = max(1, int(self._lease.total_seconds() / 3 / _LOOK_EVERY_SECONDS))
        looks = 0
        while not self._ended.wait(_LOOK_EVERY_SECONDS) and self._reason is None:
            looks += 1
            self._reason = self._judge(extend=looks % looks_per_extension == 0)

    def _judge(self, *, extend: bool) -> Stop | None:
        try:
            run = self._ledger.hold(self._run, self._lease) if extend else self._ledger.peek(self._run)
            if extend and self._extend is not None:
                self._extend(self._lease)
        except LeaseGone:
            return Stop.LOST
        except BackendError:
            return None  # the next look comes soon; a lease that runs out meanwhile is noticed by the fence
        except ListBackupError:
            return Stop.LOST  # the row or the message is no longer ours to hold
        return Stop.CANCEL if run.cancel_requested else None
