"""Nobody sees another's things, in full: every operation, as everybody, by every credential, with an id of every other account in every place where one can stand.

::

    agency ── own ── below        roles and keys are those of ``own``
          └── beside              elsewhere: a tree of somebody else's

What is not one's own is answered like what is absent: the same status, the same body, the same headers. The cases come from the list of routes
(``testing/belongings.py``), and are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest

from listbackup.api.admission import OF_AN_ACCOUNT
from listbackup.api.app import ApiSettings, every_route
from listbackup.api.door import Tally
from listbackup.backends.identity.port import Factor, SessionKind
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import NotFound
from listbackup.base.ids import AccountId
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.caller import NotAllowed
from listbackup.http.csrf import csrf_token
from listbackup.http.permission import READS, Permission, Signed
from listbackup.http.ratelimit import Rate
from listbackup.services.accounts import ROLES, Role, machine
from listbackup.services.accounts.api_keys import Reach
from listbackup.services.activity.schema import EventParameters
from listbackup.services.auth import SecondStep, SignedIn
from listbackup.services.data import Errands
from listbackup.services.jobs import Job, Jobs
from listbackup.services.platforms import Platforms
from listbackup.services.routing import Route
from listbackup.services.runs import Means
from listbackup.services.scope import Scope
from listbackup.testing.belongings import ABSENT, Asked, Things, asked, furnish, ids_named, places, told
from listbackup.testing.http import MemoryHouse, Said, Steady, served
from listbackup.testing.identity import PASSWORD
from listbackup.testing.saas import Options, serve
from listbackup.testing.system import rooms

BOUNDLESS = Rate(per_second=1_000_000, burst=10_000_000)
CUSTOM = READS | {Permission.CONTENT_READ, Permission.MEMBERS_MANAGE, Permission.JOBS_MANAGE, Permission.API_KEYS_MANAGE}
POWERS: Mapping[str, frozenset[Permission]] = {**{role.value: ROLES[role] for role in Role}, "custom": CUSTOM}
FOREIGN = ("agency", "beside", "elsewhere")  # above, at the side, and of another tree


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A role in ``own`` by one kind of credential."""

    role: str
    by: str
    headers: Mapping[str, str]
    powers: frozenset[Permission]

    @property
    def is_key(self) -> bool:
        return "key" in self.by

    def may(self, route: Route) -> bool:
        """Whether the operation is open to them in the account of their role."""
        if isinstance(route.access, Permission):
            return route.access in self.powers
        return route.access is Signed.ANY or not self.is_key


NOBODY = Somebody(role="nobody", by="nothing", headers={}, powers=frozenset())


@dataclass(frozen=True, kw_only=True)
class World:
    house: MemoryHouse
    port: int
    routes: Sequence[Route]
    things: Mapping[str, Things]
    everybody: Sequence[Somebody]

    @property
    def own(self) -> Things:
        return self.things["own"]

    def kept(self) -> dict[str, object]:
        """Every row of the accounts that nobody here has a part in."""
        tables = self.house.tables
        assert isinstance(tables, MemoryTables)
        owners = [one for name in FOREIGN for one in (self.things[name].account, *self.things[name].ids)]
        return {owner: tables.kept_for(owner) for owner in owners}

    def ask(self, line: Steady, request: Asked, headers: Mapping[str, str] = MappingProxyType({})) -> Said:
        return line.ask(request.method, request.url, request.body, headers, root=request.at_root)

    @contextmanager
    def line(self, somebody: Somebody) -> Iterator[Steady]:
        line = Steady(self.port, {"host": "127.0.0.1", **somebody.headers})
        try:
            yield line
        finally:
            line.close()


@contextmanager
def built(spoil: Callable[[MemoryHouse, Sequence[Scope]], None] = lambda _, __: None) -> Iterator[World]:
    """The accounts, everything in them, everybody, and a server; ``spoil`` may make a mistake in it before it is served."""
    with serve(Options(records=30)) as saas:
        connector = FactsConnector(api=api(page_size=50))
        house = MemoryHouse(rooms([connector], means=Means(maintain=False)), Platforms([connector]))
        by = machine("test")
        agency = house.accounts.create("agency", actor="test").id
        own, beside = (house.accounts.create_below(agency, name, by=by).id for name in ("own", "beside"))
        below = house.accounts.create_below(own, "below", by=by).id
        ids = {
            "agency": agency,
            "own": own,
            "beside": beside,
            "below": below,
            "elsewhere": house.accounts.create("elsewhere", actor="test").id,
        }
        things = {name: furnish(house, house.accounts.enter(id_, actor="test"), saas, f"zebra-{name}") for name, id_ in ids.items()}
        everybody = [one for role in POWERS for one in sign_in(house, own, role)]
        spoil(house, [house.accounts.enter(id_, actor="test") for id_ in ids.values()])
        errands = Errands()
        with served(house, ApiSettings(rate=BOUNDLESS, strangers=BOUNDLESS, passers=BOUNDLESS)) as port:
            yield World(house=house, port=port, routes=every_route(house, errands, Tally()), things=things, everybody=everybody)
        errands.stop()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with built() as world:
        yield world


