"""A lock between the processes of one machine: an empty file that one of them holds. It goes with its holder, however that one ends."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from listbackup.base.clock import SystemClock
from listbackup.base.errors import BackendError

_FIRST_WAIT_SECONDS = 0.0002
_LONGEST_WAIT_SECONDS = 0.01


class FileLock:
    """The lock at ``path``. Held by one thread of one process at a time; the thread that holds it may take it again."""

    def __init__(self, path: Path, *, patience: timedelta = timedelta(seconds=60)) -> None:
        self._path = path
        self._clock = SystemClock()  # whatever time a test pretends it is, another process takes its real time
        self._patience = patience
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor = -1
        self._process = os.getpid()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for the block. Raises BackendError (retryable) when others keep it for longer than the patience."""
        if self._process != os.getpid():  # a forked child shares the parent's open file and with it the lock: it needs its own
            self._threads, self._depth, self._descriptor, self._process = threading.RLock(), 0, -1, os.getpid()
        if not self._threads.acquire(timeout=self._patience.total_seconds()):
            raise self._busy()
        try:
            if self._depth == 0:
                self._acquire()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Give the file back; the next ``held`` opens it again."""
        with self._threads:
            if self._descriptor >= 0 and self._depth == 0 and self._process == os.getpid():
                os.close(self._descriptor)
                self._descriptor = -1

    def _acquire(self) -> None:
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        waited, wait = 0.0, _FIRST_WAIT_SECONDS
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if waited >= self._patience.total_seconds():
                    raise self._busy() from None
                self._clock.sleep(wait)
                waited, wait = waited + wait, min(wait * 2, _LONGEST_WAIT_SECONDS)
            else:
                return

    def _busy(self) -> BackendError:
        return BackendError(f"{self._path.name} is held by another process", retryable=True, hint="wait for the other process, or stop it")
