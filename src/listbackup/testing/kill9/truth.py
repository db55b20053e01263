"""What each run's snapshot must hold, known from the run's number alone: so that no ledger can be lost with what it tells of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

KEYS = 36
PEOPLE, EVENTS = "people", "events"
Rows = Mapping[tuple[int], bytes]


@cache
def people(run: int) -> Rows:
    """The listed stream as of this run: some records change, some go, some come back."""
    before = dict(people(run - 1)) if run else {}
    for number in range(KEYS):
        dice = _dice(run, number)
        if not run or dice[0] < 40:
            before[(number,)] = _record(run, number)
        elif dice[0] < 52:
            before.pop((number,), None)
    return before


@cache
def events(run: int) -> Rows:
    """The append-only stream as of this run: three more each time."""
    before = dict(events(run - 1)) if run else {}
    before.update({(run * 3 + more,): _record(run, run * 3 + more) for more in range(3)})
    return before


@cache
def attachment(run: int) -> bytes:
    """The one file that each run attaches: small mostly, above the limit of a record's own stream now and then."""
    size = 1_100_000 if run % 16 == 5 else 300 + run
    return hashlib.shake_128(f"file {run}".encode()).digest(size)


def batches(run: int, size: int = 6) -> Iterator[tuple[str, Sequence[tuple[int]], Sequence[bytes]]]:
    """What a run delivers, in pages: first everything of the listed stream, then the new events."""
    rows = sorted(people(run).items(), key=lambda row: _dice(run, row[0][0]))
    for first in range(0, len(rows), size):
        page = rows[first : first + size]
        yield PEOPLE, [key for key, _ in page], [raw for _, raw in page]
    fresh = [(key, raw) for key, raw in events(run).items() if not run or key not in events(run - 1)]
    yield EVENTS, [key for key, _ in fresh], [raw for _, raw in fresh]


def _record(run: int, number: int) -> bytes:
    return b'{"id": %d, "since": %d, "note": "%s"}' % (number, run, _dice(run, number).hex().encode())


def _dice(run: int, number: int) -> bytes:
    return hashlib.blake2b(f"{run} {number}".encode(), digest_size=24).digest()
