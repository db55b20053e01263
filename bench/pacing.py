"""Slow and limited platforms: latency of 100 ms a page (numbered pages and strictly serial cursors), and 20 requests a second."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import ours
from bench.candidates import PEERS, ensure_environment, version
from bench.measure import WORK, run, serving, stats

LATENCY = 0.1
PAGES = 200
_SLOW = ("httpx_loop", "airbyte_cdk", "singer_sdk", "dlt_rest")


def latency(runs: int = 3) -> dict[str, object]:
    """Wall seconds [s] of 200 pages at 100 ms each: by hand with 16 threads, by hand serially, ours both ways, the peers."""

    def hand(kind: str, threads: int) -> Callable[[str], Sequence[str]]:
        return lambda url: [sys.executable, "-m", "bench.byhand", url, kind, str(threads)]

    return {
        "pages": PAGES,
        "latency_seconds": LATENCY,
        "by_hand_numbered": _median(hand("numbered", 16), runs),
        "by_hand_chained": _median(hand("chained", 1), runs),
        "ours_numbered": _ours(runs, "contacts", rate=0.0),
        "ours_chained": _ours(runs, "cursor", rate=0.0),
        "peers": _peers(runs, rate=0.0),
    }


def rate(runs: int = 3, per_second: float = 20.0) -> dict[str, object]:
    """Share of the limit that is used, and of answers 429, at 20 requests a second with 100 ms latency."""
    return {
        "per_second": per_second,
        "pages": PAGES,
        "ours": _ours(runs, "contacts", rate=per_second),
        "peers": _peers(runs, rate=per_second),
    }


def _ours(runs: int, listing: str, *, rate: float) -> dict[str, float]:
    seen = []
    for _ in range(runs):
        with serving(records=PAGES * 100, latency=LATENCY, rate=rate) as url, ours.installation(url, listing=listing, rate=rate) as home:
            done = run(home.backup_command())
            if done.code:
                raise SystemExit(done.said)
            seen.append((done.wall_seconds, stats(url)))
    return _summary(seen)


def _peers(runs: int, *, rate: float) -> dict[str, dict[str, float] | str]:
    def one(peer) -> tuple[str, dict[str, float] | str]:  # type: ignore[no-untyped-def]
        name = f"{peer.name} ({version(peer.environment)})"
        absent = ensure_environment(peer.environment)
        if absent:
            return name, absent
        seen = []
        for turn in range(runs):
            with serving(records=PAGES * 100, latency=LATENCY, rate=rate) as url:
                out = Path(WORK / "out" / f"{peer.environment}-{rate}-{turn}")
                out.parent.mkdir(parents=True, exist_ok=True)
                done = run(peer.command(url, out))
                seen.append((done.wall_seconds, stats(url)))
        return name, _summary(seen)

    chosen = [next(p for p in PEERS if p.environment == name) for name in _SLOW]
    with ThreadPoolExecutor(2) as two:  # they sleep most of the time; two at once do not disturb each other on two cores
        return dict(two.map(one, chosen))


def _median(command: Callable[[str], Sequence[str]], runs: int) -> dict[str, float]:
    seen = []
    for _ in range(runs):
        with serving(records=PAGES * 100, latency=LATENCY) as url:
            seen.append((run(command(url)).wall_seconds, stats(url)))
    return _summary(seen)


def _summary(seen: Sequence[tuple[float, dict[str, float]]]) -> dict[str, float]:
    return {
        "wall_seconds": statistics.median(wall for wall, _ in seen),
        "fetching_seconds": statistics.median(s["seconds"] for _, s in seen),
        "requests": statistics.median(s["requests"] for _, s in seen),
        "refused": statistics.median(s["refused"] for _, s in seen),
        "most_in_flight": max(s["most_in_flight"] for _, s in seen),
    }
