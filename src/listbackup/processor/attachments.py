"""The files that belong to records: fetched a few at a time beside the reading, only where they are new or changed.

Each fetch is a thread that fills a short pipe; the run's own thread empties the pipes one after the other into the store. So there is never more of any
file in memory than its pipe holds, and nothing is put on the disk in the clear.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from listbackup.base.errors import Interrupted, ListBackupError, PlatformError, PlatformFault
from listbackup.connectors.engine.record import AttachmentRef, Key, Problem
from listbackup.store import Writing

AT_ONCE = 4
_CHUNK_BYTES = 256 * 1024
_PIPE_CHUNKS = 8
_LASTING = (PlatformFault.GONE, PlatformFault.FORBIDDEN, PlatformFault.REFUSED)

Fetch = Callable[[AttachmentRef], Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What became of some attachments. ``again`` says that a failure may pass, so that the records must be read once more next time."""

    count: int = 0
    size_bytes: int = 0
    problems: tuple[Problem, ...] = ()
    again: bool = False

    def __add__(self, other: Fetched) -> Fetched:
        return Fetched(
            count=self.count + other.count,
            size_bytes=self.size_bytes + other.size_bytes,
            problems=self.problems + other.problems,
            again=self.again or other.again,
        )


class Attachments:
    """The attachments of one run."""

    def __init__(self, fetch: Fetch, writing: Writing, *, at_once: int = AT_ONCE, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._fetch, self._writing, self._at_once, self._should_stop = fetch, writing, at_once, should_stop
        self._pipes: deque[_Pipe] = deque()

    def want(self, stream: str, key: Key, ref: AttachmentRef) -> Fetched:
        """Ask for a file unless it is kept already: the same version, or, where the platform tells none, of a record that did not change.

        Returns what became of earlier ones that had to make room.
        """
        if self._writing.has_attachment(stream, key, ref.path, ref.version) is not None:
            return Fetched()
        done = self._finish_one() if len(self._pipes) >= self._at_once else Fetched()
        self._pipes.append(_Pipe(self._fetch, stream, key, ref))
        return done

    def drain(self) -> Fetched:
        """Wait for everything that was asked for; what became of it."""
        done = Fetched()
        while self._pipes:
            done += self._finish_one()
        return done

    def close(self) -> None:
        """Stop fetching and forget what was asked for; idempotent."""
        while self._pipes:
            self._pipes.popleft().close()

    def _finish_one(self) -> Fetched:
        pipe = self._pipes.popleft()
        ref = pipe.ref
        try:
            info = self._writing.attach(
                pipe.stream, pipe.key, ref.path, ref.name, ref.content_type, pipe.chunks(self._should_stop), ref.version
            )
        except PlatformError as error:
            if error.fault in (PlatformFault.NEEDS_REAUTH, PlatformFault.QUOTA_REACHED):
                raise
            reason = f"attachment_{error.fault.value}"
            problem = Problem(
                reason=reason, message=f"{ref.name or ref.path}: {error.message}", stream=pipe.stream, key="/".join(map(str, pipe.key))
            )
            return Fetched(problems=(problem,), again=error.fault not in _LASTING)
        finally:
            pipe.close()
        return Fetched(count=1, size_bytes=info.size_bytes)


class _Pipe:
    """One file on its way."""

    def __init__(self, fetch: Fetch, stream: str, key: Key, ref: AttachmentRef) -> None:
        self.stream, self.key, self.ref = stream, key, ref
        self._fetch = fetch
        self._queue: queue.Queue[bytes | ListBackupError | None] = queue.Queue(maxsize=_PIPE_CHUNKS)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._fill, name=f"attachment {ref.path}", daemon=True)
        self._thread.start()

    def chunks(self, should_stop: Callable[[], bool]) -> Iterator[bytes]:
        """The bytes as they come. Raises what the fetch met, Interrupted on stop."""
        while True:
            try:
                piece = self._queue.get(timeout=0.2)
            except queue.Empty:
                if should_stop():
                    raise Interrupted("stopped while an attachment was being fetched") from None
                if not self._thread.is_alive() and self._queue.empty():
                    raise AssertionError("the thread that fetched an attachment died without a word") from None
                continue
            if piece is None:
                return
            if isinstance(piece, ListBackupError):
                raise piece
            yield piece

    def close(self) -> None:
        """Let the thread end."""
        self._closed.set()

    def _fill(self) -> None:
        try:
            for chunk in self._fetch(self.ref):
                for start in range(0, len(chunk), _CHUNK_BYTES):
                    if not self._put(chunk[start : start + _CHUNK_BYTES]):
                        return
            self._put(None)
        except ListBackupError as error:
            self._put(error)

    def _put(self, piece: bytes | ListBackupError | None) -> bool:
        while not self._closed.is_set():
            try:
                self._queue.put(piece, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False
