"""What accounts have, and every request that names something of it: the ground of the tests of isolation.

The requests come from the list of routes itself. A route with a body or parameters that stand in no line here, or with a part of its path that is no
``Things``, raises KeyError or AttributeError in the tests, and an id in a body that no line names fails them: a new operation cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel

from listbackup.base.ids import UserId, new_id
from listbackup.base.secret import Secret
from listbackup.http.permission import Permission
from listbackup.services.accounts import Role, machine
from listbackup.services.data import ExportFormat, Prunes, Selection, Verifications
from listbackup.services.erasures import Order
from listbackup.services.files import Address, write_id
from listbackup.services.files import Wanted as FilesWanted
from listbackup.services.integrations import Wanted
from listbackup.services.jobs import Timetable
from listbackup.services.routing import Route
from listbackup.services.runs import Work
from listbackup.services.scope import Scope
from listbackup.testing.authenticator import SoftAuthenticator
from listbackup.testing.http import MemoryHouse, Said
from listbackup.testing.saas import Saas

PLAIN = {"stream": "tags", "platform": "demo-crm", "ticket": "none"}  # parts of a path that name nothing of an account
_PART = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ID = re.compile(r"^\^([a-z]{3})_")


@dataclass(frozen=True, kw_only=True)
class Things:
    """One account's thing of every kind; ``session`` and ``passkey`` are of its member ``user``."""

    account: str
    connection: str
    source: str
    job: str
    run: str
    snapshot: str
    trashed: str  # a source
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
    session: str
    passkey: str
    record: str = field(default="1", compare=False)  # a key in its stream of tags: no id, only good within a snapshot

    def some(self, name: str) -> str:
        """The thing that a part of a path names so."""
        return str(getattr(self, "account" if name == "where" else name))  # where a team has a role

    @property
    def ids(self) -> frozenset[str]:
        """All of them."""
        return frozenset(self.some(one.name) for one in fields(self) if one.name != "record")


ABSENT = Things(
    account=new_id("acc", 1),
    connection=new_id("con", 1),
    source=new_id("src", 1),
    job=new_id("job", 1),
    run=new_id("run", 1),
    trashed=new_id("src", 1),
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
    session=new_id("ses", 1),
    passkey="A" * 43,
)


def _fresh() -> str:
    return new_id("job", 0)[4:]


Line = Callable[[Things], Sequence[Mapping[str, Any]]]

