"""Nobody sees another's things: every operation, with every id it takes own, foreign and absent, under every credential.

The cases come from the list of routes itself. A route with a body that stands in no line of ``BODIES``, with a part of its path that is no ``Things``, or one
that is open to everybody without standing in ``PUBLIC``, fails here: so a new one cannot be forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from listbackup.api.app import every_route
from listbackup.api.door import Tally
from listbackup.base.ids import new_id
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.permission import BUNDLES, Bundle, Permission, Signed
from listbackup.services.accounts import Role, machine
from listbackup.services.data import Errands, ExportFormat, Selection
from listbackup.services.data.verifying import Verifications
from listbackup.services.erasures.model import Order
from listbackup.services.files.model import Address, write_id
from listbackup.services.files.model import Wanted as FilesWanted
from listbackup.services.integrations import Wanted
from listbackup.services.jobs import Timetable
from listbackup.services.platforms import Platforms
from listbackup.services.routing import Route
from listbackup.services.runs import Means, Work
from listbackup.services.scope import Scope
from listbackup.testing.http import Client, MemoryHouse, Said, served
from listbackup.testing.saas import Options, Saas, serve
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
PLAIN = {"stream": "tags", "platform": "demo-crm", "ticket": "none"}  # parts of a path that name nothing of an account


@dataclass(frozen=True, kw_only=True)
class Things:
    """One account's thing of every kind."""

    account: str
    connection: str
    source: str
    job: str
    run: str
    snapshot: str
    restore: str
    export: str
    erasure: str
    group: str  # of sources
    file: str
    key: str  # an API key
    user: str  # a member
    role: str
    team: str
    invitation: str

    def some(self, name: str) -> str:
        return str(getattr(self, "account" if name == "where" else name))  # where a team has a role


ABSENT = Things(
    account=new_id("acc", 1),
    connection=new_id("con", 1),
    source=new_id("src", 1),
    job=new_id("job", 1),
    run=new_id("run", 1),
    snapshot=new_id("snp", 1),
    restore=new_id("rst", 1),
    export=new_id("exp", 1),
    erasure=new_id("ers", 1),
    group=new_id("grp", 1),
    file=write_id(Address(source=new_id("src", 1), seq=1, code=b"x")),
    key="00000000",
    user=new_id("usr", 1),
    role=new_id("rol", 1),
    team=new_id("tea", 1),
    invitation=new_id("inv", 1),
)

BODIES: dict[str, Callable[[Things], dict[str, Any]]] = {
    "NewAccount": lambda _: {"name": "below"},
    "ChangedAccount": lambda _: {"name": "renamed"},
    "Move": lambda things: {"parent": things.account},
    "AccountPolicyIn": lambda _: {},
    "ChangedMember": lambda _: {"role": "viewer"},
    "NewRole": lambda _: {"name": new_id("job", 0)[4:], "permissions": ["sources:read"]},
    "ChangedRole": lambda _: {"name": "renamed"},
    "NewTeam": lambda _: {"name": new_id("job", 0)[4:]},
    "ChangedTeam": lambda _: {"name": "renamed"},
    "TeamMate": lambda things: {"user": things.user},
    "TeamRoleIn": lambda _: {"role": "viewer"},
    "NewInvitation": lambda _: {"email": f"{new_id('job', 0)[4:]}@example.com", "role": "viewer"},
    "RotatedKey": lambda _: {},
    "NewKey": lambda _: {"name": "x", "scopes": ["admin"]},
    "NewConnection": lambda _: {"platform": "demo-crm", "name": new_id("job", 0)[4:], "test": False, "values": {"url": "http://127.0.0.1:9"}, "secrets": {"token": "x"}},
    "ChangedConnection": lambda _: {"name": "renamed"},
    "Rotation": lambda _: {},
    "NewSignIn": lambda _: {"values": {"url": "http://127.0.0.1:9"}},
    "IntegrationIn": lambda _: {"client_id": "demo-app"},
    "NewSource": lambda things: {"connection": things.connection, "name": new_id("job", 0)[4:]},
    "ChangedSource": lambda _: {"name": "renamed"},
    "NewJob": lambda things: {"source": things.source, "name": new_id("job", 0)[4:]},
    "ChangedJob": lambda _: {"name": "renamed"},
    "Sync": lambda _: {},
    "Redrive": lambda _: {},
    "MaintenanceIn": lambda _: {"on": False},
    "Hold": lambda _: {"reason": "x"},
    "Sample": lambda _: {"sample": 1},
    "TakenBack": lambda _: {},
    "NewGroup": lambda things: {"name": new_id("job", 0)[4:], "sources": [things.source]},
    "ChangedGroup": lambda things: {"sources": [things.source]},
    "RetentionIn": lambda _: {"retention": None},
    "RetentionTried": lambda _: {},
    "FileSearch": lambda things: {"snapshot": things.snapshot},
    "NewExport": lambda things: {"snapshot": things.snapshot, "format": "jsonl", "streams": ["tags"]},
    "ExportPart": lambda _: {},
    "NewErasure": lambda things: {"records": [{"source": things.source, "stream": "tags", "key": "1"}], "reason": "x"},
    "RestoreIn": lambda things: {"snapshot": things.snapshot, "streams": ["tags"]},
}  # fmt: skip
GIVING = {"NewInvitation", "ChangedMember", "NewRole", "ChangedRole", "TeamRoleIn", "TeamMate"}
QUERIES: dict[str, Callable[[Things], dict[str, str]]] = {
    "PageParameters": lambda _: {},
    "Deletion": lambda _: {"branch": "true"},
    "HierarchyParameters": lambda _: {},
    "SearchUsers": lambda _: {"q": "a"},
    "DeleteParameters": lambda _: {},
    "SignInParameters": lambda things: {"reconnect": things.connection},
    "WayBack": lambda _: {"state": "x"},
    "RunParameters": lambda things: {"source": things.source},
    "JobParameters": lambda things: {"source": things.source},
    "RestoreParameters": lambda things: {"source": things.source},
    "SnapshotParameters": lambda _: {},
    "DiffParameters": lambda things: {"from": things.snapshot, "to": things.snapshot, "stream": "tags"},
    "DiffCountsParameters": lambda things: {"from": things.snapshot, "to": things.snapshot},
    "SearchParameters": lambda things: {"snapshot": things.snapshot, "q": "a"},
    "ChangeSetParameters": lambda things: {"source": things.source},
    "RecordParameters": lambda _: {},
    "SourceParameters": lambda things: {"connection": things.connection, "group": things.group},
    "FileParameters": lambda things: {"source": things.source},
    "TreeParameters": lambda things: {"path": f"{things.source}/documents"},
    "ExportListParameters": lambda things: {"source": things.source},
    "ErasedParameters": lambda _: {},
    "ActivityParameters": lambda _: {},
    "LogParameters": lambda _: {},
    "DeadParameters": lambda _: {},
    "ExportParameters": lambda _: {},
    "EventParameters": lambda _: {"seconds": "1"},
}


