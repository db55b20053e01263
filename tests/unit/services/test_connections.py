"""Credentials: tested before they are kept, sealed in their place, renewed without being lost."""

from __future__ import annotations

import pytest

from listbackup.backends.keyring.seal import open_field
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import Conflict, DamagedError, InputError, PlatformError
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Credentials, Ground, Session
from listbackup.services.connections import CONNECTION_SECRETS, CONNECTIONS, ConnectionState
from listbackup.testing.keys import memory_scope
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


class Renewing(FakeConnector):
    """A platform that hands out a new token each time a session is opened, and takes only the newest."""

    def __init__(self, world: FakePlatform) -> None:
        super().__init__(world)
        self.grounds: list[Ground] = []
        self.given: list[str] = []

    def open(self, credentials: Credentials, ground: Ground) -> Session:
        self.grounds.append(ground)
        self.given.append(credentials.text("token") or "")
        return super().open(Credentials(values=credentials.values, secrets={"token": Secret("good")}), ground)


@pytest.fixture
def world() -> FakePlatform:
    return fake_platform(fake_stream("contacts"))


@pytest.fixture
def house(world: FakePlatform) -> Rooms:
    return rooms([FakeConnector(world)], tables=MemoryTables())


def connect(house: Rooms, token: str = "good", **values: str) -> None:
    house.connections.create(house.scope, platform="fake", name="shop", values=values, secrets={"token": Secret(token)})


def test_nothing_is_kept_of_credentials_that_the_platform_refuses(house: Rooms) -> None:
    with pytest.raises(PlatformError):
        connect(house, "bad")
    assert house.connections.list(house.scope).items == []
    assert house.tables.open(CONNECTION_SECRETS).query(house.scope.account).items == []


def test_a_tested_connection_knows_its_site(house: Rooms) -> None:
    connect(house)
    found = house.connections.get(house.scope, "shop")
    assert (found.state, found.site_name, found.secret_names) == (ConnectionState.READY, "Fake", ("token",))


def test_no_row_holds_a_secret_in_the_clear(house: Rooms) -> None:
    connect(house)
    for spec in (CONNECTIONS, CONNECTION_SECRETS):
        for item in house.tables.open(spec).query(house.scope.account).items:
            assert b"good" not in repr(dict(item)).encode()


def test_a_secret_given_as_a_plain_value_is_treated_as_a_secret(house: Rooms) -> None:
    house.connections.create(house.scope, platform="fake", name="shop", values={"token": "good"}, secrets={})
    found = house.connections.get(house.scope, "shop")
    assert "token" not in found.values
    assert found.secret_names == ("token",)


def test_what_the_platform_does_not_ask_for_is_refused(house: Rooms) -> None:
    with pytest.raises(InputError, match="does not ask"):
        connect(house, colour="red")


def test_what_the_platform_needs_must_be_given(house: Rooms) -> None:
    with pytest.raises(InputError, match="needs 'Token'"):
        house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={})


def test_sealed_secrets_do_not_open_in_the_place_of_another_connection(house: Rooms) -> None:
    connect(house)
    found = house.connections.get(house.scope, "shop")
    row = house.tables.open(CONNECTION_SECRETS).find(house.scope.account, found.id)
    assert row is not None
    sealed = row["sealed"]
    assert isinstance(sealed, bytes)
    keys = memory_scope(house.scope.account)
    context = (CONNECTION_SECRETS.name, found.id, "sealed", "1")
    assert b"good" in open_field(keys, sealed, context=context)
    for moved in (("other", *context[1:]), (context[0], "con_other", *context[2:]), (*context[:3], "2")):
        with pytest.raises(DamagedError):
            open_field(keys, sealed, context=moved)


def test_a_renewed_token_is_durable_before_its_first_use(world: FakePlatform) -> None:
    platform = Renewing(world)
    house = rooms([platform])
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("t0")})
    house.connections.open(house.scope, "shop")
    keep = platform.grounds[-1].keep_secrets
    assert keep is not None
    keep({"token": Secret("t1")})
    keep({"token": Secret("t2")})
    house.connections.open(house.scope, "shop")
    assert platform.given == ["t0", "t0", "t2"]


def test_of_two_sessions_that_renew_at_once_one_learns_that_it_was_late(world: FakePlatform) -> None:
    platform = Renewing(world)
    house = rooms([platform])
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("t0")})
    house.connections.open(house.scope, "shop")
    house.connections.open(house.scope, "shop")
    first, second = platform.grounds[-2].keep_secrets, platform.grounds[-1].keep_secrets
    assert first is not None
    assert second is not None
    first({"token": Secret("t1")})
    with pytest.raises(Conflict):
        second({"token": Secret("t1b")})
    house.connections.open(house.scope, "shop")
    assert platform.given[-1] == "t1"


def test_a_refused_token_makes_the_connection_ask_for_a_person_until_it_is_reconnected(house: Rooms) -> None:
    connect(house)
    house.connections.mark_needs_reauth(house.scope, "shop", "the token is refused")
    assert house.connections.get(house.scope, "shop").state is ConnectionState.NEEDS_REAUTH
    with pytest.raises(PlatformError):
        house.connections.reconnect(house.scope, "shop", secrets={"token": Secret("worse")})
    assert house.connections.get(house.scope, "shop").state is ConnectionState.NEEDS_REAUTH
    found = house.connections.reconnect(house.scope, "shop", secrets={"token": Secret("good")})
    assert (found.state, found.message) == (ConnectionState.READY, None)


def test_secrets_are_not_shown_to_another_place_than_they_were_given_for(world: FakePlatform) -> None:
    platform = Renewing(world)
    house = rooms([platform], tables=MemoryTables())
    connect(house, url="https://one.example")
    before = list(platform.given)
    with pytest.raises(InputError, match="Token"):
        house.connections.reconnect(house.scope, "shop", values={"url": "https://two.example"})
    assert platform.given == before
    moved = house.connections.reconnect(house.scope, "shop", values={"url": "https://two.example"}, secrets={"token": Secret("good")})
    assert moved.values["url"] == "https://two.example"
    assert house.connections.reconnect(house.scope, "shop", values={"url": "https://two.example"}).values == moved.values


def test_a_connection_that_a_source_needs_stays(house: Rooms) -> None:
    connect(house)
    house.sources.create(house.scope, connection="shop", name="crm")
    with pytest.raises(Conflict, match="crm"):
        house.connections.delete(house.scope, "shop")
    house.sources.delete(house.scope, "crm")
    house.connections.delete(house.scope, "shop")
    assert house.tables.open(CONNECTION_SECRETS).query(house.scope.account).items == []
