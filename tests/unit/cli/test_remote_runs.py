"""A backup by a server, watched from here: soon at first, then when the server tells something; looking away leaves it to the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from listbackup.base.ids import AccountId
from listbackup.cli.remote.house import RemoteHouse
from listbackup.cli.remote.line import Line
from listbackup.client import ApiKey, Unreachable
from listbackup.client.transport import Asked
from listbackup.services.runs import Progress, RunState, Work
from listbackup.services.scope import Scope
from listbackup.testing.clock import ManualClock

SOURCE = {"id": "src_1", "name": "crm", "connection": "con_1", "created_at": "2026-11-01T00:00:00Z", "full_every": "P7D"}
SCOPE = Scope(account=AccountId(""), actor="test")


def run_said(state: str, records: int) -> dict[str, Any]:
    """A run as the server tells it."""
    return {
        "id": "run_1",
        "source": "src_1",
        "job": None,
        "trigger": "manual",
        "state": state,
        "full": False,
        "attempt": 1,
        "queued_at": "2026-11-01T00:00:00Z",
        "started_at": None,
        "ended_at": None,
        "cancel_requested": False,
        "reason": None,
        "message": None,
        "hint": None,
        "snapshot": None,
        "snapshot_number": None,
        "not_before": None,
        "records": records,
        "received_bytes": 0,
        "written_bytes": 0,
        "calls": 0,
        "tries": 0,
        "crashes": 0,
        "quota": None,
        "streams": [{"stream": "contacts", "records": records}],
    }


class Answer:
    """An answer with this body."""

    status = 200

    def __init__(self, raw: bytes) -> None:
        self._lines = raw.splitlines(keepends=True)

    def header(self, name: str) -> str | None:
        return "application/json" if name == "content-type" else None

    def read(self, size: int = -1) -> bytes:
        raw, self._lines = b"".join(self._lines), []
        return raw

    def line(self) -> bytes:
        return self._lines.pop(0) if self._lines else b""

    def close(self) -> None:
        self._lines = []


class Server:
    """A server whose run goes on by one look each; ``events`` is what it tells, None that it cannot be listened to."""

    def __init__(self, looks: Iterator[dict[str, Any]], events: bytes | None) -> None:
        self._looks, self._events = looks, events
        self.asked: list[str] = []

    def send(self, asked: Asked) -> Answer:
        self.asked.append(f"{asked.method} {asked.target.partition('?')[0]}")
        if asked.target.startswith("/v2/events"):
            if self._events is None:
                raise Unreachable("a proxy holds events back")
            return Answer(self._events)
        if asked.target.startswith("/v2/sources?"):
            return Answer(msgspec.json.encode({"items": [SOURCE], "next": None}))
        return Answer(msgspec.json.encode(next(self._looks)))

    def close(self) -> None:
        pass


def house(server: Server) -> tuple[RemoteHouse, ManualClock]:
    clock = ManualClock()
    return RemoteHouse(Line("http://localhost:1", ApiKey("lbk_x"), clock, transport=server), clock), clock


def looks(*states: str) -> Iterator[dict[str, Any]]:
    return iter([run_said(state, 10 * number) for number, state in enumerate(states)])


def test_every_look_is_told_and_the_last_one_ends_it() -> None:
    server = Server(looks("queued", "running", "running", "succeeded"), b"")
    rooms, _ = house(server)
    heard: list[Progress] = []
    run = rooms.runs.backup(SCOPE, "crm", Work(owner="here", listen=heard.append))
    assert run.state is RunState.SUCCEEDED
    assert [one.streams[0].records for one in heard] == [0, 10, 20, 30]
    assert "GET /v2/events" not in server.asked  # it was over too soon


def test_a_longer_run_is_looked_at_when_the_server_tells_something() -> None:
    told = b": listening\n\n" + b'event: run.progress\ndata: {"subject":"run_1"}\n\n' * 3
    server = Server(looks(*["running"] * 8, "partial"), told)
    rooms, clock = house(server)
    assert rooms.runs.backup(SCOPE, "crm", Work(owner="here")).state is RunState.PARTIAL
    assert server.asked.count("GET /v2/events") == 1
    assert clock.monotonic() < 1  # nothing was waited for but the first looks


@pytest.mark.parametrize("events", [None, b""])
def test_without_events_the_clock_tells_when_to_look(events: bytes | None) -> None:
    server = Server(looks(*["running"] * 9, "failed"), events)
    rooms, _ = house(server)
    assert rooms.runs.backup(SCOPE, "crm", Work(owner="here")).state is RunState.FAILED


def test_looking_away_leaves_the_run_to_the_server() -> None:
    server = Server(looks("queued", "running", "running"), b"")
    rooms, _ = house(server)
    run = rooms.runs.backup(SCOPE, "crm", Work(owner="here", should_stop=lambda: len(server.asked) > 3))
    assert run.state is RunState.RUNNING
    assert not any("cancel" in one for one in server.asked)
