"""The newest snapshots of each source at one question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.permission import Permission
from listbackup.services.data import Data, newest
from listbackup.services.data.newest import newest_of_each
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means, Work
from listbackup.services.scope import Scope
from listbackup.services.stores import Stores
from listbackup.store import ROOTS, StoreGround
from listbackup.store.policy import Policy
from listbackup.store.sizes import Sizes
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.system import MemoryKeys, rooms

SNAPSHOTS = (5, 0, 2, 1, 1)  # of the sources, in order of their ids


@dataclass(frozen=True, kw_only=True)
class World:
    house: MemoryHouse
    saas: Saas
    clock: ManualClock
    port: int
    client: Client
    sources: list[str]

    @property
    def scope(self) -> Scope:
        return self.house.rooms.scope

    def key(self, scope: Scope, *permissions: Permission) -> Client:
        return Client(self.port, self.house.key(scope.account, *permissions))

    def told(self, **asked: object) -> list[Any]:
        """The items of all pages."""
        items, cursor = [], None
        while True:
            page = self.page(**asked, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    def page(self, **asked: object) -> Any:
        return self.client.get("/snapshots?" + "&".join(f"{name}={value}" for name, value in asked.items()))


@contextmanager
def built() -> Iterator[World]:
    """An account with sources, and a server."""
    with serve(Options(records=20)) as saas:
        connector, clock = FactsConnector(api=api(page_size=100)), ManualClock()
        house = MemoryHouse(rooms([connector], clock=clock, means=Means(maintain=False)), Platforms([connector]))
        sources = furnish(house, house.rooms.scope, saas, clock, SNAPSHOTS)
        with served(house) as port:
            client = Client(port, house.key(house.rooms.scope.account, Permission.SNAPSHOTS_READ))
            yield World(house=house, saas=saas, clock=clock, port=port, client=client, sources=sources)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with built() as world:
        yield world


@pytest.fixture
def own() -> Iterator[World]:
    """One that the test may change."""
    with built() as world:
        yield world


def furnish(house: MemoryHouse, scope: Scope, saas: Saas, clock: ManualClock, counts: tuple[int, ...]) -> list[str]:
    """Sources with so many snapshots each, a day apart."""
    connection = house.connections.create(
        scope, platform="demo-crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
    )
    made = list[str]()
    for number, count in enumerate(counts):
        clock.advance(timedelta(hours=1))  # ids stand in order of time
        source = house.sources.create(scope, connection=connection.id, name=f"crm {number}", streams=["tags"])
        made.append(source.id)
        for _ in range(count):
            clock.advance(timedelta(days=1))
            house.runs.backup(scope, source.id, Work(owner="test"), full=True)
    return made


def numbers(items: list[Any]) -> list[tuple[str, list[int]]]:
    return [(one["source"], [snapshot["number"] for snapshot in one["snapshots"]]) for one in items]


def test_every_source_stands_there_with_its_newest_snapshots_newest_first(world: World) -> None:
    items = world.told()
    assert numbers(items) == list(zip(world.sources, [[5, 4, 3, 2, 1], [], [2, 1], [1], [1]], strict=True))
    assert [one["problem"] for one in items] == [None] * 5
    assert numbers(world.told(newest=2)) == list(zip(world.sources, [[5, 4], [], [2, 1], [1], [1]], strict=True))


def test_a_snapshot_is_told_as_in_the_listing_of_its_source(world: World) -> None:
    for one in world.told():
        assert one["snapshots"] == world.client.get(f"/sources/{one['source']}/snapshots")["items"]


def test_pages_part_the_sources_by_the_limit_that_was_asked_for(world: World) -> None:
    whole = world.told()
    assert [len(world.page(limit=limit)["items"]) for limit in (1, 2, 5, 500)] == [1, 2, 5, 5]
    assert world.page(limit=5)["next"] is None
    for limit in (1, 2, 3, 4):
        assert world.told(limit=limit) == whole


@pytest.mark.parametrize("asked", ["newest=0", "newest=101", "limit=0", "limit=501", "cursor=strange", "with_trash=true"])
def test_what_is_out_of_bounds_is_refused(world: World, asked: str) -> None:
    said = world.client.ask("GET", f"/snapshots?{asked}")
    assert (said.status, said.json["errors"][0]["pointer"]) == (422, "?" + asked.partition("=")[0])


def test_a_cursor_is_good_for_the_question_that_it_came_from_alone(world: World) -> None:
    following = world.page(limit=1, newest=3)["next"]
    assert world.client.ask("GET", f"/snapshots?newest=4&cursor={following}").status == 422


def test_a_page_that_grows_large_ends_early_and_the_next_goes_on_behind_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = world.told()
    monkeypatch.setattr(newest, "_LINES", 3)  # a snapshot and its one stream are two
    assert numbers(world.page()["items"]) == numbers(whole[:1])
    assert world.told() == whole


def test_a_listing_goes_on_where_it_was_though_a_source_came_and_one_went(own: World) -> None:
    page = own.page(limit=2)
    assert [one["source"] for one in page["items"]] == own.sources[:2]
    own.house.sources.delete(own.scope, own.sources[1])
    own.clock.advance(timedelta(hours=1))
    connection = own.house.connections.list(own.scope).items[0].id
    late = own.house.sources.create(own.scope, connection=connection, name="late").id
    assert [one["source"] for one in own.page(cursor=page["next"])["items"]] == [*own.sources[2:], late]


def test_what_rests_in_the_trash_is_left_out(own: World) -> None:
    first, _, third, *_ = own.sources
    own.house.upkeep.hold(own.scope, first, 1, "a court asks")
    plan = own.house.upkeep.plan_expire(own.scope, first, Policy(last=3))
    assert own.house.upkeep.expire(own.scope, first, plan) == (2,)
    own.house.sources.delete(own.scope, third)
    left = [source for source in own.sources if source != third]
    assert numbers(own.told(newest=4)) == list(zip(left, [[5, 4, 3, 1], [], [1], [1]], strict=True))


def test_a_source_without_a_store_gets_none_by_being_looked_at(own: World) -> None:
    empty, roots = own.sources[1], own.house.tables.open(ROOTS)
    assert own.told()[1] == {"source": empty, "snapshots": [], "problem": None}
    assert roots.find(f"{own.scope.account}/{empty}", "head") is None


def test_a_source_that_cannot_be_read_says_so_and_the_others_are_told(own: World, caplog: pytest.LogCaptureFixture) -> None:
    whole, broken, roots = own.told(), own.sources[2], own.house.tables.open(ROOTS)
    kept = roots.find(f"{own.scope.account}/{broken}", "head")
    assert kept is not None
    roots.put({**kept, "sha": bytes(32)})
    said = own.told()
    problem = "The kept copies of this source cannot be read; the operator has to look"
    assert said[2] == {"source": broken, "snapshots": [], "problem": problem}
    assert [one for one in said if one["source"] != broken] == [one for one in whole if one["source"] != broken]
    assert broken in caplog.text


def test_a_source_whose_head_has_lost_a_part_cannot_be_read_either(own: World) -> None:
    class Spilling(Stores):
        def ground(self, scope: Scope) -> StoreGround:
            return replace(super().ground(scope), sizes=Sizes(spill_above_bytes=0))

    def spilling() -> Spilling:
        return Spilling(objects=ground.objects, tables=ground.tables, keys=MemoryKeys(), clock=own.clock, cache_dir=None)

    ground, broken = own.house.rooms, own.sources[3]
    root = spilling().open(own.scope, broken).root
    before = {one.name for one in ground.objects.list(root.place.prefix)}
    root.edit(lambda head: head)
    (lost,) = {one.name for one in ground.objects.list(root.place.prefix)} - before
    ground.objects.delete(lost)
    data = Data(ground.desk, sources=ground.sources, stores=spilling())
    told = newest_of_each(data, own.scope, newest=1, limit=100, cursor=None)
    assert [one.source for one in told.items if one.problem is not None] == [broken]


def test_another_accounts_sources_are_not_there_whosever_the_cursor_is(own: World) -> None:
    beside = own.house.accounts.enter(own.house.accounts.create("beside", actor="test").id, actor="test")
    theirs = furnish(own.house, beside, own.saas, own.clock, (1,))
    client, following = own.key(beside, Permission.SNAPSHOTS_READ), own.page(limit=1)["next"]
    assert [one["source"] for one in own.told()] == own.sources
    assert (
        numbers(client.get("/snapshots")["items"]) == numbers(client.get(f"/snapshots?cursor={following}")["items"]) == [(theirs[0], [1])]
    )


def test_it_takes_the_permission_to_see_snapshots(world: World) -> None:
    said = world.key(world.scope, Permission.SOURCES_READ, Permission.CONTENT_READ).ask("GET", "/snapshots")
    assert said.status == 403
    assert Client(world.port).ask("GET", "/snapshots").status == 401