def sign_in(house: MemoryHouse, account: AccountId, role: str) -> Iterator[Somebody]:
    """Somebody with this role, in every way in which one can come."""
    powers, doors, email = POWERS[role], house.doors, f"{role}@example.com"
    by = machine("test")
    kept = house.accounts.roles.create(account, role, powers, by=by).id if role == "custom" else role
    house.accounts.members.add(account, doors.person(email).id, kept, by=by)
    seed = doors.enrol(doors.sign_in(email))[0]
    browser, program = (proved(house, email, seed, kind) for kind in (SessionKind.BROWSER, SessionKind.PROGRAM))
    assert browser.cookie is not None
    assert program.tokens is not None
    cookie = {"cookie": f"lb={browser.cookie}", "x-csrf-token": csrf_token(browser.cookie), "origin": "http://127.0.0.1"}
    yield Somebody(role=role, by="cookie", headers=cookie, powers=powers)
    yield Somebody(role=role, by="token", headers={"authorization": f"Bearer {program.tokens.access}"}, powers=powers)
    scope = house.accounts.enter(account, actor="test")
    for reach in Reach:
        text = house.api_keys.create(scope, name=f"{role} {reach.value}", permissions=powers, reach=reach).text.reveal()
        yield Somebody(role=role, by=f"{reach.value} key", headers={"authorization": f"Bearer {text}"}, powers=powers)


def proved(house: MemoryHouse, email: str, seed: bytes, kind: SessionKind) -> SignedIn:
    """In by password and a code of this moment."""
    doors = house.doors
    step = doors.auth.login(email, PASSWORD, doors.client, kind=kind)
    assert isinstance(step, SecondStep)
    entered = doors.auth.second_step(step.ticket, Factor.TOTP, doors.code(seed), doors.client, kind=kind)
    house.clock.sleep(30)  # the code of this step is used
    return entered


def foreign_places(world: World, route: Route, name: str) -> Iterator[tuple[Asked, Mapping[str, str]]]:
    """The requests that name a thing of this account ("absent": of none), and those that choose the account by header."""
    other = world.things.get(name, ABSENT)
    if name == "agency":  # roles that are made above may be given below: they are no secret there
        other = replace(other, role=world.own.role)
    if name == "below":  # the account itself is open to who has a role above; its things are not, from there
        other = replace(other, account=world.own.account)
    for request in places(route, world.own, other):
        yield request, {}
    if isinstance(route.access, Permission) and OF_AN_ACCOUNT not in route.path and name != "below":
        chosen = {"x-account-id": other.account}
        for what, things in (("ours", world.own), ("theirs", other)):
            yield replace(asked(route, things), place=f"header with what is {what}"), chosen


def expected(somebody: Somebody, route: Route, place: str) -> int:
    """The status of what is absent. The account comes before the permission, and this before what stands in the account."""
    if somebody is NOBODY:
        return 401
    chooses = isinstance(route.access, Permission) and OF_AN_ACCOUNT in route.path and place in ("path", "path account")
    if place.startswith("header") or chooses:
        return 404
    if not somebody.may(route) or place == "body parent":  # nobody here owns what is above: it takes that to move what is below it
        return 403
    return 422 if place == "body role" else 404  # a role is a word or an id


def differences(world: World, somebody: Somebody, routes: Sequence[Route], cases: Counter[str]) -> Iterator[str]:
    """Where what is another's is answered otherwise than what is absent, to this person."""
    with world.line(somebody) as line:
        for route in (one for one in routes if one.access is not None):
            absent = {one.place: told(world.ask(line, one, chosen), ABSENT) for one, chosen in foreign_places(world, route, "absent")}
            for name in (*FOREIGN, "below"):
                for request, chosen in foreign_places(world, route, name):
                    answer, like = told(world.ask(line, request, chosen), world.things[name]), absent[request.place]
                    cases[request.place.split(" ")[0]] += 1
                    if answer != like or answer.status != expected(somebody, route, request.place):
                        yield f"{somebody.role} by {somebody.by}: {route.method} {route.path}, {request.place} of {name}: {answer} and not {like}"


