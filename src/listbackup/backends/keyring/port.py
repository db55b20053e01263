"""The keyring port: wraps and unwraps account keys under a root key that never leaves it.

Contract
- ``wrap`` binds the account's id: a wrapped key moved to another account does not open.
- ``unwrap`` raises ``KeyUnavailable`` for a wrong, missing or retired root key, never returns wrong bytes.
- After ``rotate`` old wraps still open until ``retire`` drops the old root key; whoever keeps wraps re-wraps them in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Keyring(Protocol):
    """Holder of the root key."""

    def wrap(self, account: str, key: bytes) -> bytes:
        """The 32-byte key, sealed for this account; the result names the root key it was sealed with."""
        ...

    def unwrap(self, account: str, wrapped: bytes) -> bytes:
        """The key of ``wrap``. Raises KeyUnavailable."""
        ...

    def current(self) -> str:
        """The id of the root key that ``wrap`` uses now."""
        ...

    def wrapped_with(self, wrapped: bytes) -> str:
        """The id of the root key that this wrap needs."""
        ...

    def rotate(self) -> str:
        """Make a new root key the current one; its id."""
        ...

    def list_roots(self) -> Sequence[str]:
        """The ids of all root keys held, the current one last."""
        ...

    def retire(self, root: str) -> None:
        """Forget an old root key. Raises Conflict for the current one."""
        ...
