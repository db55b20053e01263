"""Records that are JSON only nearly, over HTTP: every answer is JSON in UTF-8, none of them keeps anybody from the others, and what is downloaded is exact."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from listbackup.base.secret import Secret
from listbackup.client import Client as ApiClient
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.permission import Bundle
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.patience import until
from listbackup.testing.system import rooms

ROWS = (
    b'{"id":1,"name":"caf\xe9 one"}',
    rb'{"id":2,"name":"half \ud83d"}',
    b'{"id":3,"name":"huge","n":1e999}',
    b'{"id":4,"caf\xe9":"a name"}',
    b'{"id":5,\r\n "name":"caf\xc3\xa9"}',
)


def marked(mark: bytes) -> Sequence[bytes]:
    """The rows as they are at one moment."""
    return [row[:-1] + b',"mark":"' + mark + b'"}' for row in ROWS]


class Odd:
    """A house with two snapshots of odd records, and who looks at them."""

    def __init__(self, house: MemoryHouse, port: int) -> None:
        scope = house.rooms.scope
        given = {"values": {"url": "http://127.0.0.1:9"}, "secrets": {"token": Secret("x")}}
        house.connections.create(scope, platform="demo-crm", name="odd", test=False, **given)  # type: ignore[arg-type]
        self.source = house.sources.create(scope, connection="odd", name="odd").id
        self.snapshots = []
        for mark in (b"old", b"new"):
            writing = house.rooms.stores.open(scope, self.source).open_run(f"run_{mark.decode()}", owner="test", lease=timedelta(minutes=5))
            writer = writing.stream("contacts")
            writer.write([(number,) for number in range(1, 6)], marked(mark))
            writer.finish(listing=True, complete=True)
            self.snapshots.append(writing.commit(house.rooms.clock.now(), b"{}").id)
        self.port, self.key = port, house.key(scope.account, *Bundle)
        self.client = Client(port, self.key)

    @property
    def records(self) -> str:
        """Where the newest records are."""
        return f"/snapshots/{self.snapshots[1]}/streams/contacts/records"

    def items(self, path: str) -> Any:
        """The items of an answer that is JSON in UTF-8."""
        said = self.client.ask("GET", path)
        assert said.status == 200, (path, said.raw)
        found = json.loads(said.raw.decode("utf-8", "strict"))
        return found.get("items", found)


@pytest.fixture(scope="module")
def odd() -> Iterator[Odd]:
    connector = FactsConnector(api=api())
    house = MemoryHouse(rooms([connector], clock=ManualClock(), means=Means(maintain=False)), Platforms([connector]))
    with served(house) as port:
        yield Odd(house, port)


def test_every_answer_is_json_in_utf_8_and_tells_all_of_them(odd: Odd) -> None:
    before, after = odd.snapshots
    for path in (
        odd.records,
        f"{odd.records}?fields=id,name,mark",
        f"{odd.records}?filter=mark=new",
        f"{odd.records}?sort=-name",
        f"/diff?from={before}&to={after}",
        f"/search?q=new&snapshot={after}",
    ):
        assert len(odd.items(path)) == 5, path
    for number in range(1, 6):
        one = f"{odd.records}/{number}"
        assert odd.items(one)["record"]["mark"] == "new"
        assert len(odd.items(f"{one}/history")) == 2
        assert len(odd.items(f"{one}/fields")) >= 3
        assert odd.items(f"{one}/references") == []
    assert len(odd.items(f"/change-sets?source={odd.source}")) >= 1


def test_what_json_can_hold_is_exact_and_what_it_cannot_is_marked(odd: Odd) -> None:
    said = odd.client.ask("GET", odd.records).raw
    exact = marked(b"new")
    assert exact[1] in said  # half a pair of surrogates is an escape
    assert exact[2] in said
    assert exact[4] in said
    assert '{"id":1,"name":"caf\N{REPLACEMENT CHARACTER} one"'.encode() in said


def test_the_client_reads_them_too(odd: Odd) -> None:
    client = ApiClient(f"http://127.0.0.1:{odd.port}", odd.key)
    found = [one.parts for one in client.data.iter_records(odd.snapshots[1], "contacts")]
    assert found == [[1], [2], [3], [4], [5]]


def test_a_download_has_the_bytes_that_came(odd: Odd) -> None:
    made = odd.client.ask("POST", "/exports", {"snapshot": odd.snapshots[1], "format": "jsonl"})
    assert made.status == 202, made.raw
    export = until(lambda: odd.client.get(f"/exports/{made.json['id']}"), lambda one: one["state"] not in ("queued", "running"))
    (file,) = (one["name"] for one in export["files"] if one["name"].endswith(".jsonl"))
    link = odd.client.post(f"/exports/{export['id']}/download-url", {"file": file})
    lines = odd.client.ask("GET", link["url"].removeprefix("/v2")).raw
    assert lines.split(b"\n")[:4] == list(marked(b"new"))[:4]
