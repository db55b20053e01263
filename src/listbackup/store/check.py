"""The check: what HEAD promises, held against what is there. Reads only; repairs nothing, so it can destroy nothing.

Levels build on each other (``findings.Level``). ``digests`` reads every record once: each row's vhash is made again from its key and value, and from the rows alone
the digest and count of every retained snapshot, which must be those that its run wrote down, whatever has been merged and thinned since.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from listbackup.backends.objects.port import ObjectMissing
from listbackup.base.errors import DamagedError, KeyUnavailable, ListBackupError, NewerFormat, StoreError
from listbackup.store.attach import blob_pointer
from listbackup.store.blobs import read_blob
from listbackup.store.compact import segment_blocks
from listbackup.store.findings import Finding, Kind, Level, Report
from listbackup.store.head import Head, PartRef, Segment, StreamState, packs_in_use
from listbackup.store.merge import Block, merge_inputs, part_blocks
from listbackup.store.model import BLOBS, Op
from listbackup.store.pack import PackReader, PartTail, open_pack
from listbackup.store.retention import mark_verified
from listbackup.store.sealed import FOOTER_BYTES, HEADER_BYTES, check_front
from listbackup.store.segments import part_size
from listbackup.store.sweep import look, names_of
from listbackup.store.totals import Totals

if TYPE_CHECKING:
    from listbackup.store.store import Store

__all__ = ["Finding", "Kind", "Level", "Report", "check"]

ROLLING = 30  # a rolling check reads all data in this many days
_ORDER = tuple(Level)

Progress = Callable[[str, int, int], None]  # stage, done, in all


@dataclass(slots=True)
class _Check:
    """One check under way."""

    store: Store
    tell: Progress
    findings: list[Finding] = field(default_factory=list)
    objects: int = 0
    read_bytes: int = 0
    rows: int = 0
    snapshots: int = 0
    bad_packs: set[str] = field(default_factory=set)

    def add(self, kind: Kind, where: str, what: str) -> None:
        self.findings.append(Finding(kind=kind, where=where, what=what))

    def add_error(self, error: ListBackupError, where: str) -> None:
        kind = Kind.KEY_UNAVAILABLE if isinstance(error, KeyUnavailable) else Kind.OBJECT_DAMAGED
        self.add(kind, getattr(error, "where", None) or where, error.message)


def check(
    store: Store,
    level: Level = Level.TAILS,
    progress: Progress | None = None,
    *,
    rolling_day: int | None = None,
    note_at: datetime | None = None,
) -> Report:
    """What is wrong with the store, found by reading as deep as ``level`` says.

    ``rolling_day`` (any running number of days) lets ``read_data`` read one thirtieth of the packs, all of them in thirty days. With ``note_at`` a clean check of the digests
    marks the snapshots as verified. Raises only what prevents looking at all (BackendError).
    """
    work = _Check(store, progress or _silent)
    head = _check_head(work)
    if head is not None and _ORDER.index(level) >= 1:
        _check_listing(work)
    if head is not None and _ORDER.index(level) >= 2:
        _check_tails(work, head)
    if head is not None and _ORDER.index(level) >= 3:
        _check_data(work, head, rolling_day)
    if head is not None and level is Level.DIGESTS:
        good = _check_digests(work, head)
        if note_at is not None and all(finding.harmless for finding in work.findings):
            mark_verified(store, good, note_at)
    return Report(
        level=level,
        findings=tuple(work.findings),
        objects=work.objects,
        read_bytes=work.read_bytes,
        rows=work.rows,
        snapshots=work.snapshots,
    )


# --- head ---


def _check_head(work: _Check) -> Head | None:
    store = work.store
    try:
        head = store.root.read().head
    except StoreError as error:
        rolled = isinstance(error, DamagedError) and "went back" in error.message
        kind = Kind.KEY_UNAVAILABLE if isinstance(error, KeyUnavailable) else Kind.HEAD_ROLLED_BACK if rolled else Kind.HEAD_DAMAGED
        work.add(kind, store.place.head, error.message)
        return None
    try:
        mirror = store.root.decode(store.ground.objects.get(store.place.head))
        if mirror.gen > head.gen:
            work.add(Kind.HEAD_ROLLED_BACK, store.place.head, f"the bucket has generation {mirror.gen}, the table {head.gen}")
        elif mirror.last_seq < head.last_seq:
            work.add(Kind.MIRROR_BEHIND, store.place.head, f"the bucket's copy knows snapshot {mirror.last_seq}, the table {head.last_seq}")
    except ObjectMissing:
        work.add(Kind.MIRROR_DAMAGED, store.place.head, "the bucket has no copy of the head")
    except StoreError as error:
        work.add(Kind.MIRROR_DAMAGED, store.place.head, error.message)
    for what in contradictions(head):
        work.add(Kind.HEAD_INCONSISTENT, store.place.head, what)
    for entry in head.snaps:
        try:
            if store.root.detail(head, entry.seq) is None:
                work.add(Kind.HEAD_INCONSISTENT, store.place.head, f"snapshot {entry.seq} says nothing of itself")
        except (StoreError, ObjectMissing, msgspec.MsgspecError) as error:
            work.add(Kind.OBJECT_DAMAGED, store.place.head, f"the details of snapshot {entry.seq} cannot be read: {error}")
    for ref in head.waste:
        try:
            store.root.read_waste(ref)
        except ObjectMissing:
            continue  # told of where the objects are listed
        except StoreError as error:
            work.add(Kind.OBJECT_DAMAGED, store.place.name(ref.name), error.message)
    return head


def contradictions(head: Head) -> Iterator[str]:
    """Where a head contradicts itself."""
    seqs = [entry.seq for entry in head.snaps]
    if seqs != sorted(set(seqs)):
        yield "its snapshots are not in order"
    if (seqs[-1] if seqs else 0) != head.last_seq:
        yield f"its newest snapshot is not {head.last_seq}"
    if missing := packs_in_use(head.streams) - set(head.packs):
        yield f"segments name packs that are not listed: {', '.join(sorted(missing))}"
    for name, state in head.streams.items():
        for before, after in itertools.pairwise(state.segments):
            parted = (before.lo, before.hi, before.full, after.full) == (after.lo, after.hi, False, True)
            if after.lo < before.hi and not parted:
                yield f"segments of {name} overlap: ({before.lo}, {before.hi}] and ({after.lo}, {after.hi}]"
        for segment in state.segments:
            if not segment.lo < segment.hi <= head.last_seq:
                yield f"a segment of {name} covers ({segment.lo}, {segment.hi}]"
            if any(left.last >= right.first for left, right in itertools.pairwise(segment.parts)):
                yield f"the parts of a segment of {name} overlap"
            if segment.rows != sum(part.rows for part in segment.parts):
                yield f"a segment of {name} counts {segment.rows} rows, its parts others"


# --- listing ---


def _check_listing(work: _Check) -> None:
    store, prefix = work.store, work.store.place.prefix
    listed, head = look(store)
    sizes = {info.name.removeprefix(prefix): info.size_bytes for info in listed}
    work.objects = len(sizes)
    dispensable = {copy.name for copy in head.copies} | {ref.name for ref in head.waste}
    garbage = {each.name for each in store.root.garbage(head)}
    for pack, ref in head.packs.items():
        name = f"p/{ref.run}/{pack}"
        if name not in sizes:
            work.add(Kind.OBJECT_MISSING, prefix + name, f"a pack of {ref.size} bytes is not there")
            work.bad_packs.add(pack)
        elif sizes[name] != ref.size:
            work.add(Kind.OBJECT_SIZE, prefix + name, f"it has {sizes[name]} bytes instead of {ref.size}")
            work.bad_packs.add(pack)
    for name in sorted(names_of(store, head) - garbage - {f"p/{ref.run}/{pack}" for pack, ref in head.packs.items()}):
        if name not in sizes:
            work.add(
                Kind.UNKNOWN_OBJECT if name in dispensable else Kind.OBJECT_MISSING, prefix + name, "it is named by the head and not there"
            )
    named = names_of(store, head) | {"HEAD"}
    for name in sorted(set(sizes) - named):
        folder, _, rest = name.partition("/")
        if folder in ("p", "r") and rest.partition("/")[0] not in head.open:
            work.add(Kind.ORPHAN, prefix + name, f"{sizes[name]} bytes that no snapshot needs")
        elif folder not in ("p", "r", "b", "st"):
            work.add(Kind.UNKNOWN_OBJECT, prefix + name, "it is not one of the store's names")


# --- tails ---


def _reader(work: _Check, head: Head, pack: str) -> PackReader:
    """The pack from its bytes in the bucket, whatever is cached."""
    store, ref = work.store, head.packs[pack]
    name = store.place.pack(ref.run, pack)
    try:
        end, size = store.ground.objects.get_tail(name, ref.size - ref.tail_off)
    except ObjectMissing:
        raise DamagedError(f"{name} is missing", where=name) from None
    read = store.ground.objects.get
    return open_pack(
        store.ground.keys, store.place.bound, bytes.fromhex(pack), size, end, lambda start, length: read(name, start, length), name
    )


def _check_tails(work: _Check, head: Head) -> None:
    wanted = [(name, segment, ref) for name, state in head.streams.items() for segment in state.segments for ref in segment.parts]
    by_pack: dict[str, list[tuple[str, Segment, PartRef]]] = {}
    for name, segment, ref in wanted:
        by_pack.setdefault(ref.pack, []).append((name, segment, ref))
    for number, (pack, parts) in enumerate(sorted(by_pack.items()), start=1):
        work.tell("tails", number, len(by_pack))
        if pack in work.bad_packs or pack not in head.packs:
            continue
        where = work.store.place.pack(head.packs[pack].run, pack)
        try:
            reader = _reader(work, head, pack)
        except (DamagedError, KeyUnavailable, NewerFormat) as error:
            work.add_error(error, where)
            work.bad_packs.add(pack)
            continue
        for name, segment, ref in parts:
            if (what := _tail_differs(reader, name, segment, ref)) is not None:
                work.add(Kind.TAIL_DIFFERS, where, what)


def _tail_differs(reader: PackReader, stream: str, segment: Segment, ref: PartRef) -> str | None:
    if ref.part >= len(reader.tail.parts):
        return f"it has no part {ref.part}"
    part = reader.tail.parts[ref.part]
    if (part.stream, part.rows, part.first, part.last) != (stream, ref.rows, ref.first, ref.last):
        return f"part {ref.part} is not the part of {stream} that the head describes"
    if (part.lo, part.hi) != (segment.lo, segment.hi):
        return f"part {ref.part} covers ({part.lo}, {part.hi}], the head says ({segment.lo}, {segment.hi}]"
    if part_size(reader.tail.lens, part) != ref.size:
        return f"part {ref.part} has another size than the head says"
    if not part.rows == int(part.value_frame_rows().sum()) == int(part.key_frame_rows().sum()):
        return f"the frames of part {ref.part} do not add up to {part.rows} rows"
    return None


# --- data ---


def _check_data(work: _Check, head: Head, rolling_day: int | None) -> None:
    chosen = [pack for pack in sorted(head.packs) if pack not in work.bad_packs and _due(pack, rolling_day)]
    for number, pack in enumerate(chosen, start=1):
        work.tell("read", number, len(chosen))
        ref = head.packs[pack]
        name = work.store.place.pack(ref.run, pack)
        try:
            whole = work.store.ground.objects.get(name)
            work.read_bytes += len(whole)
            if hashlib.sha256(whole).digest() != ref.sha:
                raise DamagedError("its bytes are not those that were written", where=name)
            reader = open_pack(
                work.store.ground.keys,
                work.store.place.bound,
                bytes.fromhex(pack),
                len(whole),
                whole,
                lambda start, length, whole=whole: whole[start : start + length],  # type: ignore[misc]
                name,
            )
            for part in reader.tail.parts:
                _check_rows(work, reader, part)
        except ObjectMissing:
            work.add(Kind.OBJECT_MISSING, name, "it is not there")
            work.bad_packs.add(pack)
        except (DamagedError, KeyUnavailable, NewerFormat) as error:
            work.add_error(error, name)
            work.bad_packs.add(pack)
    _check_blobs(work, head, rolling_day)


def _check_rows(work: _Check, reader: PackReader, part: PartTail) -> None:
    last: tuple[bytes, int] | None = None
    seen = 0
    for rows, values in part_blocks(reader, part):
        seen += len(rows)
        pairs = list(zip(rows.codes, (-rows.seq.astype(np.int64)).tolist(), strict=True))
        if any(before >= after for before, after in itertools.pairwise(pairs)) or (last is not None and last >= pairs[0]):
            work.add(Kind.ROWS_WRONG, reader.where, f"rows of {part.stream} are not in order")
        if int(rows.seq.min()) <= part.lo or int(rows.seq.max()) > part.hi:
            work.add(Kind.ROWS_WRONG, reader.where, f"a row of {part.stream} is outside ({part.lo}, {part.hi}]")
        if any(value for value, op in zip(values, rows.kind.tolist(), strict=True) if op == Op.DELETE):
            work.add(Kind.ROWS_WRONG, reader.where, f"a deletion in {part.stream} has a value")
        last = pairs[-1]
    if seen != part.rows:
        work.add(Kind.ROWS_WRONG, reader.where, f"{part.stream} has {seen} rows instead of {part.rows}")


def _check_blobs(work: _Check, head: Head, rolling_day: int | None) -> None:
    store = work.store
    digest_of = store.hashes.blob
    for rows, values in _blob_rows(work, head):
        for code, value in zip(rows.codes, values, strict=True):
            pointer = blob_pointer(value) if value else None
            if pointer is None or not _due(pointer.blob, rolling_day):
                continue
            digest = digest_of()
            name = store.place.blob(pointer.run, pointer.blob)
            try:
                end, _ = store.ground.objects.get_tail(name, FOOTER_BYTES)
                check_front(store.ground.objects.get(name, 0, HEADER_BYTES), end, name)
                for piece in read_blob(store.ground, store.place, pointer.run, pointer.blob, pointer.size):
                    digest.update(piece)
                    work.read_bytes += len(piece)
            except ObjectMissing:
                work.add(Kind.OBJECT_MISSING, name, "an attachment is not there")
            except (DamagedError, KeyUnavailable, NewerFormat) as error:
                missing = error.message.endswith("is missing")
                work.add(Kind.OBJECT_MISSING if missing else Kind.OBJECT_DAMAGED, name, error.message)
            else:
                if digest.digest() not in code:
                    work.add(Kind.VALUE_DIFFERS, name, "an attachment does not hash to its id")


def _blob_rows(work: _Check, head: Head) -> Iterator[Block]:
    state = head.streams.get(BLOBS)
    for segment in state.segments if state is not None else ():
        if not any(part.pack in work.bad_packs for part in segment.parts):
            yield from segment_blocks(work.store, head, segment)


def _due(name: str, rolling_day: int | None) -> bool:
    return rolling_day is None or int(name[:8], 16) % ROLLING == rolling_day % ROLLING


# --- digests ---


def _check_digests(work: _Check, head: Head) -> Sequence[int]:
    """The snapshots whose every stream has the digest and the count that its run wrote down."""
    retained = np.array(head.retained(), np.uint32)
    wrong: set[int] = set()
    for name, state in head.streams.items():
        if any(part.pack in work.bad_packs for segment in state.segments for part in segment.parts):
            wrong |= set(head.retained())
            continue
        totals = Totals(len(retained))
        for rows, values in merge_inputs([segment_blocks(work.store, head, segment) for segment in state.segments]):
            work.rows += len(rows)
            _check_values(work, name, (rows, values))
            totals.add((rows, values), retained)
        wrong |= _compare(work, head, name, state, totals)
    work.snapshots = len(retained)
    return [seq for seq in head.retained() if seq not in wrong]


def _check_values(work: _Check, stream: str, block: Block) -> None:
    rows, values = block
    again = work.store.hashes.values(rows.codes, values)
    lives = rows.kind != Op.DELETE
    bad = np.flatnonzero(lives & (again != rows.vhash))
    if len(bad):
        work.add(Kind.VALUE_DIFFERS, stream, f"{len(bad)} records of {stream} do not hash to what was noted of them")


def _compare(work: _Check, head: Head, name: str, state: StreamState, totals: Totals) -> set[int]:
    wrong: set[int] = set()
    for index, seq in enumerate(head.retained()):
        detail = work.store.root.detail(head, seq)
        counts = detail.streams.get(state.id) if detail is not None else None
        expected = (counts.live, counts.digest) if counts is not None else (0, bytes(16))
        if totals.at(index) != expected:
            wrong.add(seq)
            work.add(Kind.DIGEST_DIFFERS, f"snapshot {seq}, {name}", f"{totals.at(index)[0]} records instead of {expected[0]}, or others")
    return wrong


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""
