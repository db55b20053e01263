"""Which platforms can be connected: their names here, their code loaded when it is first needed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from listbackup.connectors.engine.connector import ConfigField, Connector, Credentials, Ground, Session

PLATFORMS: dict[str, str] = {
    "demo-crm": "listbackup.connectors.demo_crm",
    "ghost": "listbackup.connectors.ghost",
    "mailman": "listbackup.connectors.mailman",
    "rest": "listbackup.connectors.rest",
    "wordpress": "listbackup.connectors.wordpress",
}


class LazyConnector:
    """A connector whose module is imported at the first question about it, so that commands that ask none start quickly."""

    def __init__(self, platform: str, module: str) -> None:
        self._platform, self._module = platform, module
        self._loaded: Connector | None = None

    @property
    def platform(self) -> str:
        """See the protocol."""
        return self._platform

    @property
    def label(self) -> str:
        """See the protocol."""
        return self._connector.label

    @property
    def config(self) -> Sequence[ConfigField]:
        """See the protocol."""
        return self._connector.config

    def open(self, credentials: Credentials, ground: Ground) -> Session:
        """See the protocol."""
        return self._connector.open(credentials, ground)

    @property
    def _connector(self) -> Connector:
        if self._loaded is None:
            loaded: Connector = importlib.import_module(self._module).connector()
            self._loaded = loaded
        return self._loaded


def all_connectors() -> Sequence[Connector]:
    """Every connector, by name of its platform."""
    return [LazyConnector(platform, module) for platform, module in sorted(PLATFORMS.items())]
