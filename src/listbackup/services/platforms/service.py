"""Platforms: the registry of connectors as people see it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from listbackup.base.errors import NotFound
from listbackup.connectors.engine.connector import Connector
from listbackup.services.platforms.model import Platform


class Platforms:
    """The platforms that this installation can connect."""

    def __init__(self, connectors: Iterable[Connector]) -> None:
        self._connectors = {connector.platform: connector for connector in connectors}

    def list(self) -> Sequence[Platform]:
        """All of them, by name."""
        return [_platform(self._connectors[name]) for name in sorted(self._connectors)]

    def get(self, name: str) -> Platform:
        """The platform of this name. Raises NotFound, with the names that are near."""
        return _platform(self.connector(name))

    def connector(self, name: str) -> Connector:
        """The code that speaks to this platform. Raises NotFound."""
        found = self._connectors.get(name)
        if found is None:
            near = difflib.get_close_matches(name, self._connectors, n=3, cutoff=0.5) or sorted(self._connectors)
            raise NotFound(f"there is no platform {name!r}", hint="one of: " + ", ".join(near))
        return found


def _platform(connector: Connector) -> Platform:
    return Platform(name=connector.platform, label=connector.label, config=tuple(connector.config))
