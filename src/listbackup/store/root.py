"""The root of a source: read it, and change it with one compare-and-swap.

The table holds the root (item ``pk = account/source``, ``sk = head``; attributes ``gen``, ``sha`` = SHA-256 of ``body``, ``body`` = the sealed HEAD). After every change that
alters what can be read, the same bytes replace the object ``HEAD`` in the bucket, from which the root can be put back; between the two writes the mirror
is one change behind, never ahead. A table that is behind the mirror, or behind the generation this machine has seen, was rolled back: that is reported, never used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from listbackup.backends.objects.port import ObjectMissing
from listbackup.backends.table.port import Absent, Condition, ConditionFailed, Equals, Item
from listbackup.base.clock import unix_ms
from listbackup.base.decode import from_msgpack
from listbackup.base.errors import BackendError, BusyError, DamagedError, KeyUnavailable, NewerFormat, NotFound
from listbackup.base.retry import RetryPolicy, retry
from listbackup.store.ground import StoreGround
from listbackup.store.head import (
    KNOWN_FEATURES,
    OLDER,
    WASTE,
    Features,
    Garbage,
    Head,
    Segment,
    SnapshotDetail,
    SpillRef,
    StreamState,
    WasteRef,
    edited,
)
from listbackup.store.sealed import ObjectType, new_object_id, open_small, seal_small
from listbackup.store.snaplist import joined, older_of

_EDIT_TRIES = 60
_FENCE_LEAP = 1_000_000  # beyond every token that a lost head may have given out
_PATIENCE = RetryPolicy(attempts=5)


class LostRace(BusyError):
    """Somebody else changed the root first; read it again."""


@dataclass(frozen=True, slots=True)
class Rooted:
    """A head and the hash that the next write must find in its place."""

    head: Head
    sha: bytes


class Root:
    """One source's root."""

    def __init__(self, ground: StoreGround, source: str) -> None:
        self._ground = ground
        self.place = ground.place(source)
        self._pk = f"{self.place.account}/{source}"
        self._known: Rooted | None = None
        self._details: dict[str, dict[int, SnapshotDetail]] = {}
        self._wasted: dict[str, tuple[Garbage, ...]] = {}
        self._marked = self._read_mark()

    def read(self) -> Rooted:
        """The root as it is now. Raises NotFound, DamagedError (also for a roll-back), KeyUnavailable, NewerFormat."""
        item = retry(lambda: self._ground.roots.find(self._pk, "head"), clock=self._ground.clock, policy=_PATIENCE)
        if item is None:
            raise NotFound(
                f"there is no store of source {self.place.source}", hint="add the source first, or rebuild its head from the bucket"
            )
        body, sha, gen = item.get("body"), item.get("sha"), item.get("gen")
        if not isinstance(body, bytes) or not isinstance(sha, bytes) or not isinstance(gen, int):
            raise DamagedError(f"the root of source {self.place.source} is not one", where=self.place.head)
        if self._known is not None and self._known.sha == sha:
            return self._known
        if hashlib.sha256(body).digest() != sha:
            raise DamagedError(f"the root of source {self.place.source} differs from its hash", where=self.place.head)
        head = self.decode(body)
        if head.gen != gen:
            raise DamagedError(f"the root of source {self.place.source} has another generation than its item", where=self.place.head)
        if gen < self._marked:
            self._rolled_back(gen, self._marked)
        self._known = Rooted(head, sha)
        self._mark(gen)
        return self._known

    def create(self) -> Rooted:
        """The root, made when missing."""
        head = Head(gen=1, account=self.place.account, source=self.place.source)
        try:
            return self._write(head, if_=Absent(), expected=None, mirror=True)
        except LostRace:
            return self.read()

    def put_back(self, head: Head) -> Rooted:
        """This head in place of whatever the table holds, one generation above everything seen; its open runs are closed. Raises LostRace."""
        item = self._ground.roots.find(self._pk, "head")
        gen, sha = (item.get("gen"), item.get("sha")) if item is not None else (0, None)
        above = max(self._marked, head.gen, gen if isinstance(gen, int) else 0)
        head = edited(head, gen=above + 1, prev=sha if isinstance(sha, bytes) else head.prev, open={}, fence=head.fence + _FENCE_LEAP)
        condition: Condition = Absent() if item is None else Equals({"gen": gen, "sha": sha})
        return self._write(head, if_=condition, expected=None, mirror=True)

    def edit(self, change: Callable[[Head], Head | None], *, mirror: bool = True) -> Head:
        """The head after ``change``, which is asked again whenever somebody else was first; None leaves it as it is."""
        for _ in range(_EDIT_TRIES):
            rooted = self.read()
            new = change(rooted.head)
            if new is None:
                return rooted.head
            try:
                return self.cas(rooted, new, mirror=mirror).head
            except LostRace:
                continue
        raise BusyError(f"the head of source {self.place.source} is changing too fast", hint="try again")

    def cas(self, old: Rooted, new: Head, *, mirror: bool = True) -> Rooted:
        """Replace ``old`` by ``new``, which gets the next generation. Raises LostRace when it is not there any more."""
        unknown = set(old.head.features.read + old.head.features.write) - KNOWN_FEATURES
        if unknown:
            raise NewerFormat(f"this store needs {', '.join(sorted(unknown))} to be written", hint="upgrade listbackup")
        new = edited(new, gen=old.head.gen + 1, prev=old.sha)
        return self._write(new, if_=Equals({"gen": old.head.gen, "sha": old.sha}), expected=old.sha, mirror=mirror)

    def decode(self, body: bytes, where: str | None = None) -> Head:
        """A head from its sealed bytes, spilled segment lists fetched. Raises DamagedError, KeyUnavailable, NewerFormat."""
        where = where or self.place.head
        raw = open_small(self._ground.keys, self.place.bound, ObjectType.HEAD, body, where=where)
        try:
            head = from_msgpack(raw, Head)
        except msgspec.MsgspecError as error:
            raise DamagedError(f"{where} cannot be read: {error}", where=where) from None
        unknown = set(head.features.read) - KNOWN_FEATURES
        if head.v > 1 or unknown:
            raise NewerFormat(f"{where} needs a newer version: {', '.join(sorted(unknown)) or head.v}", hint="upgrade listbackup")
        snaps = joined(head.older, head.snaps)
        return edited(head, snaps=snaps, older=None, streams={name: self._whole(state) for name, state in head.streams.items()})

    def check_mirror(self) -> None:
        """Raises DamagedError when the bucket's mirror is ahead of the table: the table was rolled back."""
        try:
            body = self._ground.objects.get(self.place.head)
            raw = open_small(self._ground.keys, self.place.bound, ObjectType.HEAD, body, where=self.place.head)
            gen = from_msgpack(raw, _Gen).gen
        except (ObjectMissing, DamagedError, KeyUnavailable, msgspec.MsgspecError):
            return  # a missing or damaged mirror is written anew by the next commit, and `check` reports it
        own = self.read().head.gen
        if gen > own:
            self._rolled_back(own, gen)

    def detail(self, head: Head, seq: int) -> SnapshotDetail | None:
        """What a snapshot says of itself, spilled or not; None when there is no such snapshot, or its list is gone (under a head put back from an old copy).

        Raises DamagedError.
        """
        entry = head.entry(seq)
        if entry is None or entry.detail is not None or entry.spill is None:
            return entry.detail if entry else None
        ref = head.spills[entry.spill]
        if ref.name not in self._details:
            try:
                self._details[ref.name] = from_msgpack(self._spilled(ref), dict[int, SnapshotDetail])
            except ObjectMissing:
                return None  # `check` tells of it
        return self._details[ref.name].get(seq)

    def read_waste(self, ref: WasteRef) -> tuple[Garbage, ...]:
        """The garbage that a spilled list names. Raises DamagedError, ObjectMissing."""
        if ref.name not in self._wasted:
            raw = self._spilled(SpillRef(name=ref.name, sha=ref.sha))
            try:
                self._wasted[ref.name] = from_msgpack(raw, tuple[Garbage, ...])
            except msgspec.MsgspecError as error:
                raise DamagedError(f"{ref.name} cannot be read: {error}", where=self.place.name(ref.name)) from None
        return self._wasted[ref.name]

    def wasted(self, ref: WasteRef) -> tuple[Garbage, ...]:
        """The same; none where the list cannot be read, as under a head put back from an old copy: what it named is swept as what nothing names."""
        try:
            return self.read_waste(ref)
        except (ObjectMissing, DamagedError):
            return ()

    def garbage(self, head: Head) -> tuple[Garbage, ...]:
        """Everything that waits to be deleted."""
        return (*(each for ref in head.waste for each in self.wasted(ref)), *head.garbage)

    def keep_copy(self, rooted: Rooted) -> str:
        """Write a copy of this head under ``st/``; its name within the source, for ``Head.copies``."""
        name = self.place.state(rooted.head.gen, new_object_id().hex(), "c")
        sealed = seal_small(
            self._ground.keys, self.place.bound, ObjectType.HEAD, msgspec.msgpack.encode(_as_written(self._spill(rooted.head)))
        )
        self._ground.objects.put(name, sealed)
        return name.removeprefix(self.place.prefix)

    def _write(self, head: Head, *, if_: Condition, expected: bytes | None, mirror: bool) -> Rooted:
        head = self._spill_garbage(self._spill_details(head))
        wire = self._spill(head)
        head = edited(
            head, garbage=wire.garbage, streams={name: self._kept(head.streams[name], state) for name, state in wire.streams.items()}
        )
        body = seal_small(self._ground.keys, self.place.bound, ObjectType.HEAD, msgspec.msgpack.encode(_as_written(wire)))
        sha = hashlib.sha256(body).digest()
        item: Item = {"pk": self._pk, "sk": "head", "gen": head.gen, "sha": sha, "body": body}

        def put() -> None:
            try:
                self._ground.roots.put(item, if_=if_)
            except ConditionFailed:
                if self._stored_sha() != sha:
                    raise LostRace(f"the head of source {self.place.source} was changed by somebody else") from None
            except BackendError:
                if self._stored_sha() != sha:
                    raise

        retry(put, clock=self._ground.clock, policy=_PATIENCE)
        self._known = Rooted(head, sha)
        self._mark(head.gen)
        if mirror:
            self._ground.objects.replace(self.place.head, body)
        return self._known

    @staticmethod
    def _kept(whole: StreamState, wire: StreamState) -> StreamState:
        return msgspec.structs.replace(whole, spilled=wire.spilled)

    def _stored_sha(self) -> object:
        item = self._ground.roots.find(self._pk, "head")
        return None if item is None else item.get("sha")

    def _spill(self, head: Head) -> Head:
        """The head as it is written: the largest segment lists as objects of their own where all together are large."""
        encoded = {name: msgspec.msgpack.encode(state.segments) for name, state in head.streams.items()}
        total = sum(map(len, encoded.values()))
        streams = {name: msgspec.structs.replace(state, spilled=None) for name, state in head.streams.items()}
        for name in sorted(encoded, key=lambda name: -len(encoded[name])):
            if total <= self._ground.sizes.spill_above_bytes:
                break
            total -= len(encoded[name])
            ref = self._spill_object(head, encoded[name], head.streams[name].spilled)
            streams[name] = msgspec.structs.replace(head.streams[name], segments=(), spilled=ref)
        old = {state.spilled.name for state in head.streams.values() if state.spilled}
        new = {state.spilled.name for state in streams.values() if state.spilled}
        now = unix_ms(self._ground.clock.now())
        garbage = head.garbage + tuple(Garbage(name=name, gen=head.gen, at=now) for name in sorted(old - new))
        return edited(head, streams=streams, garbage=garbage)

    def _spill_details(self, head: Head) -> Head:
        """The head with the details of its newest snapshots alone; lists of which little is needed any more are put together with the new one."""
        sizes = self._ground.sizes
        inline = [entry for entry in head.snaps if entry.detail is not None]
        if len(inline) <= sizes.details_inline:
            return head
        moving = {entry.seq: entry.detail for entry in inline[: -sizes.details_kept]}
        wanted: dict[int, list[int]] = {}
        for entry in head.snaps:
            if entry.detail is None and entry.spill is not None:
                wanted.setdefault(entry.spill, []).append(entry.seq)
        sparse = [index for index, seqs in wanted.items() if 4 * len(seqs) <= sizes.details_inline - sizes.details_kept]
        for index in sparse if len(sparse) >= sizes.sparse_lists else ():
            try:
                moving.update({seq: detail for seq in wanted[index] if (detail := self.detail(head, seq)) is not None})
            except DamagedError:
                continue  # `check` tells of it; a run does not fail for it
        return self._with_moved(head, moving)

    def _with_moved(self, head: Head, moving: Mapping[int, SnapshotDetail | None]) -> Head:
        """The head whose snapshots in ``moving`` refer to a new list of details, and whose lists are those that are referred to."""
        used = sorted({entry.spill for entry in head.snaps if entry.spill is not None and entry.seq not in moving})
        ref = self._spill_object(head, msgspec.msgpack.encode(moving), None)
        ref = msgspec.structs.replace(ref, first=min(moving), last=max(moving))
        places = {old: new for new, old in enumerate(used)}
        snaps = tuple(
            msgspec.structs.replace(entry, detail=None, spill=len(used))
            if entry.seq in moving
            else msgspec.structs.replace(entry, spill=places[entry.spill])
            if entry.spill is not None and places[entry.spill] != entry.spill
            else entry
            for entry in head.snaps
        )
        now = unix_ms(self._ground.clock.now())
        unused = (old for index, old in enumerate(head.spills) if index not in places)
        garbage = head.garbage + tuple(Garbage(name=old.name, gen=head.gen, at=now) for old in unused)
        return edited(head, snaps=snaps, spills=(*(head.spills[index] for index in used), ref), garbage=garbage)

    def _spill_garbage(self, head: Head) -> Head:
        sizes = self._ground.sizes
        if len(head.garbage) <= sizes.garbage_inline:
            return head
        moving, kept = head.garbage[: -sizes.garbage_kept], head.garbage[-sizes.garbage_kept :]
        ref = self._spill_object(head, msgspec.msgpack.encode(moving), None)
        waste = WasteRef(name=ref.name, sha=ref.sha, at=max(each.at for each in moving), count=len(moving))
        return edited(head, garbage=kept, waste=(*head.waste, waste))

    def _spill_object(self, head: Head, raw: bytes, known: SpillRef | None) -> SpillRef:
        sha = hashlib.sha256(raw).digest()
        if known is not None and known.sha == sha:
            return known
        name = self.place.state(head.gen, new_object_id().hex(), "s")
        sealed = seal_small(self._ground.keys, self.place.bound, ObjectType.SPILL, raw)
        self._ground.objects.put(name, sealed)
        return SpillRef(name=name.removeprefix(self.place.prefix), sha=sha)

    def _spilled(self, ref: SpillRef) -> bytes:
        name = self.place.name(ref.name)
        raw = open_small(self._ground.keys, self.place.bound, ObjectType.SPILL, self._ground.objects.get(name), where=name)
        if hashlib.sha256(raw).digest() != ref.sha:
            raise DamagedError(f"{name} is not the list that the head refers to", where=name)
        return raw

    def _whole(self, state: StreamState) -> StreamState:
        if state.spilled is None:
            return state
        known = self._known.head.streams.values() if self._known else ()
        for other in known:
            if other.id == state.id and other.spilled == state.spilled:
                return msgspec.structs.replace(state, segments=other.segments)
        segments = from_msgpack(self._spilled(state.spilled), tuple[Segment, ...])
        return msgspec.structs.replace(state, segments=segments)

    def _rolled_back(self, found: int, seen: int) -> NoReturn:
        raise DamagedError(
            f"the root of source {self.place.source} went back from generation {seen} to {found}",
            where=self.place.head,
            hint=f"the tables were put back from an older copy; make the head anew first:  listbackup check {self.place.source} --rebuild",
        )

    def _mark(self, gen: int) -> None:
        if gen <= self._marked:
            return
        self._marked = gen
        folder = self._ground.cache(self.place.source)
        if folder is not None:
            (folder / "generation").write_text(str(gen))

    def _read_mark(self) -> int:
        folder = self._ground.cache(self.place.source)
        path = folder / "generation" if folder is not None else None
        text = path.read_text() if path is not None and path.exists() else ""
        return int(text) if text.isdigit() else 0


def _as_written(head: Head) -> Head:
    """The head as its body holds it: old snapshots by column, and what a program must know for that."""
    spilled = [entry for entry in head.snaps if entry.detail is None]
    older = older_of(spilled)
    recent = tuple(entry for entry in head.snaps if entry.detail is not None) if spilled else tuple(head.snaps)
    features = head.features
    features = Features(
        read=_with(features.read, OLDER, older is not None),
        write=_with(features.write, OLDER, older is not None),
        gc=_with(features.gc, WASTE, bool(head.waste)),
    )
    return edited(head, snaps=recent, older=older, features=features)


def _with(names: tuple[str, ...], name: str, needed: bool) -> tuple[str, ...]:
    return tuple(sorted({*names, name} if needed else {*names} - {name}))


class _Gen(msgspec.Struct):
    gen: int
