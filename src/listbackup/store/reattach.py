"""Large attachments sealed anew under the present key, and the rows that name them turned to the new objects.

The bytes are copied piece by piece under a job of their own, whose entry keeps the sweep away from the copies; runs go on meanwhile. Then the rows of ``_blobs``
that name them are written again under the place of a run, because a run that began before would commit the digest of the old rows. One compare-and-swap of
HEAD exchanges the segments, moves every retained snapshot's digest by exactly what changed, and ends both jobs. Until then the old objects are what counts; after
it they are named by nobody, become garbage at the next sweep, and are deleted when its grace is over. A crash leaves copies that nobody names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from listbackup.base.clock import unix_ms
from listbackup.base.errors import BusyError, DamagedError
from listbackup.store.attach import BlobPointer, blob_pointer, pointer_value
from listbackup.store.blobs import read_blob, write_blob
from listbackup.store.columns import Rows, join_rows
from listbackup.store.compact import Task, commit, segment_blocks
from listbackup.store.head import Head, Segment, SnapshotEntry, edited, without_open
from listbackup.store.jobs import Job, JobLost, claimed, job
from listbackup.store.merge import Block
from listbackup.store.model import BLOBS
from listbackup.store.rewrite import rewrite
from listbackup.store.sealed import HEADER_BYTES
from listbackup.store.totals import Totals

if TYPE_CHECKING:
    from listbackup.store.store import Store

BATCH_BYTES = 512 * 1024 * 1024  # copied before the rows are turned: what a crash costs
BATCH_COUNT = 256
_KID = slice(8, 16)
_TRIES = 5
Moved = Mapping[tuple[str, str], BlobPointer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reattached:
    """What was sealed anew."""

    count: int = 0
    size_bytes: int = 0


def reseal_attachments(store: Store, *, at_most_bytes: int | None = None, progress: Callable[[int, int], None] | None = None) -> Reattached:
    """Seal large attachments anew that are under an older key, at most so many bytes of them. Raises BusyError while a run is open, JobLost, DamagedError."""
    outdated = _outdated(store)
    done, total = Reattached(), sum(pointer.size for pointer in outdated)
    while outdated and (at_most_bytes is None or done.size_bytes < at_most_bytes):
        batch, outdated = _cut(outdated)
        _batch(store, batch)
        done = Reattached(count=done.count + len(batch), size_bytes=done.size_bytes + sum(pointer.size for pointer in batch))
        if progress is not None:
            progress(done.size_bytes, total)
    return done


def _outdated(store: Store) -> list[BlobPointer]:
    """The attachments that are sealed under another key than the present one, in the order of their names."""
    current, _ = store.ground.keys.current()
    named = {(pointer.run, pointer.blob): pointer for _, _, pointer in _pointers(store, store.root.read().head)}
    return [pointer for place, pointer in sorted(named.items()) if _kid(store, pointer) != current]


def _kid(store: Store, pointer: BlobPointer) -> bytes:
    name = store.place.blob(pointer.run, pointer.blob)
    header = store.ground.objects.get(name, 0, HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        raise DamagedError(f"{name} is cut short", where=name)
    return header[_KID]


def _pointers(store: Store, head: Head) -> Iterator[tuple[Segment, bytes, BlobPointer]]:
    state = head.streams.get(BLOBS)
    for segment in state.segments if state is not None else ():
        for rows, values in segment_blocks(store, head, segment):
            for code, value in zip(rows.codes, values, strict=True):
                pointer = blob_pointer(value) if value else None
                if pointer is not None:
                    yield segment, code, pointer


def _cut(outdated: list[BlobPointer]) -> tuple[list[BlobPointer], list[BlobPointer]]:
    """As many as one batch takes, at least one; and the others."""
    size = 0
    for number, pointer in enumerate(outdated):
        if number and (size + pointer.size > BATCH_BYTES or number >= BATCH_COUNT):
            return outdated[:number], outdated[number:]
        size += pointer.size
    return outdated, []


def _batch(store: Store, batch: list[BlobPointer]) -> None:
    head = store.root.read().head
    if any(entry.kind == "run" and entry.free_at() > unix_ms(store.ground.clock.now()) for entry in head.open.values()):
        raise BusyError("a run is open: attachments are sealed anew when it is over", hint="run it again then")
    with job(store, "reattach") as copying:
        moved = {(pointer.run, pointer.blob): _copied(store, copying, pointer) for pointer in batch}
        with job(store, "run") as mine:
            _turn(store, copying, mine, moved)


def _copied(store: Store, copying: Job, old: BlobPointer) -> BlobPointer:
    def pieces() -> Iterator[bytes]:
        for piece in read_blob(store.ground, store.place, old.run, old.blob, old.size):
            copying.beat()
            yield piece

    blob, size, _ = write_blob(store.ground, store.place, copying.run, pieces())
    if size != old.size:
        raise DamagedError("an attachment did not come out as large as it was", where=store.place.blob(old.run, old.blob))
    return BlobPointer(run=copying.run, blob=blob, size=size)


def _turn(store: Store, copying: Job, mine: Job, moved: Moved) -> None:
    for _ in range(_TRIES):
        head = store.root.read().head
        copying.own(head)
        mine.own(head)
        try:
            return _swap(store, head, copying, mine, moved)
        except JobLost:
            mine.own(store.root.read().head)  # its inputs were merged meanwhile: once more, with what is there now
    raise JobLost("the segments keep moving while they are rewritten", hint="run it again: nothing is lost")


def _swap(store: Store, head: Head, copying: Job, mine: Job, moved: Moved) -> None:
    holding: dict[str, Segment] = {}
    codes: set[bytes] = set()
    for segment, code, pointer in _pointers(store, head):
        if (pointer.run, pointer.blob) in moved:
            holding[segment.id] = segment
            codes.add(code)
    if not codes:  # nobody names them any more
        mine.commit(lambda now: without_open(now, [copying.run]))
        return
    if not claimed(head, unix_ms(store.ground.clock.now())).isdisjoint(holding):
        raise BusyError("the attachments' rows are being merged", hint="run it again when that is over")
    before, after = _touched(store, head, codes, moved)

    def turned(_: str, block: Block) -> Block:
        return _turned(store, block, moved)

    tasks = [Task(stream=BLOBS, inputs=(segment,)) for segment in holding.values()]
    outputs, writer = rewrite(store, head, mine, tasks, turned)
    commit(store, mine, outputs, writer.refs, also=lambda now: without_open(_shifted(store, now, before, after), [copying.run]))


def _touched(store: Store, head: Head, codes: set[bytes], moved: Moved) -> tuple[Rows, Rows]:
    """Every row of these keys as it is, and as it will be, newest first within a key."""
    before: list[Rows] = []
    after: list[Rows] = []
    for segment in head.streams[BLOBS].segments:
        for rows, values in segment_blocks(store, head, segment):
            places = np.flatnonzero(np.array([code in codes for code in rows.codes], np.bool_))
            if len(places):
                block = rows.take(places), [values[index] for index in places.tolist()]
                before.append(block[0])
                after.append(_turned(store, block, moved)[0])
    joined = join_rows(before), join_rows(after)
    order = np.array(sorted(range(len(joined[0])), key=lambda index: (joined[0].codes[index], -int(joined[0].seq[index]))), np.intp)
    return joined[0].take(order), joined[1].take(order)


def _turned(store: Store, block: Block, moved: Moved) -> Block:
    """The rows with new pointers, and their hashes."""
    rows, values = block
    fresh = list(values)
    places = []
    for index, value in enumerate(values):
        pointer = blob_pointer(value) if value else None
        to = moved.get((pointer.run, pointer.blob)) if pointer is not None else None
        if to is not None:
            fresh[index] = pointer_value(to)
            places.append(index)
    if not places:
        return block
    vhash = rows.vhash.copy()
    vhash[places] = store.hashes.values([rows.codes[index] for index in places], [fresh[index] for index in places])
    return Rows(rows.codes, rows.seq, rows.op, vhash, rows.canon), fresh


def _shifted(store: Store, head: Head, before: Rows, after: Rows) -> Head:
    """The head whose snapshots sum what the rows are now."""
    retained = np.array(head.retained(), np.uint32)
    lost, found = Totals(len(retained)), Totals(len(retained))
    lost.add((before, []), retained)
    found.add((after, []), retained)
    state = head.streams[BLOBS]
    last = len(retained) - 1
    digest = _moved_digest(state.digest, lost.at(last)[1], found.at(last)[1])
    streams = {**head.streams, BLOBS: msgspec.structs.replace(state, digest=digest)}

    def shifted(entry: SnapshotEntry, index: int) -> SnapshotEntry:
        detail = store.root.detail(head, entry.seq)
        counts = detail.streams.get(state.id) if detail is not None else None
        change = lost.at(index)[1], found.at(index)[1]
        if detail is None or counts is None or change[0] == change[1]:
            return entry
        moved = msgspec.structs.replace(counts, digest=_moved_digest(counts.digest, *change))
        return msgspec.structs.replace(
            entry, detail=msgspec.structs.replace(detail, streams={**detail.streams, state.id: moved}), spill=None
        )

    return edited(head, streams=streams, snaps=tuple(shifted(entry, index) for index, entry in enumerate(head.snaps)))


def _moved_digest(digest: bytes, lost: bytes, found: bytes) -> bytes:
    words = []
    for at in (0, 8):
        old, less, more = (int.from_bytes(sums[at : at + 8], "little") for sums in (digest, lost, found))
        words.append(((old - less + more) % 2**64).to_bytes(8, "little"))
    return b"".join(words)
