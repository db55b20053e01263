"""The application: the rooms' routes behind one door; all of them, or those of some services."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from listbackup.api.admission import Admission
from listbackup.api.crowd import Crowd
from listbackup.api.door import LOCAL, Door, Tally, note_failure, problem_response
from listbackup.api.live import Turns
from listbackup.api.operation import Gate, Operation
from listbackup.api.paths import PREFIX, full_path
from listbackup.api.rooms import SERVICES, House, every_route, words_of
from listbackup.api.router import Address, Corridor, Endpoint, Router, SocketEndpoint
from listbackup.http.idempotency import REPEATS, Repeats
from listbackup.http.problem import MAINTENANCE, MAINTENANCE_WAIT, NO_METHOD, NO_ROUTE, Kind, Refused
from listbackup.http.ratelimit import Rate, RateLimiter
from listbackup.services.accounts import AccountState
from listbackup.services.routing import Route

if TYPE_CHECKING:
    from listbackup.api.pages import Pages
    from listbackup.backends.identity.port import Person, Session
    from listbackup.services.data import Errander
    from listbackup.services.system import Maintenance

MAX_BODY_BYTES = 1024 * 1024
MAX_REQUESTS = 32
HEALTH_THREADS = 4
RATE = Rate(per_second=20, burst=200)
PASSERS = Rate(per_second=10, burst=100)
STRANGERS = Rate(per_second=0.5, burst=30)


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
    services: Collection[str] = tuple(SERVICES)  # which of them answer here
    issuer: str | None = (
        None  # where people find it (None: the house says so), for who must not wait until everything about people is there
    )
    turns: Turns | None = None  # live events in turns, where an answer cannot go on for long
    opens_late: bool = False  # a room when the first request comes for it, for who answers few and must answer the first soon


def application(house: House, errands: Errander, settings: ApiSettings = ApiSettings(), pages: Pages | None = None) -> Crowd:
    """The ASGI application over these rooms; ``pages`` is the web app beside the API."""
    tally = Tally()
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
        turns=settings.turns,
    )
    document = _Document(lambda: every_route(house, errands, tally))

    async def describe(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _unrouted(request, NO_METHOD, allow="GET, HEAD")
        return Response(document.content, media_type="application/json")

    described = [Address(path=f"{PREFIX}/openapi.json", endpoint=describe)] if "system" in settings.services else []

    def router(word: str | None = None) -> Router:
        routes = every_route(house, errands, tally, of=settings.services, word=word)
        mounted = [*described, *_mounted(routes, gate, lambda: house.installation.maintenance)]
        return Router(mounted, sockets=_sockets(routes, gate), absent=_absent(pages))

    app = _cors(Corridor(words_of(settings.services), router) if settings.opens_late else router(), settings)
    named = urlsplit(settings.issuer or house.auth.issuer).hostname or ""
    door = Door(app, hosts=(*settings.hosts, named), clock=house.clock, tally=tally)
    return Crowd(door, places=settings.max_requests, clock=house.clock, tally=tally)


class _Document:
    """The description of every operation, written when it is first asked for: it takes longer than starting."""

    def __init__(self, routes: Callable[[], Sequence[Route]]) -> None:
        self._routes = routes

    @cached_property
    def content(self) -> bytes:
        import msgspec

        from listbackup.api.openapi import openapi

        return msgspec.json.encode(openapi(self._routes()))


def _admission(house: House, settings: ApiSettings) -> Admission:
    accounts = house.accounts
    return Admission(
        clock=house.clock,
        keys=house.api_keys,
        people=_People(house),
        members=accounts.members,
        policy=accounts.policies,
        is_suspended=lambda account: accounts.state(account) is AccountState.SUSPENDED,
        origins=frozenset(origin.lower().rstrip("/") for origin in (*settings.origins, settings.issuer or house.auth.issuer)),
        step_up=lambda: house.auth.step_up_lasts,
    )


class _People:
    """Who recognises people, made when the first one comes: programs with keys need nobody."""

    def __init__(self, house: House) -> None:
        self._house = house

    def authenticate(self, cookie: str) -> tuple[Person, Session]:
        """See ``api.admission.People``."""
        return self._house.auth.authenticate(cookie)

    def authenticate_bearer(self, token: str) -> tuple[Person, Session]:
        """See ``api.admission.People``."""
        return self._house.auth.authenticate_bearer(token)


def _sockets(routes: Sequence[Route], gate: Gate) -> Mapping[str, SocketEndpoint]:
    """The events once more, at their own address and at the one where others look for a socket."""
    events = next((route for route in routes if route.path == "/events"), None)
    if events is None or gate.turns is not None:
        return {}
    from listbackup.api.socket import EventSocket

    socket = EventSocket(Operation(events, gate))

    async def endpoint(connection: WebSocket) -> None:
        connection.state.route = f"{PREFIX}/events"
        await socket(connection)

    return {f"{PREFIX}{path}": endpoint for path in ("/events", "/ws")}


def _mounted(routes: Sequence[Route], gate: Gate, maintenance: Callable[[], Maintenance]) -> Sequence[Address]:
    """One address each, those with fewer parts first: so ``Allow`` names every method, and ``/restores/plan`` is never a restore."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(full_path(route), {})[route.method] = route
    return [_mount(path, by_path[path], gate, maintenance) for path in sorted(by_path, key=lambda path: path.count("{"))]


def _mount(path: str, offered: Mapping[str, Route], gate: Gate, maintenance: Callable[[], Maintenance]) -> Address:
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


def _ensure_open(route: Route, maintenance: Callable[[], Maintenance]) -> None:
    """Raises Refused for what changes something during maintenance. Signing in and the switch itself stay open, or nobody could turn it off."""
    if route.method == "GET" or route.tag in ("auth", "system"):
        return
    state = maintenance().state()
    if state.on:
        raise Refused(MAINTENANCE, f"the installation is in maintenance: {state.reason}", retry_after=MAINTENANCE_WAIT)


def _cors(app: ASGIApp, settings: ApiSettings) -> ASGIApp:
    if not settings.origins:
        return app
    from starlette.middleware.cors import CORSMiddleware

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
