"""The store against plain dictionaries: runs that are full or incremental, out of order, with duplicates, killed at any request and resumed."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.canonical import canonical
from listbackup.store import (
    ROOTS,
    AlreadyCommitted,
    ChangeKind,
    Key,
    Store,
    StoreGround,
    StreamSpec,
    Writing,
)
from listbackup.store.compact import Task, merge_tasks
from listbackup.store.head import without_snapshots
from listbackup.store.jobs import job
from listbackup.store.sizes import Sizes
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Fault, Faults, FaultyObjects, Killed, faulty
from listbackup.testing.keys import memory_scope

SPECS = {
    "text": StreamSpec(key_fields=("id",)),
    "number": StreamSpec(key_fields=("id",)),
    "pair": StreamSpec(key_fields=("site", "id")),
    "volatile": StreamSpec(key_fields=("id",), volatile=(("seen_at",),)),
    "log": StreamSpec(key_fields=("id",), append_only=True),
    "bag": StreamSpec(keyless=True),
}
KEYS: dict[str, list[Key]] = {
    "text": [(text,) for text in ("a", "b", "ab", "a\x00b", "ü", "the-key-that-is-longer-than-sixteen-bytes", "z", "", "b\x00")],
    "number": [(number,) for number in (0, 1, -1, 255, 256, -256, 2**64, 7, 2**63)],
    "pair": [(site, number) for site in ("x", "y", "a-rather-long-site-name.example") for number in (0, 1, 300)],
    "volatile": [(f"v{number}",) for number in range(8)],
    "log": [(f"2026-01-{number:02d}",) for number in range(1, 10)],
    "bag": [(number,) for number in range(6)],
}
SMALL = Sizes(
    feed_bytes=500,
    sort_bytes=900,
    small_bytes=700,
    pack_bytes=600,
    values_raw_bytes=60,
    keys_rows=2,
    merged_at_once=2,
    large_rows=3,
    piece_rows=2,
    bucket_rows=2,
    details_inline=4,
    details_kept=2,
    sparse_lists=2,
    garbage_inline=4,
    garbage_kept=1,
)
Content = dict[Key, bytes]
Event = tuple[str, Key, bytes | None]


def value_of(stream: str, number: int, dice: random.Random) -> bytes:
    """A record's bytes; some hold a newline, as pretty-printed JSON does."""
    body: dict[str, object] = {"n": number}
    if stream == "volatile":
        body["seen_at"] = dice.randrange(1000)
    return json.dumps(body, indent=1 if number % 3 == 0 else None).encode()