@pytest.mark.timeout(900)
def test_abuse_1_what_is_another_accounts_is_answered_exactly_like_what_is_absent(world: World) -> None:
    before, cases = world.kept(), Counter[str]()
    wrong = [one for somebody in (NOBODY, *world.everybody) for one in differences(world, somebody, world.routes, cases)]
    assert wrong == []
    assert world.kept() == before, "something of another account changed"
    assert min(cases.values()) >= 1_000
    assert cases.total() >= 10_000
    print(f"{cases.total():,} cases: {dict(cases)}")


def probe(route: Route, things: Things) -> Asked:
    """A request that is refused with 422 as soon as everything that concerns the caller was judged, so that nothing is done."""
    request = asked(route, replace(ABSENT, account=things.account))
    return replace(request, url=f"{request.url}{'&' if '?' in request.url else '?'}nonsense=1")


@pytest.mark.timeout(900)
def test_a_role_does_what_it_may_in_its_account_and_in_all_below_it_and_nothing_else(world: World) -> None:
    cases, wrong = 0, []
    for somebody in world.everybody:
        with world.line(somebody) as line:
            for route in (one for one in world.routes if one.access is not None):
                for name in ("own", "below"):
                    things = world.things[name]
                    status = world.ask(line, probe(route, things), {"x-account-id": things.account}).status
                    is_placed = isinstance(route.access, Permission)
                    reaches = name == "own" or somebody.by != "account key" or not is_placed
                    admitted = 400 if "/oauth/callback" in route.path else 422  # platforms may add words of their own to the way back
                    should = 404 if not reaches else admitted if somebody.may(route) else 403
                    cases += 1
                    if status != should:
                        wrong.append(f"{somebody.role} by {somebody.by}: {route.method} {route.path} in {name}: {status} and not {should}")
    assert wrong == []
    assert cases >= 5_000


@pytest.mark.timeout(900)
def test_no_answer_holds_anything_of_another_account(world: World) -> None:
    """But for the roles that the account above made: they may be given below it."""
    others = [world.things[name] for name in FOREIGN]
    secrets = re.compile(
        b"|".join(
            re.escape(text.encode())
            for text in (
                "zebra-agency",
                "zebra-beside",
                "zebra-elsewhere",
                *(id_ for one in others for id_ in one.ids - {world.things["agency"].role}),
            )
        )
    )
    cases = 0
    for somebody in world.everybody:
        with world.line(somebody) as line:
            for route in world.routes:
                if (
                    route.method != "GET" or route.access is None or route.query is EventParameters
                ):  # it goes on: test_api_isolation.py asks it once
                    continue
                for name in (
                    ("own", "below")
                    if isinstance(route.access, Permission) and somebody.may(route) and somebody.by != "account key"
                    else ("own",)
                ):
                    things = world.things[name]
                    said = world.ask(
                        line, asked(route, things), {"x-account-id": things.account} if isinstance(route.access, Permission) else {}
                    )
                    if isinstance(route.access, Permission):
                        assert said.status == (200 if somebody.may(route) else 403), (somebody, route.path, said)
                    assert secrets.search(said.raw) is None, (somebody, route.path, said.raw)
                    cases += 1
    assert cases >= 1_500


def test_every_id_that_a_body_or_a_parameter_can_hold_is_tried(world: World) -> None:
    for route in (one for one in world.routes if one.access is not None):
        tried = {one.place.split(" ")[-1] for one in places(route, world.own, ABSENT)}
        for model in (route.body, route.query):
            for name in ids_named(model) if model is not None else ():
                assert name in tried, (
                    f"{route.method} {route.path}: say in testing/belongings.py how the field {name!r} of {model} names a thing"
                )


