"""The journey of somebody new through a stage of the cloud: the gateway's address, functions, queues, tables and objects of an emulator, deployed by the real command."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyotp
import pytest

from listbackup.testing import patience
from listbackup.testing.deployment import SETTINGS, STAGE, Deployment, listbackup
from listbackup.testing.identity import PASSWORD
from listbackup.testing.journey import STREAM, back_up, come_in, connect, give_back, invite, look, pass_a_day, until
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.visitor import Browser

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(600)]

STREAMS = ("companies", "contacts", "deals", "documents", "notes", "tags")


@dataclass
class Place:
    """See ``testing.journey.Place``."""

    stage: Deployment
    crm: Saas
    seen: list[str] = field(default_factory=list)

    def browser(self) -> Browser:
        return self.stage.browser()

    def letter(self, to: str, about: str) -> str:
        self.seen.append(self.stage.token(to, about))
        return self.seen[-1]

    def code(self, secret: str) -> str:
        return pyotp.TOTP(secret).now()


@dataclass
class Person:
    """Ada, who owns an account, and what she backs up."""

    place: Place
    browser: Browser
    recovery: list[str]
    source: str
    key: str  # to the API
    each_minute: str = ""  # a job


@pytest.fixture(scope="module")
def ada(stage: Deployment) -> Iterator[Person]:
    with serve(Options(records=200)) as crm:
        crm.sign_in.redirects.add(f"{stage.url}/v2/oauth/callback")
        place = Place(stage, crm)
        browser, recovery = come_in(place)
        source = connect(place, browser)
        browser.ok("POST", "/auth/step-up", {"factor": "recovery_code", "code": recovery.pop()})
        key = browser.ok("POST", "/api-keys", {"name": "tests", "scopes": ["read", "write", "restore"]})["text"]
        yield Person(place, browser, recovery, source, key)


def test_what_was_deployed_answers_to_everybody_and_tells_strangers_nothing(stage: Deployment) -> None:
    nobody = stage.browser()
    assert nobody.ok("GET", "/system/health/live") == {"status": "live"}
    assert nobody.refused("GET", "/sources") == (401, "not_signed_in")
    assert nobody.ask("GET", "/nothing").status == 404


def test_the_code_that_the_deployment_shows_makes_the_first_owner_once(stage: Deployment, owner: str) -> None:
    browser = stage.browser()
    browser.ok("POST", "/auth/login", {"email": owner, "password": PASSWORD, "kind": "browser"})
    assert browser.ok("GET", "/sources")["items"] == []
    assert browser.ok("GET", "/auth/welcome")["needs_setup"] is False
    again = {"code": stage.setup_code, "email": "eve@example.com", "password": PASSWORD, "name": "Eve"}
    assert stage.browser().refused("POST", "/auth/setup", again) == (401, "sign_in_refused")


def test_a_new_user_backs_up_browses_compares_restores_and_shares(ada: Person) -> None:
    place, browser, source = ada.place, ada.browser, ada.source
    first = back_up(browser, source)
    key = look(place, browser, first)
    pass_a_day(place, browser, source, first, key)
    give_back(place, browser, ada.recovery.pop(), first, key)
    (home,) = (one["account"]["id"] for one in browser.ok("GET", "/users/me/accounts")["items"])
    client = browser.ok("POST", f"/accounts/{home}/sub-accounts", {"name": "A client"})["id"]
    bob = invite(place, browser, client)
    assert [one["account"]["id"] for one in bob.ok("GET", "/users/me/accounts")["items"]] == [client]
    assert bob.refused("GET", f"/sources/{source}") == (404, "not_found"), "what is above is absent"
    told = {"account:connection:created", "account:run:succeeded", "account:restore:undone"}
    patience.until(lambda: {one["action"] for one in browser.ok("GET", "/activity?limit=500")["items"]}, told.issubset, pause=1)


def kept(ada: Person, stream: str) -> dict[str, Any]:
    """Every record of the newest snapshot, by key."""
    (newest, *_) = ada.browser.ok("GET", f"/sources/{ada.source}/snapshots")["items"]
    found: dict[str, Any] = {}
    cursor = ""
    while cursor is not None:
        page = ada.browser.ok("GET", f"/snapshots/{newest['id']}/streams/{stream}/records?limit=500{cursor and f'&cursor={cursor}'}")
        found |= {one["key"]: one["record"] for one in page["items"]}
        cursor = page["next"]
    return found


def assert_equal_to_the_platform(ada: Person) -> None:
    for stream in STREAMS:
        truth = {"/".join(map(str, key)): json.loads(raw) for key, raw in ada.place.crm.world.truth(stream).items()}
        assert kept(ada, stream) == truth, stream


def turn(browser: Browser, last: str = "") -> tuple[list[tuple[str, str, Any]], str]:
    """What one turn of the events tells (id, name, what), and the place from which the next one goes on."""
    said = browser.ask("GET", "/events", headers={"last-event-id": last} if last else None)
    assert (said.status, said.headers["content-type"].partition(";")[0]) == (200, "text/event-stream"), said.raw
    told = []
    for block in said.raw.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        last = fields.get("id", last)
        if "data" in fields:
            told.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return told, last


def test_what_happens_is_told_by_the_public_address_once_and_in_order(ada: Person) -> None:
    """Server-sent events as an HTTP API carries them: in turns, each a whole answer. Whoever comes back with the last id misses nothing and hears nothing twice."""
    nothing, place = turn(ada.browser)
    assert (nothing, place.isdigit()) == ([], True)
    run = ada.browser.ok("POST", f"/sources/{ada.source}/sync", {})["id"]
    heard, last = turn(ada.browser, place)
    while not any((name, what.get("subject")) == ("run.succeeded", run) for _, name, what in heard if name.startswith("run.")):
        more, last = turn(ada.browser, last)
        heard += more
    lines = [(number, name) for number, name, _ in heard if number]
    assert [int(number) for number, _ in lines] == list(range(int(place) + 1, int(lines[-1][0]) + 1))
    assert [name for number, name, what in heard if number and what.get("subject") == run] == ["run.queued", "run.started", "run.succeeded"]
    again, _ = turn(ada.browser, place)
    assert [(number, name) for number, name, _ in again if number][: len(lines)] == lines, "an older id gives the same again"
    assert int(turn(ada.browser, last)[1]) >= int(last)


def order_each_minute(ada: Person) -> str:
    """A job for another source of the same connection, due with the next tick."""
    connection = ada.browser.ok("GET", f"/sources/{ada.source}")["connection"]
    source = ada.browser.ok("POST", "/sources", {"connection": connection, "name": "each minute"})["id"]
    job = ada.browser.ok("POST", "/jobs", {"source": source, "name": "each minute", "timetable": {"cron": "* * * * *"}})
    return str(job["id"])


def until_over(ada: Person, run: str, *, seconds: float = 240) -> Any:
    return patience.until(
        lambda: ada.browser.ok("GET", f"/runs/{run}"),
        lambda one: one["state"] in ("succeeded", "partial", "failed", "cancelled"),
        seconds=seconds,
        pause=0.5,
    )


@contextmanager
def changed(stage: Deployment, function: str, **said: str) -> Iterator[None]:
    """A function that is told something else for a while, as by a deployment."""
    client, name = stage.aws.client("lambda"), f"listbackup-{STAGE}-{function}"
    before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def tell(words: Mapping[str, str]) -> None:
        stage.aws.ask(lambda: client.update_function_configuration(FunctionName=name, Environment={"Variables": words}), f"change {name}")

    tell({**before, **said})
    try:
        yield
    finally:
        tell(before)


@contextmanager
def broken_worker(stage: Deployment) -> Iterator[None]:
    """A deployment that went wrong: the worker's code is not where it is looked for. Its messages come again after a second instead of hours."""
    queues, functions = stage.aws.client("sqs"), stage.aws.client("lambda")
    url, name = stage.parameter("run-queue-url"), f"listbackup-{STAGE}-worker"
    handler = functions.get_function_configuration(FunctionName=name)["Handler"]
    queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    functions.update_function_configuration(FunctionName=name, Handler="listbackup.worker.lost.work")
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Handler=handler)
        queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": SETTINGS["run_visibility_seconds"]})


