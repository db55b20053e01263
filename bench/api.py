"""What the HTTP API costs: the ten commonest reads with one account and with ten thousand, beside a bare handler; signing in; live events for a thousand.

``python -m bench.api`` prints the figures as one line of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import listening, ticking
from bench.api_house import EMAIL, PASSWORD
from bench.asking import House, Wire, latencies, per_second, request
from bench.candidates import ensure_environment, version
from bench.measure import ROOT, WORK

MANY = 10_000
TURNS, COUNT = 20, 20  # requests one after the other
ROUNDS = 5
SECONDS = 0.8
PLAIN = ("list sources", "one source", "list connections", "list jobs", "list runs", "one run")  # what a bare handler can do too


@contextmanager
def house(accounts: int) -> Iterator[House]:
    """A served installation of so many accounts."""
    with tempfile.TemporaryDirectory(dir=_work()) as folder:
        child = subprocess.Popen([sys.executable, "-m", "bench.api_house", folder, str(accounts)], stdout=subprocess.PIPE, cwd=ROOT)
        assert child.stdout is not None
        try:
            said = json.loads(child.stdout.readline())
            yield House(port=said["port"], pid=child.pid, key=said["key"], paths=said["paths"])
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait()


@contextmanager
def bare(answers: Mapping[str, bytes]) -> Iterator[tuple[int, int]]:
    """The process and the port of the bare handler over these answers."""
    with tempfile.TemporaryDirectory(dir=_work()) as folder:
        database = Path(folder) / "rows.db"
        with sqlite3.connect(database) as db:
            db.execute("CREATE TABLE rows (path TEXT PRIMARY KEY, doc TEXT)")
            db.executemany("INSERT INTO rows VALUES (?, ?)", [(path, doc.decode()) for path, doc in answers.items()])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        python = WORK / "peers" / "fastapi_sqlite" / "bin" / "python"
        child = subprocess.Popen([str(python), str(ROOT / "bench" / "peers" / "fastapi_sqlite" / "run.py"), str(database), str(port)])
        try:
            _wait(port)
            yield child.pid, port
        finally:
            child.terminate()
            child.wait()


def measure() -> dict[str, Any]:
    """Everything. The two installations stand side by side and are asked by turns, so that whatever else the machine does meets both."""
    with house(1) as one, house(MANY) as many:
        found = {"operations": operations(one, many), "many": MANY, "plain": beside_bare(one), "login": login(one)}
        return {**found, "live": listening.measure(one), "tick": ticking.measure()}


def operations(one: House, many: House) -> dict[str, dict[str, float]]:
    """For each operation: median and 99th percentile of its latency [s] in both, and processor seconds of one request with eight at a time."""
    found = {}
    for name in one.paths:
        took: tuple[list[float], list[float]] = ([], [])
        for _ in range(TURNS):
            for served, kept in zip((one, many), took, strict=True):
                kept += latencies(served.port, served.asking(served.paths[name]), COUNT)
        found[name] = {
            **{f"p50_{label}": statistics.median(kept) for label, kept in zip(("one", "many"), took, strict=True)},
            **{f"p99_{label}": sorted(kept)[int(len(kept) * 0.99)] for label, kept in zip(("one", "many"), took, strict=True)},
            "cpu_one": costs(one, one.paths[name])[0],
            "cpu_many": costs(many, many.paths[name])[0],
        }
    return found


def costs(served: House, path: str) -> tuple[float, float]:
    """Processor seconds of the server for one request, and requests a second, with eight at a time."""
    return _costs(served.pid, served.port, served.asking(path))


def _costs(pid: int, port: int, asked: bytes) -> tuple[float, float]:
    before = cpu(pid)
    rate = per_second(port, asked, seconds=SECONDS)
    return (cpu(pid) - before) / (rate * SECONDS), rate


def beside_bare(ours: House) -> dict[str, Any]:
    """The plain reads, ours and the bare handler's by turns: processor seconds of one request and requests a second, medians."""
    absent = ensure_environment("fastapi_sqlite")
    if absent is not None:
        return {"absent": absent}
    wire = Wire(ours.port)
    answers = {ours.paths[name]: wire.ask(ours.asking(ours.paths[name])) for name in PLAIN}
    wire.close()
    found: dict[str, Any] = {"version": version("fastapi_sqlite"), "reads": {}}
    with bare(answers) as (pid, port):
        for name in PLAIN:
            path = ours.paths[name]
            pairs = [(costs(ours, path), _costs(pid, port, request(path, port=port, headers={}))) for _ in range(ROUNDS)]
            cost, rate = ([(a[which], b[which]) for a, b in pairs] for which in (0, 1))
            found["reads"][name] = {
                "our_cpu": statistics.median(a for a, _ in cost),
                "bare_cpu": statistics.median(b for _, b in cost),
                "our_rate": statistics.median(a for a, _ in rate),
                "bare_rate": statistics.median(b for _, b in rate),
            }
    return found


def login(served: House) -> dict[str, float]:
    """What signing in by password costs: wall and processor seconds of one, medians of nine."""
    asked = served.asking("/v2/auth/login", method="POST", body=json.dumps({"email": EMAIL, "password": PASSWORD}).encode())
    wire, wall, spent = Wire(served.port), list[float](), list[float]()
    for _ in range(9):
        before, begun = cpu(served.pid), time.perf_counter()
        wire.ask(asked)
        wall.append(time.perf_counter() - begun)
        spent.append(cpu(served.pid) - before)
    wire.close()
    return {"wall_seconds": statistics.median(wall), "cpu_seconds": statistics.median(spent)}


def cpu(pid: int) -> float:
    """Processor seconds that a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            Wire(port).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the bare handler did not start")


def _work() -> Path:
    WORK.mkdir(parents=True, exist_ok=True)
    return WORK


if __name__ == "__main__":
    print(json.dumps(measure()))
