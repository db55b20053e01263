"""What a platform can send to break a run instead of feeding it: it ends partial with a reason, and what other streams hold is kept (abuse 10)."""

from __future__ import annotations

import gzip
import json
import resource
from collections.abc import Callable
from itertools import count

import pytest

from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.services.runs import Means, RunState, StreamState, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.saas import Options, Saas
from listbackup.testing.saas.wire import Request, Response
from listbackup.testing.system import rooms

JSON = {"Content-Type": "application/json"}
MEGABYTE = 1024 * 1024
Bomb = Callable[[Request], Response]


def zipped(request: Request) -> Response:
    """80 KB that become 80 MB."""
    return Response(body=gzip.compress(b" " * (80 * MEGABYTE), 9), headers={**JSON, "Content-Encoding": "gzip"})


def deep(request: Request) -> Response:
    """Lists in lists, a million deep."""
    return Response(body=b'{"data":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}", headers=JSON)


def endless(request: Request) -> Response:
    """Far more bytes announced than anybody wants."""
    return Response(wire=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n" + b" " * MEGABYTE)


def circle() -> Bomb:
    """Every page names one of three as the next."""
    pages = count()

    def page(request: Request) -> Response:
        number = next(pages)
        item = {"id": f"co_{number}", "name": "x", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
        return Response(body=json.dumps({"data": [item], "total": 10**9, "next_cursor": f"c{number % 3}"}).encode(), headers=JSON)

    return page


def treadmill() -> Bomb:
    """Every page is the same, and its next page has a name that never was."""
    pages = count()

    def page(request: Request) -> Response:
        item = {"id": "co_1", "name": "x", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
        return Response(body=json.dumps({"data": [item], "total": 10**9, "next_cursor": f"c{next(pages)}"}).encode(), headers=JSON)

    return page


class Hostile(Saas):
    """The simulated CRM, whose companies are a bomb."""

    def __init__(self, bomb: Bomb) -> None:
        super().__init__(Options(records=60))
        self._bomb = bomb

    def _answer(self, request: Request) -> Response:
        return self._bomb(request) if request.path == "/v1/companies" else super()._answer(request)


@pytest.mark.parametrize(
    ("bomb", "reason"),
    [
        (zipped, "limit_body"),
        (endless, "limit_body"),
        (deep, "limit_depth"),
        (circle(), "page_loop"),
        (treadmill(), "page_loop"),
    ],
    ids=["zip", "endless", "deep", "circle", "treadmill"],
)
def test_abuse_10_a_bomb_or_a_loop_makes_a_run_partial_with_a_reason_and_costs_little(bomb: Bomb, reason: str) -> None:
    saas = Hostile(bomb)
    saas.start()
    try:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        house = rooms([FactsConnector(api=api(page_size=20))], clock=ManualClock(), means=Means(maintain=False))
        connection = house.connections.create(
            house.scope, platform="demo-crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
        )
        source = house.sources.create(house.scope, connection=connection.id, name="crm")
        run = house.runs.backup(house.scope, source.id, Work(owner="test"))
    finally:
        saas.stop()
    assert run.state is RunState.PARTIAL, run
    streams = {one.stream: one for one in run.streams}
    companies = streams.pop("companies")
    assert companies.state is not StreamState.COMPLETE
    assert reason in {one.reason for one in companies.problems}, companies
    assert {one.state for one in streams.values()} == {StreamState.COMPLETE}
    kept = list(house.data.scan(house.scope, source.id, "contacts", limit=500))
    assert len(kept) == len(saas.world.truth("contacts"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024, "KiB"
