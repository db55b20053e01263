"""Errands over DynamoDB, S3 and SQS whose process is killed while it has them in hand: what is left is what a killed function leaves, and the next delivery sees to it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.base.secret import Secret
from listbackup.bootstrap.settings import environment
from listbackup.http.permission import Bundle
from listbackup.testing.cloud import INSTALLATION, PUBLIC, Invocation
from listbackup.testing.cloud_ground import GroundStage
from listbackup.worker.errands import MOST_DEATHS
from listbackup.worker.functions import Work

# The function as AWS runs it, killed at the moment at which it has written the first file of an export and is to say so.
FUNCTION = """
import json, os, signal, sys
from listbackup.services.exports import making
making.Making._shelve = lambda self, export, file, path: (self.shelf.put(len(export.files), path), os.kill(os.getpid(), signal.SIGKILL))
from listbackup.testing.cloud import Invocation
from listbackup.worker.lambda_handlers import run_errand
run_errand(json.load(sys.stdin), Invocation())
"""


@pytest.fixture(scope="module")
def house(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(GroundStage(aws, tmp_path_factory.mktemp("stage")))


class House:
    """A source with a snapshot."""

    def __init__(self, stage: GroundStage) -> None:
        self.stage = stage
        deploy = stage.open(delivers=True)
        deploy.accounts.ensure_default(actor="deploy")
        scope = deploy.enter("deploy")
        self.key = deploy.api_keys.create(scope, name="owner", permissions=tuple(Bundle)).text.reveal()
        deploy.connections.create(scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
        source = deploy.sources.create(scope, connection="shop", name="crm")
        deploy.runs.start(scope, source.id)
        Work(system=stage.open(), queue=stage.ports.queue)(stage.event("RUN_QUEUE_URL"), Invocation())
        self.data = stage.http("data")
        (self.snapshot,) = stage.ask(self.data, self.key, "GET", f"/sources/{source.id}/snapshots").json["items"]


class Exported:
    """An export of it that was asked for."""

    def __init__(self, house: House) -> None:
        self.house, self.stage, asked = house, house.stage, {"snapshot": house.snapshot["id"], "format": "jsonl"}
        self.id = self.stage.ask(house.data, house.key, "POST", "/exports", asked).json["id"]

    def shown(self) -> tuple[str, bool, str | None]:
        """State, whether somebody works on it, and why it failed."""
        said = self.stage.ask(self.house.data, self.house.key, "GET", f"/exports/{self.id}").json
        return said["state"], said["working"], said["message"]

    def die(self) -> None:
        """A process of the function takes the message and is killed; its minute is over at once."""
        event = self.stage.event("ERRAND_QUEUE_URL", hidden=120)
        said = {
            **environment(),
            **self.stage.said,
            "LISTBACKUP_INSTALLATION": INSTALLATION,
            "PUBLIC_URL": PUBLIC,
            "IDENTITY": "builtin",
            "MAIL_FROM": "backup@example.org",
        }
        done = subprocess.run(
            [sys.executable, "-c", FUNCTION], input=json.dumps(event), text=True, env=said, capture_output=True, check=False
        )
        assert done.returncode == -signal.SIGKILL, (done.stdout + done.stderr)[-3000:]
        self._come_again(event)

    def _come_again(self, event: dict[str, Any]) -> None:
        (record,) = event["Records"]
        sqs = self.stage.aws.client("sqs")
        sqs.change_message_visibility(
            QueueUrl=self.stage.said["ERRAND_QUEUE_URL"], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
        )

    def carry_out(self) -> None:
        """The next delivery, to a process that lives."""
        assert self.stage.run_errand()(self.stage.event("ERRAND_QUEUE_URL"), Invocation()) == {"batchItemFailures": []}


def test_an_export_whose_function_was_killed_is_taken_over_by_the_next_delivery(house: House) -> None:
    export = Exported(house)
    export.die()
    assert export.shown() == ("running", True, None)
    export.carry_out()
    assert export.shown() == ("done", False, None)


def test_an_export_that_killed_each_function_that_took_it_fails_with_a_reason(house: House) -> None:
    export = Exported(house)
    for _ in range(MOST_DEATHS):
        export.die()
    export.carry_out()
    assert export.shown() == ("failed", False, "It was interrupted too often.")
    assert [one.name for one in house.stage.ports.objects.list("") if export.id in one.name] == []
