"""Long bytes sealed frame by frame, so that they can be written and opened without being held.

A frame is its length (u32, little endian) and a sealed field (``seal.py``) whose context names the stream, the frame's number and whether it is the last: frames
that were left out, doubled, moved or cut off at the end are noticed like changed ones.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import BinaryIO

from listbackup.backends.keyring.seal import OVERHEAD_BYTES, open_with, seal_with
from listbackup.base.errors import DamagedError, KeyUnavailable

FRAME_BYTES = 1 << 20
_LENGTH_BYTES = 4


class SealingStream(io.RawIOBase):
    """Takes bytes and writes their frames to ``target``; ``close`` writes the last one, without which nothing opens."""

    def __init__(self, key: bytes, target: BinaryIO, *, context: Sequence[str]) -> None:
        self._key, self._target, self._context = key, target, tuple(context)
        self._held = bytearray()
        self._number = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """All of it is taken."""
        self._held += data
        while len(self._held) > FRAME_BYTES:
            self._put(bytes(self._held[:FRAME_BYTES]), "more")
            del self._held[:FRAME_BYTES]
        return len(data)

    def end(self) -> None:
        """The last frame; the target stays open."""
        self._put(bytes(self._held), "last")
        self._held.clear()

    def _put(self, data: bytes, which: str) -> None:
        sealed = seal_with(self._key, data, context=(*self._context, str(self._number), which))
        self._target.write(len(sealed).to_bytes(_LENGTH_BYTES, "little") + sealed)
        self._number += 1


class OpeningStream(io.RawIOBase):
    """The bytes of a sealed stream. ``fetch`` gives the next so many sealed bytes, fewer at the end. Raises DamagedError before it gives a wrong byte."""

    def __init__(self, key: bytes, fetch: Callable[[int], bytes], *, context: Sequence[str]) -> None:
        self._key, self._fetch, self._context = key, fetch, tuple(context)
        self._held = b""
        self._number = 0
        self._is_over = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """See ``io.RawIOBase``; 0 only behind the last frame."""
        while not self._held and not self._is_over:
            self._held = self._next()
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        return size

    def _next(self) -> bytes:
        length = int.from_bytes(self._exactly(_LENGTH_BYTES), "little")
        if not OVERHEAD_BYTES <= length <= FRAME_BYTES + OVERHEAD_BYTES:
            raise DamagedError("a sealed stream has a frame that is none")
        sealed = self._exactly(length)
        try:
            return self._open(sealed, "more")
        except DamagedError:
            data = self._open(sealed, "last")
        self._is_over = True
        if self._fetch(1):
            raise DamagedError("a sealed stream goes on behind its end")
        return data

    def _open(self, sealed: bytes, which: str) -> bytes:
        try:
            data = open_with(self._key, sealed, context=(*self._context, str(self._number), which))
        except KeyUnavailable:  # the key was looked at before: these are other bytes
            raise DamagedError("a sealed stream was changed") from None
        self._number += 1
        return data

    def _exactly(self, size: int) -> bytes:
        data = self._fetch(size)
        if len(data) != size:
            raise DamagedError("a sealed stream was cut off")
        return data