BODIES: dict[str, Line] = {
    "NewAccount": lambda _: [{"name": "below"}],
    "ChangedAccount": lambda _: [{"name": "renamed"}],
    "Move": lambda things: [{"parent": things.account}],
    "AccountPolicyIn": lambda _: [{}],
    "LimitsIn": lambda _: [{}],
    "Suspension": lambda _: [{"why": "x"}],
    "Chosen": lambda things: [{"account": things.account}],
    "Acceptance": lambda _: [{"token": "x"}],
    "ChangedMember": lambda things: [{"role": "viewer"}, {"role": things.role}],
    "NewRole": lambda _: [{"name": _fresh(), "permissions": ["sources:read"]}],
    "ChangedRole": lambda _: [{"name": "renamed"}],
    "NewTeam": lambda _: [{"name": _fresh()}],
    "ChangedTeam": lambda _: [{"name": "renamed"}],
    "TeamMate": lambda things: [{"user": things.user}],
    "TeamRoleIn": lambda things: [{"role": "viewer"}, {"role": things.role}],
    "NewInvitation": lambda things: [{"email": f"{_fresh()}@example.com", "role": role} for role in ("viewer", things.role)],
    "RotatedKey": lambda _: [{}],
    "NewKey": lambda _: [{"name": "x", "scopes": ["admin"]}],
    "NewConnection": lambda _: [
        {"platform": "demo-crm", "name": _fresh(), "test": False, "values": {"url": "http://127.0.0.1:9"}, "secrets": {"token": "x"}}
    ],
    "ChangedConnection": lambda _: [{"name": "renamed"}],
    "Rotation": lambda _: [{}],
    "NewSignIn": lambda _: [{"values": {"url": "http://127.0.0.1:9"}}],
    "IntegrationIn": lambda _: [{"client_id": "demo-app"}],
    "NewSource": lambda things: [{"connection": things.connection, "name": _fresh()}],
    "ChangedSource": lambda _: [{"name": "renamed"}],
    "NewJob": lambda things: [{"source": things.source, "name": _fresh()}],
    "ChangedJob": lambda _: [{"name": "renamed"}],
    "Sync": lambda _: [{}],
    "Redrive": lambda _: [{}],
    "MaintenanceIn": lambda _: [{"on": False}],
    "ExpireIn": lambda _: [{"numbers": [1]}],
    "PruneIn": lambda _: [{}],
    "Hold": lambda _: [{"reason": "x"}],
    "Sample": lambda _: [{"sample": 1}],
    "TakenBack": lambda things: [{"connection": things.connection}],
    "NewGroup": lambda things: [{"name": _fresh(), "sources": [things.source]}],
    "ChangedGroup": lambda things: [{"sources": [things.source]}],
    "RetentionIn": lambda _: [{"retention": None}],
    "RetentionTried": lambda _: [{}],
    "FileSearch": lambda things: [{"snapshot": things.snapshot}, {"source": things.source}],
    "NewExport": lambda things: [{"snapshot": things.snapshot, "format": "jsonl", "streams": ["tags"]}],
    "ExportPart": lambda _: [{}],
    "NewErasure": lambda things: [
        {"records": [{"source": things.source, "stream": "tags", "key": "1"}], "reason": "x"},
        {"text": "nobody", "sources": [things.source], "reason": "x"},
    ],
    "RestoreIn": lambda things: [{"snapshot": things.snapshot, "streams": ["tags"]}],
    # of a person's own
    "ChangedMe": lambda _: [{"name": "x"}],
    "ChangedSettings": lambda _: [{}],
    "CodeIn": lambda _: [{"code": "000000"}],
    "NewEmail": lambda _: [{"email": "x@example.com"}],
    "PasskeyIn": lambda _: [{"credential": {}, "name": "x"}],
    "PasswordIn": lambda _: [{"old": "x", "new": "x"}],
    "ProofIn": lambda _: [{"factor": "totp", "code": "000000"}],
}
QUERIES: dict[str, Line] = {
    "ActivityParameters": lambda _: [{}],
    "ChangeSetParameters": lambda things: [{"source": things.source}],
    "DeadParameters": lambda _: [{}],
    "DeleteParameters": lambda _: [{}],
    "Deletion": lambda _: [{"branch": "true"}],
    "DiffCountsParameters": lambda things: [{"from": things.snapshot, "to": things.snapshot}],
    "DiffParameters": lambda things: [{"from": things.snapshot, "to": things.snapshot, "stream": "tags"}],
    "EndParameters": lambda _: [{}],
    "ErasedParameters": lambda _: [{}],
    "EventParameters": lambda _: [{"seconds": "1"}],
    "ExportListParameters": lambda things: [{"source": things.source}],
    "ExportParameters": lambda _: [{}],
    "FileParameters": lambda things: [{"source": things.source}, {"snapshot": things.snapshot}],
    "HierarchyParameters": lambda _: [{}],
    "JobParameters": lambda things: [{"source": things.source}],
    "LogParameters": lambda _: [{}],
    "MonthParameters": lambda things: [{"source": things.source}],
    "NewestParameters": lambda _: [{}],
    "PageParameters": lambda _: [{}],
    "RecordParameters": lambda _: [{}],
    "RestoreParameters": lambda things: [{"source": things.source}],
    "RunParameters": lambda things: [{"source": things.source}, {"job": things.job}],
    "SearchParameters": lambda things: [{"snapshot": things.snapshot, "q": "a"}, {"source": things.source, "q": "a"}],
    "SearchUsers": lambda _: [{"q": "a"}],
    "SignInParameters": lambda things: [{"reconnect": things.connection}],
    "SnapshotParameters": lambda _: [{}],
    "SourceParameters": lambda things: [{"connection": things.connection}, {"group": things.group}],
    "TreeParameters": lambda things: [{"path": f"{things.source}/documents"}],
    "WayBack": lambda _: [{"state": "x"}],
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request. ``place`` says where in it an id of somebody else stands."""

    method: str
    url: str
    body: Any = None
    at_root: bool = False
    place: str = ""


def asked(route: Route, things: Things, *, query: Things | None = None, body: Things | None = None) -> Asked:
    """The plainest request of this operation, about these things."""
    return _asked(route, _path(route, things), _first(_queries(route, query or things)), _first(_bodies(route, body or things)))


def places(route: Route, own: Things, other: Things) -> Iterator[Asked]:
    """The requests that name own things, but for one place, which names another's; and those whose whole path is another's."""
    path, foreign = _path(route, own), _path(route, other)
    names = [name for name in path if path[name] != foreign[name] and foreign[name] in other.ids]
    query, body = _first(_queries(route, own)), _first(_bodies(route, own))
    for name in names:
        yield _asked(route, {**path, name: foreign[name]}, query, body, place=f"path {name}")
    if len(names) > 1:
        yield _asked(route, foreign, query, body, place="path")
    for mine, theirs in zip(_queries(route, own), _queries(route, other), strict=True):
        for where, changed in _exchanged(mine, theirs, own):
            yield _asked(route, path, changed, body, place=f"query {where}")
    for mine, theirs in zip(_bodies(route, own), _bodies(route, other), strict=True):
        for where, changed in _exchanged(mine, theirs, own):
            yield _asked(route, path, query, changed, place=f"body {where}")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What an answer tells."""

    status: int
    headers: Mapping[str, str]
    content: bytes


_UNTOLD = frozenset({"x-request-id", "date", "ratelimit-remaining", "ratelimit-reset", "content-length"})
_REQUEST_ID = re.compile(rb'"request_id":"[^"]*"')


def told(said: Said, things: Things) -> Told:
    """The answer but for what differs between any two: the request's id, the time, what is left of the rate, and the ids that were asked for."""
    content = _REQUEST_ID.sub(b"", said.raw)
    for one in sorted(things.ids, key=len, reverse=True):
        content = content.replace(one.encode(), b"...")
    return Told(status=said.status, headers={name: text for name, text in said.headers.items() if name not in _UNTOLD}, content=content)


def ids_named(model: type[BaseModel]) -> set[str]:
    """The fields of a body or of parameters that hold an id, as their patterns say."""
    schema = model.model_json_schema()
    return set(_patterned(schema, schema.get("$defs", {})))


def _patterned(schema: Mapping[str, Any], below: Mapping[str, Any], name: str = "") -> Iterator[str]:
    if "$ref" in schema:
        yield from _patterned(below[schema["$ref"].rpartition("/")[2]], below, name)
    if _ID.match(schema.get("pattern", "")):
        yield name
    for word in ("anyOf", "prefixItems"):
        for one in schema.get(word, ()):
            yield from _patterned(one, below, name)
    if isinstance(schema.get("items"), dict):
        yield from _patterned(schema["items"], below, name)
    for inner, one in schema.get("properties", {}).items():
        yield from _patterned(one, below, inner)


def _path(route: Route, things: Things) -> dict[str, str]:
    def value(name: str) -> str:
        if name == "key" and "/records/" in route.path:
            return things.record
        if route.path == "/sources/{source:src}/restore":
            return things.trashed
        return PLAIN[name] if name in PLAIN else things.some(name)

    return {name: value(name) for name, _ in _PART.findall(route.path)}


def _queries(route: Route, things: Things) -> Sequence[Mapping[str, Any]]:
    return QUERIES[route.query.__name__](things) if route.query is not None else [{}]


def _bodies(route: Route, things: Things) -> Sequence[Any]:
    return BODIES[route.body.__name__](things) if route.body is not None and route.access is not None else [None]


def _first(lines: Sequence[Any]) -> Any:
    return lines[0]


def _asked(route: Route, path: Mapping[str, str], query: Mapping[str, Any], body: Any, place: str = "") -> Asked:
    url = _PART.sub(lambda match: quote(path[match[1]], safe=""), route.path)
    url = f"{url}?{urlencode(query)}" if query else url
    return Asked(method=route.method, url=url, body=body, at_root=route.at_root, place=place)


def _exchanged(mine: Any, theirs: Any, own: Things) -> Iterator[tuple[str, Any]]:
    """Each way to take one text that holds an id of ours from the other value."""
    if isinstance(mine, Mapping):
        for name in mine:
            for where, changed in _exchanged(mine[name], theirs[name], own):
                yield f"{name} {where}".strip(), {**mine, name: changed}
    elif isinstance(mine, list):
        for at, one in enumerate(mine):
            for where, changed in _exchanged(one, theirs[at], own):
                yield where, [*mine[:at], changed, *mine[at + 1 :]]
    elif isinstance(mine, str) and mine != theirs and any(one in mine for one in own.ids):
        yield "", theirs


def furnish(house: MemoryHouse, scope: Scope, saas: Saas, name: str) -> Things:
    """One of everything for this account, every name of it but the role's with ``name`` in it."""
    connection = house.connections.create(
        scope, platform="demo-crm", name=name, values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
    )
    house.hooks.make(scope, connection.id)
    house.integrations.set(scope, "demo-crm", Wanted(client_id=f"app-of-{name}"), client_secret=Secret(f"secret-of-{name}"))
    source = house.sources.create(scope, connection=connection.id, name=name)
    job = house.jobs.create(scope, source=source.id, timetable=Timetable(cron="0 3 * * *"))
    run = house.runs.backup(scope, source.id, Work(owner="test"))
    assert run.snapshot_id is not None, run
    snapshot = house.data.snapshot(scope, source.id)
    restore = house.restores.start(scope, house.restores.plan(scope, source.id, selection=Selection(streams=("tags",))))
    export = house.exports.start(scope, source.id, snapshot, form=ExportFormat.JSONL, streams=("tags",))
    house.exports.carry_out(scope, export.id)
    erasure = house.erasures.ask(scope, Order(text=f"nobody in {name}"), reason="a test")
    house.erasures.carry_out(scope, erasure.id)
    verifications = Verifications(house.rooms.desk, house.upkeep)
    verifications.carry_out(scope, verifications.ask(scope, source.id, snapshot.id, snapshot.seq, sample=1))
    prunes = Prunes(house.rooms.desk, house.upkeep)
    prunes.carry_out(scope, prunes.ask(scope, source.id, confirmed=False))
    record = next(house.data.scan(scope, source.id, "tags", limit=1))
    trashed = house.sources.create(scope, connection=connection.id, name=f"trashed {name}").id
    house.sources.delete(scope, trashed)
    user = house.doors.person(f"{name}@example.com").id
    return Things(
        account=scope.account,
        connection=connection.id,
        source=source.id,
        job=job.id,
        run=run.id,
        snapshot=run.snapshot_id,
        trashed=trashed,
        restore=restore.id,
        export=export.id,
        erasure=erasure.id,
        group=house.source_groups.create(scope, name=name, sources=[source.id]).id,
        file=house.files.page(scope, FilesWanted(source=source.id), limit=1).items[0].id,
        key=house.api_keys.create(scope, name=name).key.id,
        user=user,
        record=str(record.key[0]),
        **_people(house, scope, user, name),
        **_signed_in(house, f"{name}@example.com"),
    )


def _people(house: MemoryHouse, scope: Scope, user: UserId, name: str) -> dict[str, str]:
    """The account's member, role, team and invitation."""
    by, accounts, tenancy = machine("test"), house.accounts, house.tenancy
    accounts.members.add(scope.account, user, Role.VIEWER, by=by)
    role = accounts.roles.create(scope.account, _fresh(), [Permission.SOURCES_READ], by=by)  # what is below sees it: no name in it
    team = tenancy.teams.create(scope.account, name, by=by)
    tenancy.teams.add(scope.account, team.id, user, by=by)
    tenancy.teams.give_role(scope.account, team.id, scope.account, role.id, by=by)
    invitation = tenancy.invitations.create(scope.account, f"guest-of-{name}@example.com", Role.VIEWER, by=by)
    return {"role": role.id, "team": team.id, "invitation": invitation.id}


def _signed_in(house: MemoryHouse, email: str) -> dict[str, str]:
    """The person's passkey, and the session in which it was registered."""
    entered, device = house.doors.sign_in(email), SoftAuthenticator()
    answer = device.create(house.auth.factors.begin_passkey(entered.person, entered.session))
    passkey, session = house.auth.factors.finish_passkey(entered.person, entered.session, answer, name="laptop")
    return {"session": session.id, "passkey": passkey.id}
