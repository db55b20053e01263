"""What happens is told as it happens: to many at once, by server-sent events and by WebSocket, from where each left off, and to nobody else."""

from __future__ import annotations

import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from listbackup.base.clock import SystemClock
from listbackup.base.secret import Secret
from listbackup.http.permission import Bundle
from listbackup.processor.backup import Cadence
from listbackup.services.desk import Fact
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means, Work
from listbackup.services.scope import Scope
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.patience import until
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import rooms


@dataclass(frozen=True)
class Place:
    house: MemoryHouse
    port: int
    key: str

    @property
    def scope(self) -> Scope:
        return self.house.rooms.scope

    def happen(self, number: int, scope: Scope | None = None) -> None:
        self.house.rooms.desk.commit(
            scope or self.scope, [], Fact(name="thing.happened", subject=f"thing_{number}", about={"number": number})
        )

    def socket(self, path: str = "/events", *, key: str | None = "own", origin: str | None = None) -> ClientConnection:
        headers = {"Authorization": f"Bearer {self.key if key == 'own' else key}"} if key is not None else {}
        return connect(f"ws://127.0.0.1:{self.port}/v2{path}", additional_headers=headers, origin=origin, proxy=None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    world = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        world.put("contacts", number, name=f"contact {number}")
    connector = FakeConnector(world)
    means = Means(cadence=Cadence(every=timedelta(0)), maintain=False)
    house = MemoryHouse(rooms([connector], clock=SystemClock(), means=means), Platforms([connector]))
    with served(house) as port:
        yield Place(house, port, house.key(house.rooms.scope.account, *Bundle))
    house.feed.close()


def heard(connection: ClientConnection, timeout: float = 5) -> Any:
    return json.loads(connection.recv(timeout=timeout))


def test_a_socket_hears_what_happens_within_a_quarter_of_a_second(place: Place) -> None:
    delays = []
    with place.socket() as listening:
        time.sleep(0.2)
        for number in range(20):
            begun = time.monotonic()
            place.happen(number)
            said = heard(listening)
            delays.append(time.monotonic() - begun)
            assert (said["event"], said["data"]["about"]["number"]) == ("thing.happened", number)
    assert statistics.median(delays) < 0.25


def test_who_was_away_goes_on_from_the_last_id_by_either_way(place: Place) -> None:
    place.happen(1)
    last = place.house.activities.last(place.scope)
    for number in (2, 3):
        place.happen(number)
    with place.socket(f"/ws?last_event_id={last}") as listening:
        assert [heard(listening)["data"]["about"]["number"] for _ in range(2)] == [2, 3]
    said = Client(place.port, place.key).ask("GET", f"/events?seconds=1&last_event_id={last}").raw.decode()
    assert [line.partition(": ")[2] for line in said.splitlines() if line.startswith("id")] == [str(last + 1), str(last + 2)]


def test_a_credential_may_come_as_the_first_word(place: Place) -> None:
    last = place.house.activities.last(place.scope)
    place.happen(7)
    with place.socket("/ws", key=None) as listening:
        listening.send(json.dumps({"token": place.key, "last_event_id": str(last)}))
        assert heard(listening)["data"]["subject"] == "thing_7"


@pytest.mark.parametrize("word", ['{"token": "lbk_test_nobody"}', "nonsense", '{"token": "x", "more": 1}'])
def test_a_first_word_that_signs_nobody_in_closes_the_socket(place: Place, word: str) -> None:
    with place.socket("/ws", key=None) as listening:
        listening.send(word)
        with pytest.raises(ConnectionClosed) as closed:
            listening.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code in (4400, 4401)


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/events", {"key": "lbk_test_nobody"}, 401),
        ("/ws", {"origin": "https://evil.example"}, 403),
        ("/ws", {"key": None, "origin": "https://evil.example"}, 403),
        ("/ws?last_event_id=x", {}, 422),
        ("/ws?odd=1", {}, 422),
        ("/ws?account=acc_00000000000000000000000000", {}, 404),
    ],
)
def test_what_is_refused_is_refused_before_the_handshake_with_a_problem(place: Place, path: str, more: dict[str, Any], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused, place.socket(path, **more):
        pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"{}")["status"] == status


def test_a_key_without_the_permission_hears_nothing(place: Place) -> None:
    key = place.house.key(place.scope.account, Bundle.WRITE)
    with pytest.raises(InvalidStatus) as refused, place.socket(key=key):
        pass
    assert refused.value.response.status_code == 403


def test_nobody_hears_another_account(place: Place) -> None:
    other = place.house.accounts.enter(place.house.accounts.create("other", actor="test").id, actor="test")
    key = place.house.key(other.account, *Bundle)
    with place.socket() as own, place.socket(key=key) as foreign:
        time.sleep(0.2)
        place.happen(100, other)
        place.happen(200)
        assert heard(own)["data"]["about"]["number"] == 200
        assert heard(foreign)["data"]["about"]["number"] == 100
        with pytest.raises(TimeoutError):
            own.recv(timeout=0.3)


def test_a_run_tells_how_far_it_is_while_it_goes_on(place: Place) -> None:
    house, scope = place.house.rooms, place.scope
    house.connections.create(scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    source = house.sources.create(scope, connection="shop", name="crm")
    told: list[Any] = []
    with place.socket() as listening:
        gate = threading.Event()
        ledger = threading.Thread(
            target=lambda: house.runs.backup(scope, source.id, Work(owner="test", listen=lambda _: gate.wait(2.5) and None))
        )
        ledger.start()
        while not any(one["event"].startswith("run.succeeded") for one in told):
            told.append(heard(listening, 20))
            if told[-1]["event"] == "run.progress":
                gate.set()
        ledger.join()
    progress = next(one for one in told if one["event"] == "run.progress")
    assert progress["id"] is None
    assert progress["data"]["source"] == source.id
    assert [(one["stream"], one["state"]) for one in progress["data"]["streams"]] == [("contacts", "reading")]
    assert [one["event"] for one in told if one["id"]] == [
        "connection.created",
        "source.created",
        "run.queued",
        "run.started",
        "run.succeeded",
    ][-3:]


@pytest.mark.parametrize("many", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_many_listeners_hear_the_same_thing_at_once_from_one_reader(place: Place, many: int) -> None:
    """They cost no thread and no look-up each."""
    before = threading.active_count()
    with ExitStack() as open_:
        listeners = [open_.enter_context(_sse(place)) for _ in range(many)]
        until(lambda: place.house.feed.count() == many)
        assert threading.active_count() - before < 60
        begun = time.monotonic()
        place.happen(42)
        for one in listeners:
            _until(one, b'"number":42')
        print(f"{many} listeners heard it within {(time.monotonic() - begun) * 1000:.0f} ms")
        assert time.monotonic() - begun < 30  # a moment on a machine that does nothing else

    def all_gone() -> bool:
        place.happen(0)
        return place.house.feed.count() == 0

    until(all_gone)  # who is gone is forgotten


def _sse(place: Place) -> socket.socket:
    """As a browser does it: who is sent away because all come at once comes back."""
    while True:
        connection = socket.create_connection(("127.0.0.1", place.port), timeout=10)
        connection.sendall(f"GET /v2/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {place.key}\r\n\r\n".encode())
        if connection.recv(12) == b"HTTP/1.1 200":
            return connection
        connection.close()


def _until(connection: socket.socket, wanted: bytes) -> None:
    seen = b""
    while wanted not in seen:
        piece = connection.recv(65536)
        assert piece
        seen = (seen + piece)[-100_000:]
