"""Nobody sees another's things: every operation, with every id it takes own, foreign and absent, under every credential.

The cases come from the list of routes itself. A route with a body that stands in no line of ``belongings.BODIES``, with a part of its path that is no ``Things``, or one
that is open to everybody without standing in ``PUBLIC``, fails here: so a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from listbackup.api.app import every_route
from listbackup.api.door import Tally
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.permission import BUNDLES, Bundle, Permission, Signed
from listbackup.services.data import Errands
from listbackup.services.platforms import Platforms
from listbackup.services.routing import Route
from listbackup.services.runs import Means
from listbackup.testing.belongings import ABSENT, Asked, Things, asked, furnish, places, told
from listbackup.testing.http import Client, MemoryHouse, Said, served
from listbackup.testing.saas import Options, serve
from listbackup.testing.system import rooms

PUBLIC = {
    "/.well-known/jwks.json",
    "/.well-known/openid-configuration",
    "/auth/login",
    "/auth/login/second-step",
    "/auth/passkeys/login",
    "/auth/passkeys/options",
    "/auth/password/forgot",
    "/auth/password/reset",
    "/auth/refresh",
    "/auth/register",
    "/auth/setup",
    "/auth/verify",
    "/auth/verify/resend",
    "/auth/welcome",
    "/downloads/{ticket}",
    "/hooks/{connection:con}",
    "/system/health/live",
    "/system/status",
    "/system/health/ready",
    "/system/metrics",
    "/system/version",
    "/users/me/email/confirm",
}
GIVING = {"NewInvitation", "ChangedMember", "NewRole", "ChangedRole", "TeamRoleIn", "TeamMate"}


@dataclass(frozen=True, kw_only=True)
class World:
    house: MemoryHouse
    port: int
    routes: Sequence[Route]
    own: Things
    foreign: Things
    keys: dict[str, str]

    def ask(self, route: Route, things: Things, *, key: str | None) -> Said:
        return self.send(asked(route, things), key=key)

    def send(self, request: Asked, *, key: str | None) -> Said:
        return Client(self.port, key).ask(request.method, request.url, request.body, root=request.at_root)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with serve(Options(records=30)) as saas:
        connector = FactsConnector(api=api(page_size=50))
        house = MemoryHouse(rooms([connector], means=Means(maintain=False)), Platforms([connector]))
        own = furnish(house, house.rooms.scope, saas, "mine")
        other = house.accounts.create("other", actor="test")
        foreign = furnish(house, house.accounts.enter(other.id, actor="test"), saas, "zebra")
        keys = {bundle.value: house.key(own.account, bundle) for bundle in Bundle}
        keys["all"] = house.key(own.account, *Bundle)
        errands = Errands()
        with served(house) as port:
            yield World(house=house, port=port, routes=every_route(house, errands, Tally()), own=own, foreign=foreign, keys=keys)
        errands.stop()


def test_what_is_foreign_is_answered_exactly_like_what_is_absent(world: World) -> None:
    cases = 0
    for route in world.routes:
        if not isinstance(route.access, Permission):
            continue
        key = world.keys["all"]
        for theirs, nobodys in zip(places(route, world.own, world.foreign), places(route, world.own, ABSENT), strict=True):
            foreign, absent = told(world.send(theirs, key=key), world.foreign), told(world.send(nobodys, key=key), ABSENT)
            assert foreign == absent, f"{route.method} {route.path} by {theirs.place}"
            assert foreign.status == (422 if theirs.place == "body role" else 404), (
                f"{route.method} {route.path} by {theirs.place}: {foreign}"
            )
            cases += 1
    assert cases >= 120


def test_only_a_key_with_the_scope_gets_in_and_nobody_without_a_key(world: World) -> None:
    for route in world.routes:
        where = f"{route.method} {route.path}"
        for name, key in [("nobody", None), ("a stranger", "lbk_test_nobody"), *world.keys.items()]:
            if route.access is None:
                continue
            is_placed = isinstance(
                route.access, Permission
            )  # the account in the path is the one that is asked about: it comes before the scope
            path = replace(ABSENT, account=world.own.account) if is_placed else ABSENT
            said = world.send(asked(route, path, query=ABSENT, body=ABSENT), key=key)
            if name in ("nobody", "a stranger"):
                assert said.status == 401, where
            elif isinstance(route.access, Signed):
                assert said.status == 403 if route.access is Signed.PERSON else said.status not in (401, 403), f"{where} as {name}"
            elif name != "all" and route.access not in BUNDLES[Bundle(name)]:
                assert said.status == 403, f"{where} as {name}"
            elif name != "all" and route.body is not None and route.body.__name__ in GIVING:
                assert said.status in (403, 404), f"{where} as {name}"  # it has the scope, and nothing of what it would give
            else:
                assert said.status not in (401, 403), f"{where} as {name}"


def test_only_what_tells_nothing_of_an_account_is_open_to_everybody(world: World) -> None:
    assert {route.path for route in world.routes if route.access is None} == PUBLIC
    for route in world.routes:
        if route.access is not None or route.method != "GET":
            continue
        said = Client(world.port).ask("GET", route.path, root=route.at_root)
        assert said.status == (404 if "{" in route.path else 200)
        assert not any(value.encode() in said.raw for value in [*world.own.ids, *world.foreign.ids])


def test_no_answer_to_one_account_holds_anything_of_another(world: World) -> None:
    secrets = [value.encode() for value in world.foreign.ids] + [b"zebra"]
    for route in world.routes:
        if route.method == "GET" and isinstance(route.access, Permission):
            said = world.ask(route, world.own, key=world.keys["all"])
            assert said.status == 200, f"{route.path}: {said.raw!r}"
            assert not any(secret in said.raw for secret in secrets), route.path


def test_a_name_is_no_id(world: World) -> None:
    by_name = replace(world.own, source="mine", connection="mine", job="mine")
    client = Client(world.port, world.keys["all"])
    for noun in ("source", "connection", "job"):
        assert client.ask("GET", f"/{noun}s/{by_name.some(noun)}").status == 404


def test_a_key_cannot_give_a_scope_that_it_lacks(world: World) -> None:
    admin = Client(world.port, world.keys["admin"])
    assert admin.ask("POST", "/api-keys", {"name": "more", "scopes": ["read"]}).status == 403
    assert admin.ask("POST", "/api-keys", {"name": "same", "scopes": ["admin"]}).status == 201
