"""An agency and its clients over HTTP: the tree, its people, and the abuses 1 to 5 and 19 that are promised to lead nowhere (docs/design/trust.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from listbackup.base.ids import UserId, new_id
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.services.accounts import Role, machine
from listbackup.services.platforms import Platforms
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.identity import PASSWORD
from listbackup.testing.system import rooms
from listbackup.testing.together import in_threads_each
from listbackup.testing.visitor import Browser, Grown, grow, register

ABSENT = new_id("acc", 1)


@dataclass(frozen=True)
class World:
    house: MemoryHouse
    port: int
    clock: ManualClock

    def grown(self, name: str) -> tuple[Grown, str]:
        """Somebody with a second factor, and the account they own."""
        person = grow(self.house, self.port, f"{name}@example.com", account=f"{name}'s")
        return person, str(person.browser.ok("GET", "/users/me/accounts")["items"][0]["account"]["id"])

    def join(self, person: Grown, account: str, role: str) -> None:
        self.house.accounts.members.add(account, UserId(person.user), role, by=machine("test"))

    def below(self, person: Grown, parent: str, name: str) -> str:
        self.clock.advance(timedelta(milliseconds=1))  # ids sort by time
        return str(person.browser.ok("POST", f"/accounts/{parent}/sub-accounts", {"name": name})["id"])


@pytest.fixture
def world() -> Iterator[World]:
    clock = ManualClock()
    connector = FactsConnector(api=api(page_size=50))
    house = MemoryHouse(rooms([connector], clock=clock), Platforms([connector]))
    with served(house) as port:
        yield World(house, port, clock)


@pytest.fixture
def closed() -> Iterator[World]:
    """Where nobody opens an account at the top but who operates the installation, since those that are there were opened."""
    clock, platforms = ManualClock(), Platforms([])
    house = MemoryHouse(rooms([], clock=clock), platforms)
    house.tenancy = replace(house.tenancy, is_open=False)
    with served(house) as port:
        yield World(house, port, clock)


def at(browser: Browser, account: str) -> Browser:
    """The same browser in another account."""
    return Browser(browser.port, browser.origin, browser.cookies, browser.csrf, account)


def told(browser: Browser, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """What an answer tells, but for the id of the request."""
    said = browser.ask(method, path, body)
    return said.status, {**said.json, "request_id": ""} if said.raw else None


def test_an_agency_opens_accounts_for_its_clients_and_sees_them_all(world: World) -> None:
    ada, agency = world.grown("ada")
    first, second = (world.below(ada, agency, name) for name in ("first", "second"))
    leaf = world.below(ada, first, "leaf")
    ada.browser.ok("PATCH", f"/accounts/{leaf}", {"name": "Leaf Ltd"})
    listed = ada.browser.ok("GET", "/accounts")["items"]
    assert [(one["id"], one["parent"]) for one in listed] == [(agency, None), (first, agency), (leaf, first), (second, agency)]
    tree = ada.browser.ok("GET", f"/accounts/{agency}/hierarchy")["tree"]
    assert [(one["name"], [child["name"] for child in one["children"]]) for one in tree["children"]] == [
        ("first", ["Leaf Ltd"]),
        ("second", []),
    ]
    shown, cursor = [], ""
    while True:
        page = ada.browser.ok("GET", f"/accounts/{agency}/descendants?limit=1{cursor}")
        shown += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert shown == [first, leaf, second]
    moved = ada.browser.ok("POST", f"/accounts/{leaf}/move", {"parent": second})
    assert moved["parent"] == second
    assert ada.browser.ok("GET", f"/accounts/{agency}/usage")["accounts"] == 4
    said = ada.browser.ask("PATCH", f"/accounts/{leaf}", {"name": "late"}, {"if-match": '"1"'})
    assert said.status == 412


def test_a_cursor_shows_nothing_that_is_not_below(world: World) -> None:
    ada, agency = world.grown("ada")
    eve, hers = world.grown("eve")
    for name in ("one", "two"):
        world.below(eve, hers, name)
    mine = world.below(ada, agency, "mine")
    for cursor in (hers, f"{agency}/{hers}", f"{hers}/{ABSENT}", f"{agency}/{mine}/{hers}", f"{agency}/{hers}/{ABSENT}"):
        for path in ("/accounts", f"/accounts/{agency}/descendants"):
            said = ada.browser.ask("GET", f"{path}?cursor={cursor}")
            assert said.status == 200
            assert {one["id"] for one in said.json["items"]} <= {agency, mine}
    assert ada.browser.ask("GET", "/accounts?cursor=x").status == 422


def test_abuse_1_a_foreign_account_is_answered_like_an_absent_one(world: World) -> None:
    ada, agency = world.grown("ada")
    eve, hers = world.grown("eve")
    asked: list[tuple[str, str, object]] = [
        ("GET", "", None), ("PATCH", "", {"name": "x"}), ("DELETE", "", None), ("GET", "/hierarchy", None), ("GET", "/descendants", None),
        ("GET", "/usage", None), ("GET", "/policies", None), ("PUT", "/policies", {}), ("GET", "/limits", None), ("PUT", "/limits", {}),
        ("POST", "/sub-accounts", {"name": "x"}), ("POST", "/move", {"parent": None}), ("POST", "/suspend", {"why": "x"}), ("POST", "/resume", None),
        ("POST", "/restore", None), ("GET", "/invitations", None), ("POST", "/invitations", {"email": "x@example.com", "role": "viewer"}),
    ]  # fmt: skip
    for method, path, body in asked:
        foreign, absent = (told(eve.browser, method, f"/accounts/{one}{path}", body) for one in (agency, ABSENT))
        assert foreign == absent
        assert foreign[0] == 404, (method, path, foreign)
    for body in ({"parent": agency}, {"parent": ABSENT}):
        assert told(eve.browser, "POST", f"/accounts/{hers}/move", body)[0] == 404
    assert told(at(eve.browser, agency), "GET", "/users") == told(at(eve.browser, ABSENT), "GET", "/users")
    assert told(eve.browser, "POST", "/accounts/switch", {"account": agency}) == told(
        eve.browser, "POST", "/accounts/switch", {"account": ABSENT}
    )
    for mine, theirs in ((f"/users/{ada.user}", f"/users/{new_id('usr', 1)}"),):
        assert told(eve.browser, "GET", mine) == told(eve.browser, "GET", theirs)


def test_abuse_2_what_is_not_asked_for_changes_nothing(world: World) -> None:
    ada, agency = world.grown("ada")
    before = ada.browser.ok("GET", f"/accounts/{agency}")
    for body in (
        {"name": "x", "parent": None},
        {"name": "x", "state": "active"},
        {"name": "x", "version": 9},
        {"name": "x", "created_at": "2020-01-01"},
    ):
        assert ada.browser.ask("PATCH", f"/accounts/{agency}", body).status == 422
    for path, body in (
        (f"/accounts/{agency}/sub-accounts", {"name": "x", "id": ABSENT}),
        (f"/accounts/{agency}/invitations", {"email": "x@example.com", "role": "viewer", "expires_at": "2099-01-01"}),
        ("/api-keys", {"name": "x", "scopes": ["read"], "user": ada.user}),
        ("/roles", {"name": "x", "permissions": ["sources:read"], "account": agency}),
    ):
        assert ada.browser.ask("POST", path, body).status == 422
    assert ada.browser.ok("GET", f"/accounts/{agency}") == before


def test_abuse_3_nobody_acts_upwards_or_sideways_in_the_tree(world: World) -> None:
    ada, agency = world.grown("ada")
    bob, _ = world.grown("bob")
    left, right = world.below(ada, agency, "left"), world.below(ada, agency, "right")
    leaf = world.below(ada, left, "leaf")
    world.join(bob, left, Role.OWNER)
    for above in (agency, right):
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"name": "x"}),
            ("POST", "/sub-accounts", {"name": "x"}),
            ("DELETE", "", None),
        ):
            assert told(bob.browser, method, f"/accounts/{above}{path}", body) == told(
                bob.browser, method, f"/accounts/{ABSENT}{path}", body
            )
    assert bob.browser.ok("GET", f"/accounts/{left}")["parent"] is None  # what is above is not named
    assert bob.browser.ok("GET", f"/accounts/{left}/hierarchy")["above"] == []
    assert bob.browser.ok("GET", f"/accounts/{leaf}")["roles"] == ["owner"]
    assert told(bob.browser, "POST", f"/accounts/{leaf}/move", {"parent": right})[0] == 404
    assert bob.browser.refused("POST", f"/accounts/{left}/move", {"parent": None}) == (403, "not_allowed")
    assert bob.browser.refused("POST", f"/accounts/{left}/suspend", {"why": "x"}) == (403, "not_allowed")
    assert bob.browser.refused("PUT", f"/accounts/{left}/limits", {"members": 100}) == (403, "not_allowed")


def test_abuse_4_nobody_gives_above_their_own_and_the_last_owner_stays(world: World) -> None:
    ada, agency = world.grown("ada")
    bob, _ = world.grown("bob")
    world.join(bob, agency, Role.ADMIN)
    inside = at(bob.browser, agency)
    above: list[tuple[str, str, object]] = [
        ("PATCH", f"/users/{bob.user}", {"role": "owner"}),
        ("PATCH", f"/users/{ada.user}", {"role": "viewer"}),
        ("DELETE", f"/users/{ada.user}", None),
        ("POST", f"/accounts/{agency}/invitations", {"email": "x@example.com", "role": "owner"}),
        ("POST", "/api-keys", {"name": "x", "scopes": ["accounts:delete"]}),
        ("POST", "/roles", {"name": "x", "permissions": ["accounts:delete"]}),
    ]
    for method, path, body in above:
        assert inside.refused(method, path, body) == (403, "not_allowed"), path
    team = inside.ok("POST", "/teams", {"name": "mighty"})["id"]
    assert inside.refused("PUT", f"/teams/{team}/roles/{agency}", {"role": "owner"}) == (403, "not_allowed")
    assert ada.browser.refused("DELETE", f"/users/me/accounts/{agency}") == (409, "conflict")
    assert at(ada.browser, agency).refused("DELETE", f"/users/{ada.user}") == (409, "conflict")
    assert at(ada.browser, agency).refused("PATCH", f"/users/{ada.user}", {"role": "admin"}) == (409, "conflict")
    at(ada.browser, agency).ok("PATCH", f"/users/{bob.user}", {"role": "owner"})
    assert inside.ask("DELETE", f"/users/{ada.user}").status == 204
    assert told(ada.browser, "GET", f"/accounts/{agency}")[0] == 404


def invite(world: World, inviter: Browser, account: str, email: str, role: str = "viewer") -> str:
    """A letter to somebody; the token in it."""
    inviter.ok("POST", f"/accounts/{account}/invitations", {"email": email, "role": role})
    return world.house.doors.link(email)


def test_abuse_5_an_invitation_is_for_one_address_once_and_while_the_inviter_may(world: World) -> None:
    ada, agency = world.grown("ada")
    eve, _ = world.grown("eve")
    bob = register(world.house, world.port, "bob@example.com")
    token = invite(world, ada.browser, agency, "Bob@example.com")
    assert eve.browser.refused("POST", "/invitations/accept", {"token": token}) == (400, "not_meant")
    assert bob.ok("POST", "/invitations/accept", {"token": token}) == {"account": agency, "role": "viewer"}
    assert bob.refused("POST", "/invitations/accept", {"token": token}) == (410, "gone")
    assert bob.refused("POST", "/invitations/accept", {"token": "x"}) == (410, "gone")
    assert Client(world.port).ask("POST", "/invitations/accept", {"token": token}).status == 401

    cyd, _ = world.grown("cyd")
    world.join(cyd, agency, Role.ADMIN)
    late = invite(world, cyd.browser, agency, "eve@example.com", "admin")
    at(ada.browser, agency).ok("PATCH", f"/users/{cyd.user}", {"role": "manager"})
    assert eve.browser.refused("POST", "/invitations/accept", {"token": late}) == (410, "gone")
    at(ada.browser, agency).ok("PATCH", f"/users/{cyd.user}", {"role": "admin"})
    world.clock.advance(timedelta(hours=73))
    again = Browser(world.port)
    assert again.refused("POST", "/auth/login", {"email": "nobody@example.com", "password": PASSWORD, "kind": "browser"})[0] == 401
    bob.ok("POST", "/auth/login", {"email": "bob@example.com", "password": PASSWORD, "kind": "browser"})
    assert bob.refused("POST", "/invitations/accept", {"token": late}) == (410, "gone")


def test_abuse_5_of_many_acceptances_at_once_one_counts(world: World) -> None:
    ada, agency = world.grown("ada")
    bob = register(world.house, world.port, "bob@example.com")
    token, answers = invite(world, ada.browser, agency, "bob@example.com"), list[int]()

    def accept() -> None:
        answers.append(bob.ask("POST", "/invitations/accept", {"token": token}).status)

    in_threads_each(*[accept] * 8)
    assert sorted(answers)[0] == 200
    assert set(answers[1:]) | set(answers[:1]) <= {200, 409, 410}
    assert answers.count(200) == 1


def test_who_registers_by_an_invitation_is_in_without_another_letter(world: World) -> None:
    ada, agency = world.grown("ada")
    token = invite(world, ada.browser, agency, "new@example.com", "operator")
    new = Browser(world.port)
    wrong = {"email": "other@example.com", "password": PASSWORD, "name": "New", "account_name": "", "invitation": token}
    assert new.ask("POST", "/auth/register", {**wrong, "account_name": "x"}).status == 401
    said = new.ask("POST", "/auth/register", {**wrong, "email": "new@example.com", "account_name": "x"})
    assert said.status == 202, said.raw
    new.ok("POST", "/auth/login", {"email": "new@example.com", "password": PASSWORD, "kind": "browser"})
    assert new.ok("POST", "/invitations/accept", {"token": token})["role"] == "operator"
    assert new.ok("GET", f"/accounts/{agency}")["roles"] == ["operator"]


def test_abuse_19_a_stolen_owner_who_deletes_everything_destroys_nothing(world: World) -> None:
    ada, agency = world.grown("ada")
    bob, _ = world.grown("bob")
    world.join(bob, agency, Role.OWNER)
    client = world.below(ada, agency, "client")
    world.clock.advance(timedelta(minutes=11))
    assert bob.browser.refused("DELETE", f"/accounts/{agency}?branch=true") == (403, "step_up_required")
    bob.browser.ok("POST", "/auth/step-up", {"factor": "totp", "code": bob.code(world.clock)})
    assert bob.browser.refused("DELETE", f"/accounts/{agency}") == (409, "conflict")
    gone = bob.browser.ok("DELETE", f"/accounts/{agency}?branch=true")
    assert gone["state"] == "trashed"
    world.house.doors.post.dispatch()
    noticed = {letter.to for letter in world.house.doors.mail.sent if "deleted" in letter.subject}
    assert noticed == {"ada@example.com", "bob@example.com"}
    for account in (agency, client):
        assert told(ada.browser, "GET", f"/accounts/{account}") == told(ada.browser, "GET", f"/accounts/{ABSENT}")
    world.clock.advance(timedelta(minutes=30))
    world.house.tenancy.keep_house()
    restored = ada.browser.ok("POST", f"/accounts/{agency}/restore")
    assert restored["state"] == "active"
    assert ada.browser.ok("GET", f"/accounts/{client}")["name"] == "client"


def test_a_policy_above_is_tightened_and_never_loosened(world: World) -> None:
    ada, agency = world.grown("ada")
    bob, _ = world.grown("bob")
    client = world.below(ada, agency, "client")
    world.join(bob, client, Role.OWNER)
    ada.browser.ok("PUT", f"/accounts/{agency}/policies", {"min_retention_days": 30, "allowed_platforms": ["ghost"]})
    refused = bob.browser.ask("PUT", f"/accounts/{client}/policies", {"min_retention_days": 7})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/min_retention_days")
    bob.browser.ok("PUT", f"/accounts/{client}/policies", {"min_retention_days": 60})
    shown = bob.browser.ok("GET", f"/accounts/{client}/policies")
    assert (shown["effective"]["min_retention_days"], shown["effective"]["allowed_platforms"]) == (60, ["ghost"])
    assert shown["origins"] == {"min_retention_days": client, "allowed_platforms": "above"}
    new = {"platform": "demo-crm", "name": "x", "test": False, "values": {"url": "http://127.0.0.1:9"}, "secrets": {"token": "x"}}
    said = at(bob.browser, client).ask("POST", "/connections", new)
    assert (said.status, said.json["errors"][0]["pointer"]) == (422, "/platform")


def test_a_suspended_client_is_looked_at_until_the_agency_resumes_it(world: World) -> None:
    ada, agency = world.grown("ada")
    bob, _ = world.grown("bob")
    client = world.below(ada, agency, "client")
    world.join(bob, client, Role.OWNER)
    key = at(bob.browser, client).ok("POST", "/api-keys", {"name": "k", "scopes": ["sources:read", "api-keys:manage"]})["text"]
    ada.browser.ok("POST", f"/accounts/{client}/suspend", {"why": "unpaid since May"})
    assert bob.browser.ok("GET", f"/accounts/{client}")["suspended_why"] == "unpaid since May"
    assert bob.browser.refused("PATCH", f"/accounts/{client}", {"name": "x"}) == (403, "account_suspended")
    assert Client(world.port, key).ask("GET", "/sources").status == 200
    assert Client(world.port, key).ask("GET", "/api-keys").json["code"] == "account_suspended"
    assert bob.browser.refused("POST", f"/accounts/{client}/resume") == (403, "not_allowed")
    ada.browser.ok("POST", f"/accounts/{client}/resume")
    bob.browser.ok("PATCH", f"/accounts/{client}", {"name": "Client"})


def test_a_key_for_the_branch_works_in_every_account_below(world: World) -> None:
    ada, agency = world.grown("ada")
    client = world.below(ada, agency, "client")
    _, foreign = world.grown("eve")
    inside = at(ada.browser, agency)
    wide = inside.ok("POST", "/api-keys", {"name": "wide", "scopes": ["read"], "reach": "branch"})
    narrow = inside.ok("POST", "/api-keys", {"name": "narrow", "scopes": ["read"]})["text"]
    ask = Client(world.port, wide["text"]).ask
    assert ask("GET", "/sources", headers={"x-account-id": client}).status == 200
    assert ask("GET", "/sources", headers={"x-account-id": foreign}).status == 404
    assert [one["id"] for one in ask("GET", "/accounts").json["items"]] == [agency, client]
    assert Client(world.port, narrow).ask("GET", "/sources", headers={"x-account-id": client}).status == 404
    assert [one["id"] for one in Client(world.port, narrow).ask("GET", "/accounts").json["items"]] == [agency]
    again = inside.ok("POST", f"/api-keys/{wide['key']['id']}/rotate", {"grace_hours": 1})["text"]
    assert [Client(world.port, text).ask("GET", "/sources").status for text in (wide["text"], again)] == [200, 200]
    world.clock.advance(timedelta(hours=1))
    assert [Client(world.port, text).ask("GET", "/sources").status for text in (wide["text"], again)] == [401, 200]


def test_whose_an_application_above_is_is_told_to_who_reaches_that_account(world: World) -> None:
    ada, agency = world.grown("ada")
    bob, _ = world.grown("bob")
    client = world.below(ada, agency, "client")
    world.join(bob, client, Role.OWNER)
    at(ada.browser, agency).ok("PUT", "/integrations/demo-crm", {"client_id": "app", "client_secret": "secret"})
    assert at(ada.browser, client).ok("GET", "/integrations/demo-crm")["application_of"] == agency
    mine = at(bob.browser, client)
    assert mine.ok("GET", "/integrations/demo-crm")["client_id"] == "app"
    assert agency not in mine.ask("GET", "/integrations/demo-crm").raw.decode()
    assert agency not in mine.ask("GET", "/integrations").raw.decode()
    mine.ok("PUT", "/integrations/demo-crm", {"client_id": "own"})
    assert mine.ok("GET", "/integrations/demo-crm")["application_of"] == client


def test_a_key_of_one_account_learns_nothing_of_what_is_below(world: World) -> None:
    ada, agency = world.grown("ada")
    client = world.below(ada, agency, "Secret client")
    inside = at(ada.browser, agency)
    scopes = ["accounts:read", "api-keys:manage"]
    narrow = Client(world.port, inside.ok("POST", "/api-keys", {"name": "narrow", "scopes": scopes})["text"])
    assert narrow.get(f"/accounts/{agency}/descendants")["items"] == []
    tree = narrow.get(f"/accounts/{agency}/hierarchy?depth=3")["tree"]
    assert (tree["id"], tree["children"]) == (agency, [])
    wide = {"name": "wide", "scopes": ["accounts:read"], "reach": "branch"}
    assert narrow.ask("POST", "/api-keys", wide).json["code"] == "not_allowed"
    made = inside.ok("POST", "/api-keys", wide)
    assert narrow.ask("POST", f"/api-keys/{made['key']['id']}/rotate", {"grace_hours": 1}).json["code"] == "not_allowed"
    assert [one["id"] for one in Client(world.port, made["text"]).get(f"/accounts/{agency}/descendants")["items"]] == [client]


def test_where_accounts_are_opened_by_the_operator_nobody_leaves_the_plan_and_policies_above_by_a_move_to_the_top(closed: World) -> None:
    world = closed
    ada, agency = world.grown("ada")
    bob, _ = world.grown("bob")
    client = world.below(ada, agency, "client")
    world.join(bob, client, Role.OWNER)
    ada.browser.ok("PUT", f"/accounts/{client}/limits", {"sub_accounts": 1, "members": 1})
    inner = world.below(bob, client, "inner")
    world.join(bob, inner, Role.OWNER)
    assert bob.browser.refused("POST", f"/accounts/{inner}/move", {"parent": None}) == (403, "not_allowed")
    assert ada.browser.refused("POST", f"/accounts/{inner}/move", {"parent": None}) == (403, "not_allowed")
    assert world.house.accounts.get(inner).parent == client


def test_the_plan_that_the_parent_sets_is_a_402(world: World) -> None:
    ada, agency = world.grown("ada")
    client = world.below(ada, agency, "client")
    ada.browser.ok("PUT", f"/accounts/{client}/limits", {"sub_accounts": 1})
    world.below(ada, client, "one")
    assert ada.browser.refused("POST", f"/accounts/{client}/sub-accounts", {"name": "two"}) == (402, "plan_limit")


def test_people_roles_and_teams_from_the_first_to_the_last_request(world: World) -> None:
    ada, agency = world.grown("ada")
    bob = register(world.house, world.port, "bob@example.com")
    bob.ok("POST", "/invitations/accept", {"token": invite(world, ada.browser, agency, "bob@example.com")})
    inside, client = at(ada.browser, agency), world.below(ada, agency, "client")
    found = inside.ok("GET", "/users/search?q=BOB@")["items"]
    assert [one["email"] for one in found] == ["bob@example.com"]
    user = found[0]["user"]
    role = inside.ok("POST", "/roles", {"name": "Watcher", "permissions": ["sources:read", "runs:read"]})
    inside.ok("PATCH", f"/users/{user}", {"role": role["id"]})
    assert sorted(inside.ok("GET", f"/users/{user}")["permissions"]) == ["runs:read", "sources:read"]
    assert [one["id"] for one in inside.ok("GET", "/roles")["items"]][-1] == role["id"]
    assert inside.refused("DELETE", f"/roles/{role['id']}") == (409, "conflict")
    team = inside.ok("POST", "/teams", {"name": "Support"})["id"]
    inside.ok("POST", f"/teams/{team}/members", {"user": user})
    inside.ok("PUT", f"/teams/{team}/roles/{client}", {"role": "manager"})
    assert bob.ok("GET", f"/accounts/{client}")["roles"] == ["manager", role["id"]]
    assert at(bob, client).ask("GET", "/users").status == 200
    bob.ok("POST", "/accounts/switch", {"account": client})
    assert [(one["account"]["id"], one["is_current"]) for one in bob.ok("GET", "/users/me/accounts")["items"] if one["is_current"]] == [
        (client, True)
    ]
    assert inside.ask("DELETE", f"/teams/{team}/members/{user}").status == 204
    assert at(bob, client).refused("GET", "/users") == (403, "not_allowed")
    assert inside.ask("DELETE", f"/users/{user}").status == 204
    assert bob.refused("GET", f"/accounts/{client}") == (404, "not_found")


def test_an_agency_sees_in_one_answer_which_client_is_not_protected(world: World) -> None:
    ada, agency = world.grown("ada")
    first, second = (world.below(ada, agency, name) for name in ("first", "second"))
    leaf = world.below(ada, first, "leaf")
    asked = f"/accounts/{agency}/protection"
    shown = ada.browser.ok("GET", asked)["items"]
    assert [(one["account"], one["parent"], one["verdict"], one["records"]) for one in shown] == [
        (first, agency, "empty", None),
        (leaf, first, "empty", None),
        (second, agency, "empty", None),
    ]
    page = ada.browser.ok("GET", f"{asked}?limit=2")
    assert [one["account"] for one in ada.browser.ok("GET", f"{asked}?limit=2&cursor={page['next']}")["items"]] == [second]
    bob, _ = world.grown("bob")
    assert bob.browser.ask("GET", asked).status == 404
    world.join(bob, first, "viewer")
    assert [one["account"] for one in bob.browser.ok("GET", f"/accounts/{first}/protection")["items"]] == [leaf]
    narrow = ada.browser.ok("POST", "/api-keys", {"name": "narrow"})["text"]
    assert Client(world.port, narrow).get(asked)["items"] == []


def test_what_was_deleted_below_an_account_is_listed_until_it_is_taken_back(world: World) -> None:
    ada, agency = world.grown("ada")
    first, second = (world.below(ada, agency, name) for name in ("first", "second"))
    leaf = world.below(ada, first, "leaf")
    asked = f"/accounts/{agency}/trash"
    assert ada.browser.ok("GET", asked)["items"] == []
    ada.browser.ok("DELETE", f"/accounts/{leaf}")
    ada.browser.ok("DELETE", f"/accounts/{second}")
    assert [(one["id"], one["parent"], one["state"]) for one in ada.browser.ok("GET", asked)["items"]] == [
        (second, agency, "trashed"),
        (leaf, first, "trashed"),
    ]
    ada.browser.ok("DELETE", f"/accounts/{first}")
    assert [one["id"] for one in ada.browser.ok("GET", asked)["items"]] == [first, second]  # what lies below goes and comes with it
    ada.browser.ok("POST", f"/accounts/{first}/restore")
    assert [one["id"] for one in ada.browser.ok("GET", asked)["items"]] == [second, leaf]
    bob, _ = world.grown("bob")
    assert bob.browser.ask("GET", asked).status == 404
    narrow = ada.browser.ok("POST", "/api-keys", {"name": "narrow"})["text"]
    assert Client(world.port, narrow).get(asked)["items"] == []
