"""What operators and accounts see and turn over HTTP: figures, maintenance, logs, dead letters, the trail as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Key
from listbackup.http.permission import Bundle
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means, Work
from listbackup.services.system import Beat
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import rooms


@dataclass(frozen=True)
class Site:
    house: MemoryHouse
    port: int
    world: FakePlatform
    operator: Client
    stranger: Client  # administrator of another account

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.house.clock, ManualClock)
        return self.house.clock


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    world = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        world.put("contacts", number, name=f"contact {number}")
    connector = FakeConnector(world)
    house = MemoryHouse(rooms([connector], means=Means(maintain=False)), Platforms([connector]))
    scope = house.rooms.scope
    house.connections.create(scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    house.sources.create(scope, connection="shop", name="crm")
    other = house.accounts.create("other", actor="test")
    with served(house) as port:
        keys = [Client(port, house.key(account, *Bundle)) for account in (scope.account, other.id)]
        yield Site(house, port, world, keys[0], keys[1])
    house.feed.close()


def figures(site: Site) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    page = Client(site.port).ask("GET", "/system/metrics").raw.decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_the_figures_are_read_by_prometheus_and_tell_what_was_asked_how_long_and_what_runs_came_to(site: Site) -> None:
    site.house.installation.beats.beat(
        Beat(process="w", at=site.clock.now(), hands=2, busy=1, ticked_at=site.clock.now(), late_seconds=1.5)
    )
    run = site.house.runs.backup(site.house.rooms.scope, "crm", Work(owner="test"))
    assert site.operator.ask("GET", "/sources").status == 200
    assert site.operator.ask("GET", "/sources/src_00000000000000000000000000").status == 404
    found = figures(site)
    sources, source = ("method", "GET"), ("route", "/v2/sources/{source}")
    assert found["listbackup_http_requests_total", (sources, ("route", "/v2/sources"), ("status", "200"))] >= 1
    assert found["listbackup_http_requests_total", (sources, source, ("status", "404"))] >= 1
    assert found["listbackup_http_request_duration_seconds_count", (sources, ("route", "/v2/sources"))] >= 1
    assert found["listbackup_runs_total", (("state", "succeeded"),)] == 1
    assert found["listbackup_run_records_total", (("state", "succeeded"),)] == run.records
    assert found["listbackup_busy_hands", (("process", "w"),)] == 1
    assert found["listbackup_schedule_late_seconds", ()] == 1.5
    assert {("listbackup_queue_messages", (("queue", "runs"),)), ("listbackup_maintenance", ())} <= set(found)
    text = Client(site.port).ask("GET", "/system/metrics").raw
    assert b"src_" not in text, "patterns of addresses only"


def test_in_maintenance_changes_answer_503_reads_go_on_and_everybody_is_told_why(site: Site) -> None:
    on = site.operator.ask("PUT", "/system/maintenance", {"on": True, "reason": "moving"})
    assert (on.status, on.json["on"], on.json["reason"]) == (200, True, "moving")
    try:
        said = site.operator.ask("POST", "/jobs", {"source": "crm", "name": "x"})
        assert (said.status, said.json["code"], said.headers["retry-after"]) == (503, "maintenance", "60")
        assert "moving" in said.json["detail"]
        assert site.stranger.ask("DELETE", "/connections/con_00000000000000000000000000").status == 503
        assert site.operator.ask("GET", "/sources").status == 200
        assert (Client(site.port).get("/system/status")["status"], Client(site.port).get("/system/status")["reason"]) == (
            "maintenance",
            "moving",
        )
        assert site.operator.ask("POST", "/auth/login", {"email": "a@example.org", "password": "x"}).status != 503
    finally:
        assert site.operator.ask("PUT", "/system/maintenance", {"on": False}).status == 200
    assert site.operator.ask("POST", "/jobs", {"source": "crm", "name": "x"}).status != 503


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/system/queues", None),
        ("GET", "/system/workers", None),
        ("GET", "/system/maintenance", None),
        ("PUT", "/system/maintenance", {"on": True, "reason": "mine"}),
        ("GET", "/queues/dead-letters?everybody=true", None),
        ("POST", "/queues/dead-letters/redrive", {"everybody": True}),
    ],
)
def test_an_administrator_of_another_account_is_no_operator(site: Site, method: str, path: str, body: object) -> None:
    assert site.stranger.ask(method, path, body).status == 403
    assert Client(site.port).get("/system/status")["maintenance"] is False


def test_a_failed_run_is_searched_and_its_failures_are_listed(site: Site) -> None:
    def before(name: str, _stream: str, _key: Key) -> None:
        if name == "page":
            raise PlatformError("the CRM is down", fault=PlatformFault.UNREACHABLE)

    site.world.before = before
    try:
        run = site.house.runs.backup(site.house.rooms.scope, "crm", Work(owner="test"), full=True).id
    finally:
        site.world.before = lambda *_: None
    failures = site.operator.get(f"/runs/{run}/failures")["items"]
    assert {one["reason"] for one in failures} == {"unreachable"}
    found = site.operator.get(f"/runs/{run}/logs?q=crm%20IS%20down&level=warning&stream=contacts")["items"]
    assert [one["stream"] for one in found] == ["contacts"]
    assert site.operator.get(f"/runs/{run}/logs?q=nothing-like-it") == {"items": [], "next": None}
    assert site.operator.ask("GET", f"/runs/{run}/logs?level=loud").status == 422
    assert site.stranger.ask("GET", f"/runs/{run}/failures").status == 404


def test_dead_letters_are_seen_by_their_account_and_sent_anew(site: Site) -> None:
    run = site.house.runs.start(site.house.rooms.scope, "crm")
    for _ in range(5):
        site.house.rooms.queue.receive(lease=timedelta(minutes=1))
        site.clock.advance(timedelta(minutes=2))
    (letter,) = site.operator.get("/queues/dead-letters")["items"]
    assert (letter["run"], letter["receives"]) == (run.id, 5)
    assert site.stranger.get("/queues/dead-letters")["items"] == []
    assert site.stranger.ask("POST", "/queues/dead-letters/redrive", {"ids": [letter["id"]]}).status == 404
    assert site.operator.get("/system/queues")["items"] == [{"name": "runs", "depth": 0, "dead": 1}]
    sent = site.operator.ask("POST", "/queues/dead-letters/redrive", {"ids": [letter["id"]]})
    assert [one["id"] for one in sent.json["items"]] == [letter["id"]]
    assert site.operator.get("/system/queues")["items"] == [{"name": "runs", "depth": 1, "dead": 0}]


def test_the_trail_says_from_where_and_goes_out_as_a_file(site: Site) -> None:
    changed = site.operator.ask("POST", "/jobs", {"source": site.operator.get("/sources")["items"][0]["id"], "name": "nightly"})
    assert changed.status == 201, changed.raw
    (line,) = site.operator.get(f"/activity?subject={changed.json['id']}")["items"]
    assert line["origin"]["address"] == "127.0.0.1"
    assert site.operator.get("/activity?action=job&q=NIGHTLY&limit=1")["items"] == [line]
    assert site.operator.get("/activity?until=2001-01-01T00:00:00Z")["items"] == []
    assert site.operator.ask("GET", "/activity?since=yesterday").status == 422
    said = site.operator.ask("GET", "/activity/export?action=job")
    assert said.headers["content-disposition"] == 'attachment; filename="activity.jsonl"'
    assert [json.loads(one) for one in said.raw.splitlines()] == [line]
    table = site.operator.ask("GET", "/activity/export?format=csv").raw.decode()
    assert table.splitlines()[0] == "seq,at,actor,action,subject,address,agent,about,hash"
    verdict = site.operator.get("/activity/verify")
    assert (verdict["intact"], verdict["lines"] > 3, verdict["broken"]) == (True, True, None)
