"""A run: the only way new records get into a store.

A run is open in HEAD under a fencing token. Its rows are staged in packs; a checkpoint is written strictly after the packs it names. The commit is one compare-and-swap of HEAD
that demands the run's token and the snapshot it built on: all streams at once, or nothing. What a run leaves behind without a commit is reachable from nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from listbackup.backends.objects.port import ObjectExists
from listbackup.base.clock import from_unix_ms, unix_ms
from listbackup.base.errors import BusyError
from listbackup.store.attach import Attaching
from listbackup.store.checkpoint import CheckpointBody, counts_of_mark
from listbackup.store.head import (
    CountsEntry,
    Head,
    OpenEntry,
    PackRef,
    Segment,
    SnapshotDetail,
    SnapshotEntry,
    StreamState,
    edited,
    without_open,
)
from listbackup.store.model import (
    HIDDEN,
    AttachmentInfo,
    Checkpoint,
    Key,
    SnapshotInfo,
    SnapshotKind,
    StreamSpec,
    StreamStatus,
)
from listbackup.store.packing import Packing
from listbackup.store.part import Part
from listbackup.store.root import LostRace
from listbackup.store.sealed import ObjectType, seal_small
from listbackup.store.streamwriter import StreamWriter

if TYPE_CHECKING:
    from listbackup.store.store import Store

SUSPECT_SHARE = 0.5
SUSPECT_ROWS = 10
_COMMIT_TRIES = 60


class RunLost(BusyError):
    """Another worker took this run over, or it was closed: nothing this one still does can count."""


class Writing:
    """One open run. Used from one thread at a time."""

    def __init__(self, store: Store, head: Head, run: str, entry: OpenEntry, mark: CheckpointBody | None) -> None:
        self.store = store
        self.run = run
        self._head = head  # as it was when the run was opened: the base that every comparison is made with
        self._token = entry.token
        self._base = entry.base
        self._lease_ms = entry.lease
        self._beat = store.ground.clock.monotonic()
        self._mark = mark
        self._number = 0
        self._streams: dict[str, StreamWriter] = {}
        self._packing = Packing(store, run, self.seq, dict(mark.packs) if mark else {})
        self._packing.written_bytes = mark.written if mark else 0
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-write")
        self._closed = False
        self._prepared = False
        self._attaching = Attaching(self)
        for name, stream_mark in mark.streams.items() if mark else ():
            self._stream(name, stream_mark.spec)

    @property
    def seq(self) -> int:
        """The number that the snapshot of this run will have."""
        return self._base + 1

    @property
    def base(self) -> Head:
        """HEAD as it was when the run was opened."""
        return self._head

    @property
    def token(self) -> int:
        """The run's fencing token."""
        return self._token

    @property
    def packs(self) -> Mapping[str, PackRef]:
        """The packs written by this run so far."""
        return self._packing.packs

    @property
    def pool(self) -> ThreadPoolExecutor:
        """The thread that compresses in merges."""
        return self._pool

    @property
    def resumed(self) -> Checkpoint | None:
        """Where an earlier attempt at this run stood, or None for a fresh start."""
        if self._mark is None:
            return None
        return Checkpoint(
            cursor=self._mark.cursor,
            at=from_unix_ms(self._mark.at),
            streams={name: counts_of_mark(mark) for name, mark in self._mark.streams.items() if not name.startswith(HIDDEN)},
            finished=tuple(name for name, mark in self._mark.streams.items() if mark.finished),
        )

    def stream(self, name: str, spec: StreamSpec = StreamSpec()) -> StreamWriter:
        """The writer of one stream; asked twice, the same one."""
        self._usable()
        if name.startswith(HIDDEN):
            raise ValueError(f"streams that begin with {HIDDEN!r} are the store's own")
        return self._stream(name, spec)

    def attach(
        self,
        stream: str,
        key: Key,
        path: str,
        name: str,
        content_type: str | None,
        chunks: Iterable[bytes],
        version: str | None = None,
    ) -> AttachmentInfo:
        """Keep an attachment of a record: its bytes once per source, however many records refer to equal ones."""
        self._usable()
        return self._attaching.attach(stream, key, path, name, content_type, chunks, version)

    def has_attachment(self, stream: str, key: Key, path: str, version: str | None = None) -> AttachmentInfo | None:
        """The attachment as it is kept, if its bytes need not be fetched: same version, or, without versions, a record this run did not change."""
        self._usable()
        return self._attaching.find(stream, key, path, version)

    def detach(self, stream: str, key: Key, paths: Sequence[str]) -> None:
        """The record has no attachments any more at these paths."""
        self._usable()
        self._attaching.detach(stream, key, paths)

    def attachment_paths(self, stream: str, key: Key) -> Sequence[str]:
        """The paths at which the record has attachments now."""
        self._usable()
        return self._attaching.paths(stream, key)

    def checkpoint(self, cursor: bytes) -> None:
        """Make everything given so far durable, with the place where to go on. Raises RunLost."""
        self._usable()
        self._beat_if_due()
        for writer in list(self._streams.values()):
            writer.flush()
        self.write_pack()
        self._number += 1
        body = CheckpointBody(
            run=self.run,
            token=self._token,
            base=self._base,
            at=self._now_ms(),
            cursor=cursor,
            written=self._packing.written_bytes,
            packs=self._packing.packs,
            streams={name: writer.mark() for name, writer in self._streams.items()},
        )
        place = self.store.place
        sealed = seal_small(self.store.ground.keys, place.bound, ObjectType.CHECKPOINT, msgspec.msgpack.encode(body))
        self._put(place.checkpoint(self.run, self._token, self._number), sealed)

    def heartbeat(self, lease: timedelta | None = None) -> None:
        """Keep the run ours for another ``lease``. Raises RunLost."""
        self._usable()
        if lease is not None:
            self._lease_ms = int(lease.total_seconds() * 1000)

        def beat(head: Head) -> Head:
            entry = self._own(head)
            beaten = msgspec.structs.replace(entry, beat=self._now_ms(), lease=self._lease_ms)
            return edited(head, open={**head.open, self.run: beaten})

        self.store.root.edit(beat, mirror=False)
        self._beat = self.store.ground.clock.monotonic()

    def commit(self, at: datetime, cursor: bytes, facts: Mapping[str, str] | None = None) -> SnapshotInfo:
        """The snapshot of everything written: from now on it is the newest, whole or (after a RunLost) not at all.

        A commit whose answer was lost may be asked again.
        """
        self._usable()
        self._prepare()
        detail, kind, suspect = self._detail(cursor, facts or {})
        entry = SnapshotEntry(seq=self.seq, at=unix_ms(at), kind=kind, suspect=suspect, detail=detail)
        for _ in range(_COMMIT_TRIES):
            rooted = self.store.root.read()
            if self._committed(rooted.head):
                break
            self._own(rooted.head)
            if rooted.head.last_seq != self._base:
                raise RunLost(f"run {self.run} builds on snapshot {self._base}, the newest is {rooted.head.last_seq}", hint="run again")
            try:
                self.store.root.cas(rooted, self._with_snapshot(rooted.head, entry, detail))
                break
            except LostRace:
                continue
        else:
            raise BusyError(f"the head of source {self.store.source} is changing too fast", hint="run the same again: nothing is lost")
        return self._after_commit()

    def _prepare(self) -> None:
        """Have everything in packs, each stream's parts in order; once."""
        if self._prepared:
            return
        self._attaching.finish()
        for writer in self._streams.values():
            writer.flush(final=True)
        self.write_pack()
        for writer in self._streams.values():
            writer.merge_if_needed()
        self.write_pack()
        self._prepared = True

    def abandon(self) -> None:
        """Close the run without a snapshot; what it staged is swept later."""
        if self._closed:
            return
        self.close()
        self.store.root.edit(
            lambda head: (
                without_open(head, [self.run]) if head.open.get(self.run, None) and head.open[self.run].token == self._token else None
            ),
            mirror=False,
        )

    def close(self) -> None:
        """End the threads and leave the run open in HEAD, to be resumed from its last checkpoint."""
        self._closed = True
        self._pool.shutdown(wait=True)

    # --- for the stream writers ---

    def take_part(self, owner: StreamWriter, part: Part) -> None:
        """A finished part: into the pack, which is written when it is large enough."""
        self._packing.take(owner, part)
        if self._packing.full:
            self.write_pack()

    def write_pack(self) -> None:
        """Write the pack of the parts at hand, if there are any."""
        self._packing.write()
        self._beat_if_due()

    def count_written(self, size_bytes: int) -> None:
        """Bytes that were written besides packs."""
        self._packing.written_bytes += size_bytes

    def stream_for_attachments(self, name: str) -> StreamWriter:
        """The writer of a hidden stream."""
        return self._stream(name, StreamSpec())

    @property
    def writers(self) -> Mapping[str, StreamWriter]:
        """The writers asked for so far."""
        return self._streams

    # --- inside ---

    def _stream(self, name: str, spec: StreamSpec) -> StreamWriter:
        writer = self._streams.get(name)
        if writer is None:
            mark = self._mark.streams.get(name) if self._mark else None
            writer = self._streams[name] = StreamWriter(self, name, spec)
            if mark is not None:
                writer.restore(mark)
        return writer

    def _put(self, name: str, data: bytes) -> None:
        try:
            self.store.ground.objects.put(name, data)
        except ObjectExists:
            if self.store.ground.objects.get(name) != data:  # ours, and its first answer was lost, or somebody else's
                raise

    def _now_ms(self) -> int:
        return unix_ms(self.store.ground.clock.now())

    def _usable(self) -> None:
        if self._closed:
            raise ValueError("the run is closed")

    def _own(self, head: Head) -> OpenEntry:
        entry = head.open.get(self.run)
        if entry is None or entry.token != self._token:
            raise RunLost(f"run {self.run} was taken over or closed by another worker", hint="nothing was lost: the other worker goes on")
        return entry

    def _beat_if_due(self) -> None:
        if (self.store.ground.clock.monotonic() - self._beat) * 3000 > self._lease_ms:
            self.heartbeat()

    def _detail(self, cursor: bytes, facts: Mapping[str, str]) -> tuple[SnapshotDetail, SnapshotKind, bool]:
        streams: dict[int, CountsEntry] = {}
        ids, _ = self._ids()
        suspect = False
        for state in self._head.streams.values():
            streams[state.id] = CountsEntry(state.live, 0, 0, 0, StreamStatus.CARRIED, state.digest)
        for name, writer in self._streams.items():
            streams[ids[name]] = writer.entry()
            before = self._head.streams[name].live if name in self._head.streams else 0
            removed = writer.stage.delta.removed
            suspect = suspect or (not name.startswith(HIDDEN) and removed > SUSPECT_ROWS and removed > SUSPECT_SHARE * before)
        visible = [writer for name, writer in self._streams.items() if not name.startswith(HIDDEN)]
        if any(writer.status is StreamStatus.PARTIAL for writer in visible) or facts.get("partial"):
            kind = SnapshotKind.PARTIAL
        else:
            kind = SnapshotKind.FULL if all(writer.listing for writer in visible) else SnapshotKind.INCREMENTAL
        return (
            SnapshotDetail(run=self.run, size=self._packing.written_bytes, cursor=cursor, facts=dict(facts), streams=streams),
            kind,
            suspect,
        )

    def _ids(self) -> tuple[dict[str, int], int]:
        following = self._head.next_stream
        ids = {name: state.id for name, state in self._head.streams.items()}
        for name in self._streams:
            if name not in ids:
                ids[name], following = following, following + 1
        return ids, following

    def _with_snapshot(self, head: Head, entry: SnapshotEntry, detail: SnapshotDetail) -> Head:
        ids, following = self._ids()
        streams = dict(head.streams)
        for name, writer in self._streams.items():
            state = streams.get(name) or StreamState(id=ids[name], spec=writer.spec)
            counts = detail.streams[ids[name]]
            changes: dict[str, object] = {"spec": writer.spec, "live": counts.live, "digest": counts.digest}
            if writer.parts:
                segment = Segment(
                    id=writer.segment,
                    lo=writer.lo,
                    hi=self.seq,
                    full=writer.first_load,
                    rows=sum(part.rows for part in writer.parts),
                    size=sum(part.size for part in writer.parts),
                    parts=tuple(sorted(writer.parts, key=lambda part: part.first)),
                )
                changes |= {"segments": (*state.segments, segment), "changed_seq": self.seq}
            streams[name] = msgspec.structs.replace(state, **changes)
        return edited(
            without_open(head, [self.run]),
            streams=streams,
            packs={**head.packs, **{pack: self._packing.packs[pack] for pack in self._used()}},
            snaps=(*head.snaps, entry),
            last_seq=self.seq,
            next_stream=max(head.next_stream, following),
        )

    def _used(self) -> set[str]:
        return {part.pack for writer in self._streams.values() for part in writer.parts}

    def _committed(self, head: Head) -> bool:
        if head.last_seq < self.seq or self.run in head.open:
            return False
        detail = self.store.root.detail(head, self.seq)
        return detail is not None and detail.run == self.run

    def _after_commit(self) -> SnapshotInfo:
        info = self.store.snapshot(self.seq)
        for writer in self._streams.values():
            writer.remember()
        self._tidy()
        self.store.after_commit()
        self.close()
        return info

    def _tidy(self) -> None:
        """Delete what only an open run needs: checkpoints, and staged packs that were merged into others (no head ever named them)."""
        objects, place = self.store.ground.objects, self.store.place
        used = self._used()
        for pack in [pack for pack in self._packing.packs if pack not in used]:
            objects.delete(place.pack(self.run, pack))
            self.store.packs.forget(pack)
        if self._number or self._mark:
            for found in list(objects.list(place.checkpoints(self.run))):
                objects.delete(found.name)
