"""Secrets in memory, for tests."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.backends.secrets.names import check_secret_name
from listbackup.base.secret import Secret


class MemorySecrets:
    """A dictionary with the port's manners."""

    def __init__(self) -> None:
        self._kept: dict[str, Secret] = {}

    def set(self, name: str, value: Secret) -> None:
        """See the port."""
        self._kept[check_secret_name(name)] = value

    def find(self, name: str) -> Secret | None:
        """See the port."""
        return self._kept.get(check_secret_name(name))

    def remove(self, name: str) -> None:
        """See the port."""
        self._kept.pop(check_secret_name(name), None)

    def list_names(self) -> Sequence[str]:
        """See the port."""
        return sorted(self._kept)
