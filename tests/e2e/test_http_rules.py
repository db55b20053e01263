"""What holds for every request: bad input is a clear 4xx in one form, a repetition creates once, a lost update is noticed, nobody asks too often."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listbackup.api.app import ApiSettings
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.permission import Bundle
from listbackup.http.ratelimit import Rate
from listbackup.services.platforms import Platforms
from listbackup.testing.http import PLENTY, Client, MemoryHouse, Said, served
from listbackup.testing.system import rooms

CONNECTION = {
    "platform": "demo-crm",
    "name": "crm",
    "test": False,
    "values": {"url": "http://127.0.0.1:9"},
    "secrets": {"token": "canary-81723"},
}


def build() -> MemoryHouse:
    connector = FactsConnector(api=api(page_size=50))
    return MemoryHouse(rooms([connector]), Platforms([connector]))


@pytest.fixture
def house() -> MemoryHouse:
    return build()


@pytest.fixture
def client(house: MemoryHouse) -> Iterator[Client]:
    with served(house) as port:
        yield Client(port, house.key(house.rooms.scope.account, *Bundle))


def refused(said: Said, status: int, code: str) -> None:
    problem = said.json
    assert (said.status, problem["status"], problem["code"]) == (status, status, code), problem
    assert said.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == said.headers["x-request-id"]


def test_every_kind_of_bad_request_is_a_problem_with_its_own_code(client: Client) -> None:
    refused(client.ask("GET", "/nowhere"), 404, "not_found")
    refused(client.ask("PUT", "/connections"), 405, "method_not_allowed")
    refused(client.ask("POST", "/connections", b"{", {"content-type": "application/json"}), 400, "malformed")
    refused(client.ask("POST", "/connections", b"\xff\xfe", {"content-type": "application/json"}), 400, "malformed")
    refused(client.ask("POST", "/connections", b"a=b", {"content-type": "text/plain"}), 415, "unsupported_media_type")
    refused(client.ask("POST", "/connections", b" " * 1_100_000), 413, "too_large")
    refused(client.ask("GET", "/connections?limit=0"), 422, "invalid")
    refused(client.ask("GET", "/connections?cursor=%FF"), 422, "invalid")
    refused(client.ask("GET", "/connections?limit=1&limit=2"), 422, "invalid")
    refused(client.ask("GET", "/connections?unknown=1"), 422, "invalid")
    refused(client.ask("GET", "/connections", headers={"host": "evil.example"}), 421, "wrong_host")
    refused(Client(client.port).ask("GET", "/connections"), 401, "not_signed_in")


def test_what_is_no_http_is_told_so_like_everything_else(client: Client) -> None:
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as line:
        line.sendall(b"GET /v2/sources HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: a\0b\r\n\r\n")
        said = b""
        while piece := line.recv(65536):
            said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["code"] == "malformed"


def test_each_wrong_field_is_pointed_at_and_no_value_comes_back(client: Client) -> None:
    said = client.ask("POST", "/connections", {**CONNECTION, "name": 7, "colour": "canary-81723"})
    refused(said, 422, "invalid")
    assert {error["pointer"] for error in said.json["errors"]} == {"/name", "/colour"}
    assert b"canary" not in said.raw


def test_a_field_within_a_field_is_pointed_at_where_it_stands(client: Client) -> None:
    def pointer(path: str, body: object) -> tuple[int, str]:
        said = client.ask("POST", path, body)
        return said.status, said.json["errors"][0]["pointer"]

    assert pointer("/connections", {**CONNECTION, "values": {}}) == (422, "/values/url")
    assert pointer("/connections", {**CONNECTION, "secrets": {}}) == (422, "/secrets/token")
    assert pointer("/connections", {**CONNECTION, "secrets": {"a/b": "c"}}) == (422, "/secrets/a~1b")
    assert pointer("/connections", {**CONNECTION, "platform": "demo-crn"}) == (422, "/platform")
    assert pointer("/api-keys", {"name": "k", "scopes": ["nope"]}) == (422, "/scopes/0")
    client.post("/connections", CONNECTION)
    assert pointer("/connections", CONNECTION) == (409, "/name")
    source = client.post("/sources", {"name": "crm", "connection": client.get("/connections")["items"][0]["id"]})["id"]
    assert pointer("/jobs", {"source": source, "timetable": {"cron": "99 * * * *"}}) == (422, "/timetable/cron")
    assert pointer("/jobs", {"source": source, "timetable": {"every": "PT15M", "time_zone": "Mars/Base"}}) == (422, "/timetable/time_zone")


def test_what_is_wrong_in_the_address_is_pointed_at_as_a_parameter(client: Client) -> None:
    client.post("/connections", CONNECTION)
    listings = ("/connections", "/sources", "/jobs", "/runs", "/activity", "/accounts", "/api-keys", "/users", "/source-groups")
    for path in listings:
        said = client.ask("GET", f"{path}?cursor=nonsense")
        assert (said.status, said.json["errors"][0]["pointer"]) == (422, "?cursor"), (path, said.raw)


def test_a_creating_request_that_is_sent_twice_creates_once(client: Client) -> None:
    once = {"idempotency-key": "k1"}
    first, second = (client.ask("POST", "/connections", CONNECTION, once) for _ in range(2))
    assert (first.status, first.raw, first.headers["location"]) == (201, second.raw, second.headers["location"])
    assert second.headers["idempotent-replayed"] == "true"
    assert len(client.get("/connections")["items"]) == 1
    refused(client.ask("POST", "/connections", {**CONNECTION, "name": "other"}, once), 409, "conflict")


def test_one_callers_idempotency_key_says_nothing_to_another(house: MemoryHouse, client: Client) -> None:
    """Of the same account, with the same key, path and body: what the first was answered is not the second's to read."""
    once, other = {"idempotency-key": "k3"}, Client(client.port, house.key(house.rooms.scope.account, *Bundle))
    assert client.ask("POST", "/connections", CONNECTION, once).status == 201
    said = other.ask("POST", "/connections", CONNECTION, once)
    refused(said, 409, "conflict")
    assert "idempotent-replayed" not in said.headers


