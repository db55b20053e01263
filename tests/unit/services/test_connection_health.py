"""A connection says how it is, and calls a person when it needs one: once."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

import pytest

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.services.connections import BroughtBack, Connection, ConnectionState, Letters
from listbackup.services.desk import Desk
from listbackup.services.integrations import Wanted
from listbackup.services.post import Post
from listbackup.services.runs import RunState, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.keys import memory_scope
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.system import Rooms, rooms

OWNERS = ("ada@example.com", "bob@example.com")


class World:
    def __init__(self, crm: Saas, clock: ManualClock) -> None:
        tables = MemoryTables(clock)
        desk = Desk(tables, OutboxEvents(tables), clock)
        self.crm, self.clock, self.mail = crm, clock, MemoryMail()
        self.post = Post(desk, self.mail, memory_scope("installation"))
        letters = Letters(self.post, lambda _: OWNERS, web_url="https://backup.example.org")
        self.house: Rooms = rooms([FactsConnector(api=api())], clock=clock, tables=tables, notices=letters)
        secret = Secret(crm.sign_in.client_secret)
        self.house.integrations.set(self.house.scope, "demo-crm", Wanted(client_id="demo-app"), client_secret=secret)

    def connect(self, reconnect: str | None = None) -> Connection:
        begun = self.house.consents.start(
            self.house.scope, "demo-crm", holder="me", values={"url": self.crm.base_url}, name="shop", reconnect=reconnect
        )
        try:
            urllib.request.build_opener(_Stay).open(begun.url)
        except HTTPError as error:
            told = {name: values[0] for name, values in parse_qs(urlsplit(error.headers["Location"]).query).items()}
        back = BroughtBack(state=told["state"], code=told["code"], issuer=told["iss"])
        return self.house.consents.finish(back, holder="me", enter=lambda _: self.house.scope).connection

    def end_grant(self) -> None:
        for grant in self.crm.sign_in._grants:
            grant.dead = True
        self.crm.sign_in.end_access()

    def letters(self) -> list[str]:
        self.post.dispatch()
        return sorted(letter.to for letter in self.mail.sent)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


@pytest.fixture
def world() -> Iterator[World]:
    clock = ManualClock()
    with serve(Options(records=30), clock=clock) as crm:
        crm.sign_in.agree = True
        yield World(crm, clock)


def test_a_grant_that_ended_ends_runs_clearly_asks_the_owners_once_and_is_never_tried_again(world: World) -> None:
    house, made = world.house, world.connect()
    house.sources.create(house.scope, connection="shop", name="all")
    assert house.runs.backup(house.scope, "all", Work(owner="test")).state is RunState.SUCCEEDED
    world.end_grant()
    for _ in range(3):
        run = house.runs.backup(house.scope, "all", Work(owner="test"))
        assert (run.state, run.reason) == (RunState.FAILED, "needs_reauth")
        assert "no longer accepts the refresh token" in (run.message or "")
    found = house.connections.get(house.scope, made.id)
    assert found.state is ConnectionState.NEEDS_REAUTH
    assert sum(world.crm.sign_in.sent.values()) == 1
    assert world.letters() == list(OWNERS)
    assert f"https://backup.example.org/a/{house.scope.account}/connections/{made.id}" in world.mail.sent[0].text
    told = [line.action for line in house.activities.list(house.scope, limit=200).items if line.action.endswith("needs_reauth")]
    assert told == ["account:connection:needs_reauth"]

    world.connect(reconnect=made.id)
    assert house.runs.backup(house.scope, "all", Work(owner="test")).state is RunState.SUCCEEDED
    world.end_grant()
    assert house.runs.backup(house.scope, "all", Work(owner="test")).state is RunState.FAILED
    assert world.letters() == sorted([*OWNERS, *OWNERS])


def test_a_secret_of_the_application_that_changed_costs_no_grant(world: World) -> None:
    house, made = world.house, world.connect()
    house.integrations.set(house.scope, "demo-crm", Wanted(client_id="demo-app"), client_secret=Secret("wrong"))
    world.crm.sign_in.end_access()
    with pytest.raises(PlatformError, match="does not know our application"):
        house.connections.test(house.scope, made.id)
    right = Secret(world.crm.sign_in.client_secret)
    house.integrations.set(house.scope, "demo-crm", Wanted(client_id="demo-app"), client_secret=right)
    assert house.connections.test(house.scope, made.id).state is ConnectionState.READY


def test_a_platform_that_is_down_is_said_and_costs_nothing(world: World) -> None:
    house, made = world.house, world.connect()
    world.crm.sign_in.end_access()
    world.crm.sign_in.fail_next = ["503"] * 3 + ["500"] * 2
    assert house.connections.test(house.scope, made.id).state is ConnectionState.READY  # after pauses
    assert world.crm.sign_in.living_grants() == 1
    assert sum(world.clock.slept) > 60
    world.crm.stop()
    with pytest.raises(PlatformError) as raised:
        house.connections.test(house.scope, made.id)
    assert raised.value.fault is PlatformFault.UNREACHABLE
    assert house.connections.get(house.scope, made.id).state is ConnectionState.UNREACHABLE
    assert world.letters() == []
    world.crm.start = lambda: None  # type: ignore[method-assign]
    world.crm.stop = lambda: None  # type: ignore[method-assign]


def test_an_answer_that_is_lost_is_asked_for_once_more_and_then_a_person_is(world: World) -> None:
    house, made = world.house, world.connect()
    world.crm.sign_in.end_access()
    world.crm.sign_in.fail_next = ["lose"]
    with pytest.raises(PlatformError) as raised:
        house.connections.test(house.scope, made.id)
    assert raised.value.fault is PlatformFault.NEEDS_REAUTH  # the platform ends the grant when the token comes twice
    assert set(world.crm.sign_in.sent.values()) == {2}
    world.clock.advance(timedelta(days=1))
    with pytest.raises(PlatformError):
        house.connections.test(house.scope, made.id)
    assert set(world.crm.sign_in.sent.values()) == {2}
    assert world.letters() == list(OWNERS)


def test_a_run_that_succeeds_says_that_the_connection_works(world: World) -> None:
    house, made = world.house, world.connect()
    house.sources.create(house.scope, connection="shop", name="all")
    house.connections.mark_needs_reauth(house.scope, made.id, "somebody thought so")
    assert house.runs.backup(house.scope, "all", Work(owner="test")).state is RunState.SUCCEEDED
    assert house.connections.get(house.scope, made.id).state is ConnectionState.READY


def test_an_integration_slows_its_connections_down(world: World) -> None:
    house, made = world.house, world.connect()
    house.integrations.set(
        house.scope,
        "demo-crm",
        Wanted(client_id="demo-app", calls_per_second=2),
        client_secret=Secret(world.crm.sign_in.client_secret),
    )
    session = house.connections.open(house.scope, made.id)
    began = world.clock.monotonic()
    for _ in range(9):
        session.test()
    session.close()
    assert 4 <= world.clock.monotonic() - began < 5


def test_new_credentials_are_tested_before_the_old_ones_go(world: World) -> None:
    house = world.house
    values, secrets = {"url": world.crm.base_url}, {"token": Secret(world.crm.token)}
    house.connections.create(house.scope, platform="demo-crm", name="keyed", values=values, secrets=secrets)
    with pytest.raises(PlatformError):
        house.connections.reconnect(house.scope, "keyed", secrets={"token": Secret("wrong")})
    assert house.connections.test(house.scope, "keyed").state is ConnectionState.READY
