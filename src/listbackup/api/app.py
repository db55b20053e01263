"""The application: every room's routes in one list, behind one door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from listbackup.api.admission import Admission
from listbackup.api.crowd import Crowd
from listbackup.api.door import LOCAL, Door, Tally, note_failure, problem_response
from listbackup.api.openapi import PREFIX, full_path, openapi
from listbackup.api.operation import Gate, Operation
from listbackup.api.pages import Pages
from listbackup.api.router import Address, Endpoint, Router, SocketEndpoint
from listbackup.api.socket import EventSocket
from listbackup.backends.identity.port import Person
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.base.metrics import Metric, gauge
from listbackup.http.idempotency import REPEATS, Repeats
from listbackup.http.problem import MAINTENANCE, MAINTENANCE_WAIT, NO_METHOD, NO_ROUTE, Kind, Refused
from listbackup.http.ratelimit import Rate, RateLimiter
from listbackup.services.accounts import Accounts, AccountState, ApiKeys, Tenancy
from listbackup.services.accounts import routes as accounts_routes
from listbackup.services.activity import Activities, Feed
from listbackup.services.activity import routes as activity_routes
from listbackup.services.auth import Auth
from listbackup.services.auth import routes as auth_routes
from listbackup.services.connections import Connections, Consents
from listbackup.services.connections import routes as connections_routes
from listbackup.services.data import Data, Errands, Restores, Upkeep
from listbackup.services.data import routes as data_routes
from listbackup.services.downloads import Downloads
from listbackup.services.downloads import routes as downloads_routes
from listbackup.services.erasures import Erasures
from listbackup.services.erasures import routes as erasures_routes
from listbackup.services.exports import Exports
from listbackup.services.exports import routes as exports_routes
from listbackup.services.files import Files
from listbackup.services.files import routes as files_routes
from listbackup.services.hooks import Hooks
from listbackup.services.hooks import routes as hooks_routes
from listbackup.services.integrations import Integrations
from listbackup.services.integrations import routes as integrations_routes
from listbackup.services.jobs import Jobs
from listbackup.services.jobs import routes as jobs_routes
from listbackup.services.platforms import Platforms
from listbackup.services.platforms import routes as platforms_routes
from listbackup.services.routing import Route
from listbackup.services.runs import Runs
from listbackup.services.runs import routes as runs_routes
from listbackup.services.sources import SourceGroups, Sources
from listbackup.services.sources import routes as sources_routes
from listbackup.services.system import Installation, Maintenance
from listbackup.services.system import routes as system_routes
from listbackup.services.users import Registration, Users
from listbackup.services.users import routes as users_routes

MAX_BODY_BYTES = 1024 * 1024
MAX_REQUESTS = 32
HEALTH_THREADS = 4
RATE = Rate(per_second=20, burst=200)
PASSERS = Rate(per_second=10, burst=100)
STRANGERS = Rate(per_second=0.5, burst=30)


class House(Protocol):
    """The rooms that are open to the outside (``bootstrap.system.System`` has them)."""

    @property
    def clock(self) -> Clock: ...
    @property
    def tables(self) -> Tables: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def tenancy(self) -> Tenancy: ...
    @property
    def auth(self) -> Auth: ...
    @property
    def users(self) -> Users: ...
    @property
    def registration(self) -> Registration: ...
    @property
    def platforms(self) -> Platforms: ...
    @property
    def integrations(self) -> Integrations: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def hooks(self) -> Hooks: ...
    @property
    def sources(self) -> Sources: ...
    @property
    def source_groups(self) -> SourceGroups: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def data(self) -> Data: ...
    @property
    def downloads(self) -> Downloads: ...
    @property
    def files(self) -> Files: ...
    @property
    def exports(self) -> Exports: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def restores(self) -> Restores: ...
    @property
    def upkeep(self) -> Upkeep: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def feed(self) -> Feed: ...
    @property
    def installation(self) -> Installation: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """How the API meets the outside: names it answers for, origins whose pages may read it, how often each caller may ask."""

    hosts: tuple[str, ...] = LOCAL
    origins: tuple[str, ...] = ()
    rate: Rate = RATE
    strangers: Rate = STRANGERS
    passers: Rate = PASSERS
    max_body_bytes: int = MAX_BODY_BYTES
    max_requests: int = MAX_REQUESTS


def every_route(house: House, errands: Errands, tally: Tally) -> Sequence[Route]:
    """Every operation there is: the one list that mounts them, documents them and tests them."""
    rooms = (
        ("system", system_routes.routes(house.accounts, house.installation, lambda: [*tally.metrics(), _listeners(house.feed)])),
        (
            "auth",
            [*users_routes.registration_routes(house.auth, house.registration), *auth_routes.routes(house.auth, settle=_settled(house))],
        ),
        ("users", users_routes.routes(house.users, house.auth)),
        *accounts_routes.routes(house.tenancy),
        ("platforms", platforms_routes.routes(house.platforms)),
        ("integrations", integrations_routes.routes(house.integrations, house.accounts)),
        ("connections", connections_routes.routes(house.connections)),
        ("connections", connections_routes.consent_routes(house.consents, house.accounts)),
        ("connections", hooks_routes.routes(house.hooks)),
        ("sources", sources_routes.routes(house.sources, house.source_groups)),
        ("jobs", jobs_routes.routes(house.jobs)),
        ("runs", runs_routes.routes(house.runs, house.jobs, house.accounts)),
        ("files", files_routes.routes(house.files, house.data)),  # before records, whose keys may hold slashes
        ("data", data_routes.routes(house.data, house.upkeep, errands)),
        ("exports", exports_routes.routes(house.exports, house.data, errands)),
        ("erasures", erasures_routes.routes(house.erasures, errands)),
        ("downloads", downloads_routes.routes(house.downloads)),
        ("restores", data_routes.restore_routes(house.data, house.restores, errands)),
        ("activity", activity_routes.routes(house.activities, house.feed)),
    )
    return [replace(route, tag=tag) for tag, offered in rooms for route in offered]


def application(house: House, errands: Errands, settings: ApiSettings = ApiSettings(), pages: Pages | None = None) -> Crowd:
    """The ASGI application over these rooms; ``pages`` is the web app beside the API."""
    tally = Tally()
    routes = every_route(house, errands, tally)
    gate = Gate(
        admission=_admission(house, settings),
        accounts=house.accounts,
        limiter=RateLimiter(settings.rate, house.clock),
        strangers=RateLimiter(settings.strangers, house.clock),
        passers=RateLimiter(settings.passers, house.clock),
        repeats=Repeats(house.tables.open(REPEATS), house.clock),
        max_body_bytes=settings.max_body_bytes,
        threads=ThreadPoolExecutor(settings.max_requests, thread_name_prefix="api"),
        health_threads=ThreadPoolExecutor(HEALTH_THREADS, thread_name_prefix="health"),
    )
    document = msgspec.json.encode(openapi(routes))

    async def describe(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _unrouted(request, NO_METHOD, allow="GET, HEAD")
        return Response(document, media_type="application/json")

    mounted = [Address(path=f"{PREFIX}/openapi.json", endpoint=describe), *_mounted(routes, gate, house.installation.maintenance)]
    app = _cors(
        Router(mounted, sockets=_sockets(next(route for route in routes if route.path == "/events"), gate), absent=_absent(pages)), settings
    )
    named = urlsplit(house.auth.issuer).hostname or ""
    door = Door(app, hosts=(*settings.hosts, named), clock=house.clock, tally=tally)
    return Crowd(door, places=settings.max_requests, clock=house.clock, tally=tally)


def _listeners(feed: Feed) -> Metric:
    return gauge("listbackup_listeners", "Who listens to events.", float(feed.count()))


def _settled(house: House) -> Callable[[Person], None]:
    return lambda person: house.registration.settle(person.id)


def _admission(house: House, settings: ApiSettings) -> Admission:
    accounts = house.accounts
    return Admission(
        clock=house.clock,
        keys=house.api_keys,
        people=house.auth,
        members=accounts.members,
        policy=accounts.policies,
        is_suspended=lambda account: accounts.state(account) is AccountState.SUSPENDED,
        origins=frozenset(origin.lower().rstrip("/") for origin in (*settings.origins, house.auth.issuer)),
        step_up=house.auth.step_up_lasts,
    )


def _sockets(events: Route, gate: Gate) -> Mapping[str, SocketEndpoint]:
    """The events once more, at their own address and at the one where others look for a socket."""
    socket = EventSocket(Operation(events, gate))

    async def endpoint(connection: WebSocket) -> None:
        connection.state.route = f"{PREFIX}/events"
        await socket(connection)

    return {f"{PREFIX}{path}": endpoint for path in ("/events", "/ws")}


def _mounted(routes: Sequence[Route], gate: Gate, maintenance: Maintenance) -> Sequence[Address]:
    """One address each, those with fewer parts first: so ``Allow`` names every method, and ``/restores/plan`` is never a restore."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(full_path(route), {})[route.method] = route
    return [_mount(path, by_path[path], gate, maintenance) for path in sorted(by_path, key=lambda path: path.count("{"))]