def test_a_request_that_failed_may_be_sent_again_under_its_key(client: Client) -> None:
    once = {"idempotency-key": "k2"}
    client.post("/connections", CONNECTION)
    refused(client.ask("POST", "/connections", CONNECTION, once), 409, "conflict")
    connection = client.get("/connections")["items"][0]["id"]
    assert client.ask("DELETE", f"/connections/{connection}").status == 204
    assert client.ask("POST", "/connections", CONNECTION, once).status == 201


def test_an_update_of_a_version_that_is_gone_changes_nothing(client: Client) -> None:
    connection = client.post("/connections", CONNECTION)["id"]
    etag = client.ask("GET", f"/connections/{connection}").headers["etag"]
    changed = client.ask("PATCH", f"/connections/{connection}", {"name": "new"}, {"if-match": etag})
    assert (changed.status, changed.json["name"]) == (200, "new")
    refused(client.ask("PATCH", f"/connections/{connection}", {"name": "newer"}, {"if-match": etag}), 412, "version_gone")
    assert client.get(f"/connections/{connection}")["name"] == "new"


def test_listings_go_on_where_the_page_before_ended(client: Client) -> None:
    for number in range(5):
        client.post("/connections", {**CONNECTION, "name": f"c{number}"})
    names, cursor = [], ""
    for _ in range(3):
        page = client.get(f"/connections?limit=2{cursor}")
        names += [one["name"] for one in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert (sorted(names), page["next"]) == (["c0", "c1", "c2", "c3", "c4"], None)


def test_secrets_of_a_connection_never_come_back(client: Client) -> None:
    client.post("/connections", CONNECTION)
    assert b"canary" not in client.ask("GET", "/connections").raw + client.ask("GET", "/activity").raw


def test_every_answer_carries_its_request_id_and_is_neither_kept_nor_run(client: Client) -> None:
    said = client.ask("GET", "/system/version", headers={"x-request-id": "mine-1"})
    assert said.headers["x-request-id"] == "mine-1"
    assert said.headers["x-content-type-options"] == "nosniff"
    assert said.headers["cache-control"] == "no-store"
    forged = client.ask("GET", "/system/version", headers={"x-request-id": "a b"})
    assert forged.headers["x-request-id"].startswith("req_")


def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_not_held_up(house: MemoryHouse) -> None:
    slow = ApiSettings(rate=Rate(per_second=0.5, burst=3), strangers=Rate(per_second=1, burst=2))
    with served(house, slow) as port:
        one, two = (Client(port, house.key(house.rooms.scope.account, Bundle.READ)) for _ in range(2))
        assert [one.ask("GET", "/sources").status for _ in range(3)] == [200, 200, 200]
        said = one.ask("GET", "/sources")
        refused(said, 429, "rate_limited")
        assert (said.headers["retry-after"], said.headers["ratelimit-remaining"]) == ("2", "0")
        assert two.ask("GET", "/sources").status == 200
        assert [Client(port, "wrong").ask("GET", "/sources").status for _ in range(3)] == [401, 401, 429]
        assert two.ask("GET", "/sources").status == 200, "who has a good key is not shut out by guesses from the same address"


def test_pages_of_another_origin_get_nothing_unless_they_are_named(house: MemoryHouse) -> None:
    page = {"origin": "https://app.example", "access-control-request-method": "GET"}
    with served(house) as port:
        assert "access-control-allow-origin" not in Client(port).ask("GET", "/system/version", headers=page).headers
    with served(house, ApiSettings(origins=("https://app.example",))) as port:
        assert Client(port).ask("OPTIONS", "/sources", headers=page).headers["access-control-allow-origin"] == "https://app.example"
        assert (
            "access-control-allow-origin"
            not in Client(port).ask("GET", "/system/version", headers={"origin": "https://evil.example"}).headers
        )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@pytest.fixture(scope="module")
def steady() -> Iterator[Client]:
    house = build()
    with served(house, ApiSettings(rate=PLENTY)) as port:
        yield Client(port, house.key(house.rooms.scope.account, *Bundle))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(["/connections", "/sources", "/jobs", "/api-keys", "/restores/plan", "/restores"]), body=json_values)
