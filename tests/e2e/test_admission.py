"""Who is let in, into which account, and who is not: credentials, accounts, factors and rates over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import pytest

from listbackup.api.app import ApiSettings
from listbackup.backends.identity.port import SessionKind
from listbackup.base.ids import UserId, new_id
from listbackup.http.permission import Bundle, Permission
from listbackup.http.ratelimit import Rate
from listbackup.services.accounts import Policy, machine
from listbackup.services.platforms import Platforms
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import PLENTY, Client, MemoryHouse, served
from listbackup.testing.identity import PASSWORD
from listbackup.testing.system import rooms
from listbackup.testing.token_tricks import tricks
from listbackup.testing.visitor import Browser, Grown, beside, grow, register


@dataclass(frozen=True)
class World:
    house: MemoryHouse
    port: int
    clock: ManualClock

    def home(self, grown: Grown) -> str:
        found = self.house.accounts.members.home(UserId(grown.user))
        assert found is not None
        return found

    def join(self, grown: Grown, account: str, role: str) -> None:
        self.house.accounts.members.add(account, UserId(grown.user), role, by=machine("test"))


@pytest.fixture
def world() -> Iterator[World]:
    clock = ManualClock()
    house = MemoryHouse(rooms([], clock=clock), Platforms([]))
    with served(house) as port:
        yield World(house, port, clock)


# credentials


def test_abuse_16_no_trick_with_a_token_signs_anybody_in(world: World) -> None:
    register(world.house, world.port)
    program = world.house.doors.sign_in(kind=SessionKind.PROGRAM)
    browser = world.house.doors.sign_in()
    assert program.tokens is not None
    assert Client(world.port, program.tokens.access).ask("GET", "/users/me").status == 200
    every = [(name, token) for name, token in tricks(world.house.doors, program.tokens, browser.cookie or "") if token.isascii()]
    assert len(every) > 80
    answers = set()
    for name, token in every:
        said = Client(world.port, token).ask("GET", "/users/me")
        assert (said.status, said.json["code"]) == (401, "not_signed_in"), name
        assert said.headers["www-authenticate"].startswith("Bearer"), name
        answers.add((said.json["detail"], said.json["hint"]))
    assert len(answers) == 1, "one sentence for all: what is wrong is nobody's business"


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "bearer  ", "Bearer\tx", "x", "lbk_live_00000000_x_y", "Bearer é"])
def test_what_is_no_bearer_credential_is_none(world: World, header: str) -> None:
    browser = register(world.house, world.port)
    said = browser.ask("GET", "/users/me", headers={"authorization": header})  # the cookie beside it does not count
    assert said.status == 401


def test_a_credential_in_the_address_is_none(world: World) -> None:
    key = world.house.key(world.house.rooms.scope.account, Bundle.READ)
    assert Client(world.port).ask("GET", f"/sources?access_token={key}").status == 401


def test_a_cookie_and_a_token_do_not_stand_in_for_each_other(world: World) -> None:
    browser = register(world.house, world.port)
    cookie = browser.cookies["lb"]
    assert Client(world.port, cookie).ask("GET", "/users/me").status == 401
    tokens = Client(world.port).post("/auth/login", {"email": "ada@example.com", "password": PASSWORD})["tokens"]
    for other in (tokens["access_token"], tokens["refresh_token"]):
        assert beside(browser, cookies={"lb": other}).refused("GET", "/users/me") == (401, "not_signed_in")
    said = Client(world.port).ask("POST", "/auth/refresh", {"refresh_token": cookie})
    assert (said.status, said.json["code"]) == (401, "sign_in_refused")


def test_abuse_14_no_credential_stands_in_a_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Neither one that is good nor one that is not, wherever it came along, and whatever was answered."""
    browser = register(world.house, world.port)
    tokens = Client(world.port).post("/auth/login", {"email": "ada@example.com", "password": PASSWORD})["tokens"]
    key = world.house.key(world.house.rooms.scope.account, Bundle.READ)
    good = [key, tokens["access_token"], tokens["refresh_token"], browser.cookies["lb"], browser.csrf or "", PASSWORD]
    secrets = [*good, *(f"{one[:-2]}xx" for one in good)]
    with caplog.at_level(logging.DEBUG):
        for secret in secrets:
            for path in ("/users/me", "/sources", f"/sources?cursor={quote(secret)}", f"/sources?{quote(secret)}=1", "/hooks"):
                Client(world.port, secret).ask("GET", path)
            beside(browser, cookies={"lb": secret}, csrf=secret).ask("POST", "/users/me/settings", {"x": secret})
            Client(world.port).ask("POST", "/auth/refresh", {"refresh_token": secret})
            Client(world.port).ask("POST", "/auth/login", {"email": "ada@example.com", "password": secret})
            Client(world.port).ask("POST", "/auth/password/reset", {"token": secret, "password": secret})
        assert browser.ask("GET", "/users/me").status == 200
    said = [line.getMessage() + repr(line.exc_info) for line in caplog.records if line.name.startswith("listbackup")]
    assert len(said) > len(secrets) * 9
    assert not [line for line in said if any(secret[:-2] in line for secret in good)]


