"""A signed word from outside becomes one early run; anything else is answered like nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from listbackup.backends.keyring.scope import KeyScope
from listbackup.base.errors import BackendError, KeyUnavailable, NotFound
from listbackup.base.ids import new_id
from listbackup.base.secret import Secret
from listbackup.bootstrap.tenancy import forgetting_hooks
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.problem import Refused
from listbackup.services.hooks import HOOKS, HookRooms, Hooks
from listbackup.services.hooks.signing import sign
from listbackup.services.runs import Run, RunState, Trigger, Work
from listbackup.services.scope import Scope
from listbackup.testing.clock import ManualClock
from listbackup.testing.saas import Options, serve
from listbackup.testing.system import Rooms, rooms

BODY = b'{"event":"contact.updated"}'


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def house(clock: ManualClock) -> Iterator[Rooms]:
    with serve(Options(records=20), clock=clock) as saas:
        made = rooms([FactsConnector(api=api())], clock=clock)
        values, secrets = {"url": saas.base_url}, {"token": Secret(saas.token)}
        made.connections.create(made.scope, platform="demo-crm", name="shop", values=values, secrets=secrets)
        made.sources.create(made.scope, connection="shop", name="all")
        yield made


@pytest.fixture
def shop(house: Rooms) -> str:
    return str(house.connections.get(house.scope, "shop").id)


def say(house: Rooms, connection: str, secret: str, *, late: int = 0, body: bytes = BODY) -> None:
    house.hooks.hear(connection, body, sign(secret, int(house.clock.now().timestamp()) - late, body))


def test_a_burst_of_words_becomes_one_run_soon(house: Rooms, shop: str, clock: ManualClock) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    for number in range(20):
        say(house, shop, secret, body=b"%d" % number)
    assert house.hooks.tick() == 0
    clock.advance(timedelta(seconds=6))
    assert house.hooks.tick() == 1
    assert house.hooks.tick() == 0
    (run,) = house.runs.list(house.scope).items
    assert (run.trigger, run.state, run.on_queue) == (Trigger.HOOK, RunState.QUEUED, True)
    house.runs.carry_out(house.scope, run.id, Work(owner="test"))

    # the next one waits until a minute has passed since the last
    say(house, shop, secret, body=b"again")
    clock.advance(timedelta(seconds=30))
    assert house.hooks.tick() == 0
    clock.advance(timedelta(seconds=31))
    assert house.hooks.tick() == 1


def test_what_is_said_while_a_run_reads_is_looked_at_afterwards(house: Rooms, shop: str, clock: ManualClock) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    heard: list[int] = []

    def listen(_: object) -> None:
        if not heard:
            heard.append(1)
            say(house, shop, secret)
            clock.advance(timedelta(seconds=6))
            heard.append(house.hooks.tick())

    house.runs.backup(house.scope, "all", Work(owner="test", listen=listen))
    assert heard == [1, 0]
    clock.advance(timedelta(seconds=61))
    assert house.hooks.tick() == 1


@pytest.mark.parametrize("late", [301, -301, 10_000])
def test_a_word_from_another_time_is_not_believed(house: Rooms, shop: str, late: int) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    with pytest.raises(NotFound):
        say(house, shop, secret, late=late)


def test_a_word_that_was_heard_is_heard_once(house: Rooms, shop: str, clock: ManualClock) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    header = sign(secret, int(clock.now().timestamp()), BODY)
    house.hooks.hear(shop, BODY, header)
    clock.advance(timedelta(seconds=6))
    assert house.hooks.tick() == 1
    house.runs.carry_out(house.scope, house.runs.list(house.scope).items[0].id, Work(owner="test"))
    clock.advance(timedelta(seconds=120))
    house.hooks.hear(shop, BODY, header)
    clock.advance(timedelta(seconds=120))
    assert house.hooks.tick() == 0


@pytest.mark.parametrize("spelling", ["t=0{at},v1={mac}", "t={at},v1={mac},v1=" + "0" * 64, "t={at},v1=" + "f" * 64 + ",v1={mac}"])
def test_a_word_that_was_heard_is_not_heard_again_for_its_header_spelled_otherwise(
    house: Rooms, shop: str, clock: ManualClock, spelling: str
) -> None:
    secret, at = house.hooks.make(house.scope, shop).secret, int(clock.now().timestamp())
    header = sign(secret, at, BODY)
    house.hooks.hear(shop, BODY, header)
    clock.advance(timedelta(seconds=61))
    assert house.hooks.tick() == 1
    house.hooks.hear(shop, BODY, spelling.format(at=at, mac=header.rpartition("=")[2]))
    assert house.hooks.get(house.scope, shop).due_at is None


def test_unknown_unsigned_and_wrongly_signed_are_answered_alike(house: Rooms, shop: str) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    now = int(house.clock.now().timestamp())
    good = sign(secret, now, BODY)
    told = set()
    tries = [
        (new_id("con", 1), BODY, good),
        (shop, BODY, ""),
        (shop, BODY, "t=,v1="),
        (shop, BODY, f"t={now}"),
        (shop, BODY, f"t={now},v1={'0' * 64}"),
        (shop, BODY, good.upper()),
        (shop, BODY, sign("whs_other", now, BODY)),
        (shop, BODY, good.replace(f"t={now}", f"t={now + 1}")),
        (shop, BODY + b" ", good),
        (shop, b"", good),
    ]
    for connection, body, header in tries:
        with pytest.raises(NotFound) as raised:
            house.hooks.hear(connection, body, header)
        told.add(raised.value.message.replace(connection, "…"))
    assert len(told) == 1
    assert house.tables.open(HOOKS).find(shop, "hook").get("due") is None  # type: ignore[union-attr]


def test_a_new_secret_leaves_the_former_one_an_hour(house: Rooms, shop: str, clock: ManualClock) -> None:
    first = house.hooks.make(house.scope, shop).secret
    second = house.hooks.make(house.scope, shop).secret
    say(house, shop, first)
    say(house, shop, second)
    clock.advance(timedelta(hours=1))
    say(house, shop, second)
    with pytest.raises(NotFound):
        say(house, shop, first)


def test_a_flood_is_held_back_whether_the_connection_is_there_or_not(house: Rooms, shop: str) -> None:
    for connection in (shop, new_id("con", 1)):
        ends = []
        for _ in range(80):
            try:
                house.hooks.hear(connection, BODY, "")
            except (NotFound, Refused) as error:
                ends.append(type(error))
        assert (ends.count(NotFound), ends.count(Refused)) == (60, 20)


def test_a_hook_that_was_removed_or_whose_connection_is_gone_hears_nothing(house: Rooms, shop: str) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    house.connections.delete(house.scope, shop, force=True)
    assert house.tables.open(HOOKS).find(shop, "hook") is None
    with pytest.raises(NotFound):
        say(house, shop, secret)


def test_the_secret_lies_sealed_and_is_shown_once(house: Rooms, shop: str) -> None:
    made = house.hooks.make(house.scope, shop)
    assert made.hook.url == f"http://127.0.0.1:8400/v2/hooks/{shop}"
    row = house.tables.open(HOOKS).find(shop, "hook")
    assert made.secret not in repr(row) + repr(house.hooks.get(house.scope, shop)) + repr(house.activities.list(house.scope).items)


def test_a_hook_waits_out_its_account_s_days_in_the_trash(house: Rooms, shop: str, clock: ManualClock) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    say(house, shop, secret)
    clock.advance(timedelta(seconds=6))
    put_into_trash(house, clock.now())
    assert house.hooks.tick() == 0
    with pytest.raises(NotFound):
        say(house, shop, secret, body=b"meanwhile")
    put_into_trash(house, None)
    clock.advance(timedelta(minutes=2))
    assert house.hooks.tick() == 1
    say(house, shop, secret, body=b"afterwards")
    assert house.hooks.get(house.scope, shop).due_at is not None


def test_a_source_that_is_deleted_at_this_moment_costs_no_hook(
    house: Rooms, shop: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    house.sources.create(house.scope, connection="shop", name="more")
    say(house, shop, secret)
    clock.advance(timedelta(seconds=6))
    gone, real = house.sources.get(house.scope, "all").id, house.runs.start

    def start(scope: Scope, source: str, **how: Any) -> Run:
        if source == gone:
            house.sources.delete(house.scope, source)
        return real(scope, source, **how)

    monkeypatch.setattr(house.runs, "start", start)
    assert house.hooks.tick() == 1
    assert house.hooks.get(house.scope, shop).due_at is None


def test_a_word_that_could_not_be_kept_is_heard_when_it_is_said_again(
    house: Rooms, shop: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    with monkeypatch.context() as patch:
        patch.setattr(house.tables, "transact", fail)
        patch.setattr(house.hooks._table, "update", fail)
        with pytest.raises(BackendError):
            say(house, shop, secret)
    say(house, shop, secret)
    clock.advance(timedelta(seconds=6))
    assert house.hooks.tick() == 1


def fail(*_: object, **__: object) -> None:
    raise BackendError("the machine is gone")


def put_into_trash(house: Rooms, at: datetime | None) -> None:
    found = house.accounts.tree.find(house.scope.account)
    assert found is not None
    _, writes = house.accounts.tree.change(found, replace(found, trashed_at=at))
    house.tables.transact(writes)


class Gone:
    """The keys of accounts that were shredded."""

    def for_account(self, account: str) -> KeyScope:
        raise KeyUnavailable(f"{account} was shredded")


def test_a_hook_of_a_shredded_account_is_answered_like_none_and_goes_with_the_account(house: Rooms, shop: str, clock: ManualClock) -> None:
    secret = house.hooks.make(house.scope, shop).secret
    around = HookRooms(accounts=house.accounts, connections=house.connections, sources=house.sources, runs=house.runs)
    hooks, header = Hooks(house.desk, around, Gone()), sign(secret, int(clock.now().timestamp()), BODY)
    for connection in (shop, new_id("con", 1)):
        with pytest.raises(NotFound, match="there is no hook"):
            hooks.hear(connection, BODY, header)
    assert forgetting_hooks(house.desk)(house.scope.account)
    assert house.tables.open(HOOKS).find(shop, "hook") is None


def test_a_word_signed_with_what_stands_in_the_code_is_nobody_s_while_keys_cannot_be_had(
    house: Rooms, shop: str, clock: ManualClock
) -> None:
    """The account is alive: only its keys cannot be had at this moment. What its words are compared with then is known to nobody."""
    house.hooks.make(house.scope, shop)
    around = HookRooms(accounts=house.accounts, connections=house.connections, sources=house.sources, runs=house.runs)
    hooks, now = Hooks(house.desk, around, Gone()), int(clock.now().timestamp())
    for known in ("", "whs_" + "0" * 43, "whs_"):
        with pytest.raises(NotFound):
            hooks.hear(shop, BODY, sign(known, now, BODY))
    row = house.tables.open(HOOKS).find(shop, "hook")
    assert row is not None
    assert row.get("due") is None
