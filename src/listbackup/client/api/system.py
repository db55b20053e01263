"""``client.system``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from listbackup.client.session import Request, Session


class Live(Struct, frozen=True, kw_only=True):
    """This process answers."""

    status: str


class Part(Struct, frozen=True, kw_only=True):
    """A part and whether it answered; ``took_ms`` is how long that took [ms]."""

    name: str
    ok: bool
    took_ms: int


class Ready(Struct, frozen=True, kw_only=True):
    """Whether this process can work, part by part."""

    status: str
    parts: Sequence[Part]


class Version(Struct, frozen=True, kw_only=True):
    """What runs here."""

    version: str
    api: str


class SystemApi:
    """The operations of ``system``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def health_live(self) -> Live:
        """Whether this process answers."""
        request = Request(method="GET", path="/v2/system/health/live", signed=False)
        return self._session.ask(Live, request)

    def health_ready(self) -> Ready:
        """Whether each part works."""
        request = Request(method="GET", path="/v2/system/health/ready", signed=False)
        return self._session.ask(Ready, request)

    def metrics(self) -> str:
        """Figures for Prometheus."""
        request = Request(method="GET", path="/v2/system/metrics", signed=False)
        return self._session.text(request)

    def version(self) -> Version:
        """What runs here."""
        request = Request(method="GET", path="/v2/system/version", signed=False)
        return self._session.ask(Version, request)
