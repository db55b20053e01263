"""A full unchanged re-delivery without any process's start-up: our CPU seconds beside those of fetching and parsing the same pages. ``python -m bench.redelivery``.

Ours is measured three times: the first re-delivery after a first backup, a later one, and one before which what is known of the pages was thrown away, as on another machine. A round
that does not count comes first, so everything is imported and the pages were fetched before. ``process_time`` counts all threads.
"""

from __future__ import annotations

import gc
import http.client
import json
import statistics
import sys
import time
from urllib.parse import urlsplit

import msgspec

from bench import ours
from bench.measure import run, serving
from listbackup.bootstrap.embedded import open_system
from listbackup.bootstrap.settings import read_settings
from listbackup.cli.quick import collect_rarely
from listbackup.services.runs import Work

RECORDS = 100_000


def parse_alone(url: str, records: int) -> float:
    """CPU seconds [s] of fetching the pages and parsing them into Python values."""
    began = time.process_time()
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    for page in range(1, records // 100 + 1):
        connection.request("GET", f"/contacts?page={page}&per_page=100")
        msgspec.json.decode(connection.getresponse().read())
    return time.process_time() - began


def redeliver(home: ours.Installation) -> float:
    """CPU seconds [s] of a full run that finds nothing new, from opening the installation to its settled run."""
    began = time.process_time()
    system = open_system(read_settings(environ=home.settings))
    try:
        done = system.runs.backup(system.enter("bench"), "crm", Work(owner="bench"), full=True)
    finally:
        system.close()
    if done.reason is not None or sum(one.unchanged for one in done.streams) != RECORDS:
        raise SystemExit(f"this was no unchanged re-delivery: {done.reason}")
    return time.process_time() - began


def forget(home: ours.Installation) -> None:
    """Throw away what is known of pages."""
    for file in (home.home / "cache").rglob("*.pages"):
        file.unlink()


def main(turns: int) -> None:
    """All, in turn, after one round that does not count."""
    collect_rarely()  # as the command does
    with serving(records=RECORDS) as url, ours.installation(url) as home:
        first = run(home.backup_command())
        if first.code:
            raise SystemExit(first.said)
        seen: dict[str, list[float]] = {"parsing": [], "first": [], "learning": [], "ours": []}
        for _ in range(turns + 1):
            seen["parsing"].append(parse_alone(url, RECORDS))
            with ours.installation(url) as fresh:
                run(fresh.backup_command())
                gc.collect()
                seen["first"].append(redeliver(fresh))
            gc.collect()
            forget(home)
            seen["learning"].append(redeliver(home))
            gc.collect()
            seen["ours"].append(redeliver(home))
    print(json.dumps({f"{name}_seconds": statistics.median(seconds[1:]) for name, seconds in seen.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
