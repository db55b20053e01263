"""Erasure: every version of some records vanishes, from every snapshot, and the snapshots still prove whole.

The keys are noted in HEAD first, so that no reader shows them from that moment on. Then the segments that hold them are written again without their rows, with the attachments
that belong to them alone; and in the step that swaps the segments every retained snapshot's count and digest is lowered by exactly what was taken out of it. What
is kept of an erasure names nobody. The old packs are deleted when their grace is over, by the next sweep after it.

An erasure holds the place of a run while it works: a run that compared with records which vanish under it would count wrong. If the platform still has
the records, the next run adds them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from listbackup.base.clock import unix_ms
from listbackup.base.errors import NotFound
from listbackup.base.ids import new_id
from listbackup.store.bloom import may_hold
from listbackup.store.columns import Rows, join_rows
from listbackup.store.compact import Task, commit, segment_blocks
from listbackup.store.head import CountsEntry, Erased, Erasure, Head, Segment, SnapshotEntry, edited
from listbackup.store.jobs import Job, JobLost, job
from listbackup.store.keycode import decode_key, encode_key, prefix_range
from listbackup.store.merge import Block
from listbackup.store.model import ATTACHMENTS, BLOBS, HIDDEN, Key, Op
from listbackup.store.packs import PackGone
from listbackup.store.rewrite import rewrite
from listbackup.store.totals import Totals
from listbackup.store.view import needles_of

if TYPE_CHECKING:
    from listbackup.store.store import Store

_TRIES = 5
Codes = dict[str, set[bytes]]  # by stream


def erase(store: Store, records: Iterable[tuple[str, Key]], now: datetime) -> Erased:
    """What was erased: these records (stream, key) with all their versions and the attachments that nobody else has.

    Raises NotFound for an unknown stream (nothing was changed), BusyError while a run is open.
    """
    erasure = new_id("era", unix_ms(now))
    with job(store, "run") as mine:
        head = store.root.read().head
        codes = _with_attachments(store, head, _codes(head, records))
        store.root.edit(lambda head: _noted(head, erasure, codes, unix_ms(now)))
        return _carry_out(store, mine, erasure, now)


def find_holding(store: Store, text: str, stop: Callable[[], bool]) -> Iterator[tuple[str, Key]]:
    """Every record (stream, key), each once, of which any kept version in any snapshot holds the text; ended early when told to stop."""
    needles = needles_of(text)
    for stream in [name for name in store.head().streams if not name.startswith(HIDDEN)]:
        seen: set[bytes] = set()
        while True:
            head = store.head()
            seen |= {erasure.key for erasure in head.erasures if erasure.stream == stream}
            try:
                for code in _holding(store, head, stream, needles, stop):
                    if code not in seen:
                        seen.add(code)
                        yield stream, decode_key(code)
                break
            except PackGone:  # its segments were merged meanwhile: once more, with what is there now
                if store.head().gen == head.gen:
                    raise


def _holding(store: Store, head: Head, stream: str, needles: Sequence[bytes], stop: Callable[[], bool]) -> Iterator[bytes]:
    for rows, values in _all_blocks(store, head, stream):
        if stop():
            return
        for code, op, value in zip(rows.codes, rows.kind.tolist(), values, strict=True):
            if op != Op.DELETE and any(needle in value.lower() for needle in needles):
                yield code


def finish_erasures(store: Store, now: datetime) -> Sequence[Erased]:
    """Carry out what an interrupted erasure left noted. Raises BusyError while a run is open."""
    done = []
    for erasure in dict.fromkeys(each.id for each in store.root.read().head.erasures):
        with job(store, "run") as mine:
            done.append(_carry_out(store, mine, erasure, now))
    return done


def _codes(head: Head, records: Iterable[tuple[str, Key]]) -> Codes:
    codes: Codes = {}
    for stream, key in records:
        if stream not in head.streams:
            raise NotFound(f"there is no stream {stream}", field="stream")
        codes.setdefault(stream, set()).add(encode_key(key))
    return codes


def _with_attachments(store: Store, head: Head, codes: Codes) -> Codes:
    """The codes, and those of the attachments that belong to these records alone."""
    ranges = [prefix_range(encode_key((stream,)) + code) for stream, some in codes.items() for code in some]
    ours: set[bytes] = set()
    of_ours: set[str] = set()
    of_others: set[str] = set()
    for rows, values in _all_blocks(store, head, ATTACHMENTS):
        for code, op, value in zip(rows.codes, rows.kind.tolist(), values, strict=True):
            mine = any(start < code < stop for start, stop in ranges)
            if mine:
                ours.add(code)
            if op != Op.DELETE:
                (of_ours if mine else of_others).add(msgspec.json.decode(value)["id"])
    found = dict(codes)
    if ours:
        found[ATTACHMENTS] = ours
        found[BLOBS] = {encode_key((bytes.fromhex(blob),)) for blob in of_ours - of_others}
    return found


def _all_blocks(store: Store, head: Head, stream: str) -> Iterator[Block]:
    state = head.streams.get(stream)
    for segment in state.segments if state is not None else ():
        yield from segment_blocks(store, head, segment)


def _noted(head: Head, erasure: str, codes: Codes, now_ms: int) -> Head:
    fresh = tuple(Erasure(id=erasure, stream=stream, key=code, at=now_ms) for stream, some in codes.items() for code in sorted(some))
    return edited(head, erasures=head.erasures + fresh)


def _carry_out(store: Store, mine: Job, erasure: str, now: datetime) -> Erased:
    for _ in range(_TRIES):
        head = store.root.read().head
        mine.own(head)
        try:
            return _rewrite(store, head, mine, erasure, now)
        except JobLost:
            mine.own(store.root.read().head)  # its inputs were merged meanwhile: once more, with what is there now
    raise JobLost("the segments keep moving while they are rewritten", hint="run it again: what is to be erased is hidden already")


def _rewrite(store: Store, head: Head, mine: Job, erasure: str, now: datetime) -> Erased:
    codes: Codes = {}
    for each in head.erasures:
        if each.id == erasure:
            codes.setdefault(each.stream, set()).add(each.key)
    removed: dict[str, list[Rows]] = {}

    def spare(stream: str, block: Block) -> Block:
        rows, values = block
        gone = np.array([code in codes[stream] for code in rows.codes], np.bool_)
        if not gone.any():
            return block
        removed.setdefault(stream, []).append(rows.take(np.flatnonzero(gone)))
        kept = np.flatnonzero(~gone)
        return rows.take(kept), [values[index] for index in kept.tolist()]

    tasks = [Task(stream=stream, inputs=(segment,)) for stream, some in codes.items() for segment in _holders(store, head, stream, some)]
    outputs, writer = rewrite(store, head, mine, tasks, spare)
    lost = {stream: _ordered(rows) for stream, rows in removed.items()}
    old = {part.pack for task in tasks for segment in task.inputs for part in segment.parts}
    done = Erased(
        id=erasure,
        stream=", ".join(stream for stream in codes if stream[0] != "_"),
        at=min(each.at for each in head.erasures if each.id == erasure),
        done_at=unix_ms(now),
        rows=sum(map(len, lost.values())),
        packs=tuple(sorted(old)),
    )

    def settle(now_head: Head) -> Head:
        lowered = _lowered(store, now_head, lost)
        return edited(lowered, erasures=tuple(each for each in lowered.erasures if each.id != erasure), erased=(*lowered.erased, done))

    commit(store, mine, outputs, writer.refs, also=settle)
    for stream in codes:
        store.forget_local(stream)  # it knows the records by their ids still, and pages by what was told of them
    return done


def _holders(store: Store, head: Head, stream: str, codes: set[bytes]) -> Iterator[Segment]:
    """The segments that may hold any of the codes."""
    state = head.streams.get(stream)
    for segment in state.segments if state is not None else ():
        if any(_may_hold(store, head, segment, code) for code in codes):
            yield segment


def _may_hold(store: Store, head: Head, segment: Segment, code: bytes) -> bool:
    for ref in segment.parts:
        if ref.first <= code <= ref.last:
            reader = store.packs.reader(ref.pack, head.packs[ref.pack])
            if may_hold(reader.tail.parts[ref.part].bloom, code):
                return True
    return False


def _ordered(several: Sequence[Rows]) -> Rows:
    rows = join_rows(several)
    order = sorted(range(len(rows)), key=lambda index: (rows.codes[index], -int(rows.seq[index])))
    return rows.take(np.array(order, np.intp))


def _lowered(store: Store, head: Head, lost: dict[str, Rows]) -> Head:
    """The head whose snapshots and streams count and sum what is still there."""
    retained = np.array(head.retained(), np.uint32)
    totals: dict[int, Totals] = {}
    streams = dict(head.streams)
    for name, rows in lost.items():
        total = totals[head.streams[name].id] = Totals(len(retained))
        total.add((rows, []), retained)
        state = streams[name]
        live, digest = _less(state.live, state.digest, total.at(len(retained) - 1))
        streams[name] = msgspec.structs.replace(state, live=live, digest=digest)
    snaps = tuple(_lowered_entry(store, head, entry, index, totals) for index, entry in enumerate(head.snaps))
    return edited(head, streams=streams, snaps=snaps)


def _lowered_entry(store: Store, head: Head, entry: SnapshotEntry, index: int, totals: dict[int, Totals]) -> SnapshotEntry:
    detail = store.root.detail(head, entry.seq)
    if detail is None or all(total.at(index)[0] == 0 for total in totals.values()):
        return entry
    streams = dict(detail.streams)
    for number, total in totals.items():
        counts = streams.get(number)
        if counts is not None:
            streams[number] = _lowered_counts(counts, total.at(index))
    return msgspec.structs.replace(entry, detail=msgspec.structs.replace(detail, streams=streams), spill=None)


def _lowered_counts(counts: CountsEntry, lost: tuple[int, bytes]) -> CountsEntry:
    live, digest = _less(counts.live, counts.digest, lost)
    return msgspec.structs.replace(counts, live=live, digest=digest)


def _less(live: int, digest: bytes, lost: tuple[int, bytes]) -> tuple[int, bytes]:
    count, sums = lost
    words = [
        ((int.from_bytes(digest[at : at + 8], "little") - int.from_bytes(sums[at : at + 8], "little")) % 2**64).to_bytes(8, "little")
        for at in (0, 8)
    ]
    return live - count, b"".join(words)
