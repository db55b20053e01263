"""Ghost keeps every connector's promises, against the recorded answers of Ghost 5.130."""

from __future__ import annotations

from pathlib import Path

from listbackup.base.secret import Secret
from listbackup.connectors import ghost
from listbackup.connectors.engine.connector import Credentials
from listbackup.connectors.ghost.connector import connector
from listbackup.testing.suites.connector_suite import ConnectorSuite


class TestGhost(ConnectorSuite):
    connector = connector(page_size=3)
    recording = Path(ghost.__path__[0]) / "recorded" / "site.json"

    def credentials(self, base_url: str) -> Credentials:
        return Credentials(values={"url": base_url}, secrets={"admin_key": Secret("0123456789abcdef01234567:" + "ab" * 32)})
