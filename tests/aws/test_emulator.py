"""The emulator itself: it starts, it is alone on loopback, and it goes."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.base.secret import Secret
from listbackup.testing.emulator import KEY, REGION, Emulator


def test_two_emulators_know_nothing_of_each_other_and_are_gone_when_stopped(tmp_path: Path) -> None:
    one, two = Emulator.start(tmp_path / "one"), Emulator.start(tmp_path / "two")
    try:
        clients = [Aws(REGION, at.endpoint, access_key_id=KEY, secret_access_key=Secret(KEY)).client("sqs") for at in (one, two)]
        clients[0].create_queue(QueueName="only-here")
        assert [bool(client.list_queues().get("QueueUrls")) for client in clients] == [True, False]
    finally:
        one.stop()
        two.stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{one.endpoint}/_ministack/health")
