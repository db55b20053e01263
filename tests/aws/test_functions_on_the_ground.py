"""The functions over DynamoDB, S3, SQS and KMS: from a request to a snapshot, an export and the trail, each step by the function whose it is."""

from pathlib import Path

import pytest

from listbackup.api.lambda_http import HttpFunction
from listbackup.backends.aws_client import Aws
from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.base.clock import SystemClock
from listbackup.base.ids import new_id
from listbackup.base.secret import Secret
from listbackup.bootstrap.aws import AwsPorts, open_cloud, open_errands
from listbackup.bootstrap.cloud_settings import CloudSettings
from listbackup.bootstrap.declared import declared_tables
from listbackup.bootstrap.system import System
from listbackup.http.permission import Bundle
from listbackup.services.platforms import Platforms
from listbackup.services.runs import RunState
from listbackup.testing.cloud import Answered, Invocation, answered, cloud_settings, http_event
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.worker.functions import Publish, RunErrands, Tick, Work


class Ports(AwsPorts):
    """Those of a function, but for letters, which nobody reads here."""

    mail = MemoryMail()  # type: ignore[assignment]


class Stage:
    """A stage with what a deployment makes for it."""

    def __init__(self, aws: Aws, scratch: Path) -> None:
        name = new_id("stg", 0)[-12:]
        self.aws, self.clock, self.scratch = aws, SystemClock(), scratch
        sqs, kms = aws.client("sqs"), aws.client("kms")
        dead = sqs.create_queue(QueueName=f"{name}-dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        urls = [
            sqs.create_queue(QueueName=f"{name}-{kind}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"] for kind in ("runs", "errands")
        ]
        aws.client("s3").create_bucket(Bucket=f"listbackup-data-{name}")
        kms.create_alias(AliasName=f"alias/listbackup-{name}", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        said = {
            "STAGE": name,
            "RUN_QUEUE_URL": urls[0],
            "ERRAND_QUEUE_URL": urls[1],
            "RUN_DEAD_QUEUE_URL": dead,
            "ERRAND_DEAD_QUEUE_URL": dead,
        }
        self.said = {**said, "AWS_REGION": aws.region, "EVENT_BUS": "", **({"AWS_ENDPOINT_URL": aws.endpoint} if aws.endpoint else {})}
        made = DynamodbTables(aws, f"listbackup-{name}", self.clock, create=True)
        for spec in declared_tables():
            made.open(spec)
        self.world = fake_platform(fake_stream("contacts"))
        for number in range(1, 21):
            self.world.put("contacts", number, name=f"contact {number}")

    def settings(self, **said: str) -> CloudSettings:
        return cloud_settings(self.scratch, **self.said, **said)

    @property
    def ports(self) -> Ports:
        return Ports(self.settings(), self.clock, self.aws)

    def open(self, *, delivers: bool = False) -> System:
        system = open_cloud(self.settings(), clock=self.clock, ports=self.ports, delivers=delivers)
        system.platforms = Platforms([FakeConnector(self.world)])
        return system

    def http(self, service: str) -> HttpFunction:
        settings = self.settings(LISTBACKUP_SERVICE=service)
        return HttpFunction(self.open(), open_errands(settings, clock=self.clock, ports=self.ports), settings)

    def event(self, url: str) -> dict[str, object]:
        """What SQS would call a function with."""
        found = self.aws.client("sqs").receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"], WaitTimeSeconds=5
        )
        return {"Records": [record_of(one) for one in found["Messages"]]}


def record_of(message: dict[str, object]) -> dict[str, object]:
    """As the event source mapping writes a message. Source: docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, read 2026-11-21."""
    attributes = {
        name: {"stringValue": one["StringValue"], "dataType": "String"} for name, one in message.get("MessageAttributes", {}).items()
    }  # type: ignore[attr-defined]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
    }


@pytest.fixture
def stage(aws: Aws, tmp_path: Path) -> Stage:
    return Stage(aws, tmp_path)


def test_from_a_request_to_a_snapshot_an_export_and_the_trail(stage: Stage) -> None:
    deploy = stage.open(delivers=True)
    deploy.accounts.ensure_default(actor="deploy")
    scope = deploy.enter("deploy")
    key = deploy.api_keys.create(scope, name="owner", permissions=tuple(Bundle)).text.reveal()
    deploy.connections.create(scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    source = deploy.sources.create(scope, connection="shop", name="crm")
    jobs, data, activity = stage.http("jobs"), stage.http("data"), stage.http("activity")

    def ask(function: HttpFunction, method: str, path: str, body: object = None) -> Answered:
        return answered(function(http_event(method, f"/v2{path}", body, {"authorization": f"Bearer {key}"}), Invocation()))

    started = ask(jobs, "POST", f"/sources/{source.id}/sync", {})
    assert started.status in (201, 202), started.raw
    work = Work(system=stage.open(), queue=stage.ports.queue)
    assert work(stage.event(stage.said["RUN_QUEUE_URL"]), Invocation()) == {"batchItemFailures": []}
    assert ask(jobs, "GET", f"/runs/{started.json['id']}").json["state"] == RunState.SUCCEEDED

    (snapshot,) = ask(data, "GET", f"/sources/{source.id}/snapshots").json["items"]
    export = ask(data, "POST", "/exports", {"snapshot": snapshot["id"], "format": "jsonl"})
    assert (export.status, export.json["working"]) == (202, True), export.raw
    errands = open_errands(stage.settings(), clock=stage.clock, ports=stage.ports)
    hand = RunErrands(system=stage.open(), errands=errands, queue=stage.ports.errand_queue)
    assert hand(stage.event(stage.said["ERRAND_QUEUE_URL"]), Invocation()) == {"batchItemFailures": []}
    shown = ask(data, "GET", f"/exports/{export.json['id']}").json
    assert (shown["state"], shown["records"], shown["working"]) == ("done", 20, False)

    assert Publish(system=stage.open(delivers=True))({}, Invocation())["told"] > 0
    told = [line["action"] for line in ask(activity, "GET", "/activity?limit=5").json["items"]]
    assert "account:export:done" in told
    assert deploy.activities.verify(scope) is None
    assert Tick(system=stage.open(delivers=True), errands=errands)({}, Invocation()) == {
        "started": 0,
        "accounts": pytest.approx(0.5, abs=0.5),
    }
    assert [part["name"] for part in ask(stage.http("system"), "GET", "/system/health/ready").json["parts"] if not part["ok"]] == []
