"""More at once than can be answered: those inside are served, the others are sent away at once with 503 and told when to come back."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from listbackup.api.app import ApiSettings
from listbackup.base.clock import SystemClock
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.settings import read_settings
from listbackup.http.permission import Bundle
from listbackup.services.platforms import Platforms
from listbackup.testing import patience
from listbackup.testing.http import PLENTY, Client, MemoryHouse, served
from listbackup.testing.system import rooms

SECONDS = 5.0


class SlowKeys:
    """Keys that take as long to judge as somebody wants: what fills the places."""

    def __init__(self, house: MemoryHouse) -> None:
        self.house, self.gate = house, threading.Event()
        self._judge = house.api_keys.authenticate
        house.api_keys.authenticate = self._wait  # type: ignore[method-assign]

    def _wait(self, bearer):  # type: ignore[no-untyped-def]
        self.gate.wait(120)
        return self._judge(bearer)


def test_who_comes_on_top_is_sent_away_at_once_and_health_is_answered_all_the_same() -> None:
    house = MemoryHouse(rooms([], clock=SystemClock()), Platforms([]))
    key = house.key(house.rooms.scope.account, *Bundle)
    slow = SlowKeys(house)
    with served(house, ApiSettings(rate=PLENTY, strangers=PLENTY, max_requests=2)) as port:
        client, statuses = Client(port, key), list[int]()
        inside = [threading.Thread(target=lambda: statuses.append(client.ask("GET", "/sources").status)) for _ in range(10)]
        for thread in inside:
            thread.start()
        patience.until(lambda: "listbackup_http_requests_in_flight 10" in Client(port).ask("GET", "/system/metrics").raw.decode())
        away = client.ask("GET", "/sources")  # answered while the gate is shut: it waited for nobody
        assert (away.status, away.headers["retry-after"], away.json["code"]) == (503, "1", "overloaded")
        assert Client(port).ask("GET", "/system/health/live").status == 200
        slow.gate.set()
        for thread in inside:
            thread.join()
        assert statuses == [200] * 10
        assert client.ask("GET", "/sources").status == 200
        assert "listbackup_http_shed_total 1\n" in Client(port).ask("GET", "/system/metrics").raw.decode()


@dataclass
class Tally:
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: list[float] = field(default_factory=list)


async def asks(port: int, key: str, tally: Tally, until: float, pause: float) -> None:
    """One client over one connection, who asks again after ``pause`` [s]."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET /v2/sources HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    try:
        while time.monotonic() < until:
            begun = time.monotonic()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            await reader.readexactly(length)
            tally.statuses[int(head[9:12])] += 1
            if head[9:12] == b"200":
                tally.slowest.append(time.monotonic() - begun)
            if pause:  # as people come: at any moment, not all at once
                await asyncio.sleep(max(0.0, random.expovariate(1 / pause) - (time.monotonic() - begun)))
    finally:
        writer.close()


async def load(port: int, keys: list[str], clients: int, pause: float) -> Tally:
    tally, until = Tally(), time.monotonic() + SECONDS
    await asyncio.gather(*(asks(port, keys[number % len(keys)], tally, until, pause) for number in range(clients)))
    return tally


def measured(pid: int, port: int, keys: list[str], clients: int, pause: float) -> tuple[Tally, float]:
    """What was answered, and the CPU seconds that the server took for it [s]."""

    def cpu() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    begun = cpu()
    tally = asyncio.run(load(port, keys, clients, pause))
    return tally, cpu() - begun


@pytest.mark.long
def test_at_five_times_the_load_four_fifths_of_the_goodput_are_kept(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    settings = read_settings(environ=env)
    init_system(settings)
    system = open_system(settings)
    keys = [system.api_keys.create(system.enter("test"), name=f"k{n}", permissions=tuple(Bundle)).text.reveal() for n in range(400)]
    system.close()
    program = [sys.executable, "-c", "from listbackup.cli.main import main; main()", "serve", "--port", "0", "--json"]
    with subprocess.Popen(program, env=env, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        said: dict[str, str] = {}
        while "url" not in said:
            said = json.loads(server.stdout.readline())
        port = int(said["url"].rpartition(":")[2].partition("/")[0])
        asyncio.run(load(port, keys, 8, 0))
        sized, sized_cpu = measured(server.pid, port, keys, 32, 0)
        capacity = sized.statuses[200] / SECONDS
        clients = 600
        crowds = [measured(server.pid, port, keys, clients, clients / (5 * capacity)) for _ in range(2)]
        server.terminate()
    each = sized.statuses[200] / sized_cpu  # answers by second of the server's CPU: what others take of the machine weighs on neither
    crowd, kept = max(((one, one.statuses[200] / cpu / each) for one, cpu in crowds), key=lambda pair: pair[1])
    rough = crowd.statuses[200] / sized.statuses[200]
    offered = sum(crowd.statuses.values()) / sum(sized.statuses.values())
    slowest = sorted(crowd.slowest)
    print(
        f"capacity {capacity:.0f}/s; offered {offered:.1f}x: {dict(crowd.statuses)}, "
        f"goodput kept {kept:.0%} by CPU, {rough:.0%} by the wall, p99 {slowest[int(len(slowest) * 0.99)]:.2f} s"
    )
    assert set(crowd.statuses) <= {200, 429, 503}
    assert kept >= 0.8
