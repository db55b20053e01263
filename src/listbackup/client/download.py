"""Answers that are files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from listbackup.base.numbers import whole
from listbackup.client.transport import Answered

CHUNK_BYTES = 256 * 1024


class Download:
    """The bytes of an answer as they come: iterate over it, or ``save`` it. Use it as a context manager, or ``close`` it."""

    def __init__(self, answered: Answered) -> None:
        self._answered = answered
        self.media_type = (answered.header("content-type") or "").partition(";")[0]
        length = answered.header("content-length")
        self.size_bytes = whole(length) if length is not None else None

    def header(self, name: str) -> str | None:
        """A header of the answer."""
        return self._answered.header(name)

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._answered.read(CHUNK_BYTES):
            yield piece

    def save(self, path: Path) -> int:
        """The number of bytes [bytes] that were written into a new file; an existing one is left alone. Raises FileExistsError, OSError, Unreachable."""
        size = 0
        with self, open(path, "xb") as file:
            for piece in self:
                size += file.write(piece)
        return size

    def close(self) -> None:
        """Read no further."""
        self._answered.close()

    def __enter__(self) -> Download:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