def test_a_worker_that_is_killed_in_mid_run_is_called_again_and_the_snapshot_is_right(ada: Person, stage: Deployment) -> None:
    crm = ada.place.crm
    crm.world.pass_day(changed=0.2, deleted=0.05, added=0.05)
    crm.behave(replace(crm.options, latency_seconds=1.0, max_page_size=20))
    calls = sum(crm.calls.values())
    run = ada.browser.ok("POST", f"/sources/{ada.source}/sync", {"full": True})["id"]
    patience.until(lambda: sum(crm.calls.values()), lambda now: now >= calls + 4, seconds=120)
    killed = stage.processes("worker")
    for process in killed:
        os.kill(process, signal.SIGKILL)
    assert killed
    assert ada.browser.ok("GET", f"/runs/{run}")["state"] == "running"
    crm.behave(replace(crm.options, latency_seconds=0.0))
    ada.each_minute = order_each_minute(ada)  # its minute passes while the message of the killed one is hidden for one
    over = until_over(ada, run)
    assert (over["state"], over["crashes"]) == ("succeeded", 1), over
    assert_equal_to_the_platform(ada)


def test_the_tick_begins_what_is_due(ada: Person) -> None:
    job = ada.each_minute or order_each_minute(ada)
    runs = patience.until(lambda: ada.browser.ok("GET", f"/runs?job={job}")["items"], seconds=240, pause=1)
    ada.browser.ok("PATCH", f"/jobs/{job}", {"no_timetable": True})
    assert runs[-1]["trigger"] == "schedule"
    assert until_over(ada, runs[-1]["id"])["state"] == "succeeded"


