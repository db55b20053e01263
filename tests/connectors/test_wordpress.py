"""WordPress keeps every connector's promises, against the recorded answers of WordPress 6.1."""

from __future__ import annotations

from pathlib import Path

from listbackup.base.secret import Secret
from listbackup.connectors import wordpress
from listbackup.connectors.engine.connector import Credentials
from listbackup.connectors.wordpress.connector import connector
from listbackup.testing.suites.connector_suite import ConnectorSuite


class TestWordPress(ConnectorSuite):
    connector = connector(page_size=3)
    recording = Path(wordpress.__path__[0]) / "recorded" / "site.json"

    def credentials(self, base_url: str) -> Credentials:
        return Credentials(
            values={"url": base_url, "username": "admin", "api": "/index.php?rest_route="}, secrets={"password": Secret("abcd efgh")}
        )
