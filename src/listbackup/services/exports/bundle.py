"""Several files as one ZIP, made while it is sent: nothing of it is ever whole in memory or on the disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

_WHEN_CHUNKS = 256 * 1024


class _Outgoing:
    """What the ZIP writer writes into; it cannot be sought."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._waiting = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self._waiting += len(piece)
        return len(piece)

    def flush(self) -> None:
        return

    def take(self, *, at_least: int = 0) -> Iterator[bytes]:
        if self._waiting > at_least:
            yield b"".join(self._pieces)
            self._pieces, self._waiting = [], 0


def zip_chunks(files: Iterable[tuple[str, Iterable[bytes]]], *, made_at: datetime) -> Iterator[bytes]:
    """The bytes of a ZIP of these files, each a plain name and its pieces."""
    out = _Outgoing()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=1) as bundle:  # type: ignore[call-overload]
        for name, pieces in files:
            info = zipfile.ZipInfo(name, date_time=made_at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100600 << 16
            with bundle.open(info, "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    yield from out.take(at_least=_WHEN_CHUNKS)
    yield from out.take()
