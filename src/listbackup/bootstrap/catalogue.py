"""Which platforms can be connected: their names here, their code loaded when it is first needed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from listbackup.connectors.engine.connector import (
    ConfigField,
    Connector,
    Credentials,
    Describes,
    Ground,
    Session,
    StreamNature,
    asked_fields,
)

if TYPE_CHECKING:
    from listbackup.connectors.engine.sign_in import SignIn

PLATFORMS: dict[str, str] = {  # a module with ``connector()``, or with ``api()``: facts that the engine's own connector reads
    "demo-crm": "listbackup.connectors.demo_crm.connector",
    "ghost": "listbackup.connectors.ghost.connector",
    "mailman": "listbackup.connectors.mailman.connector",
    "rest": "listbackup.connectors.rest.connector",
    "wordpress": "listbackup.connectors.wordpress.connector",
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

    def config_for(self, values: Mapping[str, str]) -> Sequence[ConfigField]:
        """See ``AsksByValues``."""
        return asked_fields(self._connector, values)

    def sign_in(self, values: Mapping[str, str]) -> SignIn | None:
        """See ``SignsIn``."""
        from listbackup.connectors.engine.sign_in import SignsIn

        return self._connector.sign_in(values) if isinstance(self._connector, SignsIn) else None

    def describe(self) -> Sequence[StreamNature]:
        """See ``Describes``."""
        return self._connector.describe() if isinstance(self._connector, Describes) else ()

    def open(self, credentials: Credentials, ground: Ground) -> Session:
        """See the protocol."""
        return self._connector.open(credentials, ground)

    @property
    def _connector(self) -> Connector:
        if self._loaded is None:
            self._loaded = _load(self._module)
        return self._loaded


def _load(module: str) -> Connector:
    found = importlib.import_module(module)
    if hasattr(found, "connector"):
        made: Connector = found.connector()
        return made
    from listbackup.connectors.engine.session import FactsConnector

    return FactsConnector(api=found.api())


def all_connectors() -> Sequence[Connector]:
    """Every connector, by name of its platform."""
    return [LazyConnector(platform, module) for platform, module in sorted(PLATFORMS.items())]
