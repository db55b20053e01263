"""One source's snapshot store: open it, write runs into it, read any snapshot of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from listbackup.backends.objects.port import ObjectExists
from listbackup.base.clock import from_unix_ms, parse_iso, unix_ms
from listbackup.base.errors import BusyError, Conflict, DamagedError, InputError, NotFound
from listbackup.base.heap import give_back_large_blocks
from listbackup.base.numbers import whole
from listbackup.store.checkpoint import read_checkpoint
from listbackup.store.columns import Rows
from listbackup.store.compact import compact_tiers
from listbackup.store.cursor import SegmentCursor, chunks, newest
from listbackup.store.detect import Ids, Prior, sorted_prior
from listbackup.store.ground import StoreGround
from listbackup.store.hashing import Hashes
from listbackup.store.head import (
    Head,
    HeadCopy,
    OpenEntry,
    Segment,
    SnapshotDetail,
    SnapshotEntry,
    counts_of,
    edited,
    with_open,
    without_open,
)
from listbackup.store.keycode import encode_key
from listbackup.store.lookup import all_rows
from listbackup.store.model import EVIDENCE, HIDDEN, Change, ChangeCounts, Key, Op, SnapshotInfo, Version
from listbackup.store.packs import PackGone, Packs
from listbackup.store.pages import Leaves, load_pages, save_pages
from listbackup.store.priorfile import build_prior, carry_on, load_prior
from listbackup.store.root import Root
from listbackup.store.sealed import MAJOR, MINOR
from listbackup.store.view import View
from listbackup.store.writing import Writing

FORMAT_NAME = "FORMAT.json"
_FORMAT = json.dumps({"format": "listbackup-store", "major": MAJOR, "minor": MINOR}).encode()
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


class AlreadyCommitted(Conflict):
    """The run is over: ``snapshot`` is what it made."""

    def __init__(self, snapshot: SnapshotInfo) -> None:
        super().__init__(f"run {snapshot.run} is complete: it made snapshot {snapshot.seq}")
        self.snapshot = snapshot


class Store:
    """The snapshots of one source. Safe for reading from several threads; at most one run writes at a time."""

    def __init__(self, ground: StoreGround, source: str) -> None:
        self.ground = ground
        self.source = source
        self.place = ground.place(source)
        self.root = Root(ground, source)
        self.packs = Packs(ground, self.place)
        self.hashes = Hashes(ground.keys)

    @classmethod
    def open(cls, ground: StoreGround, source: str) -> Store:
        """The store of a source. Raises NotFound when it was never created, DamagedError, KeyUnavailable, NewerFormat."""
        store = cls(ground, source)
        store.root.read()
        return store

    @classmethod
    def create(cls, ground: StoreGround, source: str) -> Store:
        """The store of a source, made when missing."""
        store = cls(ground, source)
        try:
            store.root.read()
        except NotFound:
            store._write_format()
            store.root.create()
        return store

    def close(self) -> None:
        """End the threads that reading side by side has started."""
        self.packs.close()

    def head(self) -> Head:
        """HEAD as it is now."""
        return self.root.read().head

    # --- snapshots ---

    def snapshots(self, *, trash: bool = False) -> Sequence[SnapshotInfo]:
        """Every snapshot, oldest first; those in the trash only when asked for."""
        head = self.head()
        return [self._info(head, entry) for entry in head.snaps if trash or entry.expired_at is None]

    def snapshot(self, seq: int) -> SnapshotInfo:
        """The snapshot of this number. Raises NotFound."""
        head = self.head()
        entry = head.entry(seq)
        if entry is None:
            raise NotFound(f"source {self.source} has no snapshot {seq}", field="snapshot")
        return self._info(head, entry)

    def latest(self) -> SnapshotInfo | None:
        """The newest snapshot, or None before the first."""
        return next(iter(self.newest(1)), None)

    def newest(self, count: int) -> Sequence[SnapshotInfo]:
        """At most so many snapshots, newest first, without those in the trash. What older ones say of themselves is not read."""
        head = self.head()
        entries = (entry for entry in reversed(head.snaps) if entry.expired_at is None)
        return [self._info(head, entry) for entry in islice(entries, count)]

    def find_snapshot(self, wanted: str | int | datetime) -> SnapshotInfo | None:
        """The snapshot that is meant by a number, an id (or its unique beginning), ``latest``, or an instant: the newest at or before it."""
        head = self.head()
        entries = [entry for entry in head.snaps if entry.expired_at is None]
        if isinstance(wanted, datetime):
            return self._newest_at(head, entries, wanted)
        text = str(wanted)
        if text == "latest":
            return self._info(head, entries[-1]) if entries else None
        if (number := whole(text)) is not None:
            return next((self._info(head, entry) for entry in entries if entry.seq == number), None)
        if text.startswith("snp_"):
            matching = [entry for entry in entries if self.snapshot_id(entry).startswith(text)]
            return self._info(head, matching[0]) if len(matching) == 1 else None
        try:
            return self._newest_at(head, entries, parse_iso(text))
        except ValueError:
            return None

    def find_run(self, run: str) -> SnapshotInfo | None:
        """The snapshot that a run made, or None."""
        head = self.head()
        for entry in reversed(head.snaps):
            detail = self.root.detail(head, entry.seq)
            if detail is not None and detail.run == run:
                return self._info(head, entry, detail)
        return None

    def snapshot_id(self, entry: SnapshotEntry) -> str:
        """The snapshot's name for people: its time and 80 bits that only this account can make."""
        digest = hmac.new(self.hashes.snapshot_key, f"{self.source}\x00{entry.seq}".encode(), hashlib.sha256).digest()
        return f"snp_{_base32(entry.at, 10)}{_base32(int.from_bytes(digest[:10], 'big'), 16)}"

    # --- reading ---

    def at(self, seq: int) -> View:
        """The source as it stood at this snapshot. Raises NotFound."""
        head = self.head()
        if head.entry(seq) is None:
            raise NotFound(f"source {self.source} has no snapshot {seq}", field="snapshot")
        return View(self, seq, head)

    def history(self, stream: str, key: Key) -> Sequence[Version]:
        """Every kept turn in a record's life, newest first; empty for a key that was never seen. Raises NotFound for an unknown stream."""
        code = encode_key(key)
        for _ in range(8):
            head = self.head()
            state = head.streams.get(stream)
            if state is None:
                raise NotFound(f"there is no stream {stream}", field="stream")
            if any(erasure.stream == stream and erasure.key == code for erasure in head.erasures):
                return []
            try:
                rows = all_rows(self.packs, head, state, code)
            except PackGone:
                if self.head().gen == head.gen:
                    raise
                continue
            times = {entry.seq: entry.at for entry in head.snaps}
            return [self._version(row.seq, row.op, row.raw, times) for row in rows]
        raise BusyError(f"the packs of source {self.source} are moving too fast", hint="try again")

    def diff(
        self, older: int, newer: int, stream: str | None = None, *, values: bool = True, after: Key | None = None, small: bool = False
    ) -> Iterator[Change]:
        """Every change from one snapshot to the other, by stream and in key order; without ``values`` only which keys. Raises NotFound.

        ``after`` begins behind this key of the named stream, without reading what lies before it; ``small`` is for who wants a page.
        """
        if older > newer:
            raise InputError(f"snapshot {older} is newer than {newer}", hint="name the older one first", field="snapshot")
        self.at(older)
        self.at(newer)
        code = encode_key(after) if after is not None else None
        from listbackup.store.diff import iter_changes  # a backup compares no snapshots

        return iter_changes(self, older, newer, stream, values=values, after_code=code, small=small)

    def diff_counts(self, older: int, newer: int, stream: str | None = None) -> Mapping[str, ChangeCounts]:
        """How many keys were added, changed and removed per stream, without reading any value."""
        self.at(older)
        self.at(newer)
        from listbackup.store.diff import count_changes

        return count_changes(self, older, newer, stream)

    # --- writing ---

    def open_run(self, run: str, *, owner: str, lease: timedelta, take_over: bool = False) -> Writing:
        """The run, opened or resumed from its last checkpoint.

        ``owner`` names the worker's attempt: the same owner may open its run again at once, another one only when the lease has run out or ``take_over`` is set.
        Another run whose lease has run out is closed (what it staged is swept later). Raises BusyError, AlreadyCommitted.
        """
        give_back_large_blocks()
        done = self._recent_run(run)
        if done is not None:
            raise AlreadyCommitted(done)
        self.root.check_mirror()
        lease_ms = int(lease.total_seconds() * 1000)

        def open_it(head: Head) -> Head:
            now = unix_ms(self.ground.clock.now())
            for other, entry in head.open.items():
                mine = other == run and entry.owner == owner
                if entry.kind == "run" and not mine and not take_over and entry.free_at() > now:
                    raise self._busy(other, entry)
            others = [other for other, entry in head.open.items() if entry.kind == "run" and other != run]
            before = head.open.get(run)
            started = before.started if before is not None else now
            token = head.fence + 1
            entry = OpenEntry(
                kind="run",
                token=token,
                base=head.last_seq,
                owner=owner,
                beat=now,
                lease=lease_ms,
                started=started,
                since=token if before is None else before.since,  # what a closed run left behind may have been swept
            )
            return with_open(without_open(head, others), run, entry)

        head = self.root.edit(open_it, mirror=False)
        return Writing(self, head, run, head.open[run], read_checkpoint(self, run, head.last_seq, since=head.open[run].since))

    def after_commit(self) -> None:
        """What is due once a snapshot is in: small segments merged, a copy of HEAD every day."""
        with suppress(BusyError):  # another worker is at it
            compact_tiers(self)
        rooted = self.root.read()
        now = unix_ms(self.ground.clock.now())
        if rooted.head.copies and now - rooted.head.copies[-1].at < 24 * 3600 * 1000:
            return
        copy = HeadCopy(name=self.root.keep_copy(rooted), gen=rooted.head.gen, at=now)
        self.root.edit(lambda head: edited(head, copies=(*head.copies, copy)), mirror=False)

    # --- what a run must know of the past ---

    def prior(self, stream: str, head: Head, ids: Ids, *, with_canon: bool) -> Prior:
        """What a stream holds at the newest snapshot: from the local state file, or made anew from the key frames."""
        state = head.streams.get(stream)
        if state is None or not state.live:
            return sorted_prior(ids, [], with_canon=with_canon)
        folder = self.ground.cache(self.source, "state")
        path = folder / f"{state.id}-{state.digest.hex()}" if folder is not None else None
        rows = self.live_rows(stream, head, head.last_seq)
        if path is None:
            return sorted_prior(ids, rows, with_canon=with_canon)
        found = load_prior(path, with_canon=with_canon, sizes=self.ground.sizes)
        if found is None or len(found) != state.live:
            build_prior(path, ids, rows, with_canon=with_canon, expected_rows=state.live, sizes=self.ground.sizes)
            found = load_prior(path, with_canon=with_canon, sizes=self.ground.sizes)
        if found is None:
            raise DamagedError(
                f"the local state of stream {stream} cannot be read back", where=str(path), hint="check the disk of the cache"
            )
        return found

    def carry_prior(self, stream: str, digest: bytes, prior: Prior, ids: Ids, changes: Rows) -> None:
        """Keep the local state of the snapshot with this digest, which is the prior with these rows, and drop that of older ones."""
        folder = self.ground.cache(self.source, "state")
        if folder is None:
            return
        number = self.head().streams[stream].id
        path = folder / f"{number}-{digest.hex()}"
        carry_on(prior, path, ids, changes)
        for old in folder.glob(f"{number}-*"):
            if old != path:
                old.unlink(missing_ok=True)

    def known_pages(self, stream: str, head: Head, fingerprint: str) -> Leaves:
        """The pages that runs before this head learnt of a stream under this fingerprint; none while records of it are being erased."""
        path = self._pages_path(stream, head)
        if path is None or any(erasure.stream == stream for erasure in head.erasures):
            return Leaves()
        return load_pages(path, self.ground.keys, (self.source, stream), fingerprint)

    def keep_pages(self, stream: str, fingerprint: str, leaves: Leaves) -> None:
        """Keep these pages for the next run."""
        path = self._pages_path(stream, self.head())
        if path is not None:
            save_pages(path, self.ground.keys, (self.source, stream), fingerprint, leaves)

    def forget_local(self, stream: str) -> None:
        """Drop what is kept of a stream on the local disk to tell its records apart: it is made again when it is needed."""
        path = self._pages_path(stream, self.head())
        if path is not None:
            for old in path.parent.glob(f"{path.stem}[-.]*"):
                old.unlink(missing_ok=True)

    def _pages_path(self, stream: str, head: Head) -> Path | None:
        folder, state = self.ground.cache(self.source, "state"), head.streams.get(stream)
        return folder / f"{state.id}.pages" if folder is not None and state is not None else None

    def live_rows(self, stream: str, head: Head, seq: int) -> Iterator[Rows]:
        """The rows, without values, of the records of a stream that lived at ``seq``."""
        cursors = [SegmentCursor(self.packs, head.packs, segment) for segment in head.streams[stream].segments if segment.lo < seq]
        for slices in chunks(cursors):
            chosen = newest(slices, seq)
            yield chosen.where(chosen.rows.kind != Op.DELETE).rows

    def run_values(self, writing: Writing, stream: str) -> Iterator[tuple[bytes, bytes]]:
        """(code, value) of a stream as it stands with what an open run has staged in packs."""
        state = writing.base.streams.get(stream)
        segments = list(state.segments) if state is not None else []
        writer = writing.writers.get(stream)
        staged = [Segment(id="", lo=writer.lo, hi=writing.seq, parts=(part,)) for part in writer.parts] if writer is not None else []
        refs = {**writing.base.packs, **writing.packs}
        for slices in chunks([SegmentCursor(self.packs, refs, segment) for segment in (*segments, *staged)]):
            chosen = newest(slices, writing.seq)
            chosen = chosen.where(chosen.rows.kind <= Op.UPDATE)
            yield from zip(chosen.rows.codes, chosen.values(), strict=True)

    # --- inside ---

    def _write_format(self) -> None:
        try:
            self.ground.objects.put(FORMAT_NAME, _FORMAT)
        except ObjectExists:
            return

    def _recent_run(self, run: str) -> SnapshotInfo | None:
        head = self.head()
        for entry in reversed(head.snaps[-16:]):
            detail = self.root.detail(head, entry.seq)
            if detail is not None and detail.run == run:
                return self._info(head, entry, detail)
        return None

    def _info(self, head: Head, entry: SnapshotEntry, detail: SnapshotDetail | None = None) -> SnapshotInfo:
        detail = detail or self.root.detail(head, entry.seq)
        names = {state.id: name for name, state in head.streams.items()}
        streams = {names[number]: counts_of(counts) for number, counts in (detail.streams if detail else {}).items() if number in names}
        return SnapshotInfo(
            id=self.snapshot_id(entry),
            seq=entry.seq,
            at=from_unix_ms(entry.at),
            run=detail.run if detail else "",
            kind=entry.kind,
            held=entry.held,
            suspect=entry.suspect,
            verified_at=None if entry.verified_at is None else from_unix_ms(entry.verified_at),
            expired_at=None if entry.expired_at is None else from_unix_ms(entry.expired_at),
            streams={name: counts for name, counts in streams.items() if not name.startswith(HIDDEN)},
            written_bytes=detail.size if detail else 0,
            cursor=detail.cursor if detail else b"",
            facts=detail.facts if detail else {},
        )

    def _newest_at(self, head: Head, entries: Sequence[SnapshotEntry], instant: datetime) -> SnapshotInfo | None:
        limit = unix_ms(instant)
        past = [entry for entry in entries if entry.at <= limit]
        return self._info(head, max(past, key=lambda entry: (entry.at, entry.seq))) if past else None

    def _busy(self, run: str, entry: OpenEntry) -> BusyError:
        free_at = from_unix_ms(entry.free_at())
        return BusyError(
            f"run {run} of source {self.source} is under way (worker {entry.owner}); it is free at {free_at:%Y-%m-%d %H:%M:%S}Z unless it goes on",
            hint="wait for it, or stop it first",
        )

    @staticmethod
    def _version(seq: int, op: int, raw: bytes | None, times: Mapping[int, int]) -> Version:
        kind = Op(op & 3)
        evidence = EVIDENCE[op >> 2] if kind is Op.DELETE and op >> 2 < len(EVIDENCE) else None
        at = times.get(seq)
        return Version(seq=seq, at=None if at is None else from_unix_ms(at), op=kind, raw=raw, evidence=evidence)


def _base32(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 32)
        digits.append(_CROCKFORD[rest])
    return "".join(reversed(digits))
