"""A stage over AWS (in tests: an emulator): what a deployment makes for it, and each function as a process of its own over that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from listbackup.api.lambda_http import HttpFunction
from listbackup.backends.aws_client import Aws
from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.base.clock import SystemClock
from listbackup.base.ids import new_id
from listbackup.bootstrap.aws import AwsPorts, open_cloud, open_errands
from listbackup.bootstrap.cloud_settings import CloudSettings
from listbackup.bootstrap.declared import declared_tables
from listbackup.bootstrap.system import System
from listbackup.services.data import QueuedErrands
from listbackup.services.platforms import Platforms
from listbackup.testing.cloud import Answered, Invocation, answered, cloud_settings, http_event
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.worker.functions import Publish, RunErrands


class Ports(AwsPorts):
    """Those of a function, but for letters, which nobody reads here."""

    mail = MemoryMail()


class GroundStage:
    """A stage with what a deployment makes for it, and a platform with twenty contacts."""

    def __init__(self, aws: Aws, scratch: Path, **said: str) -> None:
        self.name = new_id("stg", 0)[-12:]
        self.aws, self.clock, self.scratch = aws, SystemClock(), scratch
        self.said = {**said, "STAGE": self.name, "AWS_REGION": aws.region, "EVENT_BUS": "", **self._queues(), **self._buckets()}
        self.said |= {"AWS_ENDPOINT_URL": aws.endpoint} if aws.endpoint else {}
        kms = aws.client("kms")
        kms.create_alias(AliasName=f"alias/listbackup-{self.name}", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        made = DynamodbTables(aws, f"listbackup-{self.name}", self.clock, create=True)
        for spec in declared_tables():
            made.open(spec)
        self.world = fake_platform(fake_stream("contacts"))
        for number in range(1, 21):
            self.world.put("contacts", number, name=f"contact {number}")

    def settings(self, **said: str) -> CloudSettings:
        """What a function of this stage is told."""
        return cloud_settings(self.scratch, **self.said, **said)

    @property
    def ports(self) -> Ports:
        """Those of one process."""
        return Ports(self.settings(), self.clock, self.aws)

    def open(self, *, delivers: bool = False) -> System:
        """A system as one function has it."""
        system = open_cloud(self.settings(), clock=self.clock, ports=self.ports, delivers=delivers)
        system.platforms = Platforms([FakeConnector(self.world)])
        return system

    @property
    def errands(self) -> QueuedErrands:
        """Errands as messages."""
        return open_errands(self.settings(), clock=self.clock, ports=self.ports)

    def http(self, service: str, system: System | None = None) -> HttpFunction:
        """A fresh process of the service's function; over this system where one is given."""
        settings, ports = self.settings(LISTBACKUP_SERVICE=service), self.ports
        return HttpFunction(system or self.open(), self.errands, settings, hand_out=ports.hand_out, most_bytes=settings.answer_bytes)

    def ask(self, function: HttpFunction, key: str, method: str, path: str, body: object = None, **headers: str) -> Answered:
        """What the function answers to whoever has this key."""
        sent = {"authorization": f"Bearer {key}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return answered(function(http_event(method, f"/v2{path}", body, sent), Invocation()))

    def publish(self) -> Mapping[str, Any]:
        """One call of the publisher's function, by a fresh process."""
        return Publish(system=self.open(delivers=True))({}, Invocation())

    def run_errand(self) -> RunErrands:
        """A fresh process of the errands' function."""
        return RunErrands(system=self.open(), errands=self.errands, queue=self.ports.errand_queue)

    def event(self, queue: str, *, hidden: int = 30) -> dict[str, Any]:
        """What SQS would call a function with, for the next message of the queue of this setting."""
        found = self.aws.client("sqs").receive_message(
            QueueUrl=self.said[queue],
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
            WaitTimeSeconds=5,
            VisibilityTimeout=hidden,
        )
        return {"Records": [record_of(one) for one in found["Messages"]]}

    def _queues(self) -> dict[str, str]:
        sqs = self.aws.client("sqs")

        def made(kind: str) -> str:
            return str(sqs.create_queue(QueueName=f"{self.name}-{kind}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"])

        dead = made("dead")
        return {
            "RUN_QUEUE_URL": made("runs"),
            "ERRAND_QUEUE_URL": made("errands"),
            "RUN_DEAD_QUEUE_URL": dead,
            "ERRAND_DEAD_QUEUE_URL": dead,
        }

    def _buckets(self) -> dict[str, str]:
        names = {"DATA_BUCKET": f"listbackup-data-{self.name}", "HANDOUT_BUCKET": f"listbackup-handouts-{self.name}"}
        for name in names.values():
            self.aws.client("s3").create_bucket(Bucket=name)
        return names


def record_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """As the event source mapping writes a message. Source: docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, read 2026-11-21."""
    attributes = {
        name: {"stringValue": one["StringValue"], "dataType": "String"} for name, one in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
    }