def _mount(path: str, offered: Mapping[str, Route], gate: Gate, maintenance: Maintenance) -> Address:
    operations = {method: Operation(route, gate) for method, route in offered.items()}

    async def endpoint(request: Request) -> Response:
        request.state.route = path
        if request.method not in operations:
            return _unrouted(request, NO_METHOD, allow=", ".join(sorted(operations)))
        try:
            _ensure_open(offered[request.method], maintenance)
            return await operations[request.method](request)
        except Exception as error:  # noqa: BLE001  the rim: whatever goes wrong becomes a problem, and a log line where we are to blame
            note_failure(error)
            return problem_response(error, request.state.request_id, request.state.headers)

    return Address(path=path, endpoint=endpoint)


def _ensure_open(route: Route, maintenance: Maintenance) -> None:
    """Raises Refused for what changes something during maintenance. Signing in and the switch itself stay open, or nobody could turn it off."""
    if route.method == "GET" or route.tag in ("auth", "system"):
        return
    state = maintenance.state()
    if state.on:
        raise Refused(MAINTENANCE, f"the installation is in maintenance: {state.reason}", retry_after=MAINTENANCE_WAIT)


def _cors(app: ASGIApp, settings: ApiSettings) -> ASGIApp:
    if not settings.origins:
        return app
    allowed = [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "last-event-id",
        "x-account-id",
        "x-csrf-token",
        "x-request-id",
    ]
    exposed = ["etag", "location", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after", "x-request-id"]
    methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    return CORSMiddleware(
        app, allow_origins=list(settings.origins), allow_methods=methods, allow_headers=allowed, expose_headers=exposed, max_age=600
    )


def _absent(pages: Pages | None) -> Endpoint:
    async def absent(request: Request) -> Response:
        page = pages.answer(request) if pages is not None and not request.scope["path"].startswith(f"{PREFIX}/") else None
        return page or _unrouted(request, NO_ROUTE)

    return absent


def _unrouted(request: Request, kind: Kind, **headers: str) -> Response:
    """What is said about addresses and methods that do not exist."""
    return problem_response(Refused(kind, kind.title), request.state.request_id, headers)


__all__ = ["ApiSettings", "House", "application", "every_route"]
