"""``python -m bench.cost``: what AWS would be asked for, counted: a first backup, a daily run, a tick, a request, each by the functions' own code over an emulator.

Every call that boto3 makes is told to a meter (``bench/metered.py``). Nothing is multiplied here: ``bench/cost_page.py`` makes dollars of it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measure import ROOT
from bench.metered import Meter, MeteredAws, size_of
from listbackup.api.lambda_http import HttpFunction
from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.base.clock import SystemClock
from listbackup.base.secret import Secret
from listbackup.bootstrap.aws import AwsPorts, open_cloud, open_errands
from listbackup.bootstrap.cloud_settings import CloudSettings
from listbackup.bootstrap.declared import declared_tables
from listbackup.bootstrap.system import System
from listbackup.http.permission import Bundle
from listbackup.testing.cloud import INSTALLATION, Invocation, http_event
from listbackup.testing.emulator import KEY, REGION, Emulator
from listbackup.testing.saas import Options, Saas, serve
from listbackup.worker.functions import Publish, Tick, Work, parts_of
from listbackup.worker.main import Worker
from listbackup.worker.watching import FIGURES

STAGE = "cost"
SMALL, LARGE = 2_000, 12_000  # records of the two sources: what a run costs anyway, and what each record adds
REQUESTS = ("/sources", "/runs?limit=20", "/jobs", "/snapshots")


class Ports(AwsPorts):
    """Those of a function, but for letters."""

    mail = MemoryMail()  # type: ignore[assignment]


@dataclass
class House:
    """A stage over an emulator, and the meter that hears all of it."""

    aws: MeteredAws
    meter: Meter
    scratch: Path

    def __post_init__(self) -> None:
        self.clock = SystemClock()
        sqs, kms = self.aws.client("sqs"), self.aws.client("kms")
        fifo = {"FifoQueue": "true"}
        self.queues = {
            name: sqs.create_queue(QueueName=f"{name}.fifo", Attributes=fifo)["QueueUrl"] for name in ("runs", "dead", "errands")
        }
        self.aws.client("s3").create_bucket(Bucket=f"listbackup-data-{STAGE}")
        self.aws.client("events").create_event_bus(Name=f"listbackup-{STAGE}")
        kms.create_alias(AliasName=f"alias/listbackup-{STAGE}", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        made = DynamodbTables(self.aws, f"listbackup-{STAGE}", self.clock, create=True)
        for spec in declared_tables():
            made.open(spec).find("nobody", "here")

    def settings(self, **said: str) -> CloudSettings:
        environ = {
            "STAGE": STAGE,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": str(self.aws.endpoint),
            "LISTBACKUP_INSTALLATION": INSTALLATION,
            "LISTBACKUP_ALLOW_LOOPBACK": "1",
            "LISTBACKUP_LOG_LEVEL": "error",
            "PUBLIC_URL": "https://backup.example.org",
            "IDENTITY": "builtin",
            "EVENT_BUS": f"listbackup-{STAGE}",
            "RUN_QUEUE_URL": self.queues["runs"],
            "RUN_DEAD_QUEUE_URL": self.queues["dead"],
            "ERRAND_QUEUE_URL": self.queues["errands"],
            **said,
        }
        return CloudSettings.read(
            environ, scratch=self.scratch / str(time.monotonic_ns())
        )  # each process of a function begins with nothing

    def open(self, *, delivers: bool = False) -> System:
        settings = self.settings()
        system = open_cloud(settings, clock=self.clock, ports=Ports(settings, self.clock, self.aws), delivers=delivers)
        if delivers:
            bus = Ports(settings, self.clock, self.aws).bus
            system.hear_all(lambda event: bus.publish([event]))
        return system

    def ports(self) -> Ports:
        return Ports(self.settings(), self.clock, self.aws)

    def counted(self, act: Callable[[], object]) -> dict[str, float]:
        """What the act asked for, and the CPU that it took here [s]."""
        self.meter.reset()
        begun, asked = time.process_time(), sum(self.meter.requests.values())
        act()
        spent, calls = time.process_time() - begun, sum(self.meter.requests.values()) - asked
        return {**self.meter.reset(), "cpu_seconds": round(spent, 3), "aws_calls": calls}

    def work(self) -> None:
        """What SQS and Lambda do with a message: it is received, the function is called, it is deleted."""
        client = self.aws.client("sqs")
        received = client.receive_message(
            QueueUrl=self.queues["runs"], MessageAttributeNames=["All"], AttributeNames=["All"], WaitTimeSeconds=5
        )
        (message,) = received["Messages"]
        record = {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
        record |= {"attributes": message["Attributes"], "messageAttributes": {}}
        report = Work(system=self.open(), queue=self.ports().queue)({"Records": [record]}, Invocation())
        assert report == {"batchItemFailures": []}, report
        client.delete_message(QueueUrl=self.queues["runs"], ReceiptHandle=message["ReceiptHandle"])

    def stored(self) -> dict[str, int]:
        """What lies in the bucket and in the tables [bytes]."""
        s3, dynamodb = self.aws.client("s3"), self.aws.client("dynamodb")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=f"listbackup-data-{STAGE}")
        objects = sum(one["Size"] for page in pages for one in page.get("Contents", ()))
        items = 0
        for name in self.meter.tables:
            for page in dynamodb.get_paginator("scan").paginate(TableName=name):
                items += sum(size_of(item) for item in page["Items"])
        return {"object_bytes": objects, "item_bytes": items}


def measure() -> dict[str, Any]:
    """Everything that the page multiplies."""
    with tempfile.TemporaryDirectory(prefix="listbackup-cost-") as name:
        emulator = Emulator.start(Path(name) / "emulator")
        try:
            meter = Meter({f"listbackup-{STAGE}-{spec.name}": spec for spec in declared_tables()})
            aws = MeteredAws(REGION, emulator.endpoint, access_key_id=KEY, secret_access_key=Secret(KEY))
            aws.meter = meter
            return _measured(House(aws, meter, Path(name)))
        finally:
            emulator.stop()


def _measured(house: House) -> dict[str, Any]:
    deploy = house.open(delivers=True)
    deploy.accounts.ensure_default(actor="deploy")
    key = deploy.api_keys.create(deploy.enter("deploy"), name="owner", permissions=tuple(Bundle)).text.reveal()
    deploy.tell_all()
    runs = {}
    for records in (SMALL, LARGE):
        with serve(Options(records=records)) as crm:
            runs[str(records)] = _runs_of(house, deploy, crm, f"crm{records}")
    return {
        "runs": runs,
        "tick": house.counted(lambda: Tick(system=house.open(delivers=True), errands=_errands(house))({}, Invocation())),
        "look_after": _look_after(house, deploy),
        "request": _request(house, key),
        "publish_nothing": house.counted(lambda: Publish(system=house.open(delivers=True))({}, Invocation())),
        "fixed": _fixed(),
        "operations": dict(house.meter.requests),
    }


def _errands(house: House) -> Any:
    return open_errands(house.settings(), clock=house.clock, ports=house.ports())


def _runs_of(house: House, deploy: System, crm: Saas, name: str) -> dict[str, Any]:
    """The first backup and a daily run after a day, each from the order to the trail."""
    scope = deploy.enter("deploy")
    deploy.connections.create(scope, platform="demo-crm", name=name, values={"url": crm.base_url}, secrets={"token": Secret(crm.token)})
    source = deploy.sources.create(scope, connection=name, name=name)
    before = house.stored()

    def run() -> dict[str, Any]:
        calls = sum(crm.calls.values())
        ordered = house.counted(lambda: house.open().runs.start(scope, source.id))
        worked = house.counted(house.work)
        told = house.counted(lambda: Publish(system=house.open(delivers=True))({}, Invocation()))
        return {"ordered": ordered, "worked": worked, "told": told, "platform_calls": sum(crm.calls.values()) - calls}

    first, after_first = run(), house.stored()
    crm.world.pass_day()
    daily, after_daily = run(), house.stored()
    (newest, *_) = deploy.runs.list(scope, source=source.id, limit=1).items
    assert newest.state == "succeeded", newest
    return {
        "first": first | {"stored": _grown(before, after_first)},
        "daily": daily | {"stored": _grown(after_first, after_daily)},
    }


def _grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after}


def _look_after(house: House, deploy: System) -> dict[str, float]:
    """What every account costs in every round of five minutes; here one account with two sources."""
    worker = Worker(parts_of(deploy, errands=_errands(house)), hands=0)

    def go_round() -> None:
        for place in deploy.accounts.iter_active_places():
            worker.look_after(place.account.id, jobs=False)

    return house.counted(go_round)


def _request(house: House, key: str) -> dict[str, float]:
    """What a request of a program costs on average, by a function that is warm."""
    settings = {name: house.settings(LISTBACKUP_SERVICE=name) for name in ("sources", "jobs", "data")}
    functions = {name: HttpFunction(house.open(), _errands(house), one) for name, one in settings.items()}
    homes = {"/sources": "sources", "/runs?limit=20": "jobs", "/jobs": "jobs", "/snapshots": "data"}
    counted: list[dict[str, float]] = []
    for path in REQUESTS:
        event = http_event("GET", f"/v2{path}", headers={"authorization": f"Bearer {key}"})
        functions[homes[path]](event, Invocation())  # the first pays for the start
        counted.append(house.counted(lambda event=event, path=path: functions[homes[path]](event, Invocation())))  # type: ignore[misc]
    names = {name for one in counted for name in one}
    return {name: statistics.mean(one.get(name, 0) for one in counted) for name in sorted(names)}


def _fixed() -> dict[str, int]:
    """What a stage has whether anybody uses it or not, counted in its templates."""
    program = (
        "import sys, json, tempfile; sys.path[:0] = ['infra'];"
        "from pathlib import Path; from aws_cdk import App; from listbackup_infra.application import build_all;"
        "from listbackup_infra.settings import read_stage; from listbackup_infra.stacks import Ground;"
        "app = App(outdir=tempfile.mkdtemp(), analytics_reporting=False); here = Path('tests/infra');"
        "build_all(app, read_stage('main'), Ground(functions=here / 'functions', web=here / 'web'));"
        "made = [r for s in app.synth().stacks for r in s.template['Resources'].values()];"
        "kind = lambda name: [r['Properties'] for r in made if r['Type'] == 'AWS::' + name];"
        "alarms = kind('CloudWatch::Alarm'); firewalls = kind('WAFv2::WebACL');"
        "looked_at = sum(sum('MetricStat' in one for one in alarm.get('Metrics', ())) or 1 for alarm in alarms);"
        "print(json.dumps({'alarms': len(alarms), 'alarm_metrics': looked_at, 'dashboards': len(kind('CloudWatch::Dashboard')),"
        "'kms_keys': len(kind('KMS::Key')), 'firewalls': len(firewalls), 'firewall_rules': sum(len(one['Rules']) for one in firewalls)}))"
    )
    quiet = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1", "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, **quiet}, capture_output=True, text=True, check=True
    )
    counted: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
    return counted | {"own_metrics": len(FIGURES), "secrets": 1}  # that by which functions know CloudFront (``cli/cloud/parameters.py``)


if __name__ == "__main__":
    print(json.dumps(measure()))