def test_a_credential_that_is_over_broken_or_sent_by_another_page_opens_nothing(world: World) -> None:
    owner = {one.by: one for one in world.everybody if one.role == "owner"}
    cookie, token = owner["cookie"].headers, owner["token"].headers["authorization"]
    scope = world.house.accounts.enter(AccountId(world.own.account), actor="test")
    revoked = world.house.api_keys.create(scope, name="revoked", permissions=POWERS["owner"])
    world.house.api_keys.revoke(scope, revoked.key.id)
    ended = world.house.doors.sign_in(world.house.doors.person("left@example.com").email, kind=SessionKind.PROGRAM)
    assert ended.tokens is not None
    world.house.auth.logout(ended.session)
    unlike = {"no credential": {}, "no scheme": {"authorization": token.partition(" ")[2]}, "basic": {"authorization": "Basic eDp4"}}
    unlike |= {
        "nobody's key": {"authorization": "Bearer lbk_test_nobody"},
        "a revoked key": {"authorization": f"Bearer {revoked.text.reveal()}"},
    }
    unlike |= {
        "a cut token": {"authorization": token[:-4]},
        "a token of an ended session": {"authorization": f"Bearer {ended.tokens.access}"},
    }
    unlike |= {
        "a refresh token": {"authorization": f"Bearer {ended.tokens.refresh}"},
        "a cookie as a token": {"authorization": f"Bearer {cookie['cookie'][3:]}"},
    }
    unlike |= {"a cut cookie": {**cookie, "cookie": cookie["cookie"][:-4]}, "a key in a cookie": {"cookie": f"lb={revoked.text.reveal()}"}}
    pages = {"without the page's token": {name: text for name, text in cookie.items() if name != "x-csrf-token"}}
    pages |= {"another page": {**cookie, "origin": "https://evil.example"}, "a page without a name": {**cookie, "origin": "null"}}
    cases, wrong = 0, []
    for name, headers in {**unlike, **pages}.items():
        with world.line(Somebody(role="owner", by=name, headers=headers, powers=frozenset())) as line:
            for route in (one for one in world.routes if one.access is not None):
                should = 401 if name in unlike else 422 if route.method == "GET" and owner["cookie"].may(route) else 403
                if "/oauth/callback" in route.path and should == 422:
                    should = 400
                status = world.ask(line, probe(route, world.own)).status
                cases += 1
                if status != should:
                    wrong.append(f"{name}: {route.method} {route.path}: {status} and not {should}")
    assert wrong == []
    assert cases >= 2_000


def test_abuse_2_no_operation_takes_a_field_that_it_does_not_ask_for(world: World) -> None:
    owner, cases = next(one for one in world.everybody if (one.role, one.by) == ("owner", "cookie")), 0
    added = {
        "role": "owner",
        "account_id": world.things["elsewhere"].account,
        "plan": "all",
        "status": "active",
        "created_at": "2020-01-01T00:00:00Z",
    }
    with world.line(owner) as line:
        for route in world.routes:
            if route.body is None or (route.access is not None and not owner.may(route)):
                continue
            for name, value in added.items():
                if name in route.body.model_fields:
                    continue
                request = asked(route, world.own)
                said = world.ask(line, replace(request, body={**(request.body or {}), name: value}))
                assert said.status == 422, (route.method, route.path, name, said)
                assert f"/{name}" in {one["pointer"] for one in said.json["errors"]}, (route.method, route.path, name, said.json)
                cases += 1
    assert cases >= 250


class AnybodysJobs:
    """Jobs, but for a mistake: one is found by its id alone, or refused in other words than one that is not there."""

    def __init__(self, jobs: Jobs, scopes: Sequence[Scope], *, shows: bool) -> None:
        self._jobs, self._scopes, self._shows = jobs, scopes, shows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)

    def get(self, scope: Scope, job: str) -> Job:
        for one in (scope, *self._scopes):
            try:
                found = self._jobs.get(one, job)
            except NotFound:
                continue
            if one is scope or self._shows:
                return found
            raise NotAllowed("this job is not yours")
        return self._jobs.get(scope, job)


@pytest.mark.parametrize("shows", [True, False], ids=["a job of another account is shown", "it is refused in other words"])
def test_the_matrix_notices_a_leak(shows: bool) -> None:
    def spoil(house: MemoryHouse, scopes: Sequence[Scope]) -> None:
        house.jobs = AnybodysJobs(house.jobs, scopes, shows=shows)  # type: ignore[assignment]

    with built(spoil) as world:
        owner = next(one for one in world.everybody if one.by == "token")
        routes = [one for one in world.routes if one.path == "/jobs/{job:job}" and one.method == "GET"]
        found = list(differences(world, owner, routes, Counter()))
        assert len(found) == 4, "that of the account above, beside, of another tree, and below"
        assert all("path job" in one for one in found)
