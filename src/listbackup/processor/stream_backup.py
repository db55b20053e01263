"""Backs up one stream: batches into the store, files beside them, and a judgement at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, groupby

import msgspec

from listbackup.base.clock import Clock
from listbackup.base.errors import InputError, PlatformError, PlatformFault
from listbackup.connectors.engine.connector import Mode, Session, StreamInfo
from listbackup.connectors.engine.recognise import Recognises
from listbackup.connectors.engine.record import Batch, Evidence, Key, Outcome, Problem, StreamReading
from listbackup.processor.attachments import Attachments, Fetched
from listbackup.processor.checkpoint import Mark, Pending, Reading
from listbackup.processor.filters import Filter, keeps
from listbackup.processor.progress import MAX_PROBLEMS, StreamProgress, StreamState
from listbackup.store import Counts, Lesson, StreamSpec, Writing
from listbackup.store import Key as StoreKey
from listbackup.store.carrying import carried

CONFIRM_AT_MOST = 50
TOGETHER_BYTES = 1024 * 1024  # of batches that came at once and are kept in one step
_UNKNOWN = b""  # asked, and the platform does not answer such questions

Turn = Callable[[int, Callable[[], None]], None]


class StreamBackup:
    """One stream of one run.

    Batches that come faster than ``linger_seconds`` after each other are kept together, up to 1 MiB: judging a thousand records costs little more than judging a
    hundred. A batch that names records as gone, or brings files, or is sifted, is kept by itself: there the order of keeping matters.
    """

    def __init__(
        self,
        info: StreamInfo,
        filters: tuple[Filter, ...],
        reading: Reading,
        writing: Writing,
        session: Session,
        attachments: Attachments,
        turn: Turn,
        *,
        clock: Clock,
        linger_seconds: float,
        is_barred: Callable[[Key], bool] | None = None,
    ) -> None:
        self._is_barred = is_barred
        self._info, self._filters, self._reading, self._session, self._writing = info, filters, reading, session, writing
        self._attachments, self._turn = attachments, turn
        self._writer = writing.stream(info.name, spec_of(info))
        self._pending_resume = reading.resume
        self._again = False
        self._clock, self._linger_seconds = clock, linger_seconds
        self._waiting: list[Batch] = []
        self._waiting_bytes = 0
        self._kept_at = clock.monotonic()

    def read(self) -> None:
        """Read to the end and judge. Raises PlatformError when the platform cannot go on, Interrupted on stop."""
        reading = self._session.read(self._info.name, self._reading.mode, cursor=self._reading.cursor, resume=self._reading.resume)
        self._let_recognise(reading)
        try:
            for batch in reading:
                self._gather(batch)
            self._keep()
            self._turn(0, self._settle)
        finally:
            reading.close()
        self._settle()
        self._judge(reading.outcome)

    def give_up(self, problem: Problem) -> None:
        """Keep what came so far, and say that it is not everything."""
        self._take_waiting()
        self._settle_quietly()
        self._note_problems([problem])
        self._close(complete=False, listing=False, state=self._short_state())

    def put_off(self, problem: Problem) -> Pending | None:
        """Give up for now: what the next run needs to go on here, or None where it begins anew."""
        self._take_waiting()
        self._settle_quietly()
        reading, seen = self._reading, None
        if reading.mode is Mode.FULL and not reading.blind:
            seen = carried(self._writer)
        self._note_problems([problem])
        self._close(complete=False, listing=False, state=self._short_state())
        if reading.resume is None or not self._info.key:
            return None
        return Pending(
            mode=reading.mode,
            cursor=reading.cursor,
            resume=reading.resume,
            started_at=reading.started_at,
            filters=filters_print(self._filters),
            seq=self._writing.seq,
            seen=seen,
        )

    def _let_recognise(self, reading: StreamReading) -> None:
        """Whole pages are known again where nothing is sifted out of them."""
        if self._filters or self._is_barred is not None or not isinstance(reading, Recognises) or reading.fingerprint is None:
            return
        pages = self._writer.pages(reading.fingerprint)
        if pages is not None:
            reading.recognise(pages)

    # batches ------------------------------------------------------------------------------------------------------------

    def _gather(self, batch: Batch) -> None:
        alone = bool(self._filters or self._info.attachments or batch.gone)
        if alone:
            self._keep()
        self._waiting.append(batch)
        self._waiting_bytes += batch.received_bytes
        if alone or self._waiting_bytes >= TOGETHER_BYTES or self._clock.monotonic() - self._kept_at >= self._linger_seconds:
            self._keep()

    def _keep(self) -> None:
        """Keep what waits, and let the run take its turn."""
        if self._waiting:
            self._turn(self._take_waiting(), self._settle)
            self._kept_at = self._clock.monotonic()

    def _take_waiting(self) -> int:
        if not self._waiting:
            return 0
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        staged = 0
        for is_known, batches in groupby(waiting, lambda batch: batch.known is not None):
            if is_known:
                self._recall([*batches])
            else:
                staged += self._take(joined([*batches]))
        self._pending_resume = dict(waiting[-1].resume)
        return staged

    def _recall(self, batches: Sequence[Batch]) -> None:
        """Pages that are known; where this run has staged something for a record of theirs, by their bytes."""
        known = [batch.known for batch in batches if batch.known is not None]
        counts = self._writer.recall([page.number for page in known])
        if counts is None:
            counts = Counts()
            for page in known:
                again = self._writer.recall([page.number])
                counts += again if again is not None else self._writer.write(*page.open())
        self._count(joined(batches), counts, sum(page.count for page in known))

    def _take(self, batch: Batch) -> int:
        keys, raws, filtered = self._sift(batch)
        lessons = [Lesson(page.count, page.mark, page.told) for page in batch.pages]
        counts = self._writer.write(keys, raws, lessons)
        for evidence in Evidence:
            gone = [key for key, why in batch.gone if why is evidence]
            if gone:
                counts += self._writer.gone(gone, evidence.value)
        if filtered:
            counts += self._writer.gone(filtered, Evidence.FILTERED.value)
        if self._info.attachments:
            self._want_files(keys, batch)
        self._count(batch, counts, len(batch.keys))
        fresh = counts.added + counts.changed
        return batch.received_bytes * fresh // counts.seen if counts.seen else 0

    def _sift(self, batch: Batch) -> tuple[Sequence[Key], Sequence[bytes], list[Key]]:
        keys, raws = self._without_barred(batch.keys, batch.raws)
        if not self._filters:
            return keys, raws, []
        kept = [keeps(self._filters, raw) for raw in raws]
        mine = [key for key, keep in zip(keys, kept, strict=True) if keep]
        those = [raw for raw, keep in zip(raws, kept, strict=True) if keep]
        return mine, those, [key for key, keep in zip(keys, kept, strict=True) if not keep]

    def _without_barred(self, keys: Sequence[Key], raws: Sequence[bytes]) -> tuple[Sequence[Key], Sequence[bytes]]:
        """What was erased is not even noted as gone: that would name it again."""
        if self._is_barred is None:
            return keys, raws
        let_in = [not self._is_barred(key) for key in keys]
        if all(let_in):
            return keys, raws
        return (
            [key for key, keep in zip(keys, let_in, strict=True) if keep],
            [raw for raw, keep in zip(raws, let_in, strict=True) if keep],
        )

    def _want_files(self, keys: Sequence[Key], batch: Batch) -> None:
        paths: dict[Key, set[str]] = {key: set() for key in keys}
        for key, ref in batch.attachments:
            if key in paths:
                paths[key].add(ref.path)
                self._files(self._attachments.want(self._info.name, key, ref))
        for key, now in paths.items():
            lost = [path for path in self._writing.attachment_paths(self._info.name, key) if path not in now]
            if lost:
                self._writing.detach(self._info.name, key, lost)

    def _files(self, fetched: Fetched) -> None:
        self._again = self._again or fetched.again
        progress = self._reading.progress
        self._reading.progress = replace(
            progress, attachments=progress.attachments + fetched.count, attachment_bytes=progress.attachment_bytes + fetched.size_bytes
        )
        self._note_problems(fetched.problems)

    def _count(self, batch: Batch, counts: Counts, records: int) -> None:
        now = self._reading.progress
        self._reading.progress = replace(
            now,
            total=batch.total if batch.total is not None else now.total,
            records=now.records + records,
            added=now.added + counts.added,
            changed=now.changed + counts.changed,
            unchanged=now.unchanged + counts.unchanged,
            gone=now.gone + counts.gone,
            received_bytes=now.received_bytes + batch.received_bytes,
            calls=now.calls + batch.calls,
        )

    def _settle(self) -> None:
        """All files of the batches so far are in, so a checkpoint here covers them."""
        self._files(self._attachments.drain())
        self._reading.resume = self._pending_resume

    def _settle_quietly(self) -> None:
        try:
            self._settle()
        except PlatformError as error:
            self._note_problems([Problem(reason=f"attachment_{error.fault.value}", message=error.message, stream=self._info.name)])
            self._attachments.close()

    # the judgement ------------------------------------------------------------------------------------------------------

    def _judge(self, outcome: Outcome) -> None:
        complete = outcome.complete
        self._note_problems(outcome.problems)
        listing = outcome.listing and not self._reading.blind
        if complete and listing and self._info.key and not self._info.append_only:
            complete = self._confirm_absences()
        whole = complete and not self._reading.progress.problem_count
        if complete and not self._again:
            self._reading.mark = self._mark(outcome, listing)
        self._close(complete=complete, listing=listing, state=StreamState.COMPLETE if whole else self._short_state(complete))

    def _short_state(self, complete: bool = False) -> StreamState:
        """How a stream stands of which something is missing: failed when nothing of it could be read."""
        progress = self._reading.progress
        return StreamState.PARTIAL if complete or progress.records or progress.gone else StreamState.FAILED

    def _mark(self, outcome: Outcome, listing: bool) -> Mark:
        cursor = dict(outcome.cursor) if outcome.cursor is not None else self._reading.cursor
        full_at = self._reading.started_at if listing else self._reading.full_at
        return Mark(cursor=cursor, full_at=full_at, filters=filters_print(self._filters))

    def _close(self, *, complete: bool, listing: bool, state: StreamState) -> None:
        problems = tuple(f"{problem.reason}: {problem.message}" for problem in self._reading.progress.problems)
        counts = self._writer.finish(listing=listing, complete=complete, problems=problems)
        now = self._reading.progress
        self._reading.progress = replace(now, gone=counts.gone, state=state)
        self._reading.finished = True

    def _confirm_absences(self) -> bool:
        """Ask for some of the records that the listing left out: one that is still there proves that the listing was not whole.

        Those that are confirmed gone are noted so; a platform that cannot be asked by key leaves the listing's word as it is.
        """
        count, some = self._writer.unseen(CONFIRM_AT_MOST)
        gone: list[Key] = []
        for key in map(_own_key, some):
            found = self._ask(key)
            if found is None:
                gone.append(key)
            elif found is _UNKNOWN:
                break
            else:
                self._contradicted(key, found, count)
                return False
        if gone:
            self._writer.gone(gone, Evidence.DIRECT_READ.value)
        return True

    def _ask(self, key: Key) -> bytes | None:
        try:
            return self._session.fetch(self._info.name, key)
        except InputError:
            return _UNKNOWN
        except PlatformError as error:
            if error.fault is PlatformFault.GONE:
                return None
            if error.fault is PlatformFault.REFUSED:
                return _UNKNOWN
            raise  # what cannot be asked now is not believed now: the stream ends as one that could not be read to its end

    def _contradicted(self, key: Key, raw: bytes, count: int) -> None:
        if keeps(self._filters, raw):
            self._writer.write([key], [raw])
        name = "/".join(map(str, key))
        message = f"The listing of {self._info.name} left out {count} records, and {name} is still there when asked for."
        self._note_problems([Problem(reason="listing_contradicted", message=message, stream=self._info.name, key=name)])

    def _note_problems(self, problems: Sequence[Problem]) -> None:
        if problems:
            now: StreamProgress = self._reading.progress
            kept = (*now.problems, *problems)[:MAX_PROBLEMS]
            self._reading.progress = replace(now, problem_count=now.problem_count + len(problems), problems=kept)


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches that followed each other, as one; none but a single one names records as gone or brings files."""
    if len(batches) == 1:
        return batches[0]
    return Batch(
        keys=list(chain.from_iterable(batch.keys for batch in batches)),
        raws=list(chain.from_iterable(batch.raws for batch in batches)),
        resume=batches[-1].resume,
        calls=sum(batch.calls for batch in batches),
        received_bytes=sum(batch.received_bytes for batch in batches),
        total=next((batch.total for batch in reversed(batches) if batch.total is not None), None),
        pages=tuple(page for batch in batches for page in batch.pages),
    )


def spec_of(info: StreamInfo) -> StreamSpec:
    """What the store must know of a stream."""
    return StreamSpec(
        key_fields=tuple(info.key),
        volatile=tuple(tuple(path) for path in info.volatile),
        append_only=info.append_only,
        keyless=not info.key,
    )


def filters_print(filters: tuple[Filter, ...]) -> str:
    """A short print of the filters, to see that they changed."""
    return hashlib.sha256(msgspec.json.encode(filters)).hexdigest()[:16] if filters else ""


def _own_key(key: StoreKey) -> Key:
    """A key as connectors know it; only streams without a key have bytes in theirs."""
    return tuple(part for part in key if not isinstance(part, bytes))