def test_no_body_makes_the_server_fail(steady: Client, path: str, body: object) -> None:
    said = steady.ask("POST", path, json.dumps(body).encode())
    assert 400 <= said.status < 500, (said.status, body)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(field=st.sampled_from(sorted(CONNECTION)), value=json_values)
def test_no_field_makes_the_server_fail(steady: Client, field: str, value: object) -> None:
    said = steady.ask("POST", "/connections", json.dumps({**CONNECTION, field: value}).encode())
    assert said.status < 500, (said.status, field, value)


def test_who_was_away_hears_what_happened_meanwhile_once_and_in_order(client: Client) -> None:
    for name in ("one", "two", "three"):
        client.post("/connections", {**CONNECTION, "name": name})
    lines = list(reversed(client.get("/activity?action=account:connection")["items"]))
    said = client.ask("GET", "/events?seconds=1", headers={"last-event-id": str(lines[0]["seq"])})
    events = [
        dict(line.split(": ", 1) for line in event.splitlines()) for event in said.raw.decode().split("\n\n") if event.startswith("id")
    ]
    assert said.headers["content-type"].startswith("text/event-stream")
    assert [(event["event"], json.loads(event["data"])["about"]["name"]) for event in events] == [
        ("connection.created", "two"),
        ("connection.created", "three"),
    ]
    assert client.ask("GET", "/events?seconds=1").raw == b": listening\n\n"
    refused(client.ask("GET", "/events?seconds=1", headers={"last-event-id": "x"}), 422, "invalid")