def test_abuse_20_a_name_that_was_pointed_at_us_is_not_ours(world: World) -> None:
    browser = register(world.house, world.port)
    for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80", "[::2]", "127.0.0.1@evil.example"):
        said = browser.ask("GET", "/users/me", headers={"host": host})
        assert (said.status, said.json["code"]) == (421, "wrong_host"), host
    said = browser.ask("PATCH", "/users/me", {"name": "x"}, {"host": "localhost", "origin": "http://evil.example"})
    assert (said.status, said.json["code"]) == (403, "wrong_origin")


# accounts


def test_a_foreign_account_is_an_absent_one(world: World) -> None:
    ada, eve = grow(world.house, world.port), grow(world.house, world.port, "eve@example.com", account="Other")
    foreign, absent = world.home(ada), new_id("acc", 1)
    for browser in (beside(eve.browser, account=foreign), beside(eve.browser, account=absent), beside(eve.browser, account="x")):
        for method, path, body in (("GET", "/sources", None), ("GET", "/api-keys", None), ("POST", "/api-keys", {"name": "x"})):
            assert browser.refused(method, path, body) == (404, "not_found")
    key = world.house.key(world.home(eve), Bundle.READ)
    for account in (foreign, absent):
        said = Client(world.port, key).ask("GET", "/sources", headers={"x-account-id": account})
        assert (said.status, said.json["code"]) == (404, "not_found")


def test_a_role_counts_in_the_branch_below_and_neither_above_nor_beside(world: World) -> None:
    ada, eve = grow(world.house, world.port), grow(world.house, world.port, "eve@example.com", account="Other")
    top = world.home(ada)
    left, right = (world.house.accounts.create(name, parent=top, actor="test").id for name in ("left", "right"))
    below = world.house.accounts.create("below", parent=left, actor="test").id
    world.join(eve, left, "viewer")
    seen = {account: beside(eve.browser, account=account).ask("GET", "/sources").status for account in (top, left, right, below)}
    assert seen == {top: 404, left: 200, right: 404, below: 200}
    assert beside(ada.browser, account=below).ask("GET", "/sources").status == 200
    assert beside(eve.browser, account=below).refused("GET", "/api-keys") == (403, "not_allowed")


def test_the_account_chosen_last_is_worked_in_when_none_is_named(world: World) -> None:
    ada = grow(world.house, world.port)
    below = world.house.accounts.create("below", parent=world.home(ada), actor="test").id
    world.house.accounts.members.switch(UserId(ada.user), below)
    key = ada.browser.ok("POST", "/api-keys", {"name": "x", "scopes": ["accounts:read"]})["text"]
    assert Client(world.port, key).ask("GET", f"/accounts/{below}").status == 200


def test_a_suspended_account_is_looked_at_and_nothing_else(world: World) -> None:
    ada = grow(world.house, world.port)
    home = world.home(ada)
    key = Client(world.port, world.house.key(home, *Bundle))
    world.house.tenancy.lifecycle.suspend(home, "unpaid", by=machine("test"))
    for ask in (ada.browser.ask, key.ask):
        assert ask("GET", "/sources").status == 200
        said = ask("POST", "/api-keys", {"name": "x"})
        assert (said.status, said.json["code"]) == (403, "account_suspended")
    world.house.tenancy.lifecycle.resume(home, by=machine("test"))
    assert ada.browser.ask("POST", "/api-keys", {"name": "x"}).status == 201


