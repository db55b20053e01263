"""A full unchanged re-delivery without any process's start-up: our CPU seconds beside those of fetching and parsing the same pages. ``python -m bench.redelivery``.

Both are done twice in this process, which imports everything and has the pages fetched before; the second time counts. ``process_time`` counts all threads.
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
    folders = {"LISTBACKUP_DATA": str(home.home / "data"), "LISTBACKUP_KEYS": str(home.home / "keys"), "LISTBACKUP_ALLOW_LOOPBACK": "true"}
    began = time.process_time()
    system = open_system(read_settings(environ=folders))
    try:
        done = system.runs.backup(system.enter("bench"), "crm", Work(owner="bench"), full=True)
    finally:
        system.close()
    if done.reason is not None or sum(one.unchanged for one in done.streams) != RECORDS:
        raise SystemExit(f"this was no unchanged re-delivery: {done.reason}")
    return time.process_time() - began


def main(turns: int) -> None:
    """Both, in turn, after one round that does not count."""
    collect_rarely()  # as the command does
    with serving(records=RECORDS) as url, ours.installation(url) as home:
        first = run(home.backup_command())
        if first.code:
            raise SystemExit(first.said)
        parsing, ourselves = [], []
        for _ in range(turns + 1):
            parsing.append(parse_alone(url, RECORDS))
            gc.collect()
            ourselves.append(redeliver(home))
    print(json.dumps({"parsing_seconds": statistics.median(parsing[1:]), "ours_seconds": statistics.median(ourselves[1:])}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