@dataclass(frozen=True, kw_only=True)
class World:
    house: MemoryHouse
    port: int
    routes: Sequence[Route]
    own: Things
    foreign: Things
    record: str
    keys: dict[str, str]

    def ask(self, route: Route, path: Things, query: Things, body: Things, *, key: str | None) -> Said:
        return Client(self.port, key).ask(route.method, self.url(route, path, query), self.body(route, body), root=route.at_root)

    def url(self, route: Route, path: Things, query: Things) -> str:
        def part(match: re.Match[str]) -> str:
            name = match[1]
            if name == "key" and "/records/" in route.path:
                return quote(self.record, safe="")
            if isinstance(route.access, Signed):  # a person's own things: tests/e2e/test_sign_in.py
                return new_id(match[2] or "xxx", 1)
            return PLAIN[name] if name in PLAIN else path.some(name)

        url = re.sub(r"\{(\w+)(?::(\w+))?\}", part, route.path)
        if route.query is None or isinstance(route.access, Signed):  # of nobody's account: asked without parameters
            return url
        return f"{url}?{urlencode(QUERIES[route.query.__name__](query))}"

    def body(self, route: Route, things: Things) -> Any:
        if isinstance(route.access, Signed):
            return {} if route.body is not None else None
        return BODIES[route.body.__name__](things) if route.body is not None else None

    def places(self, route: Route) -> Iterator[tuple[str, Callable[[Things], Said]]]:
        """Each place of a request where an id of an account can stand, and how to put somebody's there."""
        if not isinstance(route.access, Permission):
            return
        own, key = self.own, self.keys["all"]
        if self.url(route, own, own) != self.url(route, ABSENT, own):
            yield "path", lambda things: self.ask(route, things, own, own, key=key)
        if self.url(route, own, own) != self.url(route, own, ABSENT):
            yield "query", lambda things: self.ask(route, own, things, own, key=key)
        if route.body is not None and any(value in _texts(self.body(route, ABSENT)) for value in _values(ABSENT)):
            yield "body", lambda things: self.ask(route, own, own, things, key=key)


def _texts(body: Any) -> list[str]:
    if isinstance(body, str):
        return [body]
    below = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [text for one in below for text in _texts(one)]


