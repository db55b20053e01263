"""The secrets port: few, small, named secrets of the installation (a platform's OAuth client secret), kept sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from listbackup.base.secret import Secret


class Secrets(Protocol):
    """Named secrets."""

    def set(self, name: str, value: Secret) -> None:
        """Create or replace; durable when it returns."""
        ...

    def find(self, name: str) -> Secret | None:
        """The secret of this name, or None."""
        ...

    def remove(self, name: str) -> None:
        """Forget it; no error when there is none."""
        ...

    def list_names(self) -> Sequence[str]:
        """All names, sorted."""
        ...
