"""Scale: fifteen-minute runs for thirty days, two thousand snapshots of one source, every record changed by every run.

``python -m bench.scale {quarters|snapshots|churn} [N]`` prints one JSON line.
"""

from __future__ import annotations

import json
import random
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import zstandard

from bench.contacts import contact_bytes
from bench.measure import WORK
from bench.storage_ours import SPEC, STREAM, Kept, decoding_seconds, scan_seconds, stored, took
from listbackup.store.basemerge import merge_base
from listbackup.store.policy import Policy

QUARTERLY = Policy(within=timedelta(hours=24), hourly=168, daily=30)
Batch = tuple[list[tuple[str]], list[bytes]]


def fresh(name: str) -> Kept:
    """A new, empty store."""
    home = WORK / "scale" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    return Kept(home)


def rows(numbers: list[int], version: int) -> Batch:
    """These contacts as of a version."""
    return [(f"{n + 100_000:012d}",) for n in numbers], [contact_bytes(n, version) for n in numbers]


def pages(count: int, size: int = 1_000) -> Iterator[Batch]:
    """The first ``count`` contacts; from 100,000 on the bodies repeat under new ids, so that making them costs little."""
    pool = [contact_bytes(n) for n in range(min(count, 100_000))]
    for first in range(0, count, size):
        numbers = range(first, min(first + size, count))
        yield [(f"{n + 100_000:012d}",) for n in numbers], [b'{"id":"%012d"%s' % (n + 100_000, pool[n % 100_000][20:]) for n in numbers]


def keep_changes(kept: Kept, number: int, changed: list[int], minutes: int) -> None:
    """One incremental run ``minutes`` after the last."""
    writing = kept.store.open_run(f"run_{number}", owner="bench", lease=timedelta(hours=1))
    stream = writing.stream(STREAM, SPEC)
    stream.write(*rows(changed, number))
    stream.finish(listing=False, complete=True)
    kept.clock.advance(timedelta(minutes=minutes))
    writing.commit(at=kept.clock.now(), cursor=b"{}", facts={})


def quarters(runs: int) -> dict[str, object]:
    """100,000 records, a run every 15 minutes with 52 changes, all kept for a day, hourly for a week, daily: bytes written over the changes, segments, writes."""
    kept, dice = fresh("quarters"), random.Random(3)
    kept.keep(0, pages(100_000))
    first = stored(kept.home)
    kept.objects.reset()
    segments, raw_changes, cpu = [], 0, time.process_time()
    for number in range(1, runs + 1):
        changed = sorted(dice.sample(range(100_000), 52))
        raw_changes += len(zstandard.compress(b"\n".join(rows(changed, number)[1]), 3))
        keep_changes(kept, number, changed, 15)
        if number % 96 == 0:
            kept.maintain(QUARTERLY, passed=timedelta(0))
        segments.append(kept.segments())
    used = kept.objects.traffic()
    return {
        "runs": runs,
        "first_bytes": first,
        "changes_compressed_bytes": raw_changes,
        "written_bytes": used.written_bytes,
        "written_over_changes": used.written_bytes / raw_changes,
        "puts_per_run": used.writes / runs,
        "segments_most": max(segments),
        "stored_bytes": stored(kept.home),
        "cpu_seconds_per_run": (time.process_time() - cpu) / runs,
    }


def snapshots(count: int) -> dict[str, object]:
    """A read at 10 snapshots and at ``count``: the same record, the whole process's part of it; by turns, so that both meet the same machine."""
    kept, dice = fresh("snapshots"), random.Random(5)
    few = kept.home.parent / "snapshots-few"
    shutil.rmtree(few, ignore_errors=True)
    kept.keep(0, pages(20_000))
    for number in range(1, count):
        keep_changes(kept, number, sorted(dice.sample(range(20_000), 20)), 60)
        if number % 24 == 0:
            kept.maintain(passed=timedelta(0))
        if number + 1 == 10:
            shutil.copytree(kept.home, few)
    stores = {"10": Kept(few), str(count): kept}
    turns = [{name: took(lambda each=each: one_read(each)) for name, each in stores.items()} for _ in range(101)]  # type: ignore[misc]
    seen = {name: statistics.median(turn[name] for turn in turns) for name in stores}
    return {"snapshots": count, "read_seconds": seen, "ratio": seen[str(count)] / seen["10"]}


def one_read(kept: Kept) -> None:
    """Open the store afresh and read one record of its fifth snapshot."""
    store = kept.open()
    record = store.at(5).get(STREAM, ("000000110000",))
    assert record is not None


def churn(runs: int) -> dict[str, object]:
    """30,000 records, every one changed by every run, the base merged: a scan of the newest snapshot, which leaves its past out, and of one in the middle."""
    kept = fresh("churn")
    for number in range(runs):
        kept.keep(number, (rows(list(range(first, first + 100)), number) for first in range(0, 30_000, 100)))
        kept.maintain()
    merge_base(kept.store, STREAM)
    kept.store = kept.open()
    alone = statistics.median(decoding_seconds(kept) for _ in range(5))
    newest = statistics.median(scan_seconds(kept, runs) for _ in range(5))
    middle = statistics.median(scan_seconds(kept, runs // 2) for _ in range(3))
    return {"runs": runs, "newest_share": alone / newest, "middle_share": alone / middle, "stored_bytes": stored(kept.home)}


def main() -> None:
    """Measure one of them."""
    kinds = {"quarters": (quarters, 2_880), "snapshots": (snapshots, 2_000), "churn": (churn, 12)}
    kind, default = kinds[sys.argv[1]]
    print(json.dumps(kind(int(sys.argv[2]) if len(sys.argv) > 2 else default)))


if __name__ == "__main__":
    main()
