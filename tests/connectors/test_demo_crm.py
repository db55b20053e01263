"""The demo platform keeps every connector's promises, against answers recorded from the simulated CRM as the tests begin."""

from __future__ import annotations

import pytest

from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import connector
from listbackup.connectors.engine.connector import Credentials, Ground, Mode
from listbackup.testing.clock import ManualClock
from listbackup.testing.recorder import record
from listbackup.testing.saas import Options, serve
from listbackup.testing.suites.connector_suite import ConnectorSuite

PLATFORM = connector(page_size=20)


class TestDemoCrm(ConnectorSuite):
    connector = PLATFORM

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def recorded(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        cls.recording = tmp_path_factory.mktemp("demo-crm") / "site.json"
        with serve(Options(records=150, gzip=False)) as saas, record(saas.base_url, cls.recording) as recorder:
            credentials = Credentials(values={"url": recorder.base_url}, secrets={"token": Secret(saas.token)})
            session = PLATFORM.open(credentials, Ground(clock=ManualClock(), allow_loopback=True, concurrency=1))
            session.test()
            for info in session.discover():
                for batch in session.read(info.name, Mode.FULL):
                    for _, ref in batch.attachments:
                        assert b"".join(session.fetch_attachment(ref))
            session.close()

    def credentials(self, base_url: str) -> Credentials:
        return Credentials(values={"url": base_url}, secrets={"token": Secret("any")})