class StoreMachine(RuleBasedStateMachine):
    """One source over many runs."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.objects = MemoryObjects(self.clock)
        self.tables = MemoryTables(self.clock)
        self.cache = Path(tempfile.mkdtemp())
        self.source: dict[str, Content] = {name: {} for name in SPECS}
        self.truth: dict[int, dict[str, Content]] = {}
        self.runs = 0
        self.quiet = self.ground(Faults.none())
        Store.create(self.quiet, "src_test")

    def teardown(self) -> None:
        shutil.rmtree(self.cache)

    def ground(self, faults: Faults, *, cache: bool = True) -> StoreGround:
        objects, roots = FaultyObjects(self.objects, faults), faulty(self.tables.open(ROOTS), faults)
        return StoreGround(objects, roots, memory_scope(), self.clock, self.cache if cache else None, SMALL)

    def store(self) -> Store:
        return Store.open(self.quiet, "src_test")

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.change(seed, 1.0)

    @rule(seed=st.integers(0, 2**32), share=st.sampled_from([0.1, 0.4, 0.9]))
    def change(self, seed: int, share: float) -> None:
        """The platform's records change."""
        dice = random.Random(seed)
        for stream, keys in KEYS.items():
            for key in keys:
                if dice.random() < share:
                    if dice.random() < 0.35:
                        self.source[stream].pop(key, None)
                    else:
                        self.source[stream][key] = value_of(stream, dice.randrange(6), dice)

    @rule(
        seed=st.integers(0, 2**32),
        full=st.booleans(),
        in_order=st.booleans(),
        fault=st.sampled_from([None, None, Fault.KILL, Fault.KILL_AFTER, Fault.LOST_ANSWER]),
        cache=st.booleans(),
    )
    def backup(self, seed: int, full: bool, in_order: bool, fault: Fault | None, cache: bool) -> None:
        """One run, killed at a random request perhaps, and then resumed."""
        dice = random.Random(seed)
        self.runs += 1
        run, events = f"run_{self.runs}", []
        wanted = self.deliveries(dice, full=full, in_order=in_order)
        faults = Faults.none() if fault is None else Faults.at(dice.randrange(3, 25), fault)
        ground = self.ground(faults, cache=cache)
        for _ in range(4):
            try:
                self.write(Store.open(ground, "src_test"), run, wanted, events, full=full)
                break
            except (Killed, Exception) as error:
                if not faults.met:
                    raise
                faults.armed = False
                if isinstance(error, AlreadyCommitted):
                    break
                wanted = self.deliveries(dice, full=full, in_order=in_order)
        base = self.truth.get(max(self.truth, default=0), {name: {} for name in SPECS})
        newest = self.store().latest()
        assert newest is not None
        assert newest.run == run
        self.truth[newest.seq] = {name: expected(name, base[name], events, full=full) for name in SPECS}
        self.clock.advance(timedelta(hours=1))

    def deliveries(self, dice: random.Random, *, full: bool, in_order: bool) -> list[Event]:
        """What the connector hands over: everything, or what changed since the newest snapshot."""
        base = self.truth.get(max(self.truth, default=0), {name: {} for name in SPECS})
        events: list[Event] = []
        for stream in SPECS:
            now, before = self.source[stream], base[stream]
            if full or stream == "bag":
                some: list[Event] = [(stream, key, raw) for key, raw in now.items()]
            else:
                some = [(stream, key, raw) for key, raw in now.items() if before.get(key) != raw]
                some += [(stream, key, None) for key in before if key not in now and stream != "log"]
            some += dice.sample(some, len(some) // 4) if stream != "bag" else []
            if in_order:
                some.sort(key=lambda event: event[1])
            else:
                dice.shuffle(some)
            if stream != "bag" and some and dice.random() < 0.5:  # a record that changes while it is read, and changes back
                _, key, raw = dice.choice(some)
                some += [(stream, key, value_of(stream, dice.randrange(6), dice)), (stream, key, raw)][: dice.randint(1, 2)]
            events += some
        return events

    def write(self, store: Store, run: str, wanted: list[Event], events: list[Event], *, full: bool) -> None:
        """Deliver, with a checkpoint now and then; ``events`` is what the store has been given for good."""
        writing = store.open_run(run, owner="worker", lease=timedelta(minutes=5))
        kept = int(writing.resumed.cursor) if writing.resumed else 0
        del events[kept:]
        if writing.resumed:
            bag_done = any(event[0] == "bag" for event in events)
            wanted = [event for event in wanted if event[0] != "bag" or not bag_done]  # a list without keys is not read twice
        dice = random.Random(len(wanted))
        try:
            self.deliver(writing, wanted, events, dice)
            for name in SPECS:
                if name not in (writing.resumed.finished if writing.resumed else ()):
                    writing.stream(name, SPECS[name]).finish(listing=full or name == "bag", complete=True)
            writing.commit(self.clock.now(), b"cursor", {"mode": "full" if full else "incremental"})
        finally:
            writing.close()

    @staticmethod
    def deliver(writing: Writing, wanted: list[Event], events: list[Event], dice: random.Random) -> None:
        at = 0
        while at < len(wanted):
            stream = wanted[at][0]
            page = [event for event in wanted[at : at + dice.randint(1, 4)] if event[0] == stream]
            at += len(page)
            for event in page:
                writer = writing.stream(stream, SPECS[stream])
                if event[2] is None:
                    writer.gone([event[1]], "vendor_tombstone")
            given = [event for event in page if event[2] is not None]
            writer = writing.stream(stream, SPECS[stream])
            writer.write([event[1] for event in given], [event[2] for event in given if event[2] is not None])
            events += [event for event in page if event[2] is None] + given
            if dice.random() < 0.15 and not (stream == "bag" and at < len(wanted)):
                writing.checkpoint(b"%d" % len(events))

    @precondition(lambda self: len(self.truth) > 2)
    @rule(seed=st.integers(0, 2**32), width=st.integers(2, 4))
    def compact(self, seed: int, width: int) -> None:
        """Neighbouring segments are merged; nothing that can be read changes."""
        store, tasks = self.store(), []
        for name, state in store.head().streams.items():
            deltas = [segment for segment in state.segments if segment.lo > 0]
            if len(deltas) >= 2:
                start = random.Random(seed).randrange(len(deltas) - 1)
                tasks.append(Task(stream=name, inputs=tuple(deltas[start : start + width])))
        if tasks:
            with job(store, "compact") as mine:
                merge_tasks(store, mine, tasks)

    @precondition(lambda self: len(self.truth) > 2)
    @rule(seed=st.integers(0, 2**32))
    def drop(self, seed: int) -> None:
        """A snapshot, not the newest, is dropped for good."""
        seq = random.Random(seed).choice(sorted(self.truth)[:-1])
        self.store().root.edit(lambda head: without_snapshots(head, [seq]))
        del self.truth[seq]

    @precondition(lambda self: len(self.truth) > 1)
    @rule(seed=st.integers(0, 2**32))
    def compare_two(self, seed: int) -> None:
        """The difference of two snapshots is the difference of the dictionaries."""
        older, newer = sorted(random.Random(seed).sample(sorted(self.truth), 2))
        store = self.store()
        for stream in SPECS:
            if stream == "bag":
                continue
            before, after = self.truth[older][stream], self.truth[newer][stream]
            wanted = {key: (before.get(key), after.get(key)) for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
            changes = list(store.diff(older, newer, stream))
            assert {change.key: (change.before, change.after) for change in changes} == wanted
            for change in changes:
                kind = {(True, False): ChangeKind.REMOVED, (False, True): ChangeKind.ADDED}.get(
                    (change.before is not None, change.after is not None), ChangeKind.CHANGED
                )
                assert change.kind is kind

    @invariant()
    def every_snapshot_reads_as_it_was(self) -> None:
        """Every view of every retained snapshot, whole and by key."""
        store = self.store()
        for seq, streams in self.truth.items():
            view = store.at(seq)
            for name, content in streams.items():
                records = list(view.scan(name)) if name in view.streams() else []
                if name == "bag":
                    assert sorted(record.raw for record in records) == sorted(content.values())
                else:
                    assert {record.key: record.raw for record in records} == content
                    assert len(records) == len(content)
                if name in view.streams():
                    assert view.count(name) == len(content)
        if self.truth:
            self._keys_one_by_one(store)

    def _keys_one_by_one(self, store: Store) -> None:
        seq = random.Random(self.runs).choice(sorted(self.truth))
        view = store.at(seq)
        for name, key in self._known_keys():
            if name in view.streams():
                record = view.get(name, key)
                assert (record.raw if record else None) == self.truth[seq][name].get(key)
                versions = {version.seq: version.raw for version in store.history(name, key)}
                last = max((turn for turn in versions if turn <= seq), default=None)
                assert (versions[last] if last is not None else None) == self.truth[seq][name].get(key)

    def _known_keys(self) -> Iterator[tuple[str, Key]]:
        for name, keys in KEYS.items():
            if name != "bag":
                yield from ((name, key) for key in keys)


def expected(stream: str, base: Content, events: list[Event], *, full: bool) -> Content:
    """What the snapshot must hold after these deliveries on top of the one before."""
    mine = [(key, raw) for name, key, raw in events if name == stream]
    if stream == "bag":
        return {key: raw for key, raw in mine if raw is not None}
    last: dict[Key, bytes | None] = dict(mine)
    content = dict(base) if not full or SPECS[stream].append_only else {key: raw for key, raw in base.items() if key in last}
    for key, raw in last.items():
        if raw is None:
            content.pop(key, None)
        elif not (SPECS[stream].volatile and key in base and same(base[key], raw, SPECS[stream])):
            content[key] = raw
    return content


def same(before: bytes, after: bytes, spec: StreamSpec) -> bool:
    """Whether two values differ at volatile paths only."""
    return canonical(before, spec.volatile) == canonical(after, spec.volatile)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=60, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