def test_what_the_worker_cannot_take_is_given_up_and_sent_anew_by_a_person(ada: Person, stage: Deployment) -> None:
    with broken_worker(stage):
        run = ada.browser.ok("POST", f"/sources/{ada.source}/sync", {})["id"]
        letters = patience.until(lambda: ada.browser.ok("GET", "/queues/dead-letters")["items"], seconds=240, pause=1)
    assert [one["run"] for one in letters] == [run]
    sent = ada.browser.ok("POST", "/queues/dead-letters/redrive", {"ids": [letters[0]["id"]]})["items"]
    assert [one["run"] for one in sent] == [run]
    assert until_over(ada, run)["state"] == "succeeded"
    assert ada.browser.ok("GET", "/queues/dead-letters")["items"] == []


def test_an_export_that_is_too_large_for_a_function_is_fetched_by_a_link_to_the_bucket(ada: Person, stage: Deployment) -> None:
    (newest, *_) = ada.browser.ok("GET", f"/sources/{ada.source}/snapshots")["items"]
    export = ada.browser.ok("POST", "/exports", {"snapshot": newest["id"], "format": "jsonl", "streams": [STREAM]})["id"]
    until(ada.browser, f"/exports/{export}", "done")
    with changed(stage, "data", ANSWER_BYTES="1000"):
        link = ada.browser.ok("POST", f"/exports/{export}/download-url", {"file": f"{STREAM}.jsonl"})
        said = stage.browser().ask("GET", link["url"].removeprefix("/v2"))
    assert said.status == 303, said.raw[:300]
    with urllib.request.urlopen(said.headers["location"]) as answer:
        lines = answer.read().splitlines()
    assert sorted(lines) == sorted(ada.place.crm.world.truth(STREAM).values())


def test_a_rotated_root_key_is_followed_by_every_function(ada: Person, stage: Deployment, tmp_path: Path) -> None:
    listbackup(stage.emulator, tmp_path, "keys", "rotate", "--stage", STAGE, "--endpoint-url", stage.emulator.endpoint)
    with changed(stage, "data", LOG_LEVEL="DEBUG"), changed(stage, "worker", LOG_LEVEL="DEBUG"):  # processes that hold no opened key
        run = ada.browser.ok("POST", f"/sources/{ada.source}/sync", {"full": True})["id"]
        assert until_over(ada, run)["state"] == "succeeded"
        assert_equal_to_the_platform(ada)


def test_z_nothing_but_what_holds_data_is_left_after_destroy_and_nothing_at_all_with_the_data(stage: Deployment, tmp_path: Path) -> None:
    def stacks() -> set[str]:
        found = stage.aws.client("cloudformation").list_stacks()["StackSummaries"]
        return {one["StackName"] for one in found if one["StackStatus"] != "DELETE_COMPLETE" and one["StackName"].startswith("listbackup-")}

    words = ("--stage", STAGE, "all", "--endpoint-url", stage.emulator.endpoint, "--yes")
    listbackup(stage.emulator, tmp_path, "destroy", *words)
    assert stacks() == {f"listbackup-{STAGE}-core"}
    listbackup(stage.emulator, tmp_path, "destroy", *words, "--with-data")
    assert stacks() == set()
    tables = stage.aws.client("dynamodb").list_tables()["TableNames"]
    secrets = [one["Name"] for one in stage.aws.client("secretsmanager").list_secrets()["SecretList"]]
    buckets = [one["Name"] for one in stage.aws.client("s3").list_buckets()["Buckets"] if one["Name"].startswith("listbackup-")]
    assert ([one for one in tables if one.startswith("listbackup-")], buckets, secrets) == ([], [], [])
