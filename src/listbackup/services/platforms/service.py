"""Platforms: the registry of connectors as people see it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from listbackup.base.errors import NotFound
from listbackup.connectors.engine.connector import AuthMethod, ConfigField, Connector, Describes, StreamNature, asked_fields
from listbackup.services.platforms.model import Platform, PlatformStream


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

    def asked(self, name: str, values: Mapping[str, str]) -> Sequence[ConfigField]:
        """What the platform asks for, as far as these values tell. Raises NotFound, InputError."""
        return asked_fields(self.connector(name), values)


def _platform(connector: Connector) -> Platform:
    from listbackup.connectors.engine.sign_in import SignsIn  # brings the wire's addresses, which only a list of platforms needs

    page = connector.sign_in({}) if isinstance(connector, SignsIn) else None
    asks_by_values = page is None and isinstance(connector, SignsIn) and not _natures(connector)
    methods = [AuthMethod.KEY] if page is None or page.api.oauth is not None else []
    if page is not None or asks_by_values:
        methods.append(AuthMethod.OAUTH)
    return Platform(
        name=connector.platform,
        label=connector.label,
        config=tuple(connector.config),
        methods=tuple(methods),
        sign_in=page.asks if page is not None else tuple(connector.config) if asks_by_values else (),
        tells_issuer=page is not None and page.facts.issuer is not None,
        streams=[_stream(one) for one in _natures(connector)],
    )


def _natures(connector: Connector) -> Sequence[StreamNature]:
    return connector.describe() if isinstance(connector, Describes) else ()


def _stream(nature: StreamNature) -> PlatformStream:
    info = nature.info
    return PlatformStream(
        name=info.name,
        label=info.label,
        key=info.key,
        parent=info.parent,
        incremental=nature.incremental,
        deletions=nature.deletions,
        attachments=info.attachments,
        append_only=info.append_only,
        restore=info.restore,
    )
