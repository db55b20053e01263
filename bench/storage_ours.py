"""The same thirty days kept by our store, in stable and in random order of delivery: bytes, reads, seconds.

``python -m bench.storage_ours {stable|random}`` prints one JSON line.
"""

from __future__ import annotations

import itertools
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.evolve import Day, days
from bench.measure import WORK
from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.objects.metered import MeteredObjects, Traffic
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.store import ROOTS, Store, StoreGround, StreamSpec
from listbackup.store.basemerge import merge_base
from listbackup.store.policy import Policy
from listbackup.store.prune import plan_prune
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import FaultyObjects
from listbackup.testing.keys import memory_scope

START = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = StreamSpec(key_fields=("id",))
STREAM = "contacts"


class Kept:
    """A store on files in a folder of its own, with every request counted."""

    def __init__(self, home: Path, *, cache: bool = True) -> None:
        self.home = home
        self.clock = ManualClock(START)
        self.files = FilesObjects(home / "objects")
        self.objects = MeteredObjects(self.files)
        self.keys = memory_scope()
        self.cache = home / "cache" if cache else None
        self.store = Store.create(self.ground(), "src_bench")

    def ground(self) -> StoreGround:
        """The ground as a fresh process would lay it."""
        roots = SqliteTables(self.home / "roots.db", clock=self.clock).open(ROOTS)
        return StoreGround(objects=self.objects, roots=roots, keys=self.keys, clock=self.clock, cache_dir=self.cache)

    def open(self) -> Store:
        """The store as a fresh process would open it."""
        return Store.open(self.ground(), "src_bench")

    def behind(self, latency: timedelta) -> None:
        """Reopen with objects that answer after ``latency``, as a bucket does: only then do requests side by side show as one round trip."""
        self.objects = MeteredObjects(FaultyObjects(self.files, latency=latency))
        self.store = self.open()

    def segments(self) -> int:
        """How many segments the stream has now."""
        return len(self.store.head().streams[STREAM].segments)

    def maintain(self, policy: Policy | None = None, *, passed: timedelta = timedelta(days=1)) -> None:
        """A day passes, and maintenance does what it does every day: expire by the policy, merge what is due, sweep what nothing refers to."""
        self.clock.advance(passed)
        plan_prune(self.store, self.clock.now(), policy).execute(confirmed=True)

    def keep(self, number: int, batches: Iterator[tuple[list[tuple[str]], list[bytes]]], *, listing: bool = True) -> None:
        """One run: these batches, complete, committed."""
        writing = self.store.open_run(f"run_{number}", owner="bench", lease=timedelta(hours=1))
        stream = writing.stream(STREAM, SPEC)
        for keys, raws in batches:
            stream.write(keys, raws)
        stream.finish(listing=listing, complete=True)
        writing.commit(at=self.clock.now(), cursor=b"{}", facts={})


def batches(day: Day, order: list[int], size: int = 100) -> Iterator[tuple[list[tuple[str]], list[bytes]]]:
    """The day's listing in pages."""
    for first in range(0, len(order), size):
        page = order[first : first + size]
        yield [(day.key(n),) for n in page], [day.records[n] for n in page]


def stored(home: Path) -> int:
    """Bytes [bytes] of all objects and of the root."""
    return sum(p.stat().st_size for p in (home / "objects").rglob("*") if p.is_file()) + (home / "roots.db").stat().st_size


def main() -> None:
    """Keep thirty days, then read."""
    kind = sys.argv[1]
    until = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    home = WORK / "storage" / f"ours-{kind}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    kept = Kept(home)
    cpu, sizes, written, fifteen = [], [], 0, {}
    for day in days(until=until):
        order = list(day.records) if kind == "stable" else day.shuffled()
        before = time.process_time()
        kept.keep(day.number, batches(day, order))
        kept.maintain()
        cpu.append(time.process_time() - before)
        traffic = kept.objects.reset()
        written += traffic.written_bytes if day.number else 0
        sizes.append(stored(home))
        if day.number == min(15, until):
            fifteen = dict(day.records)
    last = day
    waiting = plan_prune(kept.store, kept.clock.now()).stats().waiting_bytes
    before_unchanged, cpu_before = stored(home), time.process_time()
    kept.keep(until + 1, batches(last, list(last.records)))
    result: dict[str, object] = {
        "stored_bytes": sizes[-1],
        "waiting_bytes": waiting,
        "first_bytes": sizes[0],
        "written_bytes": written,
        "daily_bytes": [b - a for a, b in itertools.pairwise(sizes)],
        "unchanged_bytes": stored(home) - before_unchanged,
        "unchanged_cpu_seconds": time.process_time() - cpu_before,
        "first_cpu_seconds": cpu[0],
        "daily_cpu_seconds": statistics.median(cpu[1:]),
        **reads(kept, fifteen, until),
    }
    result["merged_bytes"] = merged(kept)
    print(json.dumps(result))
    shutil.rmtree(home)


