"""Measuring child processes: CPU, wall and peak memory as the operating system counts them, medians over several runs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "bench" / ".work"


@dataclass(frozen=True, slots=True)
class Run:
    """One finished child: seconds [s] of CPU (user + system) and of wall time, peak resident memory [bytes], exit code and what it printed last."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    code: int
    said: str


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Run:
    """Run the command to its end; its children count too (``wait4``). Output goes to a file; the last line is kept."""
    WORK.mkdir(parents=True, exist_ok=True)
    log = WORK / f"output-{os.getpid()}.log"
    with log.open("wb") as out:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, cwd=cwd or ROOT
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    lines = _end_of(log).strip().splitlines()
    return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024, child.returncode, lines[-1] if lines else "")


def _end_of(log: Path) -> str:
    """The last 4 KB: a peer may print all its records, and what this process once held counts as its later children's peak (they begin as its copies)."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        return file.read().decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Figure:
    """Several runs of one candidate, told by their medians."""

    name: str
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    spread: float  # (max - min) / median of the CPU seconds
    runs: int
    note: str = ""

    def as_json(self) -> dict[str, object]:
        """For ``results.json``."""
        return asdict(self)


def figure(name: str, runs: Sequence[Run], note: str = "") -> Figure:
    """The medians of these runs; a failed run makes the figure say so instead of hiding it."""
    failed = [r for r in runs if r.code != 0]
    if failed:
        return Figure(name, 0, 0, 0, 0, 0, f"failed: {failed[0].said[:200]}")
    cpu = [r.cpu_seconds for r in runs]
    middle = statistics.median(cpu)
    return Figure(
        name,
        middle,
        statistics.median(r.wall_seconds for r in runs),
        max(r.peak_bytes for r in runs),
        (max(cpu) - min(cpu)) / middle,
        len(runs),
        note,
    )


@contextmanager
def serving(*, records: int, latency: float = 0.0, rate: float = 0.0) -> Iterator[str]:
    """The address of a ``bench.server`` that lives as long as the block."""
    command = [sys.executable, "-m", "bench.server", "--records", str(records), "--latency", str(latency), "--rate", str(rate)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        yield json.loads(child.stdout.readline())["url"]
    finally:
        child.stdin.close()
        child.wait()


def stats(url: str) -> dict[str, float]:
    """What the server counted so far."""
    with urlopen(url + "/stats") as answer:
        counted: dict[str, float] = json.load(answer)
    return counted


def noise() -> dict[str, float]:
    """How steady the machine is now: the same half-second of work nine times, median [s] and spread (max - min) / median."""
    took = []
    for _ in range(9):
        start = time.perf_counter()
        total = 0
        for number in range(2_000_000):
            total += number
        took.append(time.perf_counter() - start)
    middle = statistics.median(took)
    return {
        "median_seconds": middle,
        "spread": (max(took) - min(took)) / middle,
        "load": os.getloadavg()[0],
        "cores": float(os.cpu_count() or 1),
    }
