"""The protocol simulator: the store's real code, randomly interleaved, crashed, stalled and taken over, against a truth in memory.

Writers, compactors, retention, sweepers and readers each run unchanged; every storage call is one step, and after every step that changed something all retained snapshots
are read out of the bare objects and compared with what was delivered. Checked:

I1  every retained snapshot is readable from HEAD and equals the truth     I2  a reader that reads HEAD again within the grace never misses a pack
I3  a run commits at most once; numbers are dense                          I4  after the last sweep nothing is left that HEAD does not name
I5  HEAD does not contradict itself: segments cover their snapshots without overlap, and what readers leave out beside a keyframe changes nothing

``Mistake`` plants one of the errors that the design excludes; the simulator must catch each.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.objects.port import ObjectMissing
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import ListBackupError, NotFound, StoreError
from listbackup.store import basemerge, compact, sweep
from listbackup.store.check import contradictions
from listbackup.store.compact import compact_tiers
from listbackup.store.ground import ROOTS, StoreGround
from listbackup.store.head import Head, Segment, seen_from
from listbackup.store.merge import part_blocks
from listbackup.store.model import Op, StreamSpec
from listbackup.store.pack import open_pack
from listbackup.store.packs import PackGone
from listbackup.store.policy import Policy
from listbackup.store.retention import expire, plan_for, purge, undelete
from listbackup.store.sizes import SHORT_LISTS, USUAL
from listbackup.store.store import Store
from listbackup.store.sweep import plan_sweep
from listbackup.testing.clock import ManualClock
from listbackup.testing.interleave import Actor, GatedObjects, GatedTable, Interleaving, Killed
from listbackup.testing.keys import memory_scope
from listbackup.testing.mistakes import Mistake, changed, planted

SOURCE, STREAM = "src_sim", "things"
TICK = timedelta(hours=1)
LEASE, GRACE = timedelta(hours=20), timedelta(hours=60)
TRASH = timedelta(hours=40)
KEYS = 8
Row = tuple[bytes, int, int, bytes]  # code, seq, op, value


@dataclass(slots=True)
class Tally:
    """What happened in an episode."""

    steps: int = 0
    commits: int = 0
    resumed: int = 0
    refused: int = 0
    compactions: int = 0
    crashes: int = 0
    stalls: int = 0
    swept: int = 0
    expired: int = 0
    reads: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Add another episode's."""
        for name in ("steps", "commits", "resumed", "refused", "compactions", "crashes", "stalls", "swept", "expired", "reads"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, count in other.errors.items():
            self.errors[name] = self.errors.get(name, 0) + count


class Violation(AssertionError):
    """An invariant does not hold."""


class World:
    """One store, its actors and the truth."""

    def __init__(self, seed: int, mistake: Mistake = Mistake.NONE, *, steps: int = 160) -> None:
        self.dice = random.Random(seed)
        self.mistake = mistake
        self.tally = Tally()
        self.weaving = Interleaving()
        self._steps = steps
        self._haunted = seed % 4 == 3  # closed runs come back, few writers at once
        self._clock = ManualClock()
        self._objects = CountingObjects(self._clock)
        self._table = MemoryTables(self._clock).open(ROOTS)
        self._keys: KeyScope = memory_scope()
        sizes = SHORT_LISTS if seed % 2 else USUAL
        self._bare = StoreGround(self._objects, self._table, self._keys, self._clock, sizes=sizes)
        gated = StoreGround(
            GatedObjects(self._objects, self.weaving.gate), GatedTable(self._table, self.weaving.gate), self._keys, self._clock, sizes=sizes
        )
        self._ground = gated
        self._eye = Store.create(self._bare, SOURCE)
        self._platform: dict[int, bytes] = {}
        self._listings: list[dict[int, bytes]] = []  # what was delivered; a run's cursor says which it reads
        self._runs_begun: list[str] = []
        self._committed: set[str] = set()
        self._truth: dict[int, dict[int, bytes]] = {}
        self._rows: dict[tuple[str, int], list[Row]] = {}
        self._seen_gen = -1
        self._seen_deletes = 0
        self._runs = 0

    # --- the episode ---

    def run(self) -> Tally:
        """Play the episode to its end. Raises Violation."""
        with planted(self.mistake), changed(compact, "FAN_OUT", 2):
            for _ in range(self._steps):
                self._step()
            self.weaving.kill_all()
            self._quiesce()
        return self.tally

    def _step(self) -> None:
        self._clock.advance(TICK)
        dice, tally = self.dice, self.tally
        if len(self.weaving.actors) < 4 and dice.random() < 0.5:
            self._spawn()
        ready = [actor for actor in self.weaving.actors if actor.asleep_until <= tally.steps]
        tally.steps += 1
        if not ready:
            return
        actor = dice.choice(ready)
        fate = dice.random()
        if fate < (0.02 if self._haunted and actor.name == "_writer" else 0.006):
            self.weaving.kill(actor)
            tally.crashes += 1
        elif fate < 0.02:
            actor.asleep_until = tally.steps + dice.choice([10, 30, 50, 100])
            actor.stalled = True
            tally.stalls += 1
        else:
            self.weaving.step(actor)
            self._judge(actor)
        self._check()

    def _spawn(self) -> None:
        programs = [self._compactor, self._merger, self._retention, self._sweeper, self._sweeper, self._reader]
        if sum(actor.name == "_writer" for actor in self.weaving.actors) < (1 if self._haunted else 2):
            programs += [self._writer] * 5
        program = self.dice.choice(programs)
        self.weaving.add(program.__name__, program)

    def _judge(self, actor: Actor) -> None:
        outcome = actor.outcome
        if outcome is None or not actor.finished:
            return
        bewildered = isinstance(outcome, StoreError | NotFound) and actor.name == "_reader"
        missing = isinstance(outcome, PackGone | ObjectMissing) and not actor.stalled
        if isinstance(outcome, Killed | ListBackupError) and not bewildered and not missing:
            name = type(outcome).__name__
            self.tally.errors[name] = self.tally.errors.get(name, 0) + 1
            return
        raise Violation(f"{actor.name} ended with {type(outcome).__name__}: {outcome}") from outcome

    # --- the actors ---

    def _store(self) -> Store:
        return Store.open(self._ground, SOURCE)

    def _writer(self) -> None:
        dice = self.dice
        store = self._store()
        begun = [run for run, entry in store.head().open.items() if entry.kind == "run"]
        given_up = [run for run in self._runs_begun if run not in begun and run not in self._committed]
        again = (given_up if dice.random() < (0.7 if self._haunted else 0.2) else begun) or begun
        run = dice.choice(again) if again and dice.random() < 0.7 else f"run_{self._next_run()}"
        writing = store.open_run(run, owner=dice.choice(["a", "b"]), lease=LEASE, take_over=dice.random() < 0.05)
        try:
            resumed = writing.resumed
            if resumed is None:
                self._mutate()
                self._runs_begun.append(run)
                number, done = len(self._listings), 0
                self._listings.append(dict(self._platform))
            else:
                self.tally.resumed += 1
                number, done = map(int, resumed.cursor.split())
            listing = sorted(self._listings[number].items())
            stream = writing.stream(STREAM, StreamSpec(key_fields=("id",)))
            while done < len(listing):
                page = listing[done : done + 3]
                stream.write([(key,) for key, _ in page], [value for _, value in page])
                done += len(page)
                if dice.random() < 0.5:
                    writing.checkpoint(b"%d %d" % (number, done))
            stream.finish(listing=True, complete=True)
            writing.commit(self._clock.now(), b"%d" % number, {})
            self.tally.commits += 1
        finally:
            writing.close()

    def _next_run(self) -> int:
        self._runs += 1
        return self._runs

    def _mutate(self) -> None:
        for _ in range(self.dice.randint(0, 3)):
            key = self.dice.randrange(KEYS)
            if self.dice.random() < 0.3:
                self._platform.pop(key, None)
            else:
                self._platform[key] = b'{"id":%d,"v":%d}' % (key, self.dice.getrandbits(20))

    def _compactor(self) -> None:
        compact_tiers(self._store())
        self.tally.compactions += 1

    def _merger(self) -> None:
        store = self._store()
        state = store.head().streams.get(STREAM)
        if state is not None and len(state.segments) > 1:
            basemerge.merge_base(store, STREAM, part_bytes=self.dice.choice([1, 10_000]))
            self.tally.compactions += 1

    def _retention(self) -> None:
        store = self._store()
        now = self._clock.now()
        trashed = [info.seq for info in store.snapshots(trash=True) if info.expired_at is not None]
        if trashed and self.dice.random() < 0.2:
            undelete(store, self.dice.choice(trashed))
            return
        self.tally.expired += len(expire(store, plan_for(store, Policy(last=self.dice.randint(1, 3), min_good=1), now), confirmed=True))
        purge(store, now, trash=TRASH, confirmed=True)

    def _sweeper(self) -> None:
        store = self._store()
        plan = plan_sweep(store, self._clock.now(), grace=GRACE, dead_after=LEASE)
        self.tally.swept += sweep.sweep(store, plan)

    def _reader(self) -> None:
        store = self._store()
        snapshots = store.snapshots()
        if not snapshots:
            return
        seq = self.dice.choice(snapshots).seq
        truth = dict(self._truth[seq])
        try:
            view = store.at(seq)
            if STREAM not in store.head().streams:
                return
            got = {record.key[0]: record.raw for record in view.scan(STREAM)}
        except NotFound:
            return  # the snapshot was dropped meanwhile
        if got != truth:
            raise Violation(f"I2: a reader of snapshot {seq} saw {got}, not {truth}")
        self.tally.reads += 1

    # --- the invariants ---

    def _check(self) -> None:
        item = self._table.find(f"{self._keys.account}/{SOURCE}", "head")
        gen = item["gen"] if item is not None else 0
        deletes = self._objects_gone()
        if gen == self._seen_gen and not deletes:
            return
        self._seen_gen = int(gen) if isinstance(gen, int) else 0
        head = self._eye.head()
        self._note_commits(head)
        for what in contradictions(head):
            raise Violation(f"I5: {what}")
        state = head.streams.get(STREAM)
        segments = state.segments if state is not None else ()
        for entry in head.snaps:
            got = self._view(head, segments, entry.seq)
            if got != self._truth[entry.seq]:
                raise Violation(f"I1: snapshot {entry.seq} reads {got}, was {self._truth[entry.seq]}")
            if self._view(head, seen_from(segments, entry.seq), entry.seq) != got:
                raise Violation(f"I5: snapshot {entry.seq} reads otherwise where its past is left out")

    def _objects_gone(self) -> bool:
        count = self._objects.deletions
        gone = count != self._seen_deletes
        self._seen_deletes = count
        return gone

    def _note_commits(self, head: Head) -> None:
        for entry in head.snaps:
            if entry.seq in self._truth:
                continue
            detail = self._eye.root.detail(head, entry.seq)
            if detail is None:
                raise Violation(f"I3: snapshot {entry.seq} says nothing of itself")
            if entry.seq != len(self._truth) + 1:
                raise Violation(f"I3: snapshot {entry.seq} follows {len(self._truth)}")
            self._truth[entry.seq] = dict(self._listings[int(detail.cursor)])
            self._committed.add(detail.run)

    def _view(self, head: Head, segments: Sequence[Segment], seq: int) -> dict[int, bytes]:
        newest: dict[bytes, Row] = {}
        for segment in segments:
            for part in segment.parts if segment.lo < seq else ():
                for row in self._part_rows(head, part.pack, part.part):
                    if row[1] <= seq and (row[0] not in newest or row[1] > newest[row[0]][1]):
                        newest[row[0]] = row
        return {_number(value): value for _, _, op, value in newest.values() if op != Op.DELETE}

    def _part_rows(self, head: Head, pack: str, number: int) -> list[Row]:
        """The rows of a part; the pack's presence is looked at every time, its bytes once."""
        ref = head.packs[pack]
        name = self._eye.place.pack(ref.run, pack)
        if self._objects.find(name) is None:
            raise Violation(f"I1: the pack {name} of generation {head.gen} is gone")
        if (pack, number) not in self._rows:
            whole = self._objects.get(name)
            reader = open_pack(
                self._keys, self._eye.place.bound, bytes.fromhex(pack), len(whole), whole, lambda at, size: whole[at : at + size], name
            )
            for index, part in enumerate(reader.tail.parts):
                self._rows[pack, index] = [
                    row
                    for rows, values in part_blocks(reader, part)
                    for row in zip(rows.codes, rows.seq.tolist(), rows.kind.tolist(), values, strict=True)
                ]
        return self._rows[pack, number]

    def _quiesce(self) -> None:
        store = self._eye
        for _ in range(4):
            self._clock.advance(timedelta(days=400))
            sweep.sweep(store, plan_sweep(store, self._clock.now(), grace=GRACE, dead_after=LEASE))
            self._check()
        head = store.head()
        named = sweep.names_of(self._eye, head) | {"HEAD"}
        left = [info.name for info in self._objects.list(store.place.prefix) if info.name.removeprefix(store.place.prefix) not in named]
        if left:
            raise Violation(f"I4: nobody needs {left}")


def _number(value: bytes) -> int:
    return int(value[value.index(b":") + 1 : value.index(b",")])


class CountingObjects(MemoryObjects):
    """Objects in memory that count their deletions."""

    deletions = 0

    def delete(self, name: str) -> None:
        """See the port."""
        super().delete(name)
        self.deletions += 1
