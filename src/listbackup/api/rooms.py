"""The rooms that are open to the outside: whose routes they are, and which of them stand together in one service.

Each room's routes are imported when they are asked for: a function of the cloud answers for one service, and of that one opens a room when the first request comes
for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from listbackup.api.paths import first_word, full_path
from listbackup.services.routing import Route

if TYPE_CHECKING:
    from listbackup.api.door import Tally
    from listbackup.backends.identity.port import Person
    from listbackup.backends.table.port import Tables
    from listbackup.base.clock import Clock
    from listbackup.base.metrics import Metric
    from listbackup.services.accounts import Accounts, ApiKeys, Tenancy
    from listbackup.services.activity import Activities, Feed
    from listbackup.services.auth import Auth
    from listbackup.services.connections import Connections, Consents
    from listbackup.services.data import Data, Errander, Restores, Upkeep
    from listbackup.services.downloads import Downloads
    from listbackup.services.erasures import Erasures
    from listbackup.services.exports import Exports
    from listbackup.services.files import Files
    from listbackup.services.hooks import Hooks
    from listbackup.services.integrations import Integrations
    from listbackup.services.jobs import Jobs
    from listbackup.services.platforms import Platforms
    from listbackup.services.runs import Runs
    from listbackup.services.sources import SourceGroups, Sources
    from listbackup.services.system import Installation
    from listbackup.services.users import Registration, Users


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


Chapters: TypeAlias = Sequence[tuple[str, Sequence[Route]]]  # tag, and what stands below it
Offer: TypeAlias = Callable[[House, "Errander", "Tally"], Chapters]


@dataclass(frozen=True, slots=True)
class Room:
    """Routes that are loaded together, and the words that their addresses begin with."""

    offer: Offer
    words: frozenset[str]


def _system(house: House, _: Errander, tally: Tally) -> Chapters:
    from listbackup.services.system import routes

    return [("system", routes.routes(house.accounts, house.installation, lambda: [*tally.metrics(), _listeners(house.feed)]))]


def _auth(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.auth import routes
    from listbackup.services.users import routes as users

    return [("auth", [*users.registration_routes(house.auth, house.registration), *routes.routes(house.auth, settle=_settled(house))])]


def _users(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.users import routes

    return [("users", routes.routes(house.users, house.auth))]


def _accounts(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.accounts import routes

    return routes.routes(house.tenancy)


def _platforms(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.platforms import routes

    return [("platforms", routes.routes(house.platforms))]


def _integrations(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.integrations import routes

    return [("integrations", routes.routes(house.integrations, house.accounts))]


def _connections(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.connections import routes
    from listbackup.services.hooks import routes as hooks

    return [
        ("connections", routes.routes(house.connections)),
        ("connections", routes.consent_routes(house.consents, house.accounts)),
        ("connections", hooks.routes(house.hooks)),
    ]


def _sources(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.sources import routes

    return [("sources", routes.routes(house.sources, house.source_groups))]


def _jobs(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.jobs import routes
    from listbackup.services.runs import routes as runs

    return [("jobs", routes.routes(house.jobs)), ("runs", runs.routes(house.runs, house.jobs, house.accounts))]


def _data(house: House, errands: Errander, _: Tally) -> Chapters:
    from listbackup.services.data import routes
    from listbackup.services.files import routes as files

    return [
        ("files", files.routes(house.files, house.data)),  # before records, whose keys may hold slashes
        ("data", routes.routes(house.data, house.upkeep, errands)),
    ]


def _exports(house: House, errands: Errander, _: Tally) -> Chapters:
    from listbackup.services.exports import routes

    return [("exports", routes.routes(house.exports, house.data, errands))]


def _erasures(house: House, errands: Errander, _: Tally) -> Chapters:
    from listbackup.services.erasures import routes

    return [("erasures", routes.routes(house.erasures, errands))]


def _downloads(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.downloads import routes

    return [("downloads", routes.routes(house.downloads))]


def _restores(house: House, errands: Errander, _: Tally) -> Chapters:
    from listbackup.services.data import routes

    return [("restores", routes.restore_routes(house.data, house.restores, errands))]


def _activity(house: House, _: Errander, __: Tally) -> Chapters:
    from listbackup.services.activity import routes

    return [("activity", routes.routes(house.activities, house.feed))]


def _room(offer: Offer, *words: str) -> Room:
    return Room(offer, frozenset(words))


SERVICES: dict[str, Sequence[Room]] = {  # in the order of the document
    "system": [_room(_system, "system")],
    "auth": [_room(_auth, "auth", "jwks.json", "openid-configuration")],
    "users": [_room(_users, "users")],
    "accounts": [_room(_accounts, "accounts", "api-keys", "invitations", "roles", "teams", "users")],
    "platforms": [_room(_platforms, "platforms")],
    "integrations": [_room(_integrations, "integrations"), _room(_connections, "connections", "hooks", "oauth")],
    "sources": [_room(_sources, "sources", "source-groups", "trash")],
    "jobs": [_room(_jobs, "jobs", "queues", "runs", "sources")],
    "data": [
        _room(_data, "change-sets", "data", "diff", "search", "snapshots", "sources"),
        _room(_exports, "exports"),
        _room(_erasures, "erasures"),
        _room(_downloads, "downloads"),
        _room(_restores, "restores"),
    ],
    "activity": [_room(_activity, "activity", "events", "users")],
}


def words_of(services: Collection[str]) -> frozenset[str]:
    """The words that these services' addresses begin with."""
    return frozenset().union(*(room.words for service in services for room in SERVICES[service]))


def every_route(
    house: House, errands: Errander, tally: Tally, *, of: Collection[str] = tuple(SERVICES), word: str | None = None
) -> Sequence[Route]:
    """Every operation there is (``of``: of these services; ``word``: whose addresses begin with it): the one list that mounts them, documents them and tests them."""
    rooms = [room for service, rooms in SERVICES.items() if service in of for room in rooms if word is None or word in room.words]
    routes = [replace(route, tag=tag) for room in rooms for tag, offered in room.offer(house, errands, tally) for route in offered]
    return [route for route in routes if word is None or first_word(full_path(route)) == word]


def _listeners(feed: Feed) -> Metric:
    from listbackup.base.metrics import gauge

    return gauge("listbackup_listeners", "Who listens to events.", float(feed.count()))


def _settled(house: House) -> Callable[[Person], None]:
    return lambda person: house.registration.settle(person.id)
