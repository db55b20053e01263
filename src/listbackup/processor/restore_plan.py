"""Plans a restore: looks at every chosen record on the platform and says what would happen to it. Nothing is written.

A record that differs is only written over when what is there now is the same as in the newest snapshot: then a copy of it is kept and can be brought back.
Anything else was changed since, is in no snapshot, and is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from listbackup.base.errors import InputError
from listbackup.connectors.engine.connector import Mode
from listbackup.connectors.engine.record import Key
from listbackup.processor.restore_model import (
    Action,
    ListenRestore,
    Restored,
    RestorePlan,
    RestoreProgress,
    Selection,
    Step,
    Why,
    unheard_restore,
)
from listbackup.processor.restore_room import RestoreRoom

LIST_ABOVE = 50  # from so many records of a stream on, one listing is cheaper than asking for each
CALLS_PER_WRITE = 2  # one look before, and the write
Parts: TypeAlias = tuple[str | None, ...]


def plan_restore(
    room: RestoreRoom, source: str, selection: Selection, *, overwrite: bool = False, listen: ListenRestore = unheard_restore
) -> RestorePlan:
    """What writing the chosen records back would do. Raises InputError for streams that cannot be chosen, PlatformError, Interrupted."""
    before = room.session.calls
    steps: list[Step] = []
    renamed: set[tuple[str, Key]] = set()
    for stream in room.in_order(_streams(room, selection)):
        steps.extend(_Planner(room, stream, overwrite, renamed, listen).steps(_keys(room, selection, stream)))
    writing = {step.stream for step in steps if step.action in (Action.CREATE, Action.UPDATE)}
    effects = [f"{stream}: {effect}" for stream in sorted(writing) for effect in room.info(stream).restore.side_effects]
    writes = sum(step.action in (Action.CREATE, Action.UPDATE) for step in steps)
    return RestorePlan(
        source=source,
        snapshot_seq=room.snapshot.seq,
        selection=selection,
        overwrite=overwrite,
        steps=steps,
        calls=writes * CALLS_PER_WRITE,
        planning_calls=room.session.calls - before,
        side_effects=effects,
        quota=room.quota_left(),
    )


def _streams(room: RestoreRoom, selection: Selection) -> Sequence[str]:
    kept = room.snapshot.streams
    named = {*(selection.streams if selection.streams is not None else () if selection.keys else kept), *selection.keys}
    for stream in sorted(named):
        if stream not in kept:
            raise InputError(f"snapshot {room.snapshot.seq} has no stream {stream!r}", field="stream", hint="it has: " + ", ".join(kept))
    if selection.streams is None and not selection.keys:
        return [stream for stream in named if stream in room.infos]
    for stream in named:
        own = set(room.info(stream).key) & {path[0] for path in room.fields}
        if own:
            raise InputError(f"{sorted(own)[0]!r} says which record it is, and is not written", field="fields")
    return sorted(named)


def _keys(room: RestoreRoom, selection: Selection, stream: str) -> Sequence[Key]:
    chosen = selection.keys.get(stream)
    if chosen is not None and (selection.streams is None or stream not in selection.streams):
        return chosen
    return [_text_key(record.key) for record in room.view.scan(stream)]


class _Planner:
    def __init__(self, room: RestoreRoom, stream: str, overwrite: bool, renamed: set[tuple[str, Key]], listen: ListenRestore) -> None:
        self._room, self._stream, self._overwrite, self._renamed, self._listen = room, stream, overwrite, renamed, listen
        self._can = room.info(stream).restore
        self._listed: dict[Key, str] | None = None
        self._looked_at: bytes | None = None  # what the last look at a single record saw
        self._listed_parts: dict[Key, Parts] = {}  # of the chosen fields, where only some go back

    def steps(self, keys: Sequence[Key]) -> Sequence[Step]:
        """One step for each key, records before those of the same stream that refer to them."""
        if len(keys) >= LIST_ABOVE:
            self._listed = self._listing()
        steps = []
        for done, key in enumerate(self._ordered(keys), 1):
            self._room.check_stop()
            steps.append(self._step(key))
            self._listen(RestoreProgress(done=done, total=len(keys), stream=self._stream))
        return steps

    def _step(self, key: Key) -> Step:
        wanted = self._room.kept(self._stream, key)
        if wanted is None:
            return self._say(key, Action.SKIP, Why.NOT_KEPT)
        try:
            return self._fields_compared(key, wanted) if self._room.fields else self._compared(key, wanted)
        except InputError:
            return self._say(key, Action.SKIP, Why.CANNOT_LOOK)

    def _there(self, key: Key) -> tuple[Restored | None, Key, str | None]:
        """What was last written back for the record, where it is now, and what is there."""
        restored = self._room.ids.find(self._stream, key)
        target = restored.target if restored is not None else key
        now = self._now(target)
        if now is None and target != key:  # what was restored under a new id is gone again: perhaps the old one is back
            return None, key, self._now(key)
        return restored, target, now

    def _fields_compared(self, key: Key, kept: bytes) -> Step:
        """As ``_compared``, by the chosen fields alone: what was changed beside them is no conflict, for it is not written over."""
        restored, target, now = self._there(key)
        if now is None:
            return self._say(key, Action.SKIP, Why.NOT_THERE)
        here, newest = self._parts_now(target), self._room.latest.get(self._stream, target)
        held = self._room.parts(self._stream, newest.raw) if newest is not None else None
        wanted = [(number, part) for number, part in enumerate(self._room.parts(self._stream, kept)) if part is not None]
        if not wanted:
            return self._say(key, Action.SKIP, Why.NOT_KEPT, target, now)
        if all(here[number] == part for number, part in wanted):
            return self._say(key, Action.SKIP, Why.SAME, target, now)
        if not self._can.update:
            return self._say(key, Action.SKIP, Why.CANNOT_UPDATE, target, now)
        is_kept = held is not None and all(here[number] == held[number] for number, _ in wanted)
        return self._say(key, *self._over(is_kept or (restored is not None and restored.after == now)), target, now)

    def _over(self, is_kept: bool) -> tuple[Action, Why]:
        """What to do where writing goes over what is there."""
        if is_kept:
            return Action.UPDATE, Why.DIFFERS
        return (Action.UPDATE, Why.OVERWRITE) if self._overwrite else (Action.CONFLICT, Why.NEWER_EDIT)

    def _parts_now(self, key: Key) -> Parts:
        if key in self._listed_parts:
            return self._listed_parts[key]
        assert self._looked_at is not None
        return self._room.parts(self._stream, self._looked_at)

    def _compared(self, key: Key, wanted: bytes) -> Step:
        restored, target, now = self._there(key)
        if now is None:
            return self._create(key)
        content = self._room.digest(self._stream, wanted)
        if now == content or (restored is not None and restored.after == now and restored.wanted == content):
            follows = self._can.update and any(one in self._renamed for one in self._room.refers_to(self._stream, wanted))
            return self._say(key, *((Action.UPDATE, Why.FOLLOWS) if follows else (Action.SKIP, Why.SAME)), target, now)
        if not self._can.update:
            return self._say(key, Action.SKIP, Why.CANNOT_UPDATE, target, now)
        is_kept = (restored is not None and restored.after == now) or now == self._latest(target)
        return self._say(key, *self._over(is_kept), target, now)

    def _create(self, key: Key) -> Step:
        if not self._can.create:
            return self._say(key, Action.SKIP, Why.CANNOT_CREATE)
        if not self._can.keeps_id:
            self._renamed.add((self._stream, key))
        return self._say(key, Action.CREATE, Why.MISSING)

    def _say(self, key: Key, action: Action, why: Why, target: Key | None = None, seen: str | None = None) -> Step:
        now = self._looked_at if action is Action.CONFLICT else None
        return Step(stream=self._stream, key=key, action=action, why=why, target=target, seen=seen, now=now)

    def _now(self, key: Key) -> str | None:
        self._looked_at = None
        if self._listed is not None and key in self._listed:
            return self._listed[key]
        raw = self._looked_at = self._room.session.fetch(self._stream, key)
        return self._room.digest(self._stream, raw) if raw is not None else None

    def _latest(self, key: Key) -> str | None:
        record = self._room.latest.get(self._stream, key)
        return self._room.digest(self._stream, record.raw) if record is not None else None

    def _listing(self) -> dict[Key, str]:
        """What is there now, by one listing; what it leaves out is still asked for one by one before it counts as missing."""
        found: dict[Key, str] = {}
        reading = self._room.session.read(self._stream, Mode.FULL)
        try:
            for batch in reading:
                self._room.check_stop()
                for key, raw in zip(batch.keys, batch.raws, strict=True):
                    found[key] = self._room.digest(self._stream, raw)
                    if self._room.fields:
                        self._listed_parts[key] = self._room.parts(self._stream, raw)
        finally:
            reading.close()
        return found

    def _ordered(self, keys: Sequence[Key]) -> Iterator[Key]:
        if self._stream not in self._room.info(self._stream).references.values():
            yield from keys
            return
        waiting, done = dict.fromkeys(keys), set[Key]()
        for key in keys:
            yield from self._after_parents(key, waiting, done)

    def _after_parents(self, key: Key, waiting: dict[Key, None], done: set[Key]) -> Iterator[Key]:
        path = [key]
        while path:
            current = path[-1]
            record = self._room.view.get(self._stream, current) if current not in done else None
            above = [key for to, key in self._room.refers_to(self._stream, record.raw) if to == self._stream] if record is not None else []
            following = next((one for one in above if one in waiting and one not in done and one not in path), None)
            if following is not None:
                path.append(following)
                continue
            path.pop()
            if current not in done:
                done.add(current)
                yield current


def _text_key(key: tuple[str | int | bytes, ...]) -> Key:
    return tuple(part.hex() if isinstance(part, bytes) else part for part in key)
