"""The runbooks of the cloud, rehearsed: the commands that a page shows, in its order, and what went wrong before they are given.

A table is restored by the emulator as it is, whatever second is named: so here it goes wrong after that command, not before.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from listbackup.backends.aws_client import Aws
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.backends.table.port import Update
from listbackup.base.clock import SystemClock
from listbackup.base.secret import Secret
from listbackup.bootstrap.declared import declared_tables
from listbackup.http.permission import Bundle
from listbackup.services.jobs.table import JOBS
from listbackup.services.runs import RunState
from listbackup.testing.account import IN_ACCOUNT
from listbackup.testing.cloud import Invocation
from listbackup.testing.cloud_ground import GroundStage
from listbackup.testing.emulator import Emulator
from listbackup.testing.user_pool import function_role
from listbackup.worker.functions import Work

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(IN_ACCOUNT, reason="a rehearsal breaks what it repairs"),
]
Run = Callable[..., str]


def blocks(name: str) -> list[str]:
    """What a page shows as ```bash aws, in order."""
    return re.findall(r"^```bash aws\n(.*?)^```$", (ROOT / "docs" / "runbooks" / name).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(emulator: Emulator, tmp_path: Path) -> Run:
    """Runs a piece of shell in the checkout, with ``aws`` as the pages mean it; what it printed."""
    command = tmp_path / "bin" / "aws"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m listbackup.testing.aws_command "$@"\n')
    command.chmod(0o755)

    def carried_out(script: str, *, fails: bool = False, **said: str) -> str:
        env = {**os.environ, **emulator.environment, **said, "PATH": f"{command.parent}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return carried_out


@pytest.fixture
def functions(aws: Aws) -> Iterator[None]:
    """Those that are held, as far as this matters."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("one.py", "def handler(event, context):\n    return event\n")
    client, names = aws.client("lambda"), [f"listbackup-main-{name}" for name in ("tick", "worker", "errand")]
    with function_role(aws, "listbackup-main-rehearsed") as role:
        for name in names:
            client.create_function(
                FunctionName=name, Runtime="python3.12", Role=role, Handler="one.handler", Code={"ZipFile": archive.getvalue()}
            )
        yield
        for name in names:
            client.delete_function(FunctionName=name)


def reserved(aws: Aws) -> list[int | None]:
    client = aws.client("lambda")
    return [
        client.get_function_concurrency(FunctionName=f"listbackup-main-{name}").get("ReservedConcurrentExecutions")
        for name in ("tick", "worker", "errand")
    ]


def test_rows_that_went_wrong_are_put_back_from_an_earlier_moment(aws: Aws, run: Run, functions: None) -> None:
    hold, restore, compare, put_back, _, _, let_go = blocks("aws-point-in-time.md")
    run(hold)
    assert reserved(aws) == [0, 0, 0]

    table = DynamodbTables(aws, "listbackup-main", SystemClock(), create=True).open(JOBS)
    before = [{"pk": f"acc_{number % 3}", "sk": f"job_{number:03}", "name": f"job {number}"} for number in range(130)]
    for row in before:
        table.put(row)
    run(restore)
    table.delete("acc_1", "job_001")
    table.update(Update(pk="acc_2", sk="job_002", set={"name": "somebody was here"}))
    table.put({"pk": "acc_0", "sk": "job_new", "name": "made since then"})

    lines = run(compare).splitlines()
    assert sorted(lines[:3]) == ["1 gone, 1 changed, 128 alike", "changed\tacc_2\tjob_002", "gone\tacc_1\tjob_001"]
    assert sorted(lines[3:]) == ["1 gone, 1 changed, 128 alike", "changed\tacc_2\tjob_002", "gone\tacc_0\tjob_new"]
    assert "0 gone, 0 changed, 44 alike" in run(compare.splitlines()[0] + " --account acc_0")

    run(put_back)
    found = [table.find(row["pk"], row["sk"]) for row in before]
    assert [{name: one[name] for name in ("pk", "sk", "name")} for one in found if one is not None] == before
    assert table.find("acc_0", "job_new") is not None
    with pytest.raises(ClientError, match="ResourceNotFound"):
        aws.client("dynamodb").describe_table(TableName="listbackup-main-jobs-then")
    run(let_go)
    assert reserved(aws) == [None, None, None]
    aws.client("dynamodb").delete_table(TableName="listbackup-main-jobs")


def test_tables_of_the_moment_are_not_put_back(run: Run) -> None:
    page = (ROOT / "docs" / "runbooks" / "aws-point-in-time.md").read_text()
    named = re.findall(r"`(\w+)`", page.partition("Tables of the moment are refused:")[2].partition("\n")[0])
    assert set(named) <= {spec.name for spec in declared_tables()}
    assert {"outbox", "sessions", "leases"} <= set(named)
    refused = "; ".join(f".venv/bin/python tools/put_back.py then listbackup-main-{name} --write 2>&1 || true" for name in named)
    assert re.findall(r"^(\w+) is of the moment", run(refused), re.MULTILINE) == named
    assert "is not a table of a stage" in run(
        ".venv/bin/python tools/put_back.py listbackup-main-jobs listbackup-main-jobs-then --write", fails=True
    )


def test_objects_that_were_deleted_or_overwritten_are_there_again(aws: Aws, run: Run) -> None:
    *_, look, bring_back, _ = blocks("aws-point-in-time.md")
    s3, bucket = aws.client("s3"), "listbackup-data-rehearsed"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for name, body in (("acc_1/pack", b"kept"), ("acc_1/root", b"right"), ("acc_2/pack", b"another's")):
        s3.put_object(Bucket=bucket, Key=name, Body=body)
    s3.delete_object(Bucket=bucket, Key="acc_1/pack")
    s3.delete_object(Bucket=bucket, Key="acc_2/pack")
    s3.put_object(Bucket=bucket, Key="acc_1/root", Body=b"wrong")

    lines = [line.split("\t") for line in run(look, BUCKET=bucket, WHERE="acc_1").splitlines()]
    (marker,) = [line for line in lines if len(line) == 2]
    versions = {line[0]: line[1] for line in lines if len(line) == 3}
    assert (marker[0], sorted(versions)) == ("acc_1/pack", ["acc_1/pack", "acc_1/root"])
    run(bring_back, BUCKET=bucket, DELETED=marker[0], MARKER=marker[1], OVERWRITTEN="acc_1/root", VERSION=versions["acc_1/root"])
    assert [s3.get_object(Bucket=bucket, Key=f"acc_1/{name}")["Body"].read() for name in ("pack", "root")] == [b"kept", b"right"]


def test_a_key_that_somebody_ended_is_found_taken_back_and_pointed_at(aws: Aws, run: Run) -> None:
    look, take_back, point = blocks("aws-keys.md")
    kms, alias = aws.client("kms"), "alias/listbackup-main"
    key, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)
    assert [line.split("\t") for line in run(look, KEY=key).splitlines()] == [[alias, key], ["PendingDeletion"]]
    run(take_back, KEY=key)
    assert run(look, KEY=key).splitlines()[-1] == "Enabled"
    kms.update_alias(AliasName=alias, TargetKeyId=other)
    run(point, KEY=key)
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == key
    kms.delete_alias(AliasName=alias)


class Throttled:
    """DynamoDB that turns away whatever is asked of these tables, as an answer of its own over the wire."""

    def __init__(self, prefix: str) -> None:
        self.prefix, self.tables, self.refused = prefix, frozenset[str](), 0

    def __call__(self, request: Any, **_: object) -> AWSResponse | None:
        body = request.body if isinstance(request.body, str) else request.body.decode()
        if not any(f'"{self.prefix}-{name}"' in body for name in self.tables):
            return None
        self.refused += 1
        said = {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "The level of …"}
        return AWSResponse(request.url, 400, {"content-type": "application/x-amz-json-1.0"}, _Raw(json.dumps(said).encode()))


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


class Hurried(SystemClock):
    """Waits a tenth, and adds up what it was told to wait [s]."""

    waited = 0.0

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        super().sleep(seconds / 10)


@pytest.fixture
def stage(aws: Aws, tmp_path: Path) -> GroundStage:
    made = GroundStage(aws, tmp_path)
    made.clock = Hurried()
    return made


@pytest.fixture
def throttled(aws: Aws, stage: GroundStage) -> Iterator[Throttled]:
    heard = Throttled(f"listbackup-{stage.name}")
    events = aws.client("dynamodb").meta.events
    events.register("before-send.dynamodb", heard)
    yield heard
    events.unregister("before-send.dynamodb", heard)


def test_what_a_throttled_table_does_to_requests_and_runs_is_what_the_page_says(stage: GroundStage, throttled: Throttled) -> None:
    deploy, clock = stage.open(delivers=True), stage.clock
    assert isinstance(clock, Hurried)
    deploy.accounts.ensure_default(actor="deploy")
    scope = deploy.enter("deploy")
    key = deploy.api_keys.create(scope, name="owner", permissions=tuple(Bundle)).text.reveal()
    deploy.connections.create(scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    source = deploy.sources.create(scope, connection="shop", name="crm")
    jobs = stage.http("jobs")

    def started() -> str:
        return str(stage.ask(jobs, key, "POST", f"/sources/{source.id}/sync", {}).json["id"])

    def run_of(name: str) -> dict[str, Any]:
        found: dict[str, Any] = stage.ask(jobs, key, "GET", f"/runs/{name}").json
        return found

    def work(event: dict[str, Any]) -> list[Any]:
        """What the worker gives back; SQS takes away the rest, as it does for Lambda."""
        given_back = list(Work(system=stage.open(), queue=stage.ports.queue)(event, Invocation())["batchItemFailures"])
        for record in event["Records"] if not given_back else ():
            stage.aws.client("sqs").delete_message(QueueUrl=stage.said["RUN_QUEUE_URL"], ReceiptHandle=record["receiptHandle"])
        return given_back

    clock.waited, throttled.tables = 0.0, frozenset({"runs"})
    refused = stage.ask(jobs, key, "GET", "/runs")
    assert (refused.status, refused.json["code"], throttled.refused) == (503, "unavailable", 8), refused.raw
    assert clock.waited <= 5.15
    throttled.tables = frozenset()

    first = started()
    event = stage.event("RUN_QUEUE_URL")
    throttled.tables = frozenset({"runs"})
    assert len(work(event)) == 1, "the message stays on its queue"
    throttled.tables = frozenset()
    assert work(event) == []
    assert run_of(first)["state"] == RunState.SUCCEEDED

    second = started()
    throttled.tables = frozenset({"store_roots"})
    assert work(stage.event("RUN_QUEUE_URL")) == []
    throttled.tables = frozenset()
    waiting = run_of(second)
    assert (waiting["state"], waiting["reason"], waiting["ended_at"]) == (RunState.QUEUED, "backend", None)
    assert waiting["not_before"] is not None, "the tick sends it again then"
    assert stage.ask(jobs, key, "POST", f"/runs/{second}/cancel").status < 300
    third = started()
    assert work(stage.event("RUN_QUEUE_URL")) == []
    assert run_of(third)["state"] == RunState.SUCCEEDED
