"""Where the tests of the AWS adapters run: an emulator on this machine, or with LISTBACKUP_AWS_ACCOUNT=1 the account that boto3 finds.

In an account everything is named by LISTBACKUP_AWS_PREFIX (``listbackup-test`` unless set) and removed at the end; it costs cents.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.base.secret import Secret
from listbackup.testing.emulator import KEY, REGION, Emulator

IN_ACCOUNT = os.environ.get("LISTBACKUP_AWS_ACCOUNT") == "1"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator of this test process."""
    started = Emulator.start(Path(tmp_path_factory.mktemp("emulator")))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def aws(request: pytest.FixtureRequest) -> Aws:
    """The cloud under test; its clients are made once."""
    if IN_ACCOUNT:
        return Aws(region=os.environ.get("AWS_REGION", REGION), endpoint=None)
    endpoint = request.getfixturevalue("emulator").endpoint
    return Aws(region=REGION, endpoint=endpoint, access_key_id=KEY, secret_access_key=Secret(KEY))


@pytest.fixture(autouse=True)
def _credentials(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator's own, whatever this machine has; only while a test of this folder runs."""
    if not IN_ACCOUNT:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in request.getfixturevalue("emulator").environment.items():
            monkeypatch.setenv(name, value)


def pytest_report_header() -> str:
    """Says on which ground the AWS adapters are proved."""
    return f"AWS adapters: {'a real account' if IN_ACCOUNT else 'the emulator (make emulator)'}"
