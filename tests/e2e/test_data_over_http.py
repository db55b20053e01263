"""What is kept, looked at, compared, found and looked after over HTTP: the promises of the guide "browse and export"."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from listbackup.base.clock import iso
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.permission import Bundle, Permission
from listbackup.services.data import change_sets, positions, records
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means, Work
from listbackup.testing import patience
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.system import rooms

STREAM = "contacts"


@dataclass(frozen=True, kw_only=True)
class World:
    house: MemoryHouse
    client: Client
    port: int
    saas: Saas
    clock: ManualClock
    source: str
    snapshots: list[str]

    @property
    def records(self) -> str:
        return f"/snapshots/{self.snapshots[0]}/streams/{STREAM}/records"

    def key(self, *permissions: Bundle | Permission) -> Client:
        return Client(self.port, self.house.key(self.house.rooms.scope.account, *permissions))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with serve(Options(records=300)) as saas:
        connector, clock = FactsConnector(api=api(page_size=100)), ManualClock(saas_now(saas))
        house = MemoryHouse(rooms([connector], clock=clock, means=Means(maintain=False)), Platforms([connector]))
        scope = house.rooms.scope
        connection = house.connections.create(
            scope, platform="demo-crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
        )
        source = house.sources.create(scope, connection=connection.id, name="crm", tags=["shop", "eu"])
        house.runs.backup(scope, source.id, Work(owner="test"))
        clock.advance(timedelta(days=1))
        saas.world.pass_day(changed=0.1, deleted=0.02, added=0.02)
        house.runs.backup(scope, source.id, Work(owner="test"), full=True)
        snapshots = [one.id for one in house.data.snapshots(scope, source.id)]
        with served(house) as port:
            client = Client(port, house.key(scope.account, *Bundle))
            yield World(house=house, client=client, port=port, saas=saas, clock=clock, source=source.id, snapshots=snapshots)


def saas_now(saas: Saas) -> Any:
    from listbackup.base.clock import from_unix_ms

    return from_unix_ms(saas.world.moment())


def every(client: Client, path: str, **asked: object) -> list[Any]:
    """The items of all pages."""
    items, cursor = [], None
    while True:
        page = client.get(f"{path}?{urlencode({**asked, **({'cursor': cursor} if cursor else {})})}")
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def until(client: Client, path: str, is_over: Callable[[Any], bool]) -> Any:
    return patience.until(lambda: client.get(path), is_over)


# records -----------------------------------------------------------------------------------------------------------------


def test_a_listing_that_is_filtered_holds_just_the_records_that_fit_page_by_page(world: World) -> None:
    whole = [one["record"] for one in every(world.client, world.records, limit=500)]
    city = whole[0]["address"]["city"]
    wanted = [one["id"] for one in whole if one["address"]["city"] == city]
    assert 0 < len(wanted) < len(whole)
    found = every(world.client, world.records, filter=f"address.city={city}", limit=3)
    assert [one["record"]["id"] for one in found] == wanted


def test_a_text_is_found_wherever_it_stands_in_the_record(world: World) -> None:
    record = every(world.client, world.records, limit=500)[7]["record"]
    found = every(world.client, world.records, q=record["email"].upper(), limit=2)
    assert record["id"] in [one["record"]["id"] for one in found]


def test_records_come_in_the_order_of_a_field_and_no_record_twice(world: World) -> None:
    whole = [one["record"] for one in every(world.client, world.records, limit=500)]
    for sort, reverse in (("email", False), ("-email", True)):
        found = [one["record"]["email"] for one in every(world.client, world.records, sort=sort, limit=40)]
        assert found == sorted((one["email"] for one in whole), reverse=reverse)


def test_a_page_may_begin_anywhere_in_an_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "STRIDE", 7)
    for asked in ({}, {"sort": "email"}, {"sort": "-email", "filter": "email~a"}):
        whole = every(world.client, world.records, limit=500, **asked)
        for begin in (0, 1, 6, 7, 8, 20, len(whole) - 1, len(whole), len(whole) + 99):
            page = world.client.get(f"{world.records}?{urlencode({**asked, 'position': begin, 'limit': 5})}")
            assert page["items"] == whole[begin : begin + 5]
            assert (page["next"] is None) == (begin + 5 >= len(whole))
    page = world.client.get(f"{world.records}?position=9&limit=4")
    following = world.client.get(f"{world.records}?limit=4&cursor={page['next']}")
    assert page["items"] + following["items"] == every(world.client, world.records, limit=500)[9:17]


def test_a_stream_too_large_to_be_sorted_is_refused_with_a_hint(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_SORTED", 10)
    said = world.client.ask("GET", f"{world.records}?sort=email")
    assert (said.status, said.json["errors"][0]["pointer"]) == (422, "?sort")


def test_only_the_fields_that_are_asked_for_go_out_with_their_exact_bytes(world: World) -> None:
    said = world.client.ask("GET", f"{world.records}?fields=id,address.city,nothing&limit=1")
    whole = world.client.get(f"{world.records}?limit=1")["items"][0]["record"]
    assert said.json["items"][0]["record"] == {"id": whole["id"], "address": {"city": whole["address"]["city"]}}


def test_a_record_tells_its_fields_history_and_what_it_refers_to(world: World) -> None:
    base = f"/snapshots/{world.snapshots[0]}/streams/deals/records"
    record = world.client.get(f"{base}?limit=1")["items"][0]
    key = quote(record["key"], safe="")
    fields = {one["path"]: one["value"] for one in world.client.get(f"{base}/{key}/fields")["items"]}
    assert fields["id"] == str(record["record"]["id"])
    references = world.client.get(f"{base}/{key}/references")["items"]
    assert references, "deals refer to contacts and companies"
    assert all(one["kept"] for one in references)
    assert world.client.get(f"{base}/{key}/history")["items"][-1]["happened"] == "insert"


@pytest.mark.parametrize(
    "asked",
    [
        "filter==",
        "filter=%21%3Dx",
        "fields=a..b",
        "sort=-",
        "cursor=zzz&sort=id",
        "cursor=AAAA&q=a",
        "cursor=zz",
        "position=-1",
        "position=3&q=a",
        "position=3&after=1",
    ],
)
def test_what_cannot_be_asked_is_refused_and_never_a_failure_of_ours(world: World, asked: str) -> None:
    assert world.client.ask("GET", f"{world.records}?{asked}").status == 422


def test_a_conflict_shows_what_is_on_the_platform_to_those_who_may_look(world: World) -> None:
    crm = world.saas.world
    key, row = next((str(key[0]), row) for key in crm.truth("deals") if (row := crm.row_of("deals", str(key[0]))) is not None)
    wanted = {"snapshot": world.snapshots[0], "keys": {"deals": [key]}}
    crm._change("deals", row)
    (step,) = world.client.post("/restores/plan", wanted)["steps"]
    assert (step["action"], step["why"]) == ("conflict", "newer_edit")
    there = next(raw for own, raw in crm.truth("deals").items() if str(own[0]) == key)
    assert step["now"] == json.loads(there)
    planner = world.key(Permission.RESTORES_PLAN)
    assert [one["now"] for one in planner.post("/restores/plan", wanted)["steps"]] == [None]


def test_content_needs_its_own_permission_and_counts_do_not(world: World) -> None:
    viewer = world.key(Permission.SNAPSHOTS_READ)
    assert viewer.ask("GET", f"/snapshots/{world.snapshots[0]}/streams").status == 200
    span = f"from={world.snapshots[0]}&to={world.snapshots[1]}"
    assert viewer.ask("GET", f"/diff/counts?{span}").status == 200
    for path in (world.records, f"/diff?{span}", "/search?q=a", "/data/files", "/data/tree", f"/change-sets?source={world.source}"):
        assert viewer.ask("GET", path).status == 403, path


def test_a_look_at_content_leaves_one_line_in_the_trail_however_many_pages_it_has(world: World) -> None:
    looker = world.key(Permission.CONTENT_READ)
    every(looker, world.records, limit=50)
    lines = [line for line in every(world.client, "/activity", limit=500) if line["action"].endswith("content:viewed")]
    mine = [line for line in lines if line["about"].get("stream") == STREAM and line["about"]["how"] == "records"]
    assert len({line["actor"] for line in mine}) == len(mine), "one line for each of those who looked"
    email = every(world.client, world.records, limit=1)[0]["record"]["email"]
    assert email not in json.dumps(lines)


# moments compared --------------------------------------------------------------------------------------------------------


def test_a_difference_by_pages_is_the_difference_at_once_over_all_streams(world: World) -> None:
    span = {"from": world.snapshots[0], "to": world.snapshots[1]}
    paged, whole = every(world.client, "/diff", **span, limit=7), every(world.client, "/diff", **span, limit=500)
    assert paged == whole
    counts = world.client.get(f"/diff/counts?{urlencode(span)}")
    for stream, count in counts.items():
        kinds = [one["kind"] for one in whole if one["stream"] == stream]
        assert [kinds.count("added"), kinds.count("removed")] == [count["added"], count["removed"]]
    changed = next(one for one in whole if one["kind"] == "changed")
    assert changed["fields"]
    assert all(changed["before"].get(name) != changed["after"].get(name) for name in changed["fields"])


def test_a_difference_without_values_names_the_records_only(world: World) -> None:
    span = {"from": world.snapshots[0], "to": world.snapshots[1], "stream": STREAM}
    named = every(world.client, "/diff", **span, values="false", limit=5)
    whole = every(world.client, "/diff", **span, limit=500)
    assert {one["key"] for one in whole} <= {one["key"] for one in named}
    assert all(one["before"] is None and one["after"] is None for one in named)


def test_a_page_of_a_difference_does_not_read_what_lies_before_it(world: World) -> None:
    from listbackup.services.data.differences import page_of_changes

    store = world.house.data.store(world.house.rooms.scope, world.source)
    before, after = store.snapshots()
    first = page_of_changes(store, before, after, stream=STREAM, values=True, limit=10, cursor=None)
    second = page_of_changes(store, before, after, stream=STREAM, values=True, limit=10, cursor=first.next)
    assert not {change.key for change in first.items} & {change.key for change in second.items}


def test_a_cursor_of_another_listing_is_refused(world: World) -> None:
    span = {"from": world.snapshots[0], "to": world.snapshots[1]}
    cursor = world.client.get(f"/diff?{urlencode({**span, 'limit': 1})}")["next"]
    assert world.client.ask("GET", f"/diff?{urlencode({**span, 'stream': STREAM, 'cursor': cursor})}").status == 422


def test_changes_of_one_go_are_told_as_one_thing(world: World) -> None:
    sets = every(world.client, "/change-sets", source=world.source, limit=500)
    diff = every(world.client, "/diff", **{"from": world.snapshots[0], "to": world.snapshots[1]}, limit=500)
    for stream in {one["stream"] for one in diff}:
        for kind in ("added", "changed", "removed"):
            told = sum(one["count"] for one in sets if one["stream"] == stream and one["kind"] == kind)
            assert told == sum(one["stream"] == stream and one["kind"] == kind for one in diff), (stream, kind)
    changed = [one for one in sets if one["kind"] == "changed"]
    assert all(one["fields"] and one["exact"] and one["began_at"] <= one["ended_at"] for one in changed)
    assert "updated_at" not in {name for one in changed for name in one["fields"]}, "when is told by the window"


def test_more_changes_than_a_request_may_read_are_counted_and_said_to_be_inexact(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_sets, "MAX_CHANGES", 1)
    sets = every(world.client, "/change-sets", source=world.source, stream=STREAM)
    assert {one["exact"] for one in sets} == {False}
    counts = world.client.get(f"/diff/counts?from={world.snapshots[0]}&to={world.snapshots[1]}")[STREAM]
    assert {one["kind"]: one["count"] for one in sets} == {kind: count for kind, count in counts.items() if count}


def test_a_change_set_is_planned_back_as_one(world: World) -> None:
    for one in every(world.client, "/change-sets", source=world.source, limit=500):
        told = {name: one[name] for name in ("stream", "kind", "fields", "began_at", "ended_at")}
        said = world.client.ask("POST", "/restores/plan", {"snapshot": one["snapshot"], "change_set": told})
        if one["kind"] == "added":
            assert (said.status, said.json["errors"][0]["pointer"]) == (422, "/change_set/kind")
            continue
        plan = said.json
        assert said.status == 200, said.raw
        assert sum(sum(actions.values()) for actions in plan["streams"].values()) + plan["left_out"].get("changed_later", 0) == one["count"]
        assert plan["snapshot"] == world.snapshots[0]
    both = {"snapshot": world.snapshots[1], "streams": [STREAM], "change_set": told}
    assert world.client.ask("POST", "/restores/plan", both).status == 422


def test_snapshots_go_into_the_trash_only_as_somebody_saw_it(world: World) -> None:
    said = world.client.ask("POST", f"/sources/{world.source}/expire", {"numbers": [1]})
    assert (said.status, said.json["errors"][0]["pointer"]) == (409, "/numbers")  # the last three good ones stay: none would go
    reader = world.key(Bundle.READ)
    assert reader.ask("POST", f"/sources/{world.source}/expire", {"numbers": [1]}).status == 403
    assert reader.ask("POST", f"/sources/{world.source}/prune", {}).status == 403
    assert reader.ask("GET", f"/sources/{world.source}/prune").status == 404  # nobody asked for one
    asked = world.client.ask("POST", f"/sources/{world.source}/prune", {})
    assert (asked.status, asked.json["working"]) == (202, True)
    shown = reader.get(f"/sources/{world.source}/prune")
    while shown["working"]:
        shown = reader.get(f"/sources/{world.source}/prune")
    assert (shown["state"], shown["purged"]) == ("done", [])


# words looked for --------------------------------------------------------------------------------------------------------


def test_one_person_is_found_in_all_sources_as_of_any_date(world: World) -> None:
    gone = next(
        one
        for one in every(world.client, "/diff", **{"from": world.snapshots[0], "to": world.snapshots[1]}, stream=STREAM)
        if one["kind"] == "removed"
    )
    email = gone["before"]["email"]
    first = world.client.get(f"/snapshots/{world.snapshots[0]}")["at"]
    then = world.client.get(f"/search?{urlencode({'q': email, 'as_of': first})}")
    assert gone["key"] in [hit["key"] for hit in then["items"] if hit["stream"] == STREAM]
    now = world.client.get(f"/search?{urlencode({'q': email})}")
    assert gone["key"] not in [hit["key"] for hit in now["items"] if hit["stream"] == STREAM]
    assert (then["incomplete"], now["incomplete"]) == (False, False)


def test_a_search_by_pages_finds_what_a_search_at_once_finds(world: World) -> None:
    whole = every(world.client, "/search", q="a@", limit=500) or every(world.client, "/search", q="example", limit=500)
    word = "a@" if every(world.client, "/search", q="a@", limit=1) else "example"
    assert every(world.client, "/search", q=word, limit=9) == whole


def test_a_search_that_runs_out_of_time_says_so_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from listbackup.services.data import hunting
    from listbackup.services.data.budget import Budget

    whole = every(world.client, "/search", q="example", limit=500)
    monkeypatch.setattr(hunting, "Budget", lambda clock: Budget(clock, rows=1))
    first = world.client.get("/search?q=example&limit=500")
    assert first["incomplete"] is True
    assert first["next"] is not None
    assert every(world.client, "/search", q="example", limit=500) == whole


# looked after ------------------------------------------------------------------------------------------------------------


def test_who_may_not_decide_what_is_kept_decides_it_by_no_job_either(world: World) -> None:
    client = world.key(Permission.JOBS_MANAGE)
    strict = {"retention": {"last": 1}}
    assert client.ask("POST", "/jobs", {"source": world.source, "name": "strict", **strict}).json["code"] == "not_allowed"
    made = client.post("/jobs", {"source": world.source, "name": "a job of no right to let go"})
    assert client.ask("PATCH", f"/jobs/{made['id']}", strict).json["code"] == "not_allowed"
    assert world.client.ask("PATCH", f"/jobs/{made['id']}", strict).status == 200
    assert client.ask("DELETE", f"/jobs/{made['id']}").status == 204


def test_a_source_keeps_its_own_retention_and_never_less_than_the_policy_asks(world: World) -> None:
    at = f"/sources/{world.source}/retention"
    assert world.client.get(at)["own"] is None
    tried = world.client.post(f"{at}/preview", {"retention": {"last": 1}})
    assert [one["number"] for one in tried["decisions"]] == [1, 2]
    assert world.client.get(at)["own"] is None, "a preview changes nothing"
    said = world.client.ask("PUT", at, {"retention": {"last": 1}})
    assert (said.status, said.json["effective"]["last"]) == (200, 1)
    assert world.client.ask("PUT", at, {"retention": None}, headers={"if-match": '"1"'}).status == 412
    assert world.client.ask("PUT", at, {"retention": None}).json["own"] is None


def test_a_verification_is_done_in_the_background_and_can_be_read(world: World) -> None:
    at = f"/snapshots/{world.snapshots[1]}"
    assert world.client.ask("GET", f"{at}/verification").status == 404
    said = world.client.ask("POST", f"{at}/verify", {"sample": 3})
    assert (said.status, said.headers["location"]) == (202, f"/v2{at}/verification")
    done = until(world.client, f"{at}/verification", lambda one: one["state"] != "running")
    assert (done["state"], done["good"]) == ("done", True)
    assert done["sampled"] > 0


def test_a_source_says_what_is_covered_and_how_much_could_be_written_back(world: World) -> None:
    coverage = world.client.get(f"/sources/{world.source}/coverage")
    assert {one["cover"] for one in coverage["streams"]} == {"covered"}
    assert coverage["share"] == 1.0
    back = world.client.get(f"/sources/{world.source}/recoverability")
    assert back["records"] == sum(one["records"] for one in back["streams"])
    assert 0 < back["score"] <= 1


# sources -----------------------------------------------------------------------------------------------------------------


def test_sources_are_found_by_tag_group_and_name(world: World) -> None:
    other = world.client.post(
        "/sources", {"connection": world.client.get("/connections")["items"][0]["id"], "name": "news", "tags": ["eu"]}
    )
    group = world.client.post("/source-groups", {"name": "both", "sources": [world.source, other["id"]]})
    assert [one["name"] for one in every(world.client, "/sources", tag="eu", limit=1)] == ["crm", "news"]
    assert [one["name"] for one in every(world.client, "/sources", tag="shop")] == ["crm"]
    assert [one["name"] for one in every(world.client, "/sources", group=group["id"], q="NEW")] == ["news"]
    said = world.client.ask("PATCH", f"/source-groups/{group['id']}", {"sources": []}, headers={"if-match": '"1"'})
    assert said.json["sources"] == []
    assert every(world.client, "/sources", group=group["id"]) == []
    assert world.client.ask("DELETE", f"/source-groups/{group['id']}").status == 204
    assert world.client.ask("DELETE", f"/sources/{other['id']}").status == 204


def test_a_deleted_source_can_be_taken_back_with_its_snapshots_and_is_purged_after_seven_days() -> None:
    with serve(Options(records=20)) as saas:
        connector, clock = FactsConnector(api=api(page_size=100)), ManualClock()
        house = MemoryHouse(rooms([connector], clock=clock, means=Means(maintain=False)), Platforms([connector]))
        scope = house.rooms.scope
        connection = house.connections.create(
            scope, platform="demo-crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
        )
        source = house.sources.create(scope, connection=connection.id, name="crm")
        house.runs.backup(scope, source.id, Work(owner="test"))
        with served(house) as port:
            client = Client(port, house.key(scope.account, *Bundle))
            snapshot = client.get(f"/sources/{source.id}/snapshots")["items"][0]["id"]
            assert client.ask("DELETE", f"/sources/{source.id}").status == 204
            assert client.ask("GET", f"/snapshots/{snapshot}").status == 404
            assert client.get("/trash/sources")["items"][0]["source"]["id"] == source.id
            assert client.ask("POST", f"/sources/{source.id}/restore", {}).status == 200
            assert client.get(f"/snapshots/{snapshot}")["records"] > 0
            client.post(f"/snapshots/{snapshot}/hold", {"reason": "a case"})
            client.ask("DELETE", f"/sources/{source.id}")
            clock.advance(timedelta(days=8))
            assert house.rooms.purge.carry_out(scope) == [], "a held snapshot keeps its source in the trash"
            client.ask("POST", f"/sources/{source.id}/restore", {})
            client.ask("DELETE", f"/snapshots/{snapshot}/hold")
            client.ask("DELETE", f"/sources/{source.id}")
            assert house.rooms.purge.carry_out(scope) == []
            clock.advance(timedelta(days=7))
            assert [one.id for one in house.rooms.purge.carry_out(scope)] == [source.id]
            assert client.get("/trash/sources")["items"] == []
            assert client.ask("POST", f"/sources/{source.id}/restore", {}).status == 404
            left = [one.name for one in house.rooms.objects.list(f"{scope.account}/{source.id}/")]
            assert left == []


def test_every_instant_that_is_asked_for_needs_a_time_zone(world: World) -> None:
    naive = iso(world.clock.now()).removesuffix("Z")
    assert world.client.ask("GET", f"/search?{urlencode({'q': 'a', 'as_of': naive})}").status == 422


@pytest.mark.parametrize("key", ["--5", "²", "-²", "5" * 4500, "[" * 2000])
def test_what_looks_like_a_number_and_is_none_is_the_key_of_no_record(world: World, key: str) -> None:
    for path in (f"{world.records}/{quote(key)}", f"{world.records}/{quote(key)}/history"):
        assert world.client.ask("GET", path).status == (404 if len(key) < 1000 else 422)


@pytest.mark.parametrize("cursor", ["²", "9" * 4096, "-1", "+1", ""])
def test_a_cursor_of_snapshots_that_is_no_number_is_refused(world: World, cursor: str) -> None:
    assert world.client.ask("GET", f"/sources/{world.source}/snapshots?cursor={quote(cursor)}").status == 422
