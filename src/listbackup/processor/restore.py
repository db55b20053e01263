"""Carries a restore out, and takes it back: one record at a time, each written into a durable journal before the platform is touched.

- Before each write the record is looked at again; one that is not as the plan saw it is left alone.
- What was there before lies in the journal, so that undoing needs no snapshot.
- After a crash the same restore goes on: what was intended and not noted as done is finished first, under the same idempotency key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from listbackup.base.errors import Conflict, InputError, PlatformError, PlatformFault
from listbackup.connectors.engine.connector import Mode, RecordFile, TakesFiles, Written
from listbackup.connectors.engine.record import Key
from listbackup.processor.restore_model import (
    Action,
    Entry,
    EntryState,
    Journal,
    ListenRestore,
    Restored,
    RestorePlan,
    RestoreProgress,
    RestoreResult,
    Step,
    unheard_restore,
)
from listbackup.processor.restore_room import RestoreRoom

MAX_PROBLEMS = 100
_STOPPING = (
    PlatformFault.NEEDS_REAUTH,
    PlatformFault.UNREACHABLE,
    PlatformFault.RATE_LIMITED,
    PlatformFault.QUOTA_REACHED,
    PlatformFault.EGRESS_DENIED,
)
_MOVED_ON = (409, 412)  # the platform's own word for "changed since you looked"


def carry_out(
    room: RestoreRoom, plan: RestorePlan, journal: Journal, restore: str, *, listen: ListenRestore = unheard_restore
) -> RestoreResult:
    """What was written. Raises Interrupted, or PlatformError when nothing more can be written now: carry the restore out again to go on."""
    return _CarryingOut(room, plan, journal, restore, listen).carry_out()


def undo(room: RestoreRoom, journal: Journal, *, listen: ListenRestore = unheard_restore) -> RestoreResult:
    """The whole restore taken back, last write first, except records that were changed since. Raises as ``carry_out``; undo again to go on.

    A write that a crash left open is finished before it is taken back: only so is it known under which id the platform has it.
    """
    _Finishing(room, journal).finish_all()
    return _Undoing(room, journal, listen).carry_out()


class _Finishing:
    """Single writes: sent, noted, and finished after a crash."""

    def __init__(self, room: RestoreRoom, journal: Journal) -> None:
        self._room, self._journal = room, journal
        self._counts: Counter[str] = Counter()
        self._problems: list[str] = []

    def finish_all(self) -> Mapping[tuple[str, Key], int]:
        """The place of every record in the journal; those that were left open are finished, first written first, and counted as what they became."""
        places: dict[tuple[str, Key], int] = {}
        left_open: list[tuple[str, Key]] = []
        for entry in self._journal.iter():
            places[entry.stream, entry.key] = entry.position
            if entry.state is EntryState.INTENT:
                left_open.append((entry.stream, entry.key))
            else:
                self._count_earlier(entry)
        for stream, key in reversed(left_open):
            self._room.check_stop()
            found = self._journal.find(stream, key)
            if found is not None:
                self._finish(found)
        return places

    def _write(self, entry: Entry) -> None:
        try:
            wanted = self._room.wanted(entry.stream, entry.key, entry.before)
            assert wanted is not None
            if entry.action is Action.CREATE:
                written = self._send(entry, wanted)
            else:
                written = self._room.session.update(entry.stream, entry.target or entry.key, wanted)
        except PlatformError as error:
            self._refused(entry, error)
            return
        except Conflict:
            raise  # the connection was changed by another: nothing more can be written now
        except InputError as error:  # nothing was sent: this record lacks what writing it takes, the others need not
            self._journal.put(replace(entry, state=EntryState.FAILED, message=error.message))
            self._count_failed(entry, error.message)
            return
        self._done(entry, wanted, written)

    def _send(self, entry: Entry, wanted: bytes) -> Written:
        session = self._room.session
        if self._room.info(entry.stream).restore.files and isinstance(session, TakesFiles):
            files = self._files(entry)
            if files:
                return session.create_with_files(entry.stream, wanted, files, idempotency_key=entry.idempotency_key)
        return session.create(entry.stream, wanted, idempotency_key=entry.idempotency_key)

    def _files(self, entry: Entry) -> Sequence[RecordFile]:
        view = self._room.view
        return [
            RecordFile(
                path=one.path,
                name=one.name,
                content_type=one.content_type,
                size_bytes=one.size_bytes,
                open=lambda id_=one.id: view.open_attachment(id_),  # type: ignore[misc]
            )
            for one in view.attachments(entry.stream, entry.key)
        ]

    def _done(self, entry: Entry, wanted: bytes, written: Written) -> None:
        after = self._room.digest(entry.stream, written.raw)
        restored = Restored(target=written.key, wanted=self._room.digest(entry.stream, wanted), after=after)
        self._room.ids.set(entry.stream, entry.key, restored)
        self._journal.put(replace(entry, state=EntryState.DONE, target=written.key, after=after))
        self._counts["created" if entry.action is Action.CREATE else "updated"] += 1

    def _refused(self, entry: Entry, error: PlatformError) -> None:
        if error.fault in _STOPPING:
            raise error  # the intent stays: whether it was written is found out when the restore goes on
        if error.fault is PlatformFault.BAD_ANSWER:  # it may have been written: the intent stays here too
            self._count_failed(entry, error.message)
            return
        if error.status in _MOVED_ON and self._is_written(entry):
            return  # an earlier sending of the same had arrived, and its answer was lost
        moved_on = entry.action is Action.UPDATE and (error.status in _MOVED_ON or error.fault is PlatformFault.GONE)
        self._journal.put(replace(entry, state=EntryState.FAILED, message=error.message))
        if moved_on:
            self._counts["conflicts"] += 1
        else:
            self._count_failed(entry, error.message)

    def _is_written(self, entry: Entry) -> bool:
        target = entry.target or entry.key
        now, wanted = self._room.session.fetch(entry.stream, target), self._room.wanted(entry.stream, entry.key, entry.before)
        if now is None or wanted is None or self._room.digest(entry.stream, now) != self._room.digest(entry.stream, wanted):
            return False
        self._done(entry, wanted, Written(key=target, raw=now))
        return True

    def _count_failed(self, entry: Entry, message: str | None) -> None:
        self._counts["failed"] += 1
        self._problems.append(f"{entry.stream} {'/'.join(map(str, entry.key))}: {message}")

    # after a crash ------------------------------------------------------------------------------------------------------

    def _finish(self, entry: Entry) -> None:
        """An intent of an earlier attempt, which may or may not have reached the platform."""
        if entry.action is Action.CREATE:
            self._finish_create(entry)
            return
        target = entry.target or entry.key
        now, wanted = self._room.session.fetch(entry.stream, target), self._room.wanted(entry.stream, entry.key, entry.before)
        assert wanted is not None
        seen = self._room.digest(entry.stream, now) if now is not None else None
        if now is not None and seen == self._room.digest(entry.stream, wanted):
            self._done(entry, wanted, Written(key=target, raw=now))
        elif seen is not None and entry.before is not None and seen == self._room.digest(entry.stream, entry.before):
            self._write(entry)
        else:
            self._leave(entry)

    def _finish_create(self, entry: Entry) -> None:
        there = self._room.session.fetch(entry.stream, entry.key)
        wanted = self._room.wanted(entry.stream, entry.key, entry.before)
        assert wanted is not None
        if there is None:
            made = self._made_already(entry, wanted)
            if made is not None:
                self._done(entry, wanted, made)
            else:
                self._write(entry)  # under the same idempotency key: a platform that has it answers with what it made
            return
        if self._room.digest(entry.stream, there) == self._room.digest(entry.stream, wanted):
            self._done(entry, wanted, Written(key=entry.key, raw=there))
        else:
            self._leave(entry)

    def _made_already(self, entry: Entry, wanted: bytes) -> Written | None:
        """What an interrupted create made on a platform that would make it again: a record of the same content that neither a snapshot nor this restore knows."""
        can = self._room.info(entry.stream).restore
        if can.knows_repetitions or can.keeps_id:
            return None
        content = self._room.digest(entry.stream, wanted)
        taken = {one.target for one in self._journal.iter() if one.stream == entry.stream}
        reading = self._room.session.read(entry.stream, Mode.FULL)
        try:
            for batch in reading:
                self._room.check_stop()
                for key, raw in zip(batch.keys, batch.raws, strict=True):
                    if (
                        self._room.digest(entry.stream, raw) == content
                        and key not in taken
                        and self._room.latest.get(entry.stream, key) is None
                    ):
                        return Written(key=key, raw=raw)
        finally:
            reading.close()
        return None

    def _leave(self, entry: Entry) -> None:
        self._journal.put(replace(entry, state=EntryState.KEPT, message="changed while the restore was interrupted"))
        self._counts["conflicts"] += 1

    def _count_earlier(self, entry: Entry) -> None:
        if entry.state is EntryState.DONE:
            self._counts["created" if entry.action is Action.CREATE else "updated"] += 1
        elif entry.state is EntryState.KEPT:
            self._counts["conflicts"] += 1
        elif entry.state is EntryState.FAILED:
            self._count_failed(entry, entry.message)


class _CarryingOut(_Finishing):
    def __init__(self, room: RestoreRoom, plan: RestorePlan, journal: Journal, restore: str, listen: ListenRestore) -> None:
        super().__init__(room, journal)
        self._plan, self._restore, self._listen = plan, restore, listen
        self._position = 0

    def carry_out(self) -> RestoreResult:
        done = self.finish_all()
        self._position = max(done.values(), default=-1) + 1
        for number, step in enumerate(self._plan.steps, 1):
            self._room.check_stop()
            if (step.stream, step.key) not in done:
                if step.action in (Action.CREATE, Action.UPDATE):
                    self._room.check_calls()
                self._step(step)
            self._listen(RestoreProgress(done=number, total=len(self._plan.steps), stream=step.stream))
        names = ("created", "updated", "skipped", "conflicts", "failed")
        return RestoreResult(**{name: self._counts[name] for name in names}, problems=tuple(self._problems[:MAX_PROBLEMS]))

    def _step(self, step: Step) -> None:
        match step.action:
            case Action.SKIP:
                self._counts["skipped"] += 1
            case Action.CONFLICT:
                self._counts["conflicts"] += 1
            case Action.CREATE:
                self._create(step)
            case Action.UPDATE:
                self._update(step)

    def _create(self, step: Step) -> None:
        if self._room.session.fetch(step.stream, step.key) is not None:
            self._counts["conflicts"] += 1  # it has come back since the plan
            return
        self._write(self._intent(step, None))

    def _update(self, step: Step) -> None:
        target = step.target or step.key
        now = self._room.session.fetch(step.stream, target)
        if now is None or self._room.digest(step.stream, now) != step.seen:
            self._counts["conflicts"] += 1
            return
        self._write(self._intent(step, now))

    def _intent(self, step: Step, before: bytes | None) -> Entry:
        entry = Entry(
            position=self._position,
            stream=step.stream,
            key=step.key,
            action=step.action,
            state=EntryState.INTENT,
            idempotency_key=_idempotency_key(self._room.secret, self._restore, step.stream, step.key),
            target=step.target,
            before=before,
            earlier=self._room.ids.find(step.stream, step.key),
        )
        self._position += 1
        self._journal.put(entry)
        return entry


class _Undoing:
    def __init__(self, room: RestoreRoom, journal: Journal, listen: ListenRestore) -> None:
        self._room, self._journal, self._listen = room, journal, listen
        self._counts: Counter[str] = Counter()
        self._problems: list[str] = []

    def carry_out(self) -> RestoreResult:
        places = [(entry.stream, entry.key) for entry in self._journal.iter()]
        for number, (stream, key) in enumerate(places, 1):
            self._room.check_stop()
            self._room.check_calls()
            entry = self._journal.find(stream, key)
            if entry is not None:
                self._entry(entry)
            self._listen(RestoreProgress(done=number, total=len(places), stream=stream))
        names = ("deleted", "reverted", "kept", "failed")
        return RestoreResult(**{name: self._counts[name] for name in names}, problems=tuple(self._problems[:MAX_PROBLEMS]))

    def _entry(self, entry: Entry) -> None:
        match entry.state:
            case EntryState.UNDONE:
                self._counts["deleted" if entry.action is Action.CREATE else "reverted"] += 1
            case EntryState.KEPT:
                self._counts["kept"] += 1
            case EntryState.FAILED:
                return
            case EntryState.INTENT | EntryState.DONE | EntryState.UNDOING:
                self._take_back(entry)

    def _take_back(self, entry: Entry) -> None:
        target = self._target(entry)
        now = self._room.session.fetch(entry.stream, target)
        seen = self._room.digest(entry.stream, now) if now is not None else None
        if self._is_back(entry, seen):
            self._settled(entry, EntryState.UNDONE)
            return
        if seen is None or seen != self._after(entry):
            self._settled(entry, EntryState.KEPT)
            return
        self._journal.put(replace(entry, state=EntryState.UNDOING))
        try:
            if entry.action is Action.CREATE:
                self._room.session.delete(entry.stream, target)
            else:
                assert entry.before is not None
                self._room.session.update(entry.stream, target, entry.before)
        except PlatformError as error:
            self._refused(entry, error)
            return
        self._settled(entry, EntryState.UNDONE)

    def _is_back(self, entry: Entry, seen: str | None) -> bool:
        """Whether it is as it was before the restore: never written, or taken back already."""
        if entry.action is Action.CREATE:
            return seen is None
        return seen is not None and entry.before is not None and seen == self._room.digest(entry.stream, entry.before)

    def _target(self, entry: Entry) -> Key:
        if entry.state is EntryState.INTENT:
            restored = self._room.ids.find(entry.stream, entry.key)
            return restored.target if restored is not None else entry.target or entry.key
        return entry.target or entry.key

    def _after(self, entry: Entry) -> str | None:
        """The digest of what the restore wrote; for an intent that was never noted as done, of what it wanted to write."""
        if entry.after is not None:
            return entry.after
        wanted = self._room.wanted(entry.stream, entry.key, entry.before)
        return self._room.digest(entry.stream, wanted) if wanted is not None else None

    def _refused(self, entry: Entry, error: PlatformError) -> None:
        if error.fault in _STOPPING:
            raise error
        if error.status in _MOVED_ON:
            self._settled(entry, EntryState.KEPT)
            return
        self._counts["failed"] += 1
        self._problems.append(f"{entry.stream} {'/'.join(map(str, entry.key))}: {error.message}")

    def _settled(self, entry: Entry, state: EntryState) -> None:
        self._journal.put(replace(entry, state=state))
        if state is EntryState.UNDONE:
            self._put_back_id(entry)
            self._counts["deleted" if entry.action is Action.CREATE else "reverted"] += 1
        else:
            self._counts["kept"] += 1

    def _put_back_id(self, entry: Entry) -> None:
        """An earlier restore may have given the record the id under which it lives on."""
        if entry.action is Action.UPDATE and entry.earlier is not None:
            self._room.ids.set(entry.stream, entry.key, entry.earlier)
        else:
            self._room.ids.forget(entry.stream, entry.key)


def _idempotency_key(secret: bytes, restore: str, stream: str, key: Key) -> str:
    """The same for the same record of the same restore, however often it is tried."""
    text = msgspec.json.encode([restore, stream, list(key)])
    return hmac.new(secret, b"listbackup/idempotency/" + text, hashlib.sha256).hexdigest()[:32]
