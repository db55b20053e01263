"""Mailman keeps every connector's promises, against the recorded answers of Mailman core 3.3.10."""

from __future__ import annotations

from pathlib import Path

from listbackup.base.secret import Secret
from listbackup.connectors import mailman
from listbackup.connectors.engine.connector import Credentials
from listbackup.connectors.mailman.connector import connector
from listbackup.testing.suites.connector_suite import ConnectorSuite


class TestMailman(ConnectorSuite):
    connector = connector(page_size=3)
    recording = Path(mailman.__path__[0]) / "recorded" / "site.json"

    def credentials(self, base_url: str) -> Credentials:
        return Credentials(values={"url": f"{base_url}/3.1", "username": "restadmin"}, secrets={"password": Secret("a word")})