def test_an_account_may_want_a_second_factor_of_everybody(world: World) -> None:
    ada, eve = grow(world.house, world.port), register(world.house, world.port, "eve@example.com", account="Other")
    home = world.home(ada)
    user = eve.ok("GET", "/users/me")["id"]
    world.house.accounts.members.add(home, UserId(user), "viewer", by=machine("test"))
    eve.account = home
    assert eve.ask("GET", "/sources").status == 200
    world.house.accounts.policies.set(home, Policy(mfa_required=True), by=machine("test"))
    assert eve.refused("GET", "/sources") == (403, "mfa_required")
    assert eve.ask("GET", "/users/me").status == 200  # nobody is shut out from setting one up
    assert beside(ada.browser, account=home).ask("GET", "/sources").status == 200


def test_a_removed_member_is_out_at_once(world: World) -> None:
    ada, eve = grow(world.house, world.port), grow(world.house, world.port, "eve@example.com", account="Other")
    home = world.home(ada)
    world.join(eve, home, "manager")
    inside = beside(eve.browser, account=home)
    assert inside.ask("GET", "/sources").status == 200
    world.house.accounts.members.remove(home, eve.user, by=machine("test"))
    assert inside.refused("GET", "/sources") == (404, "not_found")


def test_a_proof_ten_minutes_old_is_one_for_people_and_none_is_asked_of_keys(world: World) -> None:
    ada = grow(world.house, world.port)
    key = Client(world.port, world.house.key(world.home(ada), Permission.API_KEYS_MANAGE))
    world.clock.advance(timedelta(minutes=9, seconds=29))  # 30 s went by while codes were set up
    assert ada.browser.ask("POST", "/api-keys", {"name": "x", "scopes": ["api-keys:manage"]}).status == 201
    world.clock.advance(timedelta(seconds=2))
    assert ada.browser.refused("POST", "/api-keys", {"name": "x"}) == (403, "step_up_required")
    assert key.ask("POST", "/api-keys", {"name": "x", "scopes": ["api-keys:manage"]}).status == 201


# rates


def test_everybody_is_told_how_often_they_may_ask_and_nobody_asks_more(world: World) -> None:
    slow = Rate(per_second=0.1, burst=3)
    with served(world.house, ApiSettings(rate=slow, passers=slow, strangers=PLENTY)) as port:
        key = Client(port, world.house.key(world.house.rooms.scope.account, Bundle.READ))
        for ask in (lambda: Client(port).ask("GET", "/auth/welcome"), lambda: key.ask("GET", "/sources")):
            left = [ask() for _ in range(4)]
            assert [one.status for one in left] == [200, 200, 200, 429]
            assert [one.headers["ratelimit-remaining"] for one in left] == ["2", "1", "0", "0"]
            assert {one.headers["ratelimit-limit"] for one in left} == {"3"}
            assert (left[3].json["code"], left[3].headers["retry-after"]) == ("rate_limited", "10")
        assert Browser(port).ask("GET", "/users/me").status == 401  # a stranger is counted elsewhere


def test_a_person_is_one_caller_however_many_sessions_they_have(world: World) -> None:
    register(world.house, world.port)
    tokens = [Client(world.port).post("/auth/login", {"email": "ada@example.com", "password": PASSWORD})["tokens"] for _ in range(3)]
    with served(world.house, ApiSettings(rate=Rate(per_second=0.1, burst=3), strangers=PLENTY)) as port:
        statuses = [Client(port, one["access_token"]).ask("GET", "/users/me").status for one in [*tokens, tokens[0]]]
    assert statuses == [200, 200, 200, 429]


def test_who_fails_to_sign_in_too_often_waits(world: World) -> None:
    with served(world.house, ApiSettings(rate=PLENTY, strangers=Rate(per_second=0.1, burst=3))) as port:
        statuses = [Client(port, "lbk_test_wrong").ask("GET", "/sources").status for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        key = world.house.key(world.house.rooms.scope.account, Bundle.READ)
        assert Client(port, key).ask("GET", "/sources").status == 200  # a good credential is never shut out