def _values(things: Things) -> list[str]:
    return [things.some(one.name) for one in fields(things)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with serve(Options(records=30)) as saas:
        connector = FactsConnector(api=api(page_size=50))
        house = MemoryHouse(rooms([connector], means=Means(maintain=False)), Platforms([connector]))
        own, record = furnish(house, house.rooms.scope, saas, "mine")
        other = house.accounts.create("other", actor="test")
        foreign, _ = furnish(house, house.accounts.enter(other.id, actor="test"), saas, "zebra")
        keys = {bundle.value: house.key(own.account, bundle) for bundle in Bundle}
        keys["all"] = house.key(own.account, *Bundle)
        errands = Errands()
        with served(house) as port:
            yield World(
                house=house, port=port, routes=every_route(house, errands, Tally()), own=own, foreign=foreign, record=record, keys=keys
            )
        errands.stop()


def furnish(house: MemoryHouse, scope: Scope, saas: Saas, name: str) -> tuple[Things, str]:
    """One of everything for this account."""
    connection = house.connections.create(
        scope, platform="demo-crm", name=name, values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
    )
    house.hooks.make(scope, connection.id)
    house.integrations.set(scope, "demo-crm", Wanted(client_id=f"app-of-{name}"), client_secret=Secret(f"secret-of-{name}"))
    source = house.sources.create(scope, connection=connection.id, name=name)
    job = house.jobs.create(scope, source=source.id, timetable=Timetable(cron="0 3 * * *"))
    run = house.runs.backup(scope, source.id, Work(owner="test"))
    assert run.snapshot_id is not None, run
    restore = house.restores.start(scope, house.restores.plan(scope, source.id, selection=Selection(streams=("tags",))))
    key = house.api_keys.create(scope, name=name).key
    snapshot = house.data.snapshot(scope, source.id)
    export = house.exports.start(scope, source.id, snapshot, form=ExportFormat.JSONL, streams=("tags",))
    house.exports.carry_out(scope, export.id)
    erasure = house.erasures.ask(scope, Order(text=f"nobody in {name}"), reason="a test")
    house.erasures.carry_out(scope, erasure.id)
    group = house.source_groups.create(scope, name=name, sources=[source.id])
    file = house.files.page(scope, FilesWanted(source=source.id), limit=1).items[0]
    verifications = Verifications(house.rooms.desk, house.upkeep)
    verifications.carry_out(scope, verifications.ask(scope, source.id, snapshot.id, snapshot.seq, sample=1))
    by, accounts, tenancy = machine("test"), house.accounts, house.tenancy
    user = house.doors.person(f"{name}@example.com").id
    accounts.members.add(scope.account, user, Role.VIEWER, by=by)
    role = accounts.roles.create(scope.account, name, [Permission.SOURCES_READ], by=by)
    team = tenancy.teams.create(scope.account, name, by=by)
    tenancy.teams.add(scope.account, team.id, user, by=by)
    tenancy.teams.give_role(scope.account, team.id, scope.account, role.id, by=by)
    invitation = tenancy.invitations.create(scope.account, f"guest-of-{name}@example.com", Role.VIEWER, by=by)
    accounts.create_below(scope.account, f"below-{name}", by=by)
    record = next(house.data.scan(scope, source.id, "tags", limit=1))
    things = Things(
        account=scope.account,
        connection=connection.id,
        source=source.id,
        job=job.id,
        run=run.id,
        snapshot=run.snapshot_id,
        restore=restore.id,
        export=export.id,
        erasure=erasure.id,
        group=group.id,
        file=file.id,
        key=key.id,
        user=user,
        role=role.id,
        team=team.id,
        invitation=invitation.id,
    )
    return things, str(record.key[0])


def told(said: Said) -> tuple[int, Any]:
    """What an answer tells: everything but the id of the request."""
    content = json.loads(said.raw) if said.raw else None
    return said.status, {**content, "request_id": ""} if isinstance(content, dict) else content


def test_what_is_foreign_is_answered_exactly_like_what_is_absent(world: World) -> None:
    cases = 0
    for route in world.routes:
        for place, ask in world.places(route):
            foreign, absent = told(ask(world.foreign)), told(ask(ABSENT))
            assert foreign == absent, f"{route.method} {route.path} by {place}"
            assert foreign[0] == 404, f"{route.method} {route.path} by {place}: {foreign}"
            cases += 1
    assert cases >= 40


def test_only_a_key_with_the_scope_gets_in_and_nobody_without_a_key(world: World) -> None:
    for route in world.routes:
        where = f"{route.method} {route.path}"
        for name, key in [("nobody", None), ("a stranger", "lbk_test_nobody"), *world.keys.items()]:
            path = replace(ABSENT, account=world.own.account)  # the account in the path is the one that is asked about: it comes before the scope
            said = world.ask(route, path, ABSENT, ABSENT, key=key) if route.access is not None else None
            if said is None:
                continue
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
        assert not any(value.encode() in said.raw for value in [*_values(world.own), *_values(world.foreign)])


def test_no_answer_to_one_account_holds_anything_of_another(world: World) -> None:
    secrets = [value.encode() for value in _values(world.foreign)] + [b"zebra"]
    for route in world.routes:
        if route.method == "GET" and isinstance(route.access, Permission):
            said = world.ask(route, world.own, world.own, world.own, key=world.keys["all"])
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
