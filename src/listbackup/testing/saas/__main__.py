"""``python -m listbackup.testing.saas``: the simulated CRM as a process; prints one JSON line with its address and token, then serves."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

import msgspec

from listbackup.testing.saas.lies import Lie
from listbackup.testing.saas.oauth import CLIENT_ID
from listbackup.testing.saas.options import Options
from listbackup.testing.saas.server import Saas


def main() -> None:
    """Serve until SIGTERM, SIGINT or, with ``--until-stdin-ends``, until whoever started us is gone."""
    parser = argparse.ArgumentParser(prog="listbackup.testing.saas", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--records", type=int, default=20_000, help="over all streams; invented while they are listed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--rate", type=float, default=None, metavar="PER_SECOND", help="429 and Retry-After above it")
    parser.add_argument("--no-gzip", action="store_true")
    parser.add_argument("--lie", action="append", default=[], choices=[str(lie) for lie in Lie])
    parser.add_argument("--until-stdin-ends", action="store_true")
    given = parser.parse_args()
    saas = Saas(
        Options(
            records=given.records,
            seed=given.seed,
            latency_seconds=given.latency,
            rate_per_second=given.rate,
            gzip=not given.no_gzip,
            lies=tuple(Lie(name) for name in given.lie),
        ),
        port=given.port,
    )
    saas.start()
    told = {"base_url": saas.base_url, "token": saas.token, "client_id": CLIENT_ID, "client_secret": saas.sign_in.client_secret}
    print(msgspec.json.encode(told).decode(), flush=True)  # noqa: T201
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    if given.until_stdin_ends:
        threading.Thread(target=_wait_for_end, args=(over,), daemon=True).start()
    over.wait()
    saas.stop()


def _wait_for_end(over: threading.Event) -> None:
    sys.stdin.buffer.read()
    over.set()


if __name__ == "__main__":
    main()
