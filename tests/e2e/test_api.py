"""The whole job by HTTP alone: a real ``listbackup serve`` over a fresh data folder, the simulated CRM behind it, and a plain client."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from listbackup.testing import patience
from listbackup.testing.http import Client
from listbackup.testing.saas import Options, Saas, serve

STREAM = "contacts"


@dataclass
class Machine:
    """A machine on which ``listbackup serve`` runs."""

    home: Path
    process: subprocess.Popen[bytes]
    said: list[Any]

    @property
    def client(self) -> Client:
        port = int(self.said[-1]["url"].rpartition(":")[2].partition("/")[0])
        return Client(port, KEYS[self.home])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


KEYS: dict[Path, str] = {}


def start(home: Path) -> Machine:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LISTBACKUP_ALLOW_LOOPBACK": "1", "LANG": "C.UTF-8"}
    program = [sys.executable, "-c", "from listbackup.cli.main import main; main()", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(program, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = [json.loads(process.stdout.readline())]
    while "url" not in said[-1]:
        said.append(json.loads(process.stdout.readline()))
    for line in said:
        if "first_api_key" in line:
            KEYS[home] = line["first_api_key"]
    return Machine(home, process, said)


@pytest.fixture(scope="module")
def crm() -> Iterator[Saas]:
    with serve(Options(records=200)) as saas:
        yield saas


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = start(tmp_path_factory.mktemp("home"))
    yield machine
    if machine.process.poll() is None:
        machine.stop()


def until(client: Client, path: str, *states: str) -> Any:
    return patience.until(lambda: client.get(path), lambda found: found["state"] in states, pause=0.1)


def sync(client: Client, source: str, *, full: bool = False) -> Any:
    run = client.post(f"/sources/{source}/sync", {"full": full})
    return until(client, f"/runs/{run['id']}", "succeeded")


def test_a_company_backs_up_looks_compares_restores_and_takes_it_back_by_http_alone(machine: Machine, crm: Saas) -> None:
    client = machine.client
    connection = client.post(
        "/connections",
        {"platform": "demo-crm", "name": "crm", "values": {"url": crm.base_url}, "secrets": {"token": crm.token}},
    )
    assert connection["state"] == "ready"
    assert crm.token not in json.dumps(connection)
    source = client.post("/sources", {"connection": connection["id"], "name": "crm"})
    first = sync(client, source["id"])

    listed, cursor = [], ""
    while True:
        page = client.get(f"/snapshots/{first['snapshot']}/streams/{STREAM}/records?limit=37{cursor}")
        listed += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    truth = crm.world.truth(STREAM)
    assert sorted(record["key"] for record in listed) == sorted(str(key[0]) for key in truth)
    key = listed[0]["key"]
    said = client.ask("GET", f"/snapshots/{first['snapshot']}/streams/{STREAM}/records/{key}")
    assert next(raw for own, raw in truth.items() if str(own[0]) == key) in said.raw, "a record goes out byte for byte"

    row = crm.world.row_of(STREAM, key)
    assert row is not None
    crm.world.remove(STREAM, row)
    second = sync(client, source["id"], full=True)
    span = f"from={first['snapshot']}&to={second['snapshot']}"
    assert client.get(f"/diff/counts?{span}")[STREAM] == {"added": 0, "changed": 0, "removed": 1}
    assert [(change["key"], change["kind"]) for change in client.get(f"/diff?{span}&stream={STREAM}")["items"]] == [(key, "removed")]
    assert client.ask("GET", f"/snapshots/{second['snapshot']}/streams/{STREAM}/records/{key}").status == 404

    wanted = {"snapshot": first["snapshot"], "keys": {STREAM: [key]}}
    assert client.post("/restores/plan", wanted)["writes"] == 1
    before = len(crm.world.truth(STREAM))
    restore = client.post("/restores", wanted)
    assert until(client, f"/restores/{restore['id']}", "done")["result"]["created"] == 1
    assert len(crm.world.truth(STREAM)) == before + 1
    client.post(f"/restores/{restore['id']}/undo")
    assert until(client, f"/restores/{restore['id']}", "undone")["undo_result"]["deleted"] == 1
    assert len(crm.world.truth(STREAM)) == before

    happened = {line["action"] for line in client.get("/activity")["items"]}
    assert {"account:connection:created", "account:run:succeeded", "account:restore:undone"} <= happened
    assert client.get("/activity/verify")["intact"]
    client.post(f"/snapshots/{first['snapshot']}/hold", {"reason": "audit"})
    assert client.get(f"/snapshots/{first['snapshot']}")["held"] == "audit"


def test_a_request_is_found_in_the_log_by_the_id_that_its_caller_gave(machine: Machine) -> None:
    assert machine.client.ask("GET", "/sources", headers={"x-request-id": "mine-0815"}).headers["x-request-id"] == "mine-0815"
    logs = [json.loads(line) for path in machine.home.rglob("logs/*.log") for line in path.read_text().splitlines()]
    (line,) = [line for line in logs if line.get("request") == "mine-0815"]
    assert line["message"].startswith("GET /v2/sources 200 ")
    assert line["caller"]


def test_an_open_stream_does_not_hold_up_the_end(tmp_path: Path) -> None:
    other = start(tmp_path)
    with socket.create_connection(("127.0.0.1", other.client.port), timeout=20) as listening:
        listening.sendall(f"GET /v2/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {other.client.key}\r\n\r\n".encode())
        while b"listening" not in listening.recv(65536):
            pass
        begun = time.monotonic()
        assert other.stop() == 0
        assert time.monotonic() - begun < 8


def test_a_server_that_is_stopped_says_so_and_starts_again_with_everything(machine: Machine, crm: Saas) -> None:
    sources = machine.client.get("/sources")
    assert machine.stop() == 0
    again = start(machine.home)
    try:
        assert not any("first_api_key" in line for line in again.said), "the owner's key is shown once"
        assert again.client.get("/sources") == sources
    finally:
        assert again.stop() == 0
    kept = b"".join(path.read_bytes() for path in (machine.home / ".local").rglob("*") if path.is_file())
    assert KEYS[machine.home].encode() not in kept
    assert crm.token.encode() not in kept
