"""What a connector made of a connection's values and need not make again: one sealed file in the cache, which may go at any time."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from listbackup.backends.durable import ensure_folder, replace_file
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.base.errors import StoreError


class SealedMemory:
    """See ``Memory``. Sealed, so that whoever writes into the cache cannot lead a connection's secrets elsewhere."""

    def __init__(self, cache: Path, keys: KeyScope, connection: str) -> None:
        self._file, self._keys, self._connection = cache / keys.account / "connections" / connection, keys, connection

    def recall(self, of: str) -> bytes | None:
        """See the protocol."""
        with suppress(OSError, StoreError):  # not there, made of other values, or changed: made again
            return open_field(self._keys, self._file.read_bytes(), context=self._context(of))
        return None

    def keep(self, of: str, made: bytes) -> None:
        """See the protocol."""
        sealed = seal_field(self._keys, made, context=self._context(of))
        with suppress(OSError):  # a full or a read-only disk: it is made again
            ensure_folder(self._file.parent)
            replace_file(self._file, sealed)

    def _context(self, of: str) -> tuple[str, str, str]:
        return ("connection_memory", self._connection, hashlib.sha256(of.encode()).hexdigest())
