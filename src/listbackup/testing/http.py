"""The HTTP API in a test: a plain client over loopback, and a whole server over memory."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from listbackup.api.app import ApiSettings, application
from listbackup.api.door import Tally
from listbackup.api.openapi import openapi
from listbackup.api.rooms import every_route
from listbackup.api.server import protocol_of
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.bootstrap.guarding import guarding
from listbackup.bootstrap.tenancy import measuring, wire_tenancy
from listbackup.http.permission import Bundle, Permission
from listbackup.http.ratelimit import Rate
from listbackup.services.accounts import ApiKeys
from listbackup.services.activity import Feed
from listbackup.services.data import Errands
from listbackup.services.platforms import Platforms
from listbackup.services.system import Health, Installation
from listbackup.services.users import Admission, Registration
from listbackup.testing.identity import doors_over
from listbackup.testing.system import MemoryKeys, Rooms, rooms

PLENTY = Rate(per_second=10_000, burst=100_000)
PATIENT = IdentitySettings(per_address=1_000_000, per_network=1_000_000)  # every request of a test comes from one address


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        """Its JSON."""
        return json.loads(self.raw)


@dataclass(frozen=True)
class Client:
    """Somebody with a credential (None: nobody), who asks one thing at a time."""

    port: int
    key: str | None = None
    come_from: str | None = None  # an address of this machine; None: the usual one

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, *, root: bool = False) -> Said:
        """The answer to one request; ``body`` goes as JSON, bytes go as they are; ``root``: the path does not stand below ``/v2``."""
        sent = {"host": "127.0.0.1", **({"authorization": f"Bearer {self.key}"} if self.key else {})}
        raw: bytes | None = None
        if body is not None:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent["content-type"] = "application/json"
        own = (self.come_from, 0) if self.come_from else None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=own)
        try:
            connection.request(method, path if root else f"/v2{path}", body=raw, headers={**sent, **(headers or {})})
            response = connection.getresponse()
            return Said(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The JSON of a GET that succeeds."""
        said = self.ask("GET", path)
        assert said.status == 200, (said.status, said.raw)
        return said.json

    def post(self, path: str, body: object = None) -> Any:
        """The JSON of a POST that succeeds."""
        said = self.ask("POST", path, body)
        assert said.status in (200, 201, 202), (said.status, said.raw)
        return said.json


class Steady:
    """One connection that stays open, for thousands of requests; the headers go along with each. It reads what our server says and no more."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port, self._headers = port, dict(headers)
        self._socket: socket.socket | None = None
        self._left = b""

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, *, root: bool = False) -> Said:
        """See ``Client.ask``. What the server closed meanwhile is opened again."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {
            **self._headers,
            **(headers or {}),
            **({"content-type": "application/json"} if body is not None else {}),
            "content-length": len(raw),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        request = f"{method} {path if root else f'/v2{path}'} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + raw
        try:
            return self._ask(request)
        except ConnectionError:
            self.close()
            return self._ask(request)

    def close(self) -> None:
        """Hang up; the next request opens a connection again."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""

    def _ask(self, request: bytes) -> Said:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        status, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Said(int(status.split(" ")[1]), headers, self._body(headers))

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "transfer-encoding" not in headers:
            return self._exactly(int(headers.get("content-length", 0)))
        pieces = []
        while size := int(self._until(b"\r\n"), 16):
            pieces.append(self._exactly(size))
            self._exactly(2)
        self._exactly(2)
        return b"".join(pieces)

    def _until(self, mark: bytes) -> bytes:
        while (at := self._left.find(mark)) < 0:
            self._more()
        found, self._left = self._left[:at], self._left[at + len(mark) :]
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._left) < size:
            self._more()
        found, self._left = self._left[:size], self._left[size:]
        return found

    def _more(self) -> None:
        assert self._socket is not None
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionResetError("the server hung up")
        self._left += piece


class NoKeys:
    """Keys that depend on the account's name alone cannot be destroyed; who was shredded is noted."""

    def __init__(self) -> None:
        self.shredded: list[str] = []

    def shred(self, account: str) -> None:
        """See ``Shredder``."""
        self.shredded.append(account)


class MemoryHouse:
    """The rooms of a memory system as the API sees them."""

    def __init__(self, over: Rooms, platforms: Platforms, *, figures: IdentitySettings = PATIENT) -> None:
        self.rooms = over
        self.clock, self.accounts, self.connections = over.clock, over.accounts, over.connections
        self.integrations, self.consents, self.hooks = over.integrations, over.consents, over.hooks
        self.sources, self.jobs, self.runs, self.data = over.sources, over.jobs, over.runs, over.data
        self.restores, self.upkeep, self.activities = over.restores, over.upkeep, over.activities
        self.downloads, self.files, self.exports, self.erasures = over.downloads, over.files, over.exports, over.erasures
        self.source_groups = over.source_groups
        self.tables: Tables = over.tables
        self.feed = Feed(over.activities, over.clock, underway=over.runs.underway)
        self.platforms = platforms
        self.api_keys = ApiKeys(over.desk, over.accounts, environment="test")
        self.doors = doors_over(over.desk, over.activities, clock=over.clock, figures=figures)
        self.auth, self.users = self.doors.auth, self.doors.users
        self.auth.rank(over.accounts.members.is_privileged)
        self.registration = Registration(
            self.doors.ground,
            self.auth,
            self.users,
            over.accounts,
            admission=Admission.OPEN,
            invited=lambda token: self.tenancy.invitations.address_of(token),
        )
        self.tenancy = wire_tenancy(
            over.desk,
            over.accounts,
            self.api_keys,
            shredder=NoKeys(),
            users=self.users,
            letters=self.doors.post,
            web_url="http://localhost:8400",
            measure=measuring(over.sources, over.stores, over.runs),
            guard=guarding(over.sources, over.jobs, over.runs, over.connections, over.clock),
            tables=over.tables if isinstance(over.tables, MemoryTables) else MemoryTables(over.clock),
            objects=over.objects,
            is_open=True,
        )
        self.installation = Installation(
            over.desk,
            Health(
                over.clock,
                tables=over.tables,
                objects=over.objects,
                queue=over.queue,
                keys=MemoryKeys(),
                account=over.accounts.find_default,
            ),
        )

    def key(self, account: str, *permissions: Bundle | Permission) -> str:
        """A fresh key of this account."""
        scope = self.accounts.enter(account, actor="test")
        return self.api_keys.create(scope, name="test", permissions=permissions).text.reveal()


@contextmanager
def served(house: MemoryHouse, settings: ApiSettings = ApiSettings(rate=PLENTY, strangers=PLENTY, passers=PLENTY)) -> Iterator[int]:
    """The port at which uvicorn serves the API over these rooms, for as long as the block runs."""
    errands = Errands()
    app = application(house, errands, settings)
    config = uvicorn.Config(app, http=protocol_of(app), host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # as `listbackup serve` does it
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        errands.stop()


def current_openapi() -> dict[str, Any]:
    """The document that today's routes make."""
    errands = Errands()
    try:
        return openapi(every_route(MemoryHouse(rooms([]), Platforms([])), errands, Tally()))
    finally:
        errands.stop()
