"""Where the files of exports lie: sealed, frame by frame, for their account, export, file and place; a missing end is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from listbackup.backends.keyring.seal import OVERHEAD_BYTES, open_field, seal_field
from listbackup.backends.objects.port import Objects
from listbackup.services.scope import Scope
from listbackup.services.stores import Keys

FRAME_BYTES = 1024 * 1024


class Shelf:
    """The files of one export."""

    def __init__(self, objects: Objects, keys: Keys, scope: Scope, export: str) -> None:
        self._objects, self._export = objects, export
        self._keys = keys.for_account(scope.account)
        self._prefix = f"{scope.account}/exports/{export}/"

    def put(self, number: int, path: Path) -> None:
        """Keep the file under this number, replacing what a crash left of an earlier try."""
        name = self._name(number)
        self._objects.delete(name)
        self._objects.put(name, self._sealed(number, path))

    def read(self, number: int, size_bytes: int) -> Iterator[bytes]:
        """The file's bytes in pieces. Raises DamagedError, NotFound."""
        frames = max(1, -(-size_bytes // FRAME_BYTES))
        for frame in range(frames):
            start = frame * (FRAME_BYTES + OVERHEAD_BYTES)
            sealed = self._objects.get(self._name(number), start, FRAME_BYTES + OVERHEAD_BYTES)
            yield open_field(self._keys, sealed, context=self._context(number, frame, is_last=frame == frames - 1))

    def clear(self) -> None:
        """Delete everything; idempotent."""
        for found in list(self._objects.list(self._prefix)):
            self._objects.delete(found.name)

    def _sealed(self, number: int, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            frame, piece = 0, file.read(FRAME_BYTES)
            while True:
                following = file.read(FRAME_BYTES)
                yield seal_field(self._keys, piece, context=self._context(number, frame, is_last=not following))
                if not following:
                    return
                frame, piece = frame + 1, following

    def _name(self, number: int) -> str:
        return f"{self._prefix}{number:06d}"

    def _context(self, number: int, frame: int, *, is_last: bool) -> tuple[str, ...]:
        return ("exports", self._export, str(number), str(frame), "last" if is_last else "more")
