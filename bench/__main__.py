"""``python -m bench [SECTION …]``: measure (all sections by default), keep the figures in ``results.json``, write ``RESULTS.md``."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import cost_page, pacing, report, throughput
from bench.evolve import days, lower_bound
from bench.measure import ROOT, noise

HERE = ROOT / "bench"
PEERS = ("restic", "borg", "borg4k", "delta", "zstd")


def child(*words: str) -> dict[str, Any]:
    """What a measuring module prints, run in a process of its own; a failure is told, not hidden."""
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": (done.stderr or done.stdout).strip().splitlines()[-1][:300]}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def storage_bound() -> dict[str, int]:
    """The lower bound of the thirty days."""
    base, later = lower_bound(days())
    return {"base_bytes": base, "later_bytes": later}


SECTIONS: Mapping[str, Callable[[], Any]] = {
    "throughput": throughput.measure,
    "parsing": throughput.parsing,
    "million": throughput.million,
    "latency": pacing.latency,
    "rate": pacing.rate,
    "bound": storage_bound,
    "stable": lambda: child("bench.storage_ours", "stable"),
    "random": lambda: child("bench.storage_ours", "random"),
    "show": lambda: child("bench.commands"),
    "quarters": lambda: child("bench.scale", "quarters"),
    "snapshots": lambda: child("bench.scale", "snapshots"),
    "churn": lambda: child("bench.scale", "churn"),
    "millions": throughput.millions,
    "api": lambda: child("bench.api"),
    "cold": lambda: child("bench.cold"),
    "cost": lambda: child("bench.cost"),
    "storage_peers": lambda: {name: child("bench.storage_peers", name) for name in PEERS},
}


def main() -> None:
    """Measure, keep, write."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("sections", nargs="*", help=" ".join(SECTIONS))
    wanted = parser.parse_args().sections or list(SECTIONS)
    kept = HERE / "results.json"
    for name in wanted:
        before, began = noise(), time.perf_counter()
        print(f"{name} …", flush=True)
        result = SECTIONS[name]()
        # read late: another section may have ended meanwhile
        results: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
        results[name] = {
            "result": result,
            "noise": before,
            "took_seconds": time.perf_counter() - began,
            "at": _now(),
            "machine": _machine(),
        }
        kept.write_text(json.dumps(results, indent=1) + "\n")
        (HERE / "RESULTS.md").write_text(report.render(results))
        cost_page.write(results)
    print(f"wrote {(HERE / 'RESULTS.md').relative_to(Path.cwd()) if HERE.is_relative_to(Path.cwd()) else HERE / 'RESULTS.md'}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="minutes")


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
