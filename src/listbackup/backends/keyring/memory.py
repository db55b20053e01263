"""A keyring in memory, for tests: the roots are gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from listbackup.backends.keyring.roots import Roots, wrapping_root


class MemoryKeyring:
    """Roots in a field; safe to share between threads."""

    def __init__(self, roots: Roots | None = None) -> None:
        self._roots = roots or Roots.fresh()
        self._lock = threading.Lock()

    @property
    def roots(self) -> Roots:
        """The root keys themselves, for a recovery kit."""
        return self._roots

    def wrap(self, account: str, key: bytes) -> bytes:
        """See the port."""
        return self._roots.wrap(account, key)

    def unwrap(self, account: str, wrapped: bytes) -> bytes:
        """See the port."""
        return self._roots.unwrap(account, wrapped)

    def current(self) -> str:
        """See the port."""
        return self._roots.current

    def wrapped_with(self, wrapped: bytes) -> str:
        """See the port."""
        return wrapping_root(wrapped)

    def rotate(self) -> str:
        """See the port."""
        with self._lock:
            self._roots = self._roots.rotated()
            return self._roots.current

    def list_roots(self) -> Sequence[str]:
        """See the port."""
        return self._roots.ids

    def retire(self, root: str) -> None:
        """See the port."""
        with self._lock:
            self._roots = self._roots.without(root)
