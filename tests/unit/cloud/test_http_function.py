"""The API as a function: the same application behind API Gateway's events, one service of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from listbackup.api.front import FRONT, VIEWER, proof_of
from listbackup.api.handing_out import HandingOut
from listbackup.api.lambda_authorizer import Authorizer
from listbackup.api.lambda_http import HttpFunction
from listbackup.api.services import public_routes_of, routes_of, service_names
from listbackup.base.errors import BackendError, ListBackupError
from listbackup.http.permission import Bundle
from listbackup.testing.clock import ManualClock
from listbackup.testing.cloud import GATEWAY, PUBLIC, Answered, Invocation, MemoryStage, answered, http_event
from listbackup.testing.http import current_openapi


@pytest.fixture
def stage(tmp_path: Path) -> MemoryStage:
    return MemoryStage(tmp_path, [])


def test_a_function_answers_whether_it_lives(stage: MemoryStage) -> None:
    said = stage.ask("system", "GET", "/system/health/live", key="")
    assert (said.status, said.json) == (200, {"status": "live"})
    assert said.headers["x-request-id"] == "JKJaXmPLvHcESHA"  # the gateway's, but for what no id of ours has


def test_every_part_of_a_stage_is_asked_and_neither_a_disk_nor_an_idle_worker_is_missed(stage: MemoryStage) -> None:
    said = stage.ask("system", "GET", "/system/health/ready", key="")
    assert [part["name"] for part in said.json["parts"]] == ["tables", "objects", "queue", "keys", "scheduler", "housekeeping", "post"]
    assert said.json["status"] == "degraded"
    stage.tick()
    assert MemoryStage.ask(stage, "system", "GET", "/system/workers").json["items"][0]["process"] == "tick"


def test_copies_of_the_control_plane_are_said_to_be_taken_by_aws(stage: MemoryStage) -> None:
    said = stage.ask("system", "GET", "/system/backups").json
    assert "point-in-time recovery" in said["place"]
    refused = stage.ask("system", "POST", "/system/backups")
    assert (refused.status, "point-in-time" in refused.json["detail"]) == (409, True)


def test_a_function_answers_for_its_own_service_only(stage: MemoryStage) -> None:
    assert stage.ask("sources", "GET", "/sources").json["items"] == []
    assert stage.ask("sources", "GET", "/jobs").status == 404


def test_the_services_together_have_every_operation_once() -> None:
    routes = [route for service in service_names() for route in routes_of(service)]
    document = {
        (method.upper(), path.partition("records/{key}")[0] + "records/{key+}" if "records/{key}" in path else path)
        for path, operations in current_openapi()["paths"].items()
        for method in operations
    }
    assert len(routes) == len(set(routes))
    assert set(routes) == document | {("GET", "/v2/openapi.json")}
    assert len(routes) < 300  # of one HTTP API


def test_what_needs_no_credential_is_named() -> None:
    assert ("POST", "/v2/auth/login") in public_routes_of("auth")
    assert public_routes_of("sources") == []


def test_nobody_gets_in_by_what_an_authorizer_is_said_to_have_said(stage: MemoryStage) -> None:
    event = http_event("GET", "/v2/sources")
    event["requestContext"]["authorizer"] = {"lambda": {"caller": "key_1", "account": stage.scope.account, "isAuthorized": True}}
    assert answered(stage.http("sources")(event, Invocation())).status == 401


def test_a_callers_address_is_the_gateways_word_and_no_headers(stage: MemoryStage) -> None:
    headers = {"x-forwarded-for": "10.9.8.7", "forwarded": "for=10.9.8.7", "authorization": f"Bearer {stage.key}"}
    event = http_event("GET", "/v2/activity/export", headers=headers, source="198.51.100.4")
    assert answered(stage.http("activity")(event, Invocation())).status == 200
    stage.publish()
    line = stage.ask("activity", "GET", "/activity").json["items"][0]
    assert (line["action"], line["origin"]["address"]) == ("account:activity:exported", "198.51.100.4")


@pytest.mark.parametrize(
    ("shown", "viewer", "address"),
    [
        ("the distribution's secret", "203.0.113.77", "203.0.113.77"),
        ("the distribution's secret", "2001:db8::7", "2001:db8::7"),
        ("the distribution's secret", "203.0.113.77, 10.0.0.1", "198.51.100.4"),
        ("the distribution's secret", "", "198.51.100.4"),
        ("a guess", "203.0.113.77", "198.51.100.4"),
        ("", "203.0.113.77", "198.51.100.4"),
    ],
)
def test_behind_our_distribution_the_callers_address_is_its_word_and_nobody_elses(
    tmp_path: Path, shown: str, viewer: str, address: str
) -> None:
    stage = MemoryStage(tmp_path, [], FRONT_PROOF=proof_of("the distribution's secret"))
    headers = {FRONT: shown, VIEWER: viewer, "authorization": f"Bearer {stage.key}"}
    event = http_event("GET", "/v2/activity/export", headers=headers, source="198.51.100.4")
    assert answered(stage.http("activity")(event, Invocation())).status == 200
    stage.publish()
    assert stage.ask("activity", "GET", "/activity").json["items"][0]["origin"]["address"] == address


def test_a_stage_without_a_distribution_believes_no_viewer_whatever_is_shown(stage: MemoryStage) -> None:
    headers = {FRONT: "", VIEWER: "203.0.113.77", "authorization": f"Bearer {stage.key}"}
    event = http_event("GET", "/v2/activity/export", headers=headers, source="198.51.100.4")
    assert answered(stage.http("activity")(event, Invocation())).status == 200
    stage.publish()
    assert stage.ask("activity", "GET", "/activity").json["items"][0]["origin"]["address"] == "198.51.100.4"


def test_other_names_than_ours_and_the_gateways_are_refused(stage: MemoryStage) -> None:
    def status(host: str, domain: str) -> int:
        event = http_event("GET", "/v2/system/health/live", host=host)
        event["requestContext"]["domainName"] = domain
        return answered(stage.http("system")(event, Invocation())).status

    assert (status(GATEWAY, GATEWAY), status(PUBLIC.removeprefix("https://"), GATEWAY), status("evil.example", GATEWAY)) == (200, 200, 421)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(stage: MemoryStage) -> None:
    assert stage.ask("sources", "POST", "/sources", b"x" * (1024 * 1024 + 1)).status == 413


def test_the_stages_own_name_before_a_path_is_no_part_of_it(stage: MemoryStage) -> None:
    event = http_event("GET", "/v2/system/health/live")
    event["requestContext"]["stage"], event["rawPath"] = "main", "/main/v2/system/health/live"
    assert answered(stage.http("system")(event, Invocation())).status == 200


def test_the_document_describes_every_service_whoever_answers_for_it(stage: MemoryStage) -> None:
    assert stage.ask("system", "GET", "/openapi.json", key="").json["paths"].keys() == current_openapi()["paths"].keys()


def test_the_authorizer_says_whether_somebody_is_known_and_nothing_else(stage: MemoryStage) -> None:
    authorizer = Authorizer(stage.open())

    def judged(headers: dict[str, str]) -> object:
        return authorizer(http_event("GET", "/v2/sources", headers=headers), Invocation())

    good = judged({"authorization": f"Bearer {stage.key}"})
    assert good == {"isAuthorized": True, "context": {"caller": stage.system.api_keys.list(stage.scope).items[0].id}}
    for wrong in (
        {},
        {"authorization": "Bearer lbk_test_no"},
        {"authorization": "Bearer x.y.z"},
        {"authorization": "Basic eDp5"},
        {"cookie": "__Host-lb=no"},
    ):
        assert judged(wrong) == {"isAuthorized": False}


def test_events_come_in_turns_each_with_its_place(tmp_path: Path) -> None:
    stage = MemoryStage(tmp_path, [], LIVE_HOLD_SECONDS="1", LIVE_RETRY_MS="700")
    silent = stage.ask("activity", "GET", "/events").raw.decode()
    last = stage.system.activities.last(stage.scope)
    assert silent == f"retry: 700\nid: {last}\n\n"
    stage.ask("sources", "GET", "/sources")
    stage.ask("activity", "GET", "/activity/export")
    stage.publish()
    told = stage.ask("activity", "GET", "/events", Last_Event_ID=str(last)).raw.decode()
    assert [line for line in told.splitlines() if line.startswith(("id", "event"))] == [
        f"id: {last}",
        f"id: {last + 1}",
        "event: activity.exported",
    ]


def test_an_event_ends_the_turn_that_waits_for_it(tmp_path: Path) -> None:
    """Written by another process: it is seen within a second, and the turn does not wait for its own end."""
    stage = MemoryStage(tmp_path, [], LIVE_HOLD_SECONDS="20")
    last = stage.system.activities.last(stage.scope)
    timer = threading.Timer(0.3, lambda: (stage.ask("activity", "GET", "/activity/export"), stage.publish()))
    begun = time.monotonic()
    timer.start()
    event = http_event("GET", "/v2/events", headers={"authorization": f"Bearer {stage.key}", "last-event-id": str(last)})
    other = HttpFunction(stage.open(), stage.errands, stage.settings(LISTBACKUP_SERVICE="activity"))
    told = answered(other(event, Invocation())).raw.decode()
    timer.join()
    assert "event: activity.exported" in told
    assert time.monotonic() - begun < 5


@dataclass
class Bucket:
    """Takes what is handed out; ``refuses``: not any more."""

    filename: str = ""
    pieces: list[bytes] = field(default_factory=list)
    refuses: bool = False
    abandoned: int = 0

    def __call__(self, filename: str) -> Bucket:
        self.filename = filename
        return self

    def write(self, piece: bytes) -> None:
        if self.refuses:
            raise BackendError("no")
        self.pieces.append(piece)

    def finish(self) -> str:
        return "https://bucket.example/out"

    def abandon(self) -> None:
        self.abandoned += 1


def exported(stage: MemoryStage, bucket: Bucket | None) -> Answered:
    settings = stage.settings(LISTBACKUP_SERVICE="activity")
    event = http_event("GET", "/v2/activity/export", headers={"authorization": f"Bearer {stage.key}"})
    return answered(HttpFunction(stage.open(), stage.errands, settings, hand_out=bucket, most_bytes=100)(event, Invocation()))


def test_an_answer_that_no_function_can_give_is_handed_out_or_refused(stage: MemoryStage) -> None:
    bucket = Bucket()
    said = exported(stage, bucket)
    assert (said.status, said.headers["location"], bucket.filename) == (303, "https://bucket.example/out", "activity.jsonl")
    assert [json.loads(line)["action"] for line in b"".join(bucket.pieces).splitlines()][-1] == "account:api_key:created"
    assert (said.raw, said.headers["cache-control"], "content-disposition" in said.headers) == (b"", "no-store", False)
    refused = exported(stage, None)
    assert (refused.status, refused.json["code"]) == (413, "too_large")


def test_a_long_answer_goes_through_the_gateway_squeezed(stage: MemoryStage) -> None:
    """Nobody behind the function does it: CloudFront squeezes what it keeps, and of the API it keeps nothing."""
    for number in range(12):
        stage.system.api_keys.create(stage.scope, name=f"key {number}", permissions=(Bundle.READ,))
    long = stage.ask("accounts", "GET", "/api-keys")
    event = http_event("GET", "/v2/api-keys", headers={"authorization": f"Bearer {stage.key}", "accept-encoding": "br, gzip"})
    raw = stage.http("accounts")(event, Invocation())
    said = answered(raw)
    assert (raw["isBase64Encoded"], said.headers["content-encoding"], said.headers["vary"]) == (True, "gzip", "accept-encoding")
    assert gzip.decompress(said.raw) == long.raw
    assert len(raw["body"]) < len(long.raw) / 2, "also as base64"


def test_what_was_squeezed_and_is_still_too_large_is_handed_out_as_it_was(stage: MemoryStage) -> None:
    """A link into a bucket does not say that it is squeezed."""
    for number in range(12):
        stage.system.api_keys.create(stage.scope, name=f"key {number}", permissions=(Bundle.READ,))
    bucket, settings = Bucket(), stage.settings(LISTBACKUP_SERVICE="accounts")
    event = http_event("GET", "/v2/api-keys", headers={"authorization": f"Bearer {stage.key}", "accept-encoding": "gzip"})
    said = answered(HttpFunction(stage.open(), stage.errands, settings, hand_out=bucket, most_bytes=100)(event, Invocation()))
    assert (said.status, "content-encoding" in said.headers) == (303, False)
    assert len(json.loads(b"".join(bucket.pieces))["items"]) == 13


def test_what_cannot_be_handed_out_is_a_problem_and_leaves_nothing(stage: MemoryStage) -> None:
    bucket = Bucket(refuses=True)
    said = exported(stage, bucket)
    assert (said.status, said.headers["content-type"], bucket.abandoned) == (503, "application/problem+json", 1)


def asked(app: ASGIApp, clock: ManualClock, bucket: Bucket | None) -> tuple[int, bytes]:
    """Status and body of what goes out of a passage of ten bytes."""
    out: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        out.append(message)

    async def ask() -> None:
        with suppress(ListBackupError):  # the door's business
            await HandingOut(app, clock, most_bytes=10, hand_out=bucket)({"type": "http"}, receive, send)

    asyncio.run(ask())
    return out[0]["status"], out[1]["body"]


def streaming(*pieces: bytes, then: Callable[[], None] = lambda: None, is_whole: bool = True) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            then()
        if is_whole:
            await send({"type": "http.response.body", "body": b""})

    return app


def test_an_answer_that_breaks_off_is_a_problem_however_long_it_was() -> None:
    clock, bucket = ManualClock(), Bucket()
    assert asked(streaming(b"12345", is_whole=False), clock, bucket)[0] == 500
    assert (asked(streaming(b"12345" * 3, is_whole=False), clock, bucket)[0], bucket.abandoned) == (500, 1)
    assert asked(streaming(b"12345", b"67890"), clock, bucket) == (200, b"1234567890")


def test_what_takes_longer_than_a_caller_is_waited_for_is_refused_with_a_way_out() -> None:
    clock, bucket = ManualClock(), Bucket()
    slowly = streaming(*[b"x" * 10] * 9, then=lambda: clock.advance(timedelta(seconds=6)))
    status, body = asked(slowly, clock, bucket)
    assert (status, json.loads(body)["hint"], bucket.abandoned) == (413, "fetch an export file by file", 1)
    assert len(bucket.pieces) == 5
