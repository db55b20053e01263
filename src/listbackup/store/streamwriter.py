"""Writing one stream of a run: what arrives is told apart from what is there, and only the difference is staged."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from listbackup.backends.keyring.mark import Marker
from listbackup.store.checkpoint import StreamMark, counts_of_mark, pack_bits, unpack_bits
from listbackup.store.columns import EVIDENCE_SHIFT, U8, U64, Rows, join_rows
from listbackup.store.detect import Ids, Prior
from listbackup.store.head import CountsEntry, PartRef
from listbackup.store.keycode import decode_key, encode_key, encode_keys
from listbackup.store.model import Counts, Key, Op, StreamSpec, StreamStatus, evidence_code
from listbackup.store.pages import Leaves, Lesson, Pages
from listbackup.store.part import Part, PartBuilder
from listbackup.store.settle import merge_parts
from listbackup.store.stage import Delta, Stage, groups, last_of_each
from listbackup.store.vanished import codes_at

if TYPE_CHECKING:
    from listbackup.store.writing import Writing

_ABSENT = "absent_from_listing"
_BATCH_ROWS, _BATCH_BYTES = 8192, 12 * 1024 * 1024  # asked at once of a large prior


class StreamWriter:
    """The records of one stream as they arrive. Used from one thread at a time."""

    def __init__(self, writing: Writing, name: str, spec: StreamSpec) -> None:
        self._writing = writing
        self.name = name
        self.spec = spec
        self._state = writing.base.streams.get(name)
        self.first_load = self._state is None or not self._state.segments
        self.lo = 0 if self.first_load else writing.seq - 1
        self.segment = secrets.token_hex(8)
        self.parts: list[PartRef] = []
        self._cancels: list[bool] = []  # of each part, in the order they were made
        self._hashes = writing.store.hashes
        self._ids = Ids(self._hashes.state_key)
        self._prior: Prior | None = None
        self._pages: Pages | None = None
        self._occurrences: dict[bytes, int] = {}
        self._removed: set[bytes] = set()
        self._batch = _Batch()
        self.counts = Counts()
        self.finished = False
        self.listing = False
        self._complete = False
        self._problems: tuple[str, ...] = ()
        self.stage = Stage(writing.seq, self.take_part, bloom=self.lo > 0, sizes=writing.store.ground.sizes)

    @property
    def prior(self) -> Prior:
        """What the stream held before this run."""
        if self._prior is None:
            self._prior = self._writing.store.prior(self.name, self._writing.base, self._ids, with_canon=bool(self.spec.volatile))
        return self._prior

    @property
    def status(self) -> StreamStatus:
        """How the stream stands."""
        return StreamStatus.COMPLETE if self.finished and self._complete and not self._problems else StreamStatus.PARTIAL

    @property
    def removed(self) -> set[bytes]:
        """The codes of the records that this run found gone."""
        return self._removed

    def pages(self, fingerprint: str) -> Pages | None:
        """The pages that are known of this stream, read in the way of this fingerprint; in a first backup none, but they are learnt. None where pages are not worth
        knowing: records have no keys, or there are so many that local state is walked in pieces."""
        if self.spec.keyless or self.prior.large:
            return None
        known = Leaves() if self.first_load else self._writing.store.known_pages(self.name, self._writing.base, fingerprint)
        self._pages = Pages(fingerprint, Marker(self._hashes.pages_key), self._ids, self.prior, known)
        return self._pages

    def recall(self, numbers: Sequence[int]) -> Counts | None:
        """These known pages came, one after the other. None, and nothing is done, where this run staged something for one of their records: then its bytes matter."""
        self._usable()
        assert self._pages is not None
        places = self._pages.places(numbers)
        prior = self.prior
        if prior.staged[places].any():
            return None
        prior.seen[places] = True
        self._pages.came(numbers)
        counts = Counts(seen=len(places), unchanged=len(places))
        self.counts += counts
        return counts

    def write(self, keys: Sequence[Key], raws: Sequence[bytes], lessons: Sequence[Lesson] = ()) -> Counts:
        """Keep these records as the platform has them now; what became of them.

        ``raws[i]`` are the exact bytes of the record ``keys[i]`` (``keys`` is not looked at in a stream without keys). A key may come again; the later wins.
        They may be pieces of a page (``msgspec.Raw``): of a page that is new throughout they are kept as they are, of others what changed is copied.
        In a stream of millions, records are judged some thousand at a time: the counts are then of those that were judged by this call.
        ``lessons`` are the pages that they came in, one after the other, to be known again.
        """
        self._usable()
        if not raws:
            return Counts()
        codes = self._named(raws) if self.spec.keyless else encode_keys(keys)
        if len(codes) != len(raws):
            raise ValueError(f"{len(codes)} keys for {len(raws)} records")
        vhash = self._hashes.values(codes, raws)
        if not self.prior.large:
            return self._judge(codes, raws, vhash, lessons)
        self._batch.add(codes, raws, vhash)
        return self._judge_batch() if self._batch.full else Counts()

    def gone(self, keys: Sequence[Key], evidence: str) -> Counts:
        """These records are no more on the platform, on this evidence; unknown ones are none the worse."""
        self._usable()
        codes = list(dict.fromkeys(encode_keys(keys))) if keys else []
        if not codes:
            return Counts()
        self._judge_batch()
        prior = self.prior
        positions, found, old = prior.find(*self._ids.of(codes))
        prior.seen[positions[found]] = True
        prior.staged[positions[found]] = True
        self._removed.update(code for code, known in zip(codes, found.tolist(), strict=True) if known)
        if not self.counts.added:  # nothing new was staged that an unknown key could name
            codes = [code for code, known in zip(codes, found.tolist(), strict=True) if known]
            old, found = old[found], found[found]
        delete = Op.DELETE | evidence_code(evidence) << EVIDENCE_SHIFT
        op = np.where(found, np.uint8(delete), np.uint8(Op.CANCEL)).astype(np.uint8)
        self._stage(codes, [b""] * len(codes), op, np.zeros(len(codes), np.uint64), old)
        counts = Counts(gone=int(found.sum()))
        self.counts += counts
        return counts

    def unseen(self, limit: int) -> tuple[int, Sequence[Key]]:
        """How many of the records that lived before this run have not come in it, and the keys of at most ``limit`` of them, spread evenly."""
        self._usable()
        places = np.flatnonzero(~self.prior.seen)
        some = places if len(places) <= limit else places[np.linspace(0, len(places) - 1, limit).astype(np.intp)]
        return len(places), [decode_key(code) for code in self._codes_of(some)] if len(some) else []

    def finish(self, *, listing: bool, complete: bool, evidence: str = _ABSENT, problems: Sequence[str] = ()) -> Counts:
        """The stream has been read.

        Where a whole listing was read to its end (``listing`` and ``complete``), records that did not come are deleted on this evidence, except from append-only
        streams. Problems make the stream partial. The stream's counts in this run.
        """
        self._usable()
        self._judge_batch()
        self.listing, self._complete, self._problems = listing, complete, tuple(problems)
        if listing and complete and not self.spec.append_only:
            self._delete_unseen(evidence)
        self.stage.flush(final=True)
        self.finished = True
        return self.counts

    @property
    def removed_ids(self) -> tuple[U64, U64]:
        """The ids of ``removed``."""
        self._judge_batch()
        return self._ids.of(sorted(self._removed))

    def find_living(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Where these records stand in the prior, as far as they do."""
        positions, found, _ = self.prior.find(*self._ids.of(rows.codes))
        return positions[found]

    # --- for the run ---

    def holds(self, code: bytes) -> bool:
        """Whether the stream held this key before the run."""
        return bool(self.prior.find(*self._ids.of([code]))[1][0])

    def changed(self, code: bytes) -> bool:
        """Whether this run staged something for a key that the stream held before."""
        self._judge_batch()
        positions, found, _ = self.prior.find(*self._ids.of([code]))
        return bool(found[0]) and bool(self.prior.staged[positions[0]])

    def flush(self, *, final: bool = False) -> None:
        """Make parts of whatever still waits."""
        self._judge_batch()
        self.stage.flush(final=final)

    def merge_if_needed(self) -> None:
        """Merge the parts that overlap or cancel each other, and only those; every part must be in a written pack."""
        parts, cancels = self.parts, self._cancels
        self.parts, self._cancels = [], []
        for group in groups([(part.first, part.last) for part in parts]):
            if len(group) == 1 and not cancels[group[0]]:
                self.parts.append(parts[group[0]])
                self._cancels.append(False)
            else:
                self.stage.kept = None
                merge_parts(self._writing, self, [parts[index] for index in group])

    def take_part(self, part: Part, cancels: bool = False) -> None:
        """A finished part, which may hold cancel rows."""
        self._cancels.append(cancels)
        self._writing.take_part(self, part)

    def new_builder(self, level: int) -> PartBuilder:
        """What turns rows of this stream into a part."""
        return PartBuilder(level=level, bloom=self.lo > 0, executor=self._writing.pool, sizes=self._writing.store.ground.sizes)

    def old_hashes(self, rows: Rows) -> U64:
        """The vhash that each row's key had before this run, 0 for none."""
        return self.prior.find(*self._ids.of(rows.codes))[2] if len(self.prior) else np.zeros(len(rows), np.uint64)

    def entry(self) -> CountsEntry:
        """The stream in the snapshot's detail."""
        delta = self.stage.delta
        live = self._state.live if self._state else 0
        digest = self._state.digest if self._state else bytes(16)
        problems = self._problems if self.finished else (*self._problems, "the stream was not read to its end")
        return CountsEntry(
            live + delta.added - delta.removed, delta.added, delta.changed, delta.removed, self.status, delta.applied(digest), problems
        )

    def mark(self) -> StreamMark:
        """The stream as a checkpoint keeps it."""
        delta, counts = self.stage.delta, self.counts
        prior = self._prior if self._prior is not None and len(self._prior) else None
        return StreamMark(
            spec=self.spec,
            parts=tuple(self.parts),
            cancels=tuple(self._cancels),
            counts=(counts.seen, counts.added, counts.changed, counts.unchanged, counts.gone),
            delta=(delta.added, delta.changed, delta.removed, delta.plus, delta.minus),
            finished=self.finished,
            listing=self.listing,
            complete=self._complete,
            problems=self._problems,
            seen=pack_bits(prior.seen) if prior else b"",
            staged=pack_bits(prior.staged) if prior else b"",
            occurrences=self._occurrences,
            removed=tuple(self._removed),
        )

    def restore(self, mark: StreamMark) -> None:
        """Go on from a checkpoint."""
        self.parts = list(mark.parts)
        self._cancels = list(mark.cancels)
        self.counts = counts_of_mark(mark)
        added, changed, removed, plus, minus = mark.delta
        self.stage.delta = Delta(added, changed, removed, plus, minus)
        self.finished, self.listing, self._complete, self._problems = mark.finished, mark.listing, mark.complete, mark.problems
        self._occurrences = dict(mark.occurrences)
        self._removed = set(mark.removed)
        if self.parts:
            self.stage.already()
        if mark.seen:
            self.prior.seen[:] = unpack_bits(mark.seen, len(self.prior))
            self.prior.staged[:] = unpack_bits(mark.staged, len(self.prior))

    def remember(self) -> None:
        """Keep the local state of the new snapshot, where the changes are at hand; otherwise it is made from key frames when it is needed. And the pages to know again."""
        store, whole = self._writing.store, self.listing and self._complete and self._writing.resumed is None
        leaves = self._pages.kept(whole=whole) if self._pages is not None else None
        if self._pages is not None and leaves is not None:
            store.keep_pages(self.name, self._pages.fingerprint, leaves)
        if not self.parts or self.stage.kept is None or self._prior is None:
            return
        changes = join_rows(self.stage.kept)
        if len(changes) == sum(part.rows for part in self.parts):
            store.carry_prior(self.name, self.entry().digest, self._prior, self._ids, changes)

    # --- inside ---

    def _usable(self) -> None:
        if self.finished:
            raise ValueError(f"stream {self.name} is finished in this run")

    def _named(self, raws: Sequence[bytes]) -> list[bytes]:
        codes, occurrences, content = [], self._occurrences, self._hashes.content
        for raw in raws:
            name = content(raw)
            occurrence = occurrences.get(name, 0)
            occurrences[name] = occurrence + 1
            codes.append(encode_key((name, occurrence)))
        return codes

    def _judge_batch(self) -> Counts:
        batch, self._batch = self._batch, _Batch()
        return self._judge(batch.codes, batch.raws, np.concatenate(batch.vhash)) if batch.codes else Counts()

    def _judge(self, codes: list[bytes], raws: Sequence[bytes], vhash: U64, lessons: Sequence[Lesson] = ()) -> Counts:
        seen = len(codes)
        if len(set(codes)) != seen:
            lessons = ()
            kept = np.sort(last_of_each(codes))
            places = kept.tolist()
            codes, raws, vhash = [codes[i] for i in places], [raws[i] for i in places], vhash[kept]
        counts = self._write(codes, raws, vhash, lessons) if len(self.prior) else self._write_new(codes, raws, vhash, lessons)
        counts = Counts(seen=seen, added=counts.added, changed=counts.changed, unchanged=seen - counts.added - counts.changed)
        self.counts += counts
        return counts

    def _write_new(self, codes: list[bytes], raws: Sequence[bytes], vhash: U64, lessons: Sequence[Lesson]) -> Counts:
        if self._pages is not None and lessons:
            self._pages.learn(lessons, self._ids.of(codes)[0], vhash)
        self._stage(codes, raws, np.zeros(len(codes), np.uint8), vhash, np.zeros(len(codes), np.uint64))
        return Counts(added=len(codes))

    def _write(self, codes: list[bytes], raws: Sequence[bytes], vhash: U64, lessons: Sequence[Lesson]) -> Counts:
        prior = self.prior
        ids = self._ids.of(codes)
        positions, found, old = prior.find(*ids)
        same = found & (old == vhash)
        if self.spec.volatile:
            self._same_but_volatile(codes, raws, positions, found, same)
        changed = found & ~same
        cancel = same & prior.staged[positions]
        prior.seen[positions[found]] = True
        if self._pages is not None:
            self._pages.learn(lessons, ids[0], np.where(same, old, vhash))
        staged = np.flatnonzero(changed | cancel | ~found)
        if len(staged):
            prior.staged[positions[changed]] = True
            op = np.where(found, np.where(changed, Op.UPDATE, Op.CANCEL), Op.INSERT).astype(np.uint8)[staged]
            places = staged.tolist()
            values = [bytes(raws[i]) for i in places]
            hashes = vhash[staged]
            if cancel.any():
                cancelled = op == Op.CANCEL
                hashes[cancelled] = 0
                values = [b"" if drop else value for value, drop in zip(values, cancelled.tolist(), strict=True)]
            chosen = [codes[i] for i in places]
            self._removed.difference_update(chosen)
            self._stage(chosen, values, op, hashes, old[staged])
        return Counts(added=int((~found).sum()), changed=int(changed.sum()))

    def _same_but_volatile(
        self,
        codes: Sequence[bytes],
        raws: Sequence[bytes],
        positions: npt.NDArray[np.int64],
        found: npt.NDArray[np.bool_],
        same: npt.NDArray[np.bool_],
    ) -> None:
        """Count as the same what differs only at volatile paths."""
        assert self.prior.canon is not None
        places = np.flatnonzero(found & ~same)
        if not len(places):
            return
        index = places.tolist()
        canon = self._hashes.canon([codes[i] for i in index], [raws[i] for i in index], self.spec.volatile)
        same[places] = canon == self.prior.canon[positions[places]]
        if self.prior.large:
            self.prior.let_go(0, len(self.prior))

    def _stage(self, codes: list[bytes], values: Sequence[bytes], op: U8, vhash: U64, old: U64) -> None:
        canon = self._hashes.canon(codes, values, self.spec.volatile) if self.spec.volatile else None
        self.stage.add(codes, values, op, vhash, old, canon)

    def _delete_unseen(self, evidence: str) -> None:
        unseen = np.flatnonzero(~self.prior.seen)
        if not len(unseen):
            return
        codes = self._codes_of(unseen)
        self._removed.update(codes)
        self.counts += Counts(gone=len(codes))
        _, _, old = self.prior.find(*self._ids.of(codes))
        self.prior.seen[unseen] = True
        self.prior.staged[unseen] = True
        op = np.full(len(codes), Op.DELETE | evidence_code(evidence) << EVIDENCE_SHIFT, np.uint8)
        self._stage(codes, [b""] * len(codes), op, np.zeros(len(codes), np.uint64), old)

    def _codes_of(self, places: npt.NDArray[np.intp]) -> list[bytes]:
        """The codes of these records, ascending."""
        return codes_at(
            self.prior, self._ids, places, lambda: self._writing.store.live_rows(self.name, self._writing.base, self._writing.seq - 1)
        )


@dataclass(slots=True)
class _Batch:
    """Records that wait to be judged together."""

    codes: list[bytes] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    vhash: list[U64] = field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        return len(self.codes) >= _BATCH_ROWS or self.size >= _BATCH_BYTES

    def add(self, codes: Sequence[bytes], raws: Sequence[bytes], vhash: U64) -> None:
        self.codes.extend(codes)
        self.raws.extend(raws)
        self.vhash.append(vhash)
        self.size += sum(map(len, raws))
