"""The same concurrency done by hand: N threads with a socket each fetch numbered pages and throw them away; or one fetches a chain.

``python -m bench.byhand URL numbered 16`` · ``python -m bench.byhand URL chained 1``
"""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import threading
from urllib.parse import urlsplit


def numbered(url: str, threads: int) -> int:
    """Fetch every page of the numbered listing with this many threads; how many records came."""
    first = json.loads(_get(http.client.HTTPConnection(urlsplit(url).netloc), "/contacts?page=1&per_page=100"))
    counts, pages = [len(first["data"])], itertools.count(2)

    def work() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        while (page := next(pages)) <= first["total_pages"]:
            counts.append(len(json.loads(_get(connection, f"/contacts?page={page}&per_page=100"))["data"]))

    crew = [threading.Thread(target=work) for _ in range(threads)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return sum(counts)


def chained(url: str) -> int:
    """Follow the cursors one after the other; how many records came."""
    connection, cursor, count = http.client.HTTPConnection(urlsplit(url).netloc), "c1", 0
    while cursor:
        page = json.loads(_get(connection, f"/cursor?cursor={cursor}"))
        count, cursor = count + len(page["data"]), page["next"]
    return count


def _get(connection: http.client.HTTPConnection, target: str) -> bytes:
    connection.request("GET", target)
    return connection.getresponse().read()


if __name__ == "__main__":
    print(numbered(sys.argv[1], int(sys.argv[3])) if sys.argv[2] == "numbered" else chained(sys.argv[1]))
