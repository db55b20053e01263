"""The functions over DynamoDB, S3, SQS and KMS: from a request to a snapshot, an export and the trail, each step by the function whose it is."""

import tracemalloc
import urllib.request
from pathlib import Path

import pytest

from listbackup.api.lambda_http import HttpFunction
from listbackup.backends.aws_client import Aws
from listbackup.base.secret import Secret
from listbackup.http.permission import Bundle
from listbackup.services.downloads import Delivery, Kind
from listbackup.services.runs import RunState
from listbackup.testing.cloud import Answered, Invocation, answered, http_event
from listbackup.testing.cloud_ground import GroundStage
from listbackup.worker.functions import Tick, Work

PIECE = (1 << 20) + 1


@pytest.fixture
def stage(aws: Aws, tmp_path: Path) -> GroundStage:
    return GroundStage(aws, tmp_path)


def test_from_a_request_to_a_snapshot_an_export_and_the_trail(stage: GroundStage) -> None:
    deploy = stage.open(delivers=True)
    deploy.accounts.ensure_default(actor="deploy")
    scope = deploy.enter("deploy")
    key = deploy.api_keys.create(scope, name="owner", permissions=tuple(Bundle)).text.reveal()
    deploy.connections.create(scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    source = deploy.sources.create(scope, connection="shop", name="crm")
    jobs, data, activity = stage.http("jobs"), stage.http("data"), stage.http("activity")

    def ask(function: HttpFunction, method: str, path: str, body: object = None) -> Answered:
        return stage.ask(function, key, method, path, body)

    started = ask(jobs, "POST", f"/sources/{source.id}/sync", {})
    assert started.status in (201, 202), started.raw
    work = Work(system=stage.open(), queue=stage.ports.queue)
    assert work(stage.event("RUN_QUEUE_URL"), Invocation()) == {"batchItemFailures": []}
    assert ask(jobs, "GET", f"/runs/{started.json['id']}").json["state"] == RunState.SUCCEEDED

    (snapshot,) = ask(data, "GET", f"/sources/{source.id}/snapshots").json["items"]
    export = ask(data, "POST", "/exports", {"snapshot": snapshot["id"], "format": "jsonl"})
    assert (export.status, export.json["working"]) == (202, True), export.raw
    assert stage.run_errand()(stage.event("ERRAND_QUEUE_URL"), Invocation()) == {"batchItemFailures": []}
    shown = ask(data, "GET", f"/exports/{export.json['id']}").json
    assert (shown["state"], shown["records"], shown["working"]) == ("done", 20, False)

    assert stage.publish()["told"] > 0
    told = [line["action"] for line in ask(activity, "GET", "/activity?limit=5").json["items"]]
    assert "account:export:done" in told
    assert deploy.activities.verify(scope) is None
    assert Tick(system=stage.open(delivers=True), errands=stage.errands)({}, Invocation()) == {
        "started": 0,
        "accounts": pytest.approx(0.5, abs=0.5),
    }
    assert [part["name"] for part in ask(stage.http("system"), "GET", "/system/health/ready").json["parts"] if not part["ok"]] == []


def test_an_export_too_large_for_an_answer_is_fetched_whole_from_the_other_bucket(stage: GroundStage) -> None:
    """Sixty pieces of a MiB and one byte go through the function in parts; what it holds at once is two of them, however many there are."""
    system = stage.open()
    scope = system.accounts.enter(system.accounts.ensure_default(actor="deploy").id, actor="deploy")
    function = stage.http("data", system)

    def fetched(pieces: int) -> tuple[str, int]:
        """Where the answer to a download of so many pieces leads, and the most that was held on the way [bytes]."""
        chunks = (bytes([number]) * PIECE for number in range(pieces))
        system.downloads.deliver(Kind.FILE, lambda *_: Delivery(filename="all.zip", media_type="application/zip", chunks=chunks))
        token = system.downloads.offer(scope, Kind.FILE, "thing", subject="src_1").token
        tracemalloc.start()
        try:
            said = answered(function(http_event("GET", f"/v2/downloads/{token}"), Invocation()))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert said.status == 303, said.raw
        return said.headers["location"], peak

    fetched(10)  # what is loaded once
    address, peak = fetched(60)
    with urllib.request.urlopen(address) as answer:
        assert [piece[0] for piece in iter(lambda: answer.read(PIECE), b"") if len(set(piece)) == 1] == list(range(60))
    assert peak < 32 << 20