def merged(kept: Kept) -> int:
    """Stored bytes [bytes] once the base is merged and the grace of what nothing refers to any more is over."""
    merge_base(kept.store, STREAM)
    for _ in range(4):
        kept.maintain()
    return stored(kept.home)


def decoding_seconds(kept: Kept) -> float:
    """CPU seconds [s] of decrypting and decompressing as many bytes as a scan of a snapshot does, alone."""
    cipher, squeezed = AESGCM(bytes(32)), zstandard.ZstdCompressor(level=3)
    lines = [record.raw for record in kept.store.at(1).scan(STREAM)]
    frames, block, size = [], list[bytes](), 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= 262_144:
            frames.append(cipher.encrypt(bytes(12), squeezed.compress(b"\n".join(block)), None))
            block, size = [], 0
    opened = zstandard.ZstdDecompressor()
    before = time.process_time()
    for frame in frames:
        opened.decompress(cipher.decrypt(bytes(12), frame, None)).split(b"\n")
    return time.process_time() - before


def scan_seconds(kept: Kept, seq: int) -> float:
    """CPU seconds [s] of a whole scan."""
    before = time.process_time()
    for _ in kept.store.at(seq).scan(STREAM):
        pass
    return time.process_time() - before


def reads(kept: Kept, fifteen: dict[int, bytes], until: int) -> dict[str, object]:
    """One record of day 15, the difference of days 10 and 20, all of day 15: seconds, requests, bytes."""
    seqs = [s.seq for s in kept.store.snapshots()]
    middle, early, late = seqs[min(15, until)], seqs[until // 3], seqs[2 * until // 3]
    numbers = sorted(fifteen)[:: max(1, len(fifteen) // 40)]

    def one(number: int) -> bool:
        record = kept.store.at(middle).get(STREAM, (f"{number + 100_000:012d}",))
        return record is not None and record.raw == fifteen[number]

    cold = []
    for number in numbers[:10]:
        shutil.rmtree(kept.home / "cache", ignore_errors=True)
        kept.behind(timedelta(milliseconds=20))
        assert one(number)
        cold.append(told(kept.objects.traffic()))
    for number in numbers:
        one(number)
    kept.objects.reset()
    for number in numbers:
        one(number)
    warm_trips = kept.objects.traffic().round_trips / len(numbers)
    kept.behind(timedelta(0))
    for number in numbers:
        one(number)
    kept.objects.reset()
    warm = [took(lambda n=number: one(n)) for number in numbers]  # type: ignore[misc]
    warm_counts = {name: value / len(numbers) for name, value in told(kept.objects.traffic()).items()}
    warm_counts["round_trips"] = warm_trips
    kept.objects.reset()
    changed = kept.store.diff_counts(early, late)
    diff_counts = told(kept.objects.traffic())
    listing = statistics.median(took(lambda: sum(1 for _ in kept.store.diff(early, late, values=False))) for _ in range(3))
    valued = statistics.median(took(lambda: sum(1 for _ in kept.store.diff(early, late))) for _ in range(3))
    all_rows = [r.raw for r in kept.store.at(middle).scan(STREAM)]
    assert all_rows == [fifteen[n] for n in sorted(fifteen)], "day 15 differs"
    return {
        "record_seconds": statistics.median(warm),
        "record_cold": cold[len(cold) // 2],
        "record_warm": warm_counts,
        "scan_share": decoding_seconds(kept) / statistics.median(scan_seconds(kept, middle) for _ in range(3)),
        "diff_seconds": listing,
        "diff_with_values_seconds": valued,
        "diff_requests": diff_counts,
        "diff_rows": sum(c.added + c.changed + c.removed for c in changed.values()),
        "all_seconds": statistics.median(took(lambda: sum(len(r.raw) for r in kept.store.at(middle).scan(STREAM))) for _ in range(3)),
    }


def told(traffic: Traffic) -> dict[str, int]:
    """Requests, round trips and bytes of reading."""
    return {"reads": traffic.reads, "round_trips": traffic.round_trips, "bytes": traffic.read_bytes}


def took(call: Callable[[], object]) -> float:
    """Wall seconds [s] of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
