"""Records per CPU-second: 100,000 contacts of 1.1 KB in pages of 100 from a fast local server, every candidate over the same server."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys

from bench import ours
from bench.candidates import PEERS, Peer, ensure_environment, version
from bench.measure import ROOT, WORK, Figure, figure, run, serving

RECORDS = 100_000


def measure(runs: int = 3, records: int = RECORDS) -> dict[str, object]:
    """The figures of every candidate, run in turn so that the machine's drift meets them all alike."""
    out = WORK / "out"
    with serving(records=records) as url:
        limit = [sys.executable, "-m", "bench.limit", url, str(WORK / "limit.bin")]
        ready = [(peer, ensure_environment(peer.environment)) for peer in PEERS]
        seen: dict[str, list] = {}
        for turn in range(runs):
            seen.setdefault("limit script", []).append(run(limit))
            with ours.installation(url) as home:
                seen.setdefault("listbackup, first backup", []).append(run(home.backup_command()))
                seen.setdefault("listbackup, unchanged full re-delivery, the first", []).append(run(home.backup_command(full=True)))
                seen.setdefault("listbackup, the next, whose pages are known", []).append(run(home.backup_command(full=True)))
            for peer, absent in ready:
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir(parents=True)
                if not absent:
                    seen.setdefault(f"{peer.name} ({version(peer.environment)})", []).append(run(peer.command(url, out / f"o{turn}")))
    figures = [figure(name, done) for name, done in seen.items()]
    figures += [_absent(peer, why) for peer, why in ready if why]
    return {"records": records, "figures": [f.as_json() for f in figures]}


def million() -> dict[str, object]:
    """One million records in one backup: CPU and peak memory."""
    with serving(records=1_000_000) as url, ours.installation(url) as home:
        done = run(home.backup_command())
        return figure("1,000,000 records", [done]).as_json()


def millions(records: int = 10_000_000) -> dict[str, object]:
    """So many records in one stream: a first backup and an unchanged full re-delivery, as whole commands; seconds [s] and peak memory [bytes]."""
    with serving(records=records) as url, ours.installation(url) as home:
        first, again = (run(home.backup_command(full=full)) for full in (False, True))
        if first.code or again.code:
            raise SystemExit(first.said if first.code else again.said)
    return {
        "records": records,
        "first_seconds": first.wall_seconds,
        "again_seconds": again.wall_seconds,
        "first_cpu_seconds": first.cpu_seconds,
        "again_cpu_seconds": again.cpu_seconds,
        "peak_bytes": max(first.peak_bytes, again.peak_bytes),
    }


def parsing(records: int = RECORDS) -> dict[str, float]:
    """CPU seconds [s] of an unchanged full re-delivery and of fetching and parsing the same pages alone: as whole processes in turn, and without their start-up."""
    code = (
        "import http.client,sys,msgspec\n"
        "from urllib.parse import urlsplit\n"
        "c=http.client.HTTPConnection(urlsplit(sys.argv[1]).netloc)\n"
        f"for p in range(1,{records // 100}+1):\n"
        " c.request('GET',f'/contacts?page={p}&per_page=100');msgspec.json.decode(c.getresponse().read())\n"
    )
    seen: dict[str, list[float]] = {"parsing": [], "ours": [], "limit": []}
    with serving(records=records) as url, ours.installation(url) as home:
        for full in (False, True):  # the first backup, and the first re-delivery: from now on the pages are known
            run(home.backup_command(full=full))
        for _ in range(3):
            seen["parsing"].append(run([sys.executable, "-c", code, url]).cpu_seconds)
            seen["limit"].append(run([sys.executable, "-m", "bench.limit", url, str(WORK / "limit.bin")]).cpu_seconds)
            done = run(home.backup_command(full=True))
            if done.code:
                raise SystemExit(done.said)
            seen["ours"].append(done.cpu_seconds)
    within = subprocess.run([sys.executable, "-m", "bench.redelivery"], cwd=ROOT, capture_output=True, text=True, check=True)
    whole = {f"{name}_process_seconds": statistics.median(values) for name, values in seen.items()}
    return {**whole, **json.loads(within.stdout.splitlines()[-1])}


def _absent(peer: Peer, why: str) -> Figure:
    return Figure(peer.name, 0, 0, 0, 0, 0, why)
